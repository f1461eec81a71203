"""The main process of a session: signals to it, and how it ended, whoever reaps it."""

import asyncio
import signal
from collections.abc import Callable

from sagews.worker.grip import Grip


class MainProcess:
    """A process that a zygote forks, and of which it tells; see `zygote.Forked`."""

    def __init__(self, ended: Callable[[], None]) -> None:
        """Know nothing yet; `ended` is called once, when `status` is known."""
        self._ended = ended
        self._grip: Grip | None = None
        self._doomed = False
        self.told_of = asyncio.Event()
        """Set when its id is known, or that there will be none."""
        self.pid = 0
        """As this machine counts; 0 before it is forked."""
        self.status: int | None = None
        """As wait(2) gives it; None while it lives."""

    # -------------------------------------------------------------- signals

    def interrupt(self) -> None:
        """Send SIGINT to its process group."""
        if self._grip is not None and self.status is None:
            self._grip.interrupt()

    def quit(self) -> None:
        """Send it SIGQUIT: it shows where it is and ends."""
        self._send(signal.SIGQUIT)

    def kill(self) -> None:
        """Kill it, as soon as it exists."""
        self._doomed = True
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self._grip is not None and self.status is None:
            self._grip.send(number)

    # --------------------------------------------------- what the zygote tells

    def forked(self, grip: Grip | None) -> None:
        """Hear that it exists, or could not be forked."""
        self._grip = grip
        if grip is None:
            self.exited(0)
            return
        self.pid = grip.pid
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
        """Hear that the zygote has died, which will tell no more of it."""
        if self._grip is None:
            self.exited(signal.SIGKILL)
            return
        self._grip.inherit(self.exited)
        if self._doomed:
            self.kill()

    def close(self) -> None:
        """Let go of it."""
        if self._grip is not None:
            self._grip.close()
            self._grip = None
