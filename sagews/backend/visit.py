"""One HTTP request's hold on a session: it joins, asks and hears, and leaves the session alive.

A visit hears only what it wants of the session's events. What it hears waits
in memory until it is taken, up to a limit: beyond HIGH_WATER the session's
link is read no more if nobody else needs it, and beyond MAX_UNHEARD the visit
is over; who made it can come back for the rest.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from sagews.backend.entrance import HTTP_PATIENCE
from sagews.backend.hold import Hold, Told
from sagews.backend.session import Session
from sagews.backend.sessions import Sessions
from sagews.backend.workers import refused, unreachable
from sagews.errors import ServiceError
from sagews.protocol import MAX_BODY
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

ANSWER_DEADLINE = 30.0
"""Seconds for an answer of the session; it gives none while an evaluation runs."""
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds before a question is asked again that the worker had no room for, while many events are on their way."""
HIGH_WATER = 1 << 20
"""Characters of events that wait to be taken, at which a visit is congested."""
MAX_UNHEARD = 2 * MAX_BODY + 3 * HIGH_WATER
"""Characters that wait to be taken, at which a visit is over; as `socket.MAX_UNSENT`."""
FROM_NOW = 2**53
"""Attaching after this number means that no earlier event is wanted."""

Wants = Callable[[pb.Event], bool]


