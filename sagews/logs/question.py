"""Which records somebody wants to see."""

import re
from dataclasses import dataclass
from datetime import datetime

from sagews.logs.record import LEVELS, at_least

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A choice of records. What is empty chooses nothing out."""

    services: tuple[str, ...] = ()
    """Names, such as `backend2`, or kinds, such as `backend`."""
    machines: tuple[str, ...] = ()
    since: float | None = None
    """Seconds since the epoch."""
    until: float | None = None
    level: str = ""
    """The least urgent one; one of LEVELS."""
    text: str = ""
    """Stands in the message, or in another part of the record, whatever the case of its letters."""
    lines: int = 100
    """Records that are shown at most: the newest ones."""

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that are wanted; none if all are."""
        return at_least(self.level) if self.level in LEVELS[1:] else ()

    def wants_service(self, name: str) -> bool:
        """Whether records of this service are wanted."""
        return not self.services or name in self.services or name.rstrip("0123456789") in self.services


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record, or a gap, as it is shown."""

    time: float
    machine: str
    service: str
    level: str
    message: str
    data: str | None = None

    def fits(self, question: Question) -> bool:
        """Whether it is wanted."""
        return (
            question.wants_service(self.service)
            and (not question.machines or self.machine in question.machines)
            and (question.since is None or self.time >= question.since)
            and (question.until is None or self.time < question.until)
            and (not question.levels or self.level in question.levels)
            and question.text.lower() in f"{self.message}\n{self.data or ''}".lower()
        )


def moment(text: str, now: float) -> float:
    """Return the time that a text means: a date of ISO 8601, in local time unless it says, or how long ago (`90m`).

    Raises ValueError.
    """
    if found := _AGO.fullmatch(text.strip()):
        return now - float(found[1]) * _UNITS[found[2]]
    return datetime.fromisoformat(text.strip()).timestamp()
