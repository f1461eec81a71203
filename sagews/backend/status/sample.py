"""What one backend counts at one moment, and what two moments tell together. Thinking only, no I/O."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from sagews.service.figures import Figures

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds up to which evaluations are counted together; what takes longer counts as the last."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What one backend has and has counted, at one moment."""

    time: float
    """Seconds since 1970."""
    connections: int = 0
    """Connections of browsers and programs that are open."""
    sessions: int = 0
    """Sessions that somebody holds through it."""
    waiting: int = 0
    """Requests that wait for a place."""
    memory: int = 0
    """Bytes of memory that its process has."""
    evaluations: int = 0
    """Evaluations that have ended since its start."""
    errors: int = 0
    """Requests since its start that it could not answer: by a status of 500 or more."""
    found: int = 0
    """Kept results that were found since its start."""
    sought: int = 0
    """Results that were looked for since its start."""
    durations: tuple[int, ...] = ()
    """Evaluations since its start that took no longer than each of BOUNDS."""


def figures(spans: Iterable[tuple[Sample, Sample]]) -> Figures:
    """Return the figures of several backends, from an earlier and a later sample of each."""
    taken = list(spans)
    seconds = max((later.time - earlier.time for earlier, later in taken), default=0.0)
    sought = _grown(taken, "sought")
    durations = [0] * len(BOUNDS)
    for earlier, later in taken:
        before = earlier.durations or (0,) * len(BOUNDS)
        for index, (old, new) in enumerate(zip(before, later.durations, strict=False)):
            durations[index] += max(0, new - old)
    return Figures(
        seconds=seconds,
        connections=sum(later.connections for _, later in taken),
        sessions=sum(later.sessions for _, later in taken),
        waiting=sum(later.waiting for _, later in taken),
        memory=sum(later.memory for _, later in taken),
        evaluations_per_second=_grown(taken, "evaluations") / seconds if seconds else 0.0,
        errors_per_minute=60 * _grown(taken, "errors") / seconds if seconds else 0.0,
        kept=_grown(taken, "found") / sought if sought else None,
        median_seconds=quantile(durations, 0.5),
        p95_seconds=quantile(durations, 0.95),
    )


def series(histories: Sequence[Sequence[Sample]]) -> list[Figures]:
    """Return the figures of each step of several backends' histories, which end at the same time."""
    steps = [list(pairwise(history)) for history in histories]
    longest = max(map(len, steps), default=0)
    return [figures(step[-age] for step in steps if age <= len(step)) for age in range(longest, 0, -1)]


def quantile(counts: Sequence[int], part: float) -> float | None:
    """Return the seconds that a part of the evaluations took at most; `counts` are those up to each of BOUNDS.

    Within the bounds between which it lies it is taken to be in proportion, as
    `histogram_quantile` of Prometheus has it. None if nothing was counted.
    """
    total = counts[-1] if counts else 0
    if total <= 0:
        return None
    rank = part * total
    index = next(index for index, count in enumerate(counts) if count >= rank)
    below, low = (counts[index - 1], BOUNDS[index - 1]) if index else (0, 0.0)
    within = counts[index] - below
    return low + (BOUNDS[index] - low) * ((rank - below) / within if within else 1.0)


def _grown(spans: Iterable[tuple[Sample, Sample]], name: str) -> int:
    return sum(max(0, getattr(later, name) - getattr(earlier, name)) for earlier, later in spans)
