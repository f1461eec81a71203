"""A record of a log: one event of one service, of one line or of several."""

from dataclasses import dataclass

LEVELS = ("debug", "info", "warning", "error", "critical")
"""From the least to the most urgent. A record whose text has none has the empty level."""


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of one record, as they stand in a file."""

    offset: int
    """Where it begins in its file."""
    text: bytes
    """Without the last line end, and without what was cut."""
    cut: int = 0
    """Bytes that were left out because the record was too long."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a record says."""

    offset: int
    time: float
    """Seconds since the epoch."""
    level: str
    """One of LEVELS, or empty."""
    message: str
    data: str | None
    """JSON text of the object that the line was, if it was one."""
    cut: int = 0


def at_least(level: str) -> tuple[str, ...]:
    """Return the levels that are as urgent as this one. Raises ValueError for what is none."""
    return LEVELS[LEVELS.index(level) :]
