"""What a backend remembers of the sessions of SageMathCell's clients, so that a client that comes back loses nothing.

A lost connection is noticed late, and what was sent on it meanwhile is lost.
So whoever comes back is told again what was put out since the beginning of
the evaluation that ran, and is told first to clear what they have of it. What
another backend has told, this one tells again from the first event on; of
evaluations that have ended, clients of Jupyter hear no more.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache

from sagews.backend.sagecell.ids import Id
from sagews.backend.sagecell.interacts import Interacts

Json = dict[str, Any]

MAX_KNOWN = 10_000
"""Sessions that are remembered."""
MAX_ASKED = 200
"""Evaluations of one session that are remembered."""
NOTICED = 90.0
"""Seconds in which a lost connection is noticed, with some to spare: see `pulse.py` and `polling.py`."""


@dataclass(slots=True)
class Asked:
    """One evaluation, as its client has asked for it."""

    header: Json
    """Of the message."""
    files: bool = False
    """Whether new files are to be told of."""
    began_after: int | None = None
    """Number of the event before its first; None: it has not begun."""
    ended: float = 0.0
    """When it ended, of the monotonic clock; 0: it has not."""


@dataclass(slots=True)
class Known:
    """One session."""

    asked: LRUCache[str, Asked] = field(default_factory=lambda: LRUCache(MAX_ASKED))
    files: dict[bytes, tuple[int, float]] = field(default_factory=dict)
    """Size and time of each file that its clients were told of."""
    sequence: int = 0
    """Number of the last event that was told."""
    interacts: Interacts = field(default_factory=Interacts)
    leave: Callable[[], None] | None = None
    """Has whoever is connected to it let it go."""

    @property
    def heard(self) -> int:
        """Number of the last event that a client who comes back has for certain."""
        recent = time.monotonic() - NOTICED
        uncertain = [
            each.began_after
            for each in self.asked.values()
            if each.began_after is not None and (not each.ended or each.ended > recent)
        ]
        return min([*uncertain, self.sequence])


class Memory:
    """The sessions that one backend remembers."""

    def __init__(self) -> None:
        self._known: LRUCache[Id, Known] = LRUCache(MAX_KNOWN)

    def enter(self, identity: Id, leave: Callable[[], None]) -> Known:
        """Return what is known of a session, and have whoever was connected to it let it go: the last who comes has it.

        `leave` has the new one let it go, when another one comes.
        """
        known = self._known.setdefault(identity, Known())
        before, known.leave = known.leave, leave
        if before is not None:
            before()
        return known

    def forget(self, identity: Id) -> None:
        """Know that a session has ended."""
        self._known.pop(identity, None)
