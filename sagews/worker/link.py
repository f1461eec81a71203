"""A link from a backend: one asyncio Protocol, at most one session.

Counterpart: `sagews/backend/link.py`. The first request is Hello; then Open
or Attach bind the link to a session; everything else is about that session.
Whatever is malformed ends the link with one line in the log and a Failure as
its last frame.
"""

import asyncio
import re
import time
from collections.abc import Callable
from typing import cast

import structlog
from google.protobuf.message import DecodeError

import sagews
from sagews.errors import ProtocolError
from sagews.protocol import MAX_CODE, MAX_FRAME, MAX_NAME, VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from sagews.protocol.languages import LANGUAGES, is_known
from sagews.service.link_token import LinkToken
from sagews.worker import files
from sagews.worker.attachment import Attachment
from sagews.worker.control import Control
from sagews.worker.greeting import Greeting, NotAdmittedError, greet
from sagews.worker.refusal import Refusal
from sagews.worker.session import Session
from sagews.worker.stall import Stall
from sagews.worker.supervisor import Supervisor

HIGH_WATER = 1 << 20
"""Bytes in the link's send buffer at which its attachments wait."""
MAX_UNSENT = HIGH_WATER + 2 * MAX_FRAME
"""Bytes in the send buffer, answers to requests included, at which the link is cut off."""
HELLO_DEADLINE = 5.0
"""Seconds that a new link has for its Hello."""
MAX_HELLO = 1 << 16
"""Bytes of an unfinished Hello."""
CLOSING = 2.0
"""Seconds in which a peer must have taken the reason why its link ends."""
CHECK_EVERY = 1.0
"""Seconds between looks at a link that is behind."""
MAX_HELD = 2 * MAX_FRAME
"""Bytes of requests that wait for a session to open; further ones are not read."""
MAX_REPLAYS = 1024
"""Attaches on one link whose replay is not complete."""

_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_NAME}}}")

log = structlog.get_logger()


