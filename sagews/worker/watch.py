"""The watcher of one session: looks at what its processes use, outside their reach, and tells when it is too much."""

import asyncio
from collections.abc import Callable

import structlog

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.guard import SHORT_PAUSE, Breach, Guard
from sagews.worker.usage import Meter, Usage

OOM_TOLD_AFTER = 0.5
"""Seconds after the system killed a process for want of memory, by which it is clear whether it was the main one."""

log = structlog.get_logger()


class Watch:
    """Looks again and again, by a timer; more often when there is more to see."""

    def __init__(
        self,
        meter: Meter,
        limits: pb.Limits,
        *,
        kept_by_system: bool,
        reached: Callable[[Breach], None],
        lost_process: Callable[[], None],
    ) -> None:
        """Begin to look; `reached` is called for a limit, `lost_process` after a child was killed for its memory."""
        self._loop = asyncio.get_running_loop()
        self._meter = meter
        self._guard = Guard(limits, kept_by_system=kept_by_system)
        self._reached = reached
        self._lost_process = lost_process
        self._killed_at = float("-inf")
        self._telling: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wait(self._guard.pause())

    def begin(self, cpu_time: float) -> None:
        """Know that an evaluation begins, with a limit of its own."""
        self._guard.begin(self._meter.cpu_seconds(), cpu_time)
        self._wait(min(SHORT_PAUSE, self._guard.pause()))

    def end(self) -> float:
        """Know that the evaluation has ended; return the processor time that it took, in seconds."""
        return self._guard.end(self._meter.cpu_seconds())

    def close(self) -> Usage:
        """Look no more; return all that the session used."""
        usage = self._meter.usage()
        self._note_killed(usage)
        for timer in (self._timer, self._telling):
            if timer is not None:
                timer.cancel()
        return usage

    @property
    def has_just_killed(self) -> bool:
        """Whether the system killed a process of the session a moment ago, since its memory was used up."""
        return self._loop.time() - self._killed_at < 2 * OOM_TOLD_AFTER

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        usage = self._meter.usage()
        self._note_killed(usage)
        breach = self._guard.judge(usage)
        self._wait(self._guard.pause())
        if breach is not None:
            self._reached(breach)

    def _note_killed(self, usage: Usage) -> None:
        if usage.oom_kills > self._guard.last.oom_kills:
            self._killed_at = self._loop.time()
            if self._telling is None:
                self._telling = self._loop.call_later(OOM_TOLD_AFTER, self._tell_lost)

    def _tell_lost(self) -> None:
        self._telling = None
        self._lost_process()
