"""A connection: one browser tab or program, over whatever transport. JSON text in, JSON text out.

It begins with no rights. The first message is `hello`, with a ticket
(`tickets.py`), and the answer `welcome`; until then nothing else is acted upon.

Counterparts: the client (`web/`, `sagews/client/`) and, for what it asks of
sessions, `sagews/backend/session.py`, of worksheets, `worksheets/desk.py`. A
connection may act on the sessions that it opened or attached and on no other.
Its transport (`socket.py`, `sockjs.py`) gives it texts with `receive`, takes
texts in its `Outlet`, and says when it is gone.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping

import structlog

from sagews.backend.allowance import Allowance
from sagews.backend.greeting import HEARTBEAT, HELLO_DEADLINE, NO_HELLO, SIGNED_OUT, WRONG_TICKET, Greeting, welcome
from sagews.backend.hold import Hold, Told
from sagews.backend.metrics import Metrics
from sagews.backend.outlet import Outlet
from sagews.backend.rates import Rates
from sagews.backend.reader import Reader
from sagews.backend.reading import Reading
from sagews.backend.runs import Runs
from sagews.backend.session import Session
from sagews.backend.sessions import Sessions
from sagews.backend.tickets import Tickets
from sagews.backend.toll import Toll
from sagews.backend.workers import unreachable
from sagews.backend.worksheets.desk import KINDS
from sagews.backend.worksheets.desks import Desks
from sagews.config.site import Site
from sagews.errors import ServiceError
from sagews.protocol import MAX_CONNECTION_MESSAGE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import encode, encode_event
from sagews.protocol.json_requests import RefusedRequest, decode_request

MAX_SESSIONS = 32
"""Sessions that one connection may hold."""

Work = Callable[[pb.Request], Coroutine[None, None, None]]

log = structlog.get_logger()


class Connection:
    """The sessions that one client holds, and the messages between it and them."""

    def __init__(
        self,
        outlet: Outlet,
        reader: Reader,
        site: Site,
        sessions: Sessions,
        runs: Runs,
        metrics: Metrics,
        tickets: Tickets,
        rates: Rates,
        desks: Desks,
    ) -> None:
        """Take the reader as its transport's first request shows them."""
        self._outlet = outlet
        self._greeting = Greeting(tickets, reader)
        self._site = site
        self._sessions = sessions
        self._runs = runs
        self._metrics = metrics
        self._reading: Reading | None = None
        self._holds: dict[str, tuple[Session, Hold]] = {}
        self._desk = desks.desk(self, lambda: self.who)
        self._toll = Toll(rates, runs, self._holds, self._send)
        self._arriving: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: dict[int, asyncio.Task[None]] = {}
        """What may wait for a place, by the ids of the requests."""
        self._loop = asyncio.get_running_loop()
        self._allowance = Allowance(self._loop.time())
        self._timer: asyncio.TimerHandle | None = None
        """Of the next heartbeat; before the hello, of its deadline."""
        self._welcome = ""
        self._refused = False
        """It ends, and what still comes is not heard."""
        self._closed = False
        self.on_greeted: Callable[[Connection], None] = lambda connection: None
        """Is told that the client has its rights."""
        self.on_closed: Callable[[Connection], None] = lambda connection: None
        """Is told that the client is gone."""

    def start(self, *, access: str, tier: str, languages: Mapping[str, list[str]]) -> None:
        """Wait for the hello.

        `access` is what a reader needs: `loopback` or `token`; `tier` is that
        in which sessions are isolated, empty while it is not known, and
        `languages` are those of each environment, as far as is known.
        """
        self._metrics.connections.inc()
        self._welcome = welcome(self._site, access=access, tier=tier, languages=languages)
        why = f"no hello within {HELLO_DEADLINE:.0f} s"
        self._timer = self._loop.call_later(HELLO_DEADLINE, self._end, NO_HELLO, why)

    def _greet(self, request: pb.Request) -> None:
        try:
            self._greeting.greet(request.hello, self._outlet.sender)
        except RefusedRequest as refused:
            self._refuse(_about(request, refused))
            self._end(WRONG_TICKET, f"the ticket {refused.what}")
            return
        self._send(self._welcome)
        self._beat_later()
        self.on_greeted(self)

    @property
    def who(self) -> Reader:
        """Who is at its other end."""
        return self._greeting.reader

    def sign_out(self) -> None:
        """End it, because the login has ended by which it has its rights."""
        self._end(SIGNED_OUT, "signed out")

    def _end(self, code: int, why: str) -> None:
        """End a connection that has no rights."""
        self._refused = True
        self._outlet.close(code, why)

    def _beat(self) -> None:
        if not self._outlet.congested:
            self._send(encode({"kind": "heartbeat", "time": time.time()}))
        self._beat_later()

    def _beat_later(self) -> None:
        assert self._timer is not None
        self._timer.cancel()
        self._timer = self._loop.call_later(HEARTBEAT, self._beat)

    def close(self) -> None:
        """Let go of everything: the client is gone. Its sessions live on for their grace period."""
        if self._closed:
            return
        self._closed = True
        self._metrics.connections.dec()
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        for session, hold in self._holds.values():
            session.release(hold)
        self._holds.clear()
        self._desk.close()
        if self._reading is not None:
            self._reading.lose(self)
        self.on_closed(self)

    # ------------------------------------------------------------ inward

    async def receive(self, text: str) -> None:
        """Act on one message. Whatever is wrong with it is answered with a Failure."""
        if self._refused:
            return
        self._metrics.received(text)
        try:
            request = self._decode(text)
            try:
                self._greeting.check_kind(request.WhichOneof("kind") or "")
                counted = await self._toll.take(request, self._greeting.reader)
                if self._closed or self._refused:
                    self._toll.give_back(counted)
                    return
                with self._toll.acting(request, counted):
                    self._dispatch(request)
                if request.HasField("hello") and not self._refused:
                    await self._toll.greet(self._greeting.reader)
            except RefusedRequest as refused:
                raise _about(request, refused) from refused
        except RefusedRequest as refused:
            self._refuse(refused)
        if pause := self._allowance.spend(len(text), self._loop.time()):
            await asyncio.sleep(pause)

    async def receive_binary(self, data: bytes) -> None:
        """Answer a message that is not text."""
        self._refuse(RefusedRequest(pb.FAILURE_CODE_BAD_MESSAGE, "is not text", "message", "send JSON as text"))

    def _decode(self, text: str) -> pb.Request:
        self._greeting.check_size(text)
        if len(text) > MAX_CONNECTION_MESSAGE:
            raise RefusedRequest(
                pb.FAILURE_CODE_TOO_LARGE,
                f"is over {MAX_CONNECTION_MESSAGE:,} bytes",
                "message",
                "load large data from a file instead",
            )
        return decode_request(text)

    def _dispatch(self, request: pb.Request) -> None:
        match request.WhichOneof("kind"):
            case "hello":
                self._greet(request)
            case "open":
                self._check_room()
                self._opening[request.id] = self._begin(self._open, request)
            case "attach":
                self._check_room()
                self._check_new(request.session)
                self._arriving.add(request.session)
                self._begin(self._attach, request)
            case "detach":
                self._detach(request)
            case "run":
                self._run(request)
            case "withdraw" if self._reading is not None and self._reading.request_of(self) == request.withdraw.request:
                self._reading.withdraw()
            case "withdraw":
                self._withdraw(request.withdraw.request)
            case kind if kind in KINDS:
                self._desk.take(request)
            case "interrupt" if request.interrupt.evaluation:
                self._read(request.interrupt.evaluation).interrupt()
            case "input_reply" if not request.session and self._reading is not None:
                self._reading.answer(request.input_reply)
            case _:
                session, hold = self._held(request)
                try:
                    session.send(hold, request)
                except ServiceError as error:
                    raise unreachable() from error

    async def _open(self, request: pb.Request) -> None:
        request.open.reader = self._greeting.reader.name
        try:
            session, hold, opened = await self._sessions.open(self, request)
            self._holds[session.name] = session, hold
        finally:
            self._opening.pop(request.id, None)
        self._send(encode_event(opened))
        session.listen()

    async def _attach(self, request: pb.Request) -> None:
        try:
            session, hold = await self._sessions.attach(self, request)
            self._holds[session.name] = session, hold
        finally:
            self._arriving.discard(request.session)
        session.listen()

    def _detach(self, request: pb.Request) -> None:
        session, hold = self._held(request)
        del self._holds[session.name]
        session.release(hold)
        event = pb.Event(session=session.name, request=request.id, time=time.time())
        event.detached.SetInParent()
        self._send(encode_event(event))

    def _run(self, request: pb.Request) -> None:
        """Begin a stateless evaluation in the place of the one before, or go on with it."""
        before = self._reading
        if before is not None and before.name != request.run.evaluation:
            before.replace(self)
        self._reading = self._runs.begin(
            self, request.run, account=self._greeting.reader.name, request=request.id, instead_of=before
        )

    def _read(self, evaluation: str) -> Reading:
        """Return the stateless evaluation of a name, if it is read here. Raises RefusedRequest."""
        if self._reading is None or self._reading.name != evaluation:
            raise RefusedRequest(
                pb.FAILURE_CODE_OUT_OF_ORDER,
                "does not run on this connection",
                f"evaluation {evaluation}",
                "it may have ended, or another has taken its place",
            )
        return self._reading

    def _withdraw(self, request: int) -> None:
        """Take back a request that waits for a place; one that is answered already stays so."""
        if (task := self._opening.pop(request, None)) is None or task.done():
            return
        task.cancel()
        what, hint = "the wait for a place was ended", "evaluate again to wait anew"
        self._refuse(RefusedRequest(pb.FAILURE_CODE_FULL, what, "", hint, request))

    def _begin(self, work: Work, request: pb.Request) -> asyncio.Task[None]:
        """Do what waits for the worker beside the reading of further messages."""
        task = self._loop.create_task(self._answered(work, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answered(self, work: Work, request: pb.Request) -> None:
        try:
            await work(request)
        except RefusedRequest as refused:
            self._refuse(_about(request, refused))
        except Exception:
            log.exception("request failed", kind=request.WhichOneof("kind"), reader=self.reader)
            what = RefusedRequest(
                pb.FAILURE_CODE_INTERNAL, "failed for a fault of the service", "request", "the log says why"
            )
            self._refuse(_about(request, what))

    # ------------------------------------------------------------ checks

    def _held(self, request: pb.Request) -> tuple[Session, Hold]:
        """Return the session that a request is about, if it is held here. Raises RefusedRequest."""
        noun = f"session {request.session}" if request.session else f"message {request.WhichOneof('kind')!r}"
        found = self._holds.get(request.session)
        if request.session in self._arriving or (found is not None and not found[1].accepted):
            raise RefusedRequest(pb.FAILURE_CODE_OUT_OF_ORDER, "is being attached still", noun, "wait for `attached`")
        if found is None:
            what = "is not attached on this connection" if request.session else "names no session"
            raise RefusedRequest(pb.FAILURE_CODE_UNKNOWN_SESSION, what, noun, "attach it first, or open a new one")
        return found

    def _check_new(self, name: str) -> None:
        if not name:
            raise RefusedRequest(
                pb.FAILURE_CODE_BAD_MESSAGE, "names no session", "message 'attach'", "name the one of `opened`"
            )
        if name in self._holds or name in self._arriving:
            raise RefusedRequest(
                pb.FAILURE_CODE_OUT_OF_ORDER,
                "is attached on this connection already",
                f"session {name}",
                "detach it first",
            )

    def _check_room(self) -> None:
        if len(self._holds) + len(self._tasks) >= MAX_SESSIONS:
            raise RefusedRequest(
                pb.FAILURE_CODE_FULL, f"holds {MAX_SESSIONS} sessions, its limit", "connection", "close some of them"
            )

    # ----------------------------------------------------------- outward

    @property
    def reader(self) -> str:
        """Where it comes from; see `hold.Receiver`."""
        return self._greeting.reader.address

    @property
    def congested(self) -> bool:
        """Whether the transport is behind; see `hold.Receiver`."""
        return self._outlet.congested

    def take(self, told: Told) -> None:
        """Send an event of a session that is held here."""
        self._toll.hear(told.event)
        self._send(told.text)

    def tell(self, event: pb.Event) -> None:
        """Send an event of a worksheet that is open here; see `membership.Client`."""
        self._toll.hear(event)
        self._send(encode_event(event))

    def released(self, session: str) -> None:
        """Forget a session that has ended."""
        self._holds.pop(session, None)

    def move(self, within_seconds: float) -> None:
        """Tell the client that this backend ends, and closes the connection after so many seconds."""
        event = pb.Event(time=time.time())
        event.moving.within_seconds = within_seconds
        self._send(encode_event(event))

    def drained(self) -> None:
        """Know from the transport that it is behind no longer."""
        for session, _ in tuple(self._holds.values()):
            session.regulate()
        if self._reading is not None:
            self._reading.drained(self)
        self._desk.drained()

    def _refuse(self, refused: RefusedRequest) -> None:
        event = refused.failure()
        event.time = time.time()
        self._send(encode_event(event))

    def _send(self, text: str) -> None:
        if not self._closed:
            self._metrics.sent(text)
            self._outlet.send(text)


def _about(request: pb.Request, refused: RefusedRequest) -> RefusedRequest:
    """Return a refusal that names the request which it answers."""
    refused.request = request.id
    return refused
