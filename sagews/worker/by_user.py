"""The grip on a session where the system has no pidfds, or hands orphans to no subreaper: by its user.

A signal goes through the zygote: the parent who has not reaped a process
cannot mistake another for it, and this process is not the parent. Nor does it
become that, where there are no subreapers, when the zygote dies. Then the
session ends: all that its user runs is killed.
"""

import signal
from collections.abc import Callable

from sagews.worker.sweeper import Sweeper

DEADLINE = 10.0
"""Seconds after which a session counts as ended although something of it cannot be killed; its user stays taken
(`users.Users`)."""


class ByUser:
    """A grip; see `grip.Grip`."""

    def __init__(self, user: int, relay: Callable[[int, bool], None], sweeper: Sweeper) -> None:
        """Hold a session whose user is that of no other; `relay` has the zygote send a signal, to the group if true."""
        self.pid = 0
        """As the zygote has told; not to be signalled."""
        self._user = user
        self._relay = relay
        self._sweeper = sweeper

    def interrupt(self) -> None:
        """Have the zygote send SIGINT to its process group."""
        self._relay(signal.SIGINT, True)

    def send(self, number: int) -> None:
        """Have the zygote send a signal."""
        self._relay(number, False)

    def inherit(self, ended: Callable[[int], None]) -> None:
        """Kill all of it, and tell when nothing is left."""
        self._sweeper.sweep(self._user, lambda: ended(signal.SIGKILL), DEADLINE)

    def close(self) -> None:
        """Look no more."""
        self._sweeper.forget(self._user)
