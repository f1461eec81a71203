"""The grip on a session by a pidfd (pidfd_open(2)): a descriptor that no other process ever takes the place of."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

HANDED_ON = 0.01
"""Seconds between looks at a dead process that is not yet this one's child."""


class Pidfd:
    """A grip; see `grip.Grip`."""

    def __init__(self, pidfd: int) -> None:
        """Hold the process of a descriptor, which is closed with this."""
        self._pidfd = pidfd
        self.pid = process_id(pidfd)
        """As this machine counts."""
        self._loop = asyncio.get_running_loop()

    def interrupt(self) -> None:
        """Send SIGINT to its process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGINT)

    def send(self, number: int) -> None:
        """Send it a signal."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def inherit(self, ended: Callable[[int], None]) -> None:
        """Know that it is this process's own child now, to be reaped here."""
        self._loop.add_reader(self._pidfd, self._reap, ended)

    def _reap(self, ended: Callable[[int], None]) -> None:
        """Collect it, or know that somebody else has.

        The zygote's end is seen a moment before its children are handed on;
        in another process namespace they have another heir.
        """
        if self._pidfd < 0:
            return  # It was let go of meanwhile.
        self._loop.remove_reader(self._pidfd)
        try:
            _pid, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            if is_there(self._pidfd):
                self._loop.call_later(HANDED_ON, self._reap, ended)
                return
            status = signal.SIGKILL
        ended(status)

    def close(self) -> None:
        """Let go of it."""
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1


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
