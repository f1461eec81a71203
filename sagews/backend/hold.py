"""A connection's hold on a session: what it has of the session's events. Thinking only, no I/O.

Ids of requests. Each connection numbers its own requests, and a link carries
those of several connections. An id on the link is therefore the number of
the hold and the connection's own id, side by side; the answer carries it
back, and nothing has to be remembered.
"""

from functools import cached_property
from typing import Protocol

from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import encode_event

ID_BITS = 54
"""Bits of a connection's own request id, which is at most 2**53."""
MAX_HOLDS = (1 << (64 - ID_BITS)) - 1
"""Holds on one session; their numbers are 1 ... MAX_HOLDS, 0 is the backend itself."""


def link_id(number: int, request: int) -> int:
    """Return the id on the link of a hold's request."""
    return number << ID_BITS | request


def split_id(identifier: int) -> tuple[int, int]:
    """Return the number of the hold and its own request id."""
    return identifier >> ID_BITS, identifier & ((1 << ID_BITS) - 1)


class Told:
    """An event on its way to one or more receivers; as JSON it is encoded once, and only if somebody wants it."""

    def __init__(self, event: pb.Event) -> None:
        self.event = event

    @cached_property
    def text(self) -> str:
        """The event as one line of JSON."""
        return encode_event(self.event)


class Receiver(Protocol):
    """Whoever holds a session: a connection, or one call of the service."""

    @property
    def reader(self) -> str:
        """Account or address, for the log."""

    @property
    def congested(self) -> bool:
        """Whether so much waits to be sent that more had better not come now."""

    def take(self, told: Told) -> None:
        """Take an event of a session that it holds, or an answer to a request of its own."""

    def released(self, session: str) -> None:
        """Know that it holds the session no more, because that has ended."""


class Hold:
    """One receiver's place in the events of one session."""

    def __init__(self, receiver: Receiver, number: int, sequence: int = 0) -> None:
        self.receiver = receiver
        self.number = number
        self.sequence = sequence
        """Number of the last event that it has."""
        self.joining: pb.Request | None = None
        """The Attach, with its id on the link, whose replay it still gets; None when it gets live events."""
        self.accepted = False
        """Whether the worker has accepted its token."""

    def wants(self, event: pb.Event, *, replayed_for_another: bool) -> bool:
        """Whether a numbered event is the next for this hold.

        While it gets its own replay it wants nothing else. What is replayed
        for another is good for this one too if it follows directly: the live
        events of a link begin only when its first replay is complete.
        """
        if self.joining is not None or event.sequence <= self.sequence:
            return False
        return not replayed_for_another or follows(event, self.sequence)


def follows(event: pb.Event, sequence: int) -> bool:
    """Whether nothing is missing between the event with this number and this event."""
    covered = event.gap.events if event.WhichOneof("kind") == "gap" else 1
    return event.sequence - covered <= sequence < event.sequence
