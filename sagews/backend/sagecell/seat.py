"""A hold on one session for a client of SageMathCell: its events in order, and answers to what is asked.

Events wait here until they are taken, one after the other. Beyond HIGH_WATER
the session's link is read no more if nobody else needs it, and beyond
MAX_UNSENT the client is cut off and can come back for the rest.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from sagews.backend.hold import Hold, Told
from sagews.backend.session import Session
from sagews.backend.sessions import Sessions
from sagews.backend.socket import HIGH_WATER, MAX_UNSENT
from sagews.backend.visit import ANSWER_DEADLINE
from sagews.backend.workers import refused, unreachable
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

_WEIGHT = 200
"""Bytes that an event counts for at least."""


class Seat:
    """What one client holds of one session."""

    def __init__(self, reader: str, is_behind: Callable[[], bool], cut_off: Callable[[], None]) -> None:
        """`is_behind`: whether the client's transport is; `cut_off` ends it, because it is too far behind."""
        self.reader = reader
        """Account or address, for the log; see `hold.Receiver`."""
        self._is_behind = is_behind
        self._cut_off = cut_off
        self._session: Session | None = None
        self._hold: Hold | None = None
        self._arrived = asyncio.Event()
        self._line: deque[pb.Event] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self._asked: dict[int, asyncio.Future[pb.Event]] = {}
        self._last_id = 0
        self._refusal: pb.Failure | None = None
        self.over = False
        """Whether the session has ended, or is held no more."""

    async def join(self, sessions: Sessions, session: str, token: str, after: int) -> None:
        """Take a hold on a session, whose events after this number follow. Raises RefusedRequest."""
        request = pb.Request(id=self._next_id())
        request.attach.session, request.attach.token, request.attach.after_sequence = session, token, after
        self._session, self._hold = await sessions.attach(self, request)
        self._session.listen()
        try:
            # Nothing is sent before the worker has taken the token.
            async with asyncio.timeout(ANSWER_DEADLINE):
                await self._arrived.wait()
        except TimeoutError as error:
            raise unreachable() from error
        if self._refusal is not None:
            raise refused(self._refusal)

    def leave(self) -> None:
        """Let the session go, which lives on for its grace period."""
        self.over = True
        if self._session is not None and self._hold is not None:
            self._session.release(self._hold)
        self._session = self._hold = None
        for answer in self._asked.values():
            answer.cancel()
        self._asked.clear()

    # -------------------------------------------------------------- to ask

    def send(self, request: pb.Request) -> None:
        """Send a request. Raises RefusedRequest if the session cannot be reached now."""
        if self._session is None or self._hold is None or self.over:
            raise RefusedRequest(pb.FAILURE_CODE_UNKNOWN_SESSION, "has ended", "session", "evaluate again")
        request.id = self._next_id()
        try:
            self._session.send(self._hold, request)
        except ServiceError as error:
            raise unreachable() from error

    def ask(self, request: pb.Request) -> "asyncio.Future[pb.Event]":
        """Send a question; return the answer to come, be it a failure. Raises RefusedRequest."""
        self.send(request)
        answer = self._asked[request.id] = asyncio.get_running_loop().create_future()
        return answer

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    # ------------------------------------------------------------- to hear

    async def next(self) -> pb.Event | None:
        """Return the next event; None if there is none any more."""
        while not self._line:
            if self.over:
                return None
            self._news.clear()
            await self._news.wait()
        was_congested = self.congested
        event = self._line.popleft()
        self._size -= _weight(event)
        if was_congested:
            self.regulate()
        return event

    def regulate(self) -> None:
        """Read the session's link, unless nobody could take what comes."""
        if self._session is not None:
            self._session.regulate()

    @property
    def congested(self) -> bool:
        """Whether much waits; see `hold.Receiver`."""
        return self._size > HIGH_WATER or self._is_behind()

    def take(self, told: Told) -> None:
        """Take an event of the session, or an answer; see `hold.Receiver`."""
        event = told.event
        if event.sequence:
            self._arrived.set()
            self._put(event)
        elif event.HasField("comm_handled"):
            # It is an answer; what was put out before it is told before it.
            self._put(event)
        elif (answer := self._asked.pop(event.request, None)) is not None:
            if not answer.done():
                answer.set_result(event)
        elif event.HasField("attached"):
            self._arrived.set()
        elif event.HasField("failure"):
            if self._arrived.is_set():
                self._put(event)
            else:
                self._refusal = event.failure

    def released(self, session: str) -> None:
        """Know that the session has ended; see `hold.Receiver`."""
        self._session = self._hold = None
        self.over = True
        self._arrived.set()
        self._news.set()
        for answer in self._asked.values():
            answer.cancel()
        self._asked.clear()

    def _put(self, event: pb.Event) -> None:
        self._line.append(event)
        self._size += _weight(event)
        self._news.set()
        if self._size > MAX_UNSENT:
            self._cut_off()


def _weight(event: pb.Event) -> int:
    return _WEIGHT + len(event.output.body) if event.HasField("output") else _WEIGHT
