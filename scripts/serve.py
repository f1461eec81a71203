"""Runs the site for `make serve`, and ends it with make.

Theory of operation. make starts this program, which starts `sagews serve` in a
process group of its own and waits. Ctrl-C and SIGTERM reach this program, from
the terminal or from GNU make, and are passed on once. But a SIGINT or SIGKILL
sent to make alone reaches nobody below it. So this program also looks at make:
when make is gone, or has stopped catching SIGINT (as GNU make does once it has
received one and waits for its recipe), the site is told to stop as well. When
this program is killed, the kernel tells the site (prctl(2), PR_SET_PDEATHSIG).
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
LOOK_EVERY = 0.25
"""Seconds between two looks at make."""
SAME_SIGNAL = 0.5
"""Seconds within which a second signal is the first one come by another way; a later one is meant."""

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Run `sagews serve` with these arguments; return its exit status."""
    make = os.getppid()
    make_catches_interrupt = catches_interrupt(make)
    signal.pthread_sigmask(signal.SIG_BLOCK, {*STOPPING, signal.SIGCHLD})
    site = start([sys.executable, "-m", "sagews", "serve", *arguments])
    told = None
    while True:
        received = signal.sigtimedwait({*STOPPING, signal.SIGCHLD}, LOOK_EVERY)
        ended, status = os.waitpid(site, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        asked = received is not None and received.si_signo in STOPPING
        forsaken = os.getppid() != make or (make_catches_interrupt and not catches_interrupt(make))
        now = time.monotonic()
        if (told is None and (asked or forsaken)) or (told is not None and asked and now - told > SAME_SIGNAL):
            told = now
            with contextlib.suppress(ProcessLookupError):
                os.kill(site, signal.SIGTERM)


def start(command: list[str]) -> int:
    """Start the site; return its process id."""
    libc = ctypes.CDLL(None)
    process = os.fork()
    if process == 0:
        os.setpgid(0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        # Default dispositions and an empty mask, whatever the shell around make ignores.
        for number in (*STOPPING, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        os.execv(command[0], command)  # noqa: S606  # a list of arguments needs no shell
    return process


def catches_interrupt(process: int) -> bool:
    """Return whether a process has a handler for SIGINT (proc(5), `SigCgt`); True where that cannot be read."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return True
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) & 1 << (signal.SIGINT - 1))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
