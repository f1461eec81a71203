"""What a site does, in figures, and figures in words that people read. Thinking only, no I/O."""

import msgspec

ABSENT = "-"
"""What stands for a figure that there is none of."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What several backends did together over some time, as people read it."""

    seconds: float
    """How long that was."""
    connections: int
    sessions: int
    waiting: int
    memory: int
    """Bytes."""
    evaluations_per_second: float
    errors_per_minute: float
    kept: float | None
    """The part of the results looked for that were found kept, from 0 to 1; None if none was looked for."""
    median_seconds: float | None
    """What half of the evaluations took at most; None if none ended."""
    p95_seconds: float | None
    """What 95 of 100 took at most."""


def number(value: float) -> str:
    """Return a number with as many digits as matter."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}"


def duration(seconds: float | None) -> str:
    """Return a time of an evaluation."""
    if seconds is None:
        return ABSENT
    return f"{number(seconds * 1000)} ms" if seconds < 1 else f"{number(seconds)} s"


def size(count: float) -> str:
    """Return a number of bytes."""
    for unit, bytes_ in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= bytes_:
            return f"{number(count / bytes_)} {unit}"
    return f"{count:.0f} B"


def part(value: float | None) -> str:
    """Return a part of a whole."""
    return ABSENT if value is None else f"{value:.0%}"
