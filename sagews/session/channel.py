"""The channel: frames of Request in from the supervisor, frames of Report out to it.

Counterpart: `sagews/worker/process.py`. Reports go out in the order in which
they are sent, by whichever thread; an ordered one waits first until the pipes
of text are drained (see `pipes.py`). A frame once begun is sent to its end: an
interrupt that comes in between waits (see `interrupt.py`).
"""

import os
import select
import socket
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.message import DecodeError

from sagews.errors import ProtocolError
from sagews.protocol import MAX_BODY
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from sagews.session import bodies
from sagews.session.captures import Captures
from sagews.session.interrupt import Interrupts
from sagews.session.pipes import Pipes, unread

_READ = 1 << 16


class Channel:
    """The session's end. In the zygote, and in a forked child, it is shut and swallows what is sent."""

    def __init__(self, pipes: Pipes, interrupts: Interrupts, captures: Captures) -> None:
        self._pipes = pipes
        self._captures = captures
        self._interrupts = interrupts
        self._socket: socket.socket | None = None
        self._frames = FrameReader()
        self._requests: deque[pb.Request] = deque()
        self._unsent: deque[bytes] = deque()
        self._sending = threading.Lock()
        self._sender = 0

    def open(self, fd: int) -> None:
        """Begin to speak on this descriptor."""
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(False)

    def shut(self) -> None:
        """Speak no more: this process is a copy of the session."""
        if self._socket is not None:
            os.close(self._socket.detach())
            self._socket = None
        self._unsent.clear()
        self._sending = threading.Lock()
        self._sender = 0

    @property
    def is_open(self) -> bool:
        """Whether what is sent here reaches anybody."""
        return self._socket is not None

    def fileno(self) -> int:
        """Return the descriptor, for the loop to watch."""
        assert self._socket is not None
        return self._socket.fileno()

    # ------------------------------------------------------------ outward

    def ready(self) -> None:
        """Say that the session waits for its first evaluation."""
        self._send(pb.Report(ready=pb.Ready()))

    def output(self, kind: pb.OutputKind, content: Mapping[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Send an output, after all text that was written before it, unless a widget captures it.

        One that is over MAX_BODY is replaced by a text that says so.
        """
        if self._captures.takes(kind, content):
            return
        body = bodies.bounded(content, sum(map(len, buffers)))
        if body is None:
            buffers = ()
            kind, body = pb.OUTPUT_KIND_DISPLAY_DATA, bodies.encode(_too_large(content))
        self._send_in_order(pb.Report(output=pb.Output(kind=kind, body=body, buffers=buffers)))

    def finished(self, status: pb.FinishedStatus, unrepeatable: pb.Unrepeatable) -> None:
        """Say that the evaluation is over, after all that it sent and wrote."""
        self._send_in_order(pb.Report(finished=pb.Finished(status=status, unrepeatable=unrepeatable)))

    def reply(self, request: int, content: Mapping[str, Any]) -> None:
        """Answer a request for completion or inspection."""
        body = bodies.bounded(content) or bodies.encode({"status": "error"})
        self._send(pb.Report(reply=pb.Reply(request=request, body=body)))

    def handled(self, request: int) -> None:
        """Say that a message of a comm was taken, after all that this sent and wrote."""
        self._send_in_order(pb.Report(reply=pb.Reply(request=request, body=b"{}")))

    def file_reply(self, reply: pb.FileReply) -> None:
        """Answer a request about files."""
        self._send(pb.Report(file_reply=reply))

    def _send_in_order(self, report: pb.Report) -> None:
        self._pipes.wait_until_drained(1, 2)
        self._send(report)

    def _send(self, report: pb.Report) -> None:
        """Queue a frame and send all that are queued.

        A frame may be queued while this very thread is sending another one:
        by a finaliser that the collection of garbage runs. It then goes after it.
        """
        data = frame(report.SerializeToString())
        if self._socket is None:
            return
        self._unsent.append(data)
        me = threading.get_ident()
        if self._sender == me:
            return
        with self._interrupts.held(), self._sending:
            self._sender = me
            try:
                while self._unsent and self._socket is not None:
                    self._send_whole(self._socket, self._unsent.popleft())
            finally:
                self._sender = 0

    def _send_whole(self, sock: socket.socket, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[sock.send(rest) :]
            except BlockingIOError:
                _wait(sock, select.POLLOUT)
            except OSError:
                # The supervisor is gone, and the lifeline with it, or user code has closed this; the end is near.
                return

    # ------------------------------------------------------------- inward

    def receive(self) -> None:
        """Take what has come, without waiting. Raises EOFError when the supervisor is gone, or the descriptor is."""
        try:
            while self._socket is not None:
                self._take(self._socket.recv(_READ))
        except BlockingIOError:
            return
        except OSError as error:
            raise EOFError from error

    def has_come(self) -> bool:
        """Whether a request, or a part of one, waits here or in the socket."""
        return bool(self._requests) or (self._socket is not None and unread(self._socket.fileno()) > 0)

    @property
    def has_comm_message(self) -> bool:
        """Whether the next request is a message of a comm."""
        return bool(self._requests) and self._requests[0].HasField("comm_message")

    def next_request(self) -> pb.Request | None:
        """Return the next request that was received, if any."""
        return self._requests.popleft() if self._requests else None

    def next_input_reply(self) -> pb.InputReply:
        """Wait for the answer to an input_request, and keep other requests for later.

        Raises EOFError when the supervisor is gone; an interrupt ends the wait.
        """
        while True:
            for request in self._requests:
                if request.WhichOneof("kind") == "input_reply":
                    self._requests.remove(request)
                    return request.input_reply
            if self._socket is None:
                raise EOFError
            try:
                self._take(self._socket.recv(_READ))
            except BlockingIOError:
                _wait(self._socket, select.POLLIN)

    def drop_input_replies(self) -> None:
        """Drop answers that have come to a prompt that is over."""
        self.receive()
        self._requests = deque(r for r in self._requests if r.WhichOneof("kind") != "input_reply")

    def _take(self, data: bytes) -> None:
        if not data:
            raise EOFError
        try:
            self._requests.extend(pb.Request.FromString(payload) for payload in self._frames.feed(data))
        except (ProtocolError, DecodeError) as error:
            raise EOFError(str(error)) from error


def _wait(sock: socket.socket, event: int) -> None:
    """Wait until a socket is readable or writable."""
    poll = select.poll()
    poll.register(sock, event)
    poll.poll()


def _too_large(content: Mapping[str, Any]) -> dict[str, Any]:
    size = len(bodies.encode(content))
    text = f"An output of {size:,} bytes was left out: one output may have {MAX_BODY:,} bytes at most."
    return {"data": {"text/plain": text}, "metadata": {}, "transient": {}}
