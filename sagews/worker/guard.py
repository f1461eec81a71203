"""Whether a session uses too much, and when to look again. Thinking only, no I/O."""

import os
from enum import Enum, auto

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.usage import Usage

RUNNING_PAUSE, LOOKING_PAUSE = 1.0, 0.25
"""Seconds between two looks while an evaluation runs: where the system keeps the limits, and where looking does."""
IDLE_PAUSE = 5.0
"""The same between evaluations, once nothing happens any more."""
SHORT_PAUSE, SHORTEST_PAUSE = 0.1, 0.03
"""The same while much is used, and while it grows fast."""
FAILED_FORKS, FAILING_LOOKS = 10, 3
"""A session that fails to start so many processes between two looks, so many times in a row, will not give up."""

_PROCESSORS = os.cpu_count() or 1


class Breach(Enum):
    """What is used up."""

    EVALUATION_CPU_TIME = auto()
    SESSION_CPU_TIME = auto()
    MEMORY = auto()
    PROCESSES = auto()


class Guard:
    """Is told what a session uses; knows its limits."""

    def __init__(self, limits: pb.Limits, *, kept_by_system: bool) -> None:
        """Begin; `kept_by_system` where a cgroup keeps the limits of memory and threads."""
        self._limits = limits
        self._kept_by_system = kept_by_system
        self._last = Usage()
        self._growth = 0
        self._failing = 0
        self._pause = IDLE_PAUSE
        self._evaluation: tuple[float, float] | None = None

    @property
    def last(self) -> Usage:
        """What was used at the last look."""
        return self._last

    def begin(self, cpu_seconds: float, cpu_time: float) -> None:
        """Note the beginning of an evaluation: the processor time so far, and its own limit of it."""
        self._evaluation = (cpu_seconds, cpu_time)

    def end(self, cpu_seconds: float) -> float:
        """Note the end of an evaluation; return its processor time in seconds."""
        begun = self._evaluation[0] if self._evaluation is not None else cpu_seconds
        self._evaluation = None
        return max(0.0, cpu_seconds - begun)

    def judge(self, usage: Usage) -> Breach | None:
        """Take what a session uses now; return the limit that is reached, if any."""
        limits = self._limits
        self._growth = usage.memory - self._last.memory
        is_failing = usage.failed_forks - self._last.failed_forks >= FAILED_FORKS
        self._failing = self._failing + 1 if is_failing else 0
        is_quiet = self._evaluation is None and usage.cpu_seconds - self._last.cpu_seconds < 0.01
        self._pause = min(self._pause * 2, IDLE_PAUSE) if is_quiet else self._normal_pause
        self._last = usage
        if _reached(usage.processes - 1, limits.processes) or self._failing >= FAILING_LOOKS:
            return Breach.PROCESSES
        if not self._kept_by_system:
            if _reached(usage.threads - 1, limits.threads):
                return Breach.PROCESSES
            if _reached(usage.memory, limits.memory):
                return Breach.MEMORY
        if _reached(usage.cpu_seconds, limits.session_cpu_time):
            return Breach.SESSION_CPU_TIME
        if self._evaluation is not None and _reached(usage.cpu_seconds - self._evaluation[0], self._evaluation[1]):
            return Breach.EVALUATION_CPU_TIME
        return None

    def pause(self) -> float:
        """Return the seconds until the next look: the nearer a limit can be, the fewer."""
        usage, limits = self._last, self._limits
        pauses = [self._pause]
        if self._failing:
            pauses.append(SHORT_PAUSE)
        if limits.processes and usage.processes > limits.processes // 4:
            pauses.append(SHORTEST_PAUSE)  # Every further process of a fork bomb is one more to be killed.
        if not self._kept_by_system and limits.memory:
            if usage.memory > limits.memory // 2:
                pauses.append(SHORT_PAUSE)
            if self._growth > limits.memory // 50:
                pauses.append(SHORTEST_PAUSE)
        left = [limits.session_cpu_time - usage.cpu_seconds] if limits.session_cpu_time else []
        if self._evaluation is not None and self._evaluation[1]:
            begun, limit = self._evaluation
            left.append(begun + limit - usage.cpu_seconds)
        pauses += [seconds / _PROCESSORS for seconds in left]
        return max(SHORTEST_PAUSE, min(pauses))

    @property
    def _normal_pause(self) -> float:
        return RUNNING_PAUSE if self._kept_by_system else LOOKING_PAUSE


def _reached(used: float, limit: float) -> bool:
    return limit > 0 and used >= limit