class Link(asyncio.Protocol):
    """The worker's end of a link."""

    def __init__(
        self,
        supervisor: Supervisor,
        links: "set[Link]",
        peer: str,
        *,
        token: LinkToken | None = None,
        settled: Callable[[], None] = lambda: None,
        stall_seconds: float = 0.0,
    ) -> None:
        """`links` are all that are connected; `peer` is this one's name in the log.

        `settled` is called when it has said Hello, or is gone.
        """
        self._supervisor = supervisor
        self._links = links
        self._log = log.bind(peer=peer)
        self._token = token
        self._settled = settled
        self._stall = Stall(stall_seconds)
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader()
        self._transport: asyncio.Transport
        self._greeting: Greeting | None = None
        self._control: Control | None = None
        self._session: Session | None = None
        self._live: Attachment | None = None
        self._replays: list[tuple[Attachment, int]] = []
        self._opening: asyncio.Task[None] | None = None
        self._held: list[pb.Request] = []
        self._held_bytes = 0
        self._written = 0
        self._timer: asyncio.TimerHandle | None = None
        self.writable = True
        """Whether the send buffer is below its high-water mark."""

    @property
    def role(self) -> str:
        """What it carries: `session` or `control`; `stranger` before its Hello."""
        if self._greeting is None:
            return "stranger"
        return "control" if self._greeting.role == pb.LINK_ROLE_CONTROL else "session"

    # ------------------------------------------------- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the Hello of a peer whom the door let in."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        self._links.add(self)
        self._timer = self._loop.call_later(HELLO_DEADLINE, self._refuse_link, "no Hello came in time")

    def data_received(self, data: bytes) -> None:
        """Take bytes from the backend."""
        try:
            for payload in self._frames.feed(data):
                self._take(pb.Request.FromString(payload))
            if self._greeting is None and self._frames.pending > MAX_HELLO:
                raise ProtocolError(f"is over {MAX_HELLO:,} bytes", "Hello")
        except NotAdmittedError as error:
            self._refuse_link(str(error))
        except (ProtocolError, DecodeError) as error:
            # Who has shown nothing yet is told nothing.
            self._refuse_link(str(error), tell=self._greeting is not None or self._token is None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Detach from the session, whose grace period starts if nobody else is attached."""
        self._links.discard(self)
        self._settled()
        if self._timer is not None:
            self._timer.cancel()
        if self._control is not None:
            self._control.stop()
        if self._frames.pending and self._greeting is not None:
            self._log.warning("link ended in the middle of a frame", bytes=self._frames.pending)
        self._detach()

    def pause_writing(self) -> None:
        """Let the attachments wait, and see that the peer takes what it has."""
        self.writable = False
        self._watch_stall()

    def resume_writing(self) -> None:
        """Feed the attachments on."""
        self.writable = True
        self._stall.forget()
        self._pump()

    # --------------------------------------------------------- requests

    def _take(self, request: pb.Request) -> None:
        if self._transport.is_closing():
            return
        if self._greeting is None:
            self._hello(request)
        elif self._opening is not None:
            self._hold(request)
        else:
            self._dispatch(request)

    def _hello(self, request: pb.Request) -> None:
        self._greeting = greet(request, self._token)
        self._settled()
        if self._timer is not None:
            self._timer.cancel()
        self._log = self._log.bind(backend=self._greeting.backend)
        event = pb.Event(request=request.id, time=time.time())
        event.welcome.version = VERSION
        event.welcome.worker = self._supervisor.name
        event.welcome.environments.extend(self._supervisor.environments)
        event.welcome.software = sagews.__version__
        event.welcome.isolation = self._supervisor.isolation
        self._send_event(event)
        if self._greeting.role == pb.LINK_ROLE_CONTROL:
            self._log.info("control link opened")
            supervisor = self._supervisor
            self._control = Control(
                supervisor.admission, lambda: supervisor.versions, lambda: supervisor.shares.told, self._push
            )

    def _push(self, status: pb.Event) -> bool:
        """Send a word of the worker's, unless the backend has not read what it was sent before."""
        if self.writable:
            self._send_event(status)
        return self.writable

    def _dispatch(self, request: pb.Request) -> None:
        try:
            if self._control is not None:
                raise Refusal(pb.FAILURE_CODE_OUT_OF_ORDER, "carries no session", "control link", "use another link")
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
                    self._bound().interrupt(request.interrupt.scope)
                case "input_reply":
                    self._check_size(request.input_reply.text, "answer")
                    self._bound().input_reply(request.input_reply)
                case "complete" | "inspect" as kind:
                    self._check_size(getattr(request, kind).code, "code")
                    self._check_reads()
                    self._bound().ask(request, self._send_event)
                case "put_file" | "get_file" | "list_files" | "put_files" | "scan_files":
                    files.check(request, self._supervisor.file_bytes)
                    self._check_reads()
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
            event.opened.load.CopyFrom(self._supervisor.admission.load)
            event.opened.fingerprint = session.fingerprint
            if request.open.most_sessions:
                event.opened.reader.CopyFrom(self._supervisor.shares.has(request.open.reader))
            self._send_event(event)
            self._go_live(session, session.attachment(self, after=0))
        finally:
            self._opening = None
            self._take_held()

    def _hold(self, request: pb.Request) -> None:
        """Keep a request until the session is there; a peer that sends too much meanwhile has to wait."""
        self._held.append(request)
        self._held_bytes += request.ByteSize()
        if self._held_bytes > MAX_HELD:
            self._transport.pause_reading()

    def _take_held(self) -> None:
        held, self._held = self._held, []
        paused, self._held_bytes = self._held_bytes > MAX_HELD, 0
        for waiting in held:
            self._take(waiting)
        if paused and self._held_bytes <= MAX_HELD and not self._transport.is_closing():
            self._transport.resume_reading()

    def _attach(self, request: pb.Request) -> None:
        wish = request.attach
        session = self._supervisor.find(wish.session, wish.token)
        if self._session is not None and self._session is not session:
            self._unbound()
        if len(self._replays) >= MAX_REPLAYS:
            raise Refusal(pb.FAILURE_CODE_FULL, f"has {MAX_REPLAYS} replays to send", "link", "read them first")
        self._session = session
        session.enter(self)
        self._replays.append((session.attachment(self, wish.after_sequence, request.id), request.id))
        self._pump()

    def _evaluate(self, evaluate: pb.Evaluate) -> None:
        if not _NAME.fullmatch(evaluate.evaluation) or (evaluate.cell and not _NAME.fullmatch(evaluate.cell)):
            raise Refusal(
                pb.FAILURE_CODE_BAD_MESSAGE, "is not a name", "evaluation", f"1 to {MAX_NAME} letters, digits, _ and -"
            )
        if not is_known(evaluate.language):
            raise Refusal(
                pb.FAILURE_CODE_BAD_MESSAGE, "is not known", "language", f"choose one of {', '.join(LANGUAGES)}"
            )
        self._check_size(evaluate.code, "code")
        self._bound().evaluate(evaluate)

    def _check_size(self, text: str, noun: str) -> None:
        if len(text.encode()) > MAX_CODE:
            raise Refusal(
                pb.FAILURE_CODE_TOO_LARGE, f"is over {MAX_CODE:,} bytes", noun, "load large data from a file instead"
            )

    def _check_reads(self) -> None:
        if not self.writable:
            raise Refusal(pb.FAILURE_CODE_FULL, "does not read its events", "link", "read them first")

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
        data = frame(event)
        self._written += len(data)
        self._transport.write(data)

    def _send_event(self, event: pb.Event) -> None:
        if self._transport.is_closing():
            return
        self.send(event.SerializeToString())
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._cut_off("asks for more than it reads")

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

    def _watch_stall(self) -> None:
        """Cut the link off when its peer has taken nothing for too long; it gets the rest when it comes back."""
        if self.writable or self._transport.is_closing():
            return
        taken = self._written - self._transport.get_write_buffer_size()
        if self._stall.is_over(taken, self._loop.time()):
            self._cut_off("does not read its events")
        else:
            self._timer = self._loop.call_later(CHECK_EVERY, self._watch_stall)

    def _cut_off(self, why: str) -> None:
        self._log.warning("link cut off", why=why, session=self._session.name if self._session is not None else "")
        self._transport.abort()

    def _refuse_link(self, why: str, *, tell: bool = False) -> None:
        """End a link whose peer may not have it, or does not keep to the protocol."""
        if self._transport.is_closing():
            return
        self._log.warning("link refused", why=why)
        if tell:
            hint = f"this worker speaks version {VERSION} of sagews"
            self._send_event(Refusal(pb.FAILURE_CODE_BAD_MESSAGE, why, "link", hint).event(0))
        self._transport.close()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(CLOSING, self._transport.abort)
