"""The alarm of a session: rings when the first of its deadlines has passed."""

import asyncio
from collections.abc import Callable

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.limits import Clock, Deadline


class Alarm:
    """A timer on a session's clock."""

    def __init__(self, limits: pb.Limits, ring: Callable[[Deadline], None]) -> None:
        """Begin now, with nobody attached; `ring` is told what is over."""
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self.clock = Clock(opened=now, active=now, abandoned=now)
        self._limits = limits
        self._ring = ring
        self._wall_time = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.set()

    def set(self) -> None:
        """Set the timer again, the clock having changed."""
        self.stop()
        if (deadline := self.clock.next_deadline(self._limits, self._wall_time)) is not None:
            self._timer = self._loop.call_at(deadline[0], self._ring_or_wait)

    def begin(self, started: float, wall_time: float) -> None:
        """Know that an evaluation begins, with a limit of its own."""
        self.clock.evaluation, self._wall_time = started, wall_time
        self.set()

    def end(self, now: float) -> None:
        """Know that the evaluation has ended."""
        self.clock.evaluation, self.clock.stopping, self.clock.active = None, False, now
        self.set()

    def stop(self) -> None:
        """Ring no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring_or_wait(self) -> None:
        """Ring for the deadline that has passed; one that was moved meanwhile only sets the timer anew."""
        self._timer = None
        deadline = self.clock.next_deadline(self._limits, self._wall_time)
        if deadline is None or deadline[0] > self._loop.time() + 0.001:
            self.set()
        else:
            self._ring(deadline[1])