class Visit:
    """A hold on one session for as long as a request lasts."""

    def __init__(self, name: str, token: str, reader: str, wants: Wants) -> None:
        self.reader = reader
        """Account or address, for the log."""
        self._name = name
        self._token = token
        self._wants = wants
        self._session: Session | None = None
        self._hold: Hold | None = None
        # Numbers of holds come back: a late answer to an earlier one must not be taken for ours.
        self._id = secrets.randbelow(1 << 52)
        self._asked: dict[int, asyncio.Future[pb.Event]] = {}
        self._telling = False
        self._unheard: list[Told] = []
        self._size = 0
        self._over = False
        self._released = False
        self._news = asyncio.Event()
        self._arrival = 0
        self.attached: pb.Attached | None = None
        """What the session said of itself when all that was before had been replayed; None until then."""

    @classmethod
    @asynccontextmanager
    async def begun(
        cls,
        sessions: Sessions,
        name: str,
        token: str,
        reader: str,
        *,
        after: int = FROM_NOW,
        wants: Wants = lambda event: False,
    ) -> AsyncIterator["Visit"]:
        """Give a visit that hears what it wants of the session's events after this number. Raises RefusedRequest."""
        visit = cls(name, token, reader, wants)
        try:
            await visit._attach(sessions, after)
            yield visit
        finally:
            if visit._session is not None and visit._hold is not None:
                visit._session.release(visit._hold)

    @classmethod
    async def open(cls, sessions: Sessions, wish: pb.Open, reader: str, patience: float = HTTP_PATIENCE) -> pb.Event:
        """Open a session and leave it; return `opened`, which has its token. Raises RefusedRequest.

        `patience`: seconds that it may wait in line.
        """
        wish.reader = reader
        session, hold, opened = await sessions.open(
            cls("", "", reader, lambda event: False), pb.Request(open=wish), patience
        )
        session.listen()
        session.release(hold)
        return opened

    async def _attach(self, sessions: Sessions, after: int) -> None:
        request = self._attaching(after)
        self._arrival = request.id
        with self._expecting(request.id) as answer:
            self._session, self._hold = await sessions.attach(self, request)
            self._session.listen()
            # A replay can be long; its first event already says that the session has let us in.
            news = asyncio.ensure_future(self._news.wait())
            try:
                await asyncio.wait((answer, news), timeout=ANSWER_DEADLINE, return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
            if answer.done():
                await self._answered(answer, "attached")
            elif not self._unheard:
                raise _busy(self._name)

    # -------------------------------------------------------------- to ask

    async def ask(self, kind: str, **question: object) -> pb.Event:
        """Ask the session a question; return the event of this kind that answers it. Raises RefusedRequest."""
        for pause in (*PAUSES, None):
            try:
                return await self.ask_once(kind, **question)
            except RefusedRequest as refusal:
                if refusal.code != pb.FAILURE_CODE_FULL or pause is None:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("the last question is answered or raises")

    async def ask_once(self, kind: str, **question: object) -> pb.Event:
        """Ask as `ask`, but not again if there is no room. It is sent at once: those asked later are sent later."""
        request = self._request(**question)
        with self._expecting(request.id) as answer:
            self.send(request)
            return await self._answered(answer, kind)

    async def tell(self, **message: object) -> list[pb.Event]:
        """Send what has no answer of its own, and return once the worker has acted on it.

        Returns the wanted events since then, which are still to be taken. Raises RefusedRequest.
        """
        assert self._session is not None and self._hold is not None
        request, before = self._request(**message), len(self._unheard)
        # A link keeps its order: what is asked after the message is answered after it, and
        # the replay brings what the session told in between.
        barrier = self._attaching(self._hold.sequence)
        self._telling = True
        try:
            with self._expecting(request.id) as refusal, self._expecting(barrier.id) as answer:
                self.send(request)
                try:
                    self._session.join(self._hold, barrier)
                except ServiceError as error:
                    raise self._unsendable() from error
                await self._answered(answer, "attached")
                if refusal.done():
                    await self._answered(refusal, "")
        finally:
            self._telling = False
        return [told.event for told in self._unheard[before:]]

    async def lives(self) -> bool:
        """Whether the session has not ended. To it, being asked is a sign of use. Raises RefusedRequest."""
        try:
            # Answers no question, since none has this number.
            await self.tell(input_reply=pb.InputReply())
        except RefusedRequest as refusal:
            if refusal.code != pb.FAILURE_CODE_UNKNOWN_SESSION:
                raise
            return False
        return True

    def send(self, request: pb.Request) -> None:
        """Send a request, and wait for nothing. Raises RefusedRequest."""
        assert self._session is not None and self._hold is not None
        try:
            self._session.send(self._hold, request)
        except ServiceError as error:
            raise self._unsendable() from error

    def _unsendable(self) -> RefusedRequest:
        """Return why nothing can be sent: with the session its link has ended, or the worker is away."""
        return refused(self._ended) if self._released else unreachable()

    def _request(self, **message: object) -> pb.Request:
        return pb.Request(id=self._next_id(), **message)  # type: ignore[arg-type]  # each is of its own field

    def _attaching(self, after: int) -> pb.Request:
        return self._request(attach=pb.Attach(session=self._name, token=self._token, after_sequence=after))

    def _next_id(self) -> int:
        self._id += 1
        return self._id

    @contextmanager
    def _expecting(self, identifier: int) -> Iterator["asyncio.Future[pb.Event]"]:
        """Give the answer to a request, for as long as somebody may wait for it."""
        self._asked[identifier] = answer = asyncio.get_running_loop().create_future()
        try:
            yield answer
        finally:
            del self._asked[identifier]

    async def _answered(self, answer: "asyncio.Future[pb.Event]", kind: str) -> pb.Event:
        try:
            async with asyncio.timeout(ANSWER_DEADLINE):
                event = await answer
        except TimeoutError as error:
            raise _busy(self._name) from error
        match event.WhichOneof("kind"):
            case "failure":
                raise refused(event.failure)
            case told if told != kind:
                raise RefusedRequest(
                    pb.FAILURE_CODE_INTERNAL, f"answered by {told}", f"session {self._name}", "try again"
                )
        return event

    # ------------------------------------------------------------- to hear

    @property
    def over(self) -> bool:
        """Whether there is nothing more to hear, and nothing will be."""
        return self._over and not self._unheard

    @property
    def has_news(self) -> bool:
        """Whether `next` would return events at once."""
        return bool(self._unheard)

    async def next(self) -> list[Told]:
        """Return what there is to hear, as soon as there is something.

        Returns nothing when the visit is over, and once when everything was replayed.
        """
        if not self._unheard and not self._over:
            self._news.clear()
            await self._news.wait()
        was_congested = self.congested
        heard, self._unheard, self._size = self._unheard, [], 0
        if was_congested and self._session is not None:
            self._session.regulate()
        return heard

    @property
    def congested(self) -> bool:
        """Whether much waits to be taken; not while it waits for an answer, which would come behind it all."""
        return self._size > HIGH_WATER and not self._telling

    def take(self, told: Told) -> None:
        """Take an event of the session, or an answer; see `hold.Receiver`."""
        event = told.event
        if not event.sequence:
            self._settle(event.request, event)
            if event.request == self._arrival and event.WhichOneof("kind") == "attached":
                self.attached = event.attached
                self._news.set()
        elif not self._over and self._wants(event):
            if event.request:
                # Replayed for us: how it came is nobody's concern.
                own = pb.Event()
                own.CopyFrom(event)
                own.ClearField("request")
                told = Told(own)
            self._unheard.append(told)
            self._size += len(told.text)
            self._over = self._size > MAX_UNHEARD
            self._news.set()

    def released(self, session: str) -> None:
        """Know that the session has ended; see `hold.Receiver`."""
        for identifier in tuple(self._asked):
            self._settle(identifier, pb.Event(failure=self._ended))
        self._over = self._released = True
        self._news.set()

    @property
    def _ended(self) -> pb.Failure:
        code = pb.FAILURE_CODE_UNKNOWN_SESSION
        return pb.Failure(code=code, what="has ended", noun=f"session {self._name}", hint="open a new one")

    def move(self, within_seconds: float) -> None:
        """Hear no more, because this backend is being emptied; see `drain.Movable`."""
        self._over = True
        self._news.set()

    def _settle(self, identifier: int, event: pb.Event) -> None:
        answer = self._asked.get(identifier)
        if answer is not None and not answer.done():
            answer.set_result(event)


def _busy(name: str) -> RefusedRequest:
    return RefusedRequest(
        pb.FAILURE_CODE_UNAVAILABLE,
        f"did not answer within {ANSWER_DEADLINE:.0f} s: it answers between evaluations",
        f"session {name}",
        "wait for the evaluation to end, or stop it",
    )
