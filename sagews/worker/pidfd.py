"""Processes by their pidfd (pidfd_open(2)): a descriptor that no other process ever takes the place of."""

import signal


def process_id(pidfd: int) -> int:
    """Return the id of a process as this machine's /proc counts (proc_pid_fdinfo(5)); 0 or less once it is reaped."""
    with open(f"/proc/self/fdinfo/{pidfd}", "rb") as info:
        return next((int(line[4:]) for line in info if line.startswith(b"Pid:")), 0)


def is_there(pidfd: int) -> bool:
    """Whether a process has not been reaped; it may be dead."""
    try:
        signal.pidfd_send_signal(pidfd, 0)
    except ProcessLookupError:
        return False
    return True
