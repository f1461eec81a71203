"""A link's place in the events of a session: a cursor on its replay.

Each attached link reads at its own pace. One that does not read costs what
the replay keeps anyway, and slows nobody; when what it needs next is gone, it
gets a gap with its size instead.
"""

import time
from typing import Protocol

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.replay import Replay


class Receiver(Protocol):
    """The link that an attachment writes to."""

    @property
    def writable(self) -> bool:
        """Whether more may be written now."""

    def send(self, event: bytes) -> None:
        """Send one serialised event."""


class Attachment:
    """Gives the events of one session to one link, in order, each once."""

    def __init__(self, session: str, replay: Replay, receiver: Receiver, after: int, request: int = 0) -> None:
        self._session = session
        self._replay = replay
        self._receiver = receiver
        self.sequence = min(after, replay.last)
        """Of the last event that was sent."""
        # Serialised protobuf messages merge by concatenation, so this marks any event as a replay.
        self._mark = pb.Event(request=request).SerializeToString() if request else b""

    def pump(self) -> bool:
        """Send what there is while the link takes it; return whether it has everything now."""
        while self._receiver.writable:
            if lost := self._replay.lost_after(self.sequence):
                gap = pb.Event(session=self._session, sequence=lost.last, time=time.time())
                gap.gap.events = lost.events
                gap.gap.bytes = lost.bytes
                self._receiver.send(gap.SerializeToString() + self._mark)
                self.sequence = lost.last
            if self.sequence == self._replay.last:
                return True
            self.sequence += 1
            self._receiver.send(self._replay.get(self.sequence) + self._mark)
        return self.sequence == self._replay.last
