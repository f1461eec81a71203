"""What a run has said so far, for whoever comes late, slowly or again. Thinking only, no I/O.

Bounded by bytes: what is too much goes from the front, and whoever missed it
gets a gap in its place, with its size.
"""

from bisect import bisect_right
from functools import cached_property

from sagews.backend.hold import Told
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import encode_event

MAX_RECORD = 16 << 20
"""Bytes that are kept of one run."""
_OVERHEAD = 100
"""Bytes that an event takes beside its own: the objects around it."""


class Record:
    """The events of one run, numbered 1, 2, 3 ... from Started to Done."""

    def __init__(self, limit: int = MAX_RECORD) -> None:
        self._limit = limit
        self._numbers: list[int] = []
        self._events: list[bytes] = []
        self._bytes = 0
        self._lost_to = 0
        self._lost_bytes = 0
        self._has_gap = False
        self.attempt = ""
        """Of its Started; empty before that."""
        self.complete = False
        """Whether Done is in it."""

    @property
    def last(self) -> int:
        """Sequence number of the newest event; 0 before the first."""
        return self._numbers[-1] if self._numbers else self._lost_to

    @property
    def whole(self) -> bool:
        """Whether every event is in it, to the end."""
        return self.complete and not self._lost_to and not self._has_gap

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return self._bytes + _OVERHEAD * len(self._events)

    def add(self, event: pb.Event) -> None:
        """Add an event whose number is above all others'."""
        data = event.SerializeToString()
        self._numbers.append(event.sequence)
        self._events.append(data)
        self._bytes += len(data)
        match event.WhichOneof("kind"):
            case "started":
                self.attempt = event.started.attempt
            case "gap":
                self._has_gap = True
            case "done":
                self.complete = True
        if self.size > self._limit:
            self._drop()

    def after(self, sequence: int) -> pb.Event | None:
        """Return the event that follows on this number; None if there is none yet."""
        if sequence < self._lost_to:
            # The bytes are told in proportion: how many each event had is not remembered.
            lost = self._lost_to - sequence
            gap = pb.Gap(events=lost, bytes=round(self._lost_bytes * lost / self._lost_to))
            return pb.Event(sequence=self._lost_to, gap=gap)
        index = bisect_right(self._numbers, sequence)
        return pb.Event.FromString(self._events[index]) if index < len(self._events) else None

    def tell(self, sequence: int, name: str) -> tuple[int, Told] | None:
        """Return what follows on this number, and its own, as it is told of the evaluation of a name."""
        if (event := self.after(sequence)) is None:
            return None
        event.evaluation = name
        return event.sequence, Told(event)

    def events(self) -> list[pb.Event]:
        """Return all that are kept."""
        return [pb.Event.FromString(data) for data in self._events]

    def _drop(self) -> None:
        """Drop from the front until half of the room is free, but never the newest event."""
        count = 0
        while count < len(self._events) - 1 and self.size - _OVERHEAD * count > self._limit // 2:
            self._bytes -= len(self._events[count])
            self._lost_bytes += len(self._events[count])
            count += 1
        if count:
            self._lost_to = self._numbers[count - 1]
            del self._numbers[:count], self._events[:count]


class KeptRecord(Record):
    """The record of a result that was kept: whole, and told to many, so that its JSON is made once."""

    def __init__(self, kept: pb.Kept) -> None:
        super().__init__()
        self.since = kept.since
        """When it ran: seconds since the epoch."""
        for event in kept.events:
            if event.HasField("done"):
                event.done.kept_since = kept.since
            self.add(event)
        self._halves: list[tuple[str, str]] = []

    @property
    def size(self) -> int:
        """Bytes that it takes, its JSON too."""
        # Which repeats a body, and seldom has more than as much again around it.
        return 3 * super().size

    def tell(self, sequence: int, name: str) -> tuple[int, Told] | None:
        """Return what follows on this number; see `Record`."""
        if not self._halves:
            self._halves = [_halves(event) for event in self.events()]
        if sequence >= len(self._halves):
            return None
        head, tail = self._halves[sequence]
        return sequence + 1, ToldAgain(self._events[sequence], name, f"{head}{name}{tail}")


class ToldAgain(Told):
    """An event of a kept result, whose JSON is there and which is parsed only for those who want more than that."""

    def __init__(self, data: bytes, name: str, text: str) -> None:
        self._data = data
        self._name = name
        self._text = text

    @cached_property
    def event(self) -> pb.Event:  # type: ignore[override]  # an attribute there, made on demand here
        """The event itself."""
        event = pb.Event.FromString(self._data)
        event.evaluation = self._name
        return event

    @property
    def text(self) -> str:
        """The event as one line of JSON."""
        return self._text


_PLACE = "x" * 64


def _halves(event: pb.Event) -> tuple[str, str]:
    """Return an event's JSON before and after the name of its evaluation, which needs no escape."""
    event.evaluation = _PLACE
    # The envelope has it before anything that a session wrote.
    head, _, tail = encode_event(event).partition(_PLACE)
    return head, tail
