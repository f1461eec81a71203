"""A link from a backend: one asyncio Protocol, at most one session.

Counterpart: `sagews/backend/link.py`. The first request is Hello; then Open
or Attach bind the link to a session; everything else is about that session.
Whatever is malformed ends the link with one line in the log and a Failure as
its last frame.
"""

import asyncio
import os
import re
import socket
import struct
import time
from typing import cast

import structlog
from google.protobuf.message import DecodeError

import sagews
from sagews.errors import ProtocolError
from sagews.protocol import MAX_CODE, MAX_NAME, VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from sagews.worker.attachment import Attachment
from sagews.worker.refusal import Refusal
from sagews.worker.session import Session
from sagews.worker.supervisor import Supervisor

HIGH_WATER = 1 << 20
"""Bytes in the link's send buffer at which its attachments wait."""
HELLO_DEADLINE = 10.0
"""Seconds that a new link has for its Hello."""

_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_NAME}}}")

log = structlog.get_logger()


class Link(asyncio.Protocol):
    """The worker's end of a link."""

    def __init__(self, supervisor: Supervisor, worker: str, links: "set[Link]") -> None:
        self._supervisor = supervisor
        self._worker = worker
        self._links = links
        self._frames = FrameReader()
        self._transport: asyncio.Transport
        self._greeted = False
        self._session: Session | None = None
        self._live: Attachment | None = None
        self._replays: list[tuple[Attachment, int]] = []
        self._opening: asyncio.Task[None] | None = None
        self._held: list[pb.Request] = []
        self._hello_timer: asyncio.TimerHandle | None = None
        self.writable = True
        """Whether the send buffer is below its high-water mark."""

    # ------------------------------------------------- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Check who the peer is, by the kernel's word."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        uid = _peer_uid(self._transport.get_extra_info("socket"))
        if uid not in (os.getuid(), 0):
            self._refuse_link(f"peer has user id {uid}")
            return
        self._links.add(self)
        self._hello_timer = asyncio.get_running_loop().call_later(HELLO_DEADLINE, self._refuse_link, "no Hello came")

    def data_received(self, data: bytes) -> None:
        """Take bytes from the backend."""
        try:
            for payload in self._frames.feed(data):
                self._take(pb.Request.FromString(payload))
        except (ProtocolError, DecodeError) as error:
            self._refuse_link(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """Detach from the session, whose grace period starts if nobody else is attached."""
        self._links.discard(self)
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        if self._frames.pending:
            log.warning("link ended in the middle of a frame", bytes=self._frames.pending)
        self._detach()

    def pause_writing(self) -> None:
        """Let the attachments wait."""
        self.writable = False

    def resume_writing(self) -> None:
        """Feed the attachments on."""
        self.writable = True
        self._pump()

    # --------------------------------------------------------- requests

    def _take(self, request: pb.Request) -> None:
        if self._transport.is_closing():
            return
        if not self._greeted:
            self._hello(request)
        elif self._opening is not None:
            self._held.append(request)
        else:
            self._dispatch(request)

    def _hello(self, request: pb.Request) -> None:
        if request.WhichOneof("kind") != "hello":
            raise ProtocolError("comes before Hello", "request")
        if request.hello.version != VERSION:
            raise ProtocolError(f"speaks version {request.hello.version}, this worker {VERSION}", "backend")
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        self._greeted = True
        event = pb.Event(request=request.id, time=time.time())
        event.welcome.version = VERSION
        event.welcome.worker = self._worker
        event.welcome.environments.extend(self._supervisor.environments)
        event.welcome.software = sagews.__version__
        event.welcome.isolation = self._supervisor.isolation
        self._send_event(event)

    def _dispatch(self, request: pb.Request) -> None:
        try:
            match request.WhichOneof("kind"):
                case "open":
                    self._open(request)
                case "attach":
                    self._attach(request)
                case "detach":
                    self._detach()
                    event = pb.Event(request=request.id, time=time.time())
                    event.detached.SetInParent()
                    self._send_event(event)
                case "evaluate":
                    self._evaluate(request.evaluate)
                case "interrupt":
                    self._bound().interrupt()
                case "input_reply":
                    self._check_size(request.input_reply.text, "answer")
                    self._bound().input_reply(request.input_reply)
                case "complete" | "inspect" as kind:
                    self._check_size(getattr(request, kind).code, "code")
                    if not self.writable:
                        raise Refusal(pb.FAILURE_CODE_FULL, "does not read its events", "link", "read them first")
                    self._bound().ask(request, self._send_event)
                case "comm_message":
                    self._bound().ask(request, self._send_event)
                case "close":
                    self._bound().close(pb.SESSION_REASON_CLOSED)
                case kind:
                    raise Refusal(pb.FAILURE_CODE_UNKNOWN_KIND, f"kind {kind!r} has no place here", "request", "")
        except Refusal as refusal:
            self._send_event(refusal.event(request.id))

    def _open(self, request: pb.Request) -> None:
        self._unbound()
        self._opening = asyncio.create_task(self._open_session(request))

    async def _open_session(self, request: pb.Request) -> None:
        """Open a session; requests that come meanwhile are held and follow in order."""
        try:
            session = await self._supervisor.open(request.open)
        except Refusal as refusal:
            self._send_event(refusal.event(request.id))
        else:
            if self._transport.is_closing():
                session.close(pb.SESSION_REASON_CLOSED)
                return
            event = pb.Event(session=session.name, request=request.id, time=time.time())
            event.opened.token = session.token
            event.opened.environment = session.environment
            event.opened.limits.CopyFrom(session.limits)
            event.opened.started = session.started
            self._send_event(event)
            self._go_live(session, session.attachment(self, after=0))
        finally:
            self._opening = None
            held, self._held = self._held, []
            for waiting in held:
                self._take(waiting)

    def _attach(self, request: pb.Request) -> None:
        wish = request.attach
        session = self._supervisor.find(wish.session, wish.token)
        if self._session is not None and self._session is not session:
            self._unbound()
        self._session = session
        session.enter(self)
        self._replays.append((session.attachment(self, wish.after_sequence, request.id), request.id))
        self._pump()

    def _evaluate(self, evaluate: pb.Evaluate) -> None:
        if not _NAME.fullmatch(evaluate.evaluation) or (evaluate.cell and not _NAME.fullmatch(evaluate.cell)):
            raise Refusal(
                pb.FAILURE_CODE_BAD_MESSAGE, "is not a name", "evaluation", f"1 to {MAX_NAME} letters, digits, _ and -"
            )
        self._check_size(evaluate.code, "code")
        self._bound().evaluate(evaluate)

    def _check_size(self, text: str, noun: str) -> None:
        if len(text.encode()) > MAX_CODE:
            raise Refusal(
                pb.FAILURE_CODE_TOO_LARGE, f"is over {MAX_CODE:,} bytes", noun, "load large data from a file instead"
            )

    def _bound(self) -> Session:
        if self._session is None:
            raise Refusal(pb.FAILURE_CODE_OUT_OF_ORDER, "has no session yet", "link", "open or attach first")
        return self._session

    def _unbound(self) -> None:
        if self._session is not None:
            raise Refusal(
                pb.FAILURE_CODE_OUT_OF_ORDER,
                f"carries session {self._session.name} already",
                "link",
                "use another link, or detach first",
            )

    # ----------------------------------------------------------- events

    def send(self, event: bytes) -> None:
        """Send one serialised event (for attachments)."""
        self._transport.write(frame(event))

    def _send_event(self, event: pb.Event) -> None:
        if not self._transport.is_closing():
            self.send(event.SerializeToString())

    def _pump(self) -> None:
        """Feed the live attachment first, then the replays; see `Attach` in the schema."""
        if self._live is not None:
            self._live.pump()
        while self._replays and self._replays[0][0].pump():
            attachment, request = self._replays.pop(0)
            self._attached(attachment, request)

    def _attached(self, attachment: Attachment, request: int) -> None:
        session = self._session
        assert session is not None
        event = pb.Event(session=session.name, request=request, time=time.time())
        event.attached.last_sequence = attachment.sequence
        event.attached.environment = session.environment
        event.attached.limits.CopyFrom(session.limits)
        event.attached.started = session.started
        self._send_event(event)
        if self._live is None and session.ended is None:
            self._go_live(session, session.attachment(self, after=attachment.sequence))

    def _go_live(self, session: Session, attachment: Attachment) -> None:
        self._session, self._live = session, attachment
        session.enter(self)
        session.attach(attachment)

    def _detach(self) -> None:
        if self._session is not None:
            if self._live is not None:
                self._session.detach(self._live)
            self._session.leave(self)
        self._session, self._live = None, None
        self._replays.clear()

    # ---------------------------------------------------------- the end

    def end(self) -> None:
        """Close the link after what was sent."""
        self._transport.close()

    def _refuse_link(self, why: str) -> None:
        if self._transport.is_closing():
            return
        log.warning("link refused", why=why)
        event = Refusal(pb.FAILURE_CODE_BAD_MESSAGE, why, "link", "this worker speaks version 1 of sagews").event(0)
        self._send_event(event)
        self._transport.close()


def _peer_uid(sock: socket.socket) -> int:
    """Return the user id of the process at the other end of a Unix socket (unix(7), SO_PEERCRED)."""
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(uid)
