"""The supervisor's end of a channel: requests go in, reports come out, and neither waits for the session.

Counterpart: `sagews/session/channel.py`. Requests that the session does not
read are kept, up to a bound. Reports are read for a little time at once, so
that a session that sends without end takes no more than its share of this
process. Each is looked at before it is parsed: a parser makes room for every
element of a repeated field, of which two bytes are one.
"""

import asyncio
import socket
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice

from google.protobuf.message import DecodeError

from sagews.errors import ProtocolError
from sagews.protocol import MAX_BUFFERS
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.fields import fields
from sagews.protocol.framing import FrameReader, frame

READ = 1 << 16
"""Bytes read at once."""
MAX_UNSENT = 40 << 20
"""Bytes that may wait for a session that does not read its channel."""
_MOST_FIELDS = MAX_BUFFERS + len(pb.Output.DESCRIPTOR.fields)
"""Fields of one output, each buffer being one."""


class Channel:
    """One channel, on a socket that does not block."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._socket = end
        self._frames = FrameReader()
        self._payloads: deque[bytes] = deque()
        self._unsent = bytearray()
        self.is_over = False
        """Whether nothing more will be read: the session has closed it, or broken its protocol."""
        self.has_more = False
        """Whether the last reading ended for want of time."""

    def fileno(self) -> int:
        """Return the descriptor, for the loop to watch."""
        return self._socket.fileno()

    def send(self, request: pb.Request, *, at_once: bool = False) -> bool:
        """Send a request; False if too much waits already or the session is gone.

        `at_once` is for the few that must not be lost, however much waits.
        """
        if len(self._unsent) > MAX_UNSENT and not at_once:
            return False
        data = frame(request.SerializeToString())
        if not self._unsent:
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                pass
            except OSError:
                return False
        if data:
            if not self._unsent:
                self._loop.add_writer(self.fileno(), self._send_more)
            self._unsent += data
        return True

    def _send_more(self) -> None:
        try:
            sent = self._socket.send(self._unsent[: 1 << 20])
            del self._unsent[:sent]
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()
        if not self._unsent:
            self._loop.remove_writer(self.fileno())

    def reports(self, seconds: float) -> Iterator[pb.Report]:
        """Yield the reports that have come, for some seconds at most; `has_more` says whether these sufficed.

        Raises ProtocolError for what is no report; the channel is over then.
        """
        end = time.monotonic() + seconds  # The loop's own clock stands still meanwhile.
        self.has_more = False
        while not self.is_over:
            while self._payloads:
                if time.monotonic() > end:
                    self.has_more = True
                    return
                yield self._parsed(self._payloads.popleft())
            data = self._receive()
            if data is None:
                return
            try:
                self._payloads += self._frames.feed(data)
            except ProtocolError:
                self.is_over = True
                raise

    def _parsed(self, payload: bytes) -> pb.Report:
        try:
            _check(payload)
            report = pb.Report.FromString(payload)
            if report.WhichOneof("kind") is None:
                raise ProtocolError("has no kind", "report")
        except DecodeError as error:
            self.is_over = True
            raise ProtocolError(f"is none ({error})", "report") from error
        except ProtocolError:
            self.is_over = True
            raise
        return report

    def _receive(self) -> bytes | None:
        """Return what has come; None if nothing has, or the channel is over."""
        if self.fileno() < 0:
            return None
        try:
            data = self._socket.recv(READ)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        self.is_over = not data
        return data or None

    def close(self) -> None:
        """Close it, whatever waits."""
        self._loop.remove_writer(self.fileno())
        self._socket.close()


def _check(payload: bytes) -> None:
    """See that a report is one field, and an output no more fields than one can have. Raises ProtocolError."""
    found = list(islice(fields(payload), 2))
    if len(found) != 1:
        raise ProtocolError("has no kind" if not found else "has several kinds", "report")
    number, start, end = found[0]
    if number == pb.Report.OUTPUT_FIELD_NUMBER:
        inner = islice(fields(payload, start, end), _MOST_FIELDS + 1)
        if sum(1 for _ in inner) > _MOST_FIELDS:
            raise ProtocolError(f"has more than {MAX_BUFFERS} buffers", "output")
