"""The grip on a session where the system has no pidfds, or hands orphans to no subreaper: by its user.

A signal goes through the zygote: the parent who has not reaped a process
cannot mistake another for it, and this process is not the parent. Nor does it
become that, where there are no subreapers, when the zygote dies. Then the
session ends: all that its user runs is killed.
"""

import asyncio
import signal
from collections.abc import Callable

from sagews.session import user_processes

PAUSE = 0.02
"""Seconds between two looks for what the user of a session still runs."""
LOOKS = 2
"""Looks in a row that find nothing, after which there is nothing."""


class ByUser:
    """A grip; see `grip.Grip`."""

    def __init__(self, user: int, relay: Callable[[int, bool], None]) -> None:
        """Hold a session whose user is that of no other; `relay` has the zygote send a signal, to the group if true."""
        self.pid = 0
        """As the zygote has told; not to be signalled."""
        self._user = user
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def interrupt(self) -> None:
        """Have the zygote send SIGINT to its process group."""
        self._relay(signal.SIGINT, True)

    def send(self, number: int) -> None:
        """Have the zygote send a signal."""
        self._relay(number, False)

    def inherit(self, ended: Callable[[int], None]) -> None:
        """Kill all of it, and tell when nothing is left."""
        self._sweep(ended, 0)

    def _sweep(self, ended: Callable[[int], None], looks: int) -> None:
        looks = 0 if user_processes.kill(self._user) else looks + 1
        if looks < LOOKS:
            self._timer = self._loop.call_later(PAUSE, self._sweep, ended, looks)
        else:
            ended(signal.SIGKILL)

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
