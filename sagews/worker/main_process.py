"""The main process of a session: signals to it, and how it ended, whoever reaps it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

from sagews.worker.pidfd import is_there, process_id

HANDED_ON = 0.01
"""Seconds between looks at a dead process that is not yet this one's child."""


class MainProcess:
    """A process that a zygote forks, and of which it tells; see `zygote.Forked`."""

    def __init__(self, ended: Callable[[], None]) -> None:
        """Know nothing yet; `ended` is called once, when `status` is known."""
        self._loop = asyncio.get_running_loop()
        self._ended = ended
        self._pidfd = -1
        self._doomed = False
        self.told_of = asyncio.Event()
        """Set when its id is known, or that there will be none."""
        self.pid = 0
        """As this machine counts; 0 before it is forked."""
        self.status: int | None = None
        """As wait(2) gives it; None while it lives."""

    @property
    def lives(self) -> bool:
        """Whether a signal can reach it."""
        return self._pidfd >= 0 and self.status is None

    # -------------------------------------------------------------- signals

    def interrupt(self) -> None:
        """Send SIGINT to its process group."""
        if self.lives:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGINT)

    def quit(self) -> None:
        """Send it SIGQUIT: it shows where it is and ends."""
        self._send(signal.SIGQUIT)

    def kill(self) -> None:
        """Kill it, as soon as it exists."""
        self._doomed = True
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.lives:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    # --------------------------------------------------- what the zygote tells

    def forked(self, pidfd: int) -> None:
        """Hear that it exists, or could not be forked."""
        self._pidfd = pidfd
        if pidfd < 0:
            self.exited(0)
            return
        self.pid = process_id(pidfd)
        self.told_of.set()
        if self._doomed:
            self.kill()

    def exited(self, status: int) -> None:
        """Hear how it ended."""
        self.told_of.set()
        if self.status is None:
            self.status = status
            self._ended()

    def orphaned(self) -> None:
        """Hear that the zygote has died: it is this process's own child now, to be reaped here."""
        if self._pidfd < 0:
            self.exited(signal.SIGKILL)
            return
        self._loop.add_reader(self._pidfd, self._reap)
        if self._doomed:
            self.kill()

    def _reap(self) -> None:
        """Collect it, or know that somebody else has.

        The zygote's end is seen a moment before its children are handed on;
        in another process namespace they have another heir.
        """
        self._loop.remove_reader(self._pidfd)
        try:
            _pid, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            if is_there(self._pidfd):
                self._loop.call_later(HANDED_ON, self._reap)
                return
            status = signal.SIGKILL
        self.exited(status)

    def close(self) -> None:
        """Let go of it."""
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
