"""The events of one session that can still be given again. Thinking only, no I/O."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lost:
    """Events that are no longer kept, between what was asked for and what there is."""

    events: int
    bytes: int
    last: int
    """Sequence number of the last lost event."""


class Replay:
    """Keeps the serialised events of a session, numbered 1, 2, 3 ..., bounded by bytes.

    The oldest go first; how much went is remembered, so that a reader is
    told the size of its gap. Acknowledgements trim nothing: a reloaded page
    and a second tab get all that is here.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._events: deque[bytes] = deque()
        self._first = 1
        self._bytes = 0
        self._lost_bytes = 0

    @property
    def last(self) -> int:
        """Sequence number of the newest event; 0 before the first."""
        return self._first + len(self._events) - 1

    def append(self, event: bytes) -> None:
        """Keep the event with the next sequence number."""
        self._events.append(event)
        self._bytes += len(event)
        while self._bytes > self._limit and len(self._events) > 1:
            dropped = self._events.popleft()
            self._first += 1
            self._bytes -= len(dropped)
            self._lost_bytes += len(dropped)

    def get(self, sequence: int) -> bytes:
        """Return an event that is kept. Raises IndexError for one that is not."""
        index = sequence - self._first
        if index < 0:
            raise IndexError(sequence)
        return self._events[index]

    def lost_after(self, sequence: int) -> Lost | None:
        """Return what is missing between `sequence` and the oldest event kept, if anything.

        The bytes are those of all that was ever dropped when the reader has
        seen nothing, and in proportion to the events otherwise.
        """
        events = self._first - 1 - sequence
        if events <= 0:
            return None
        share = events / (self._first - 1)
        return Lost(events=events, bytes=round(self._lost_bytes * share), last=self._first - 1)
