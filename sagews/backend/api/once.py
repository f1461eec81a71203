"""One stateless evaluation: a session of its own, which nobody else sees and which ends with it.

Its events name no session, and their numbers count from 1 within the
evaluation: from `started` to `done`, which is the last.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sagews.backend.entrance import HTTP_PATIENCE
from sagews.backend.hold import Told
from sagews.backend.sessions import Sessions
from sagews.backend.visit import HIGH_WATER, MAX_UNHEARD
from sagews.backend.workers import refused, unreachable
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

_OF_IT = frozenset({"started", "output", "truncated", "input_taken", "done", "gap"})


class Once:
    """The events of one stateless evaluation; a `stream.Source`."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        """Account or address, for the log."""
        self._sequence = 0
        self._unheard: list[Told] = []
        self._size = 0
        self._news = asyncio.Event()
        self._done: pb.Event | None = None
        self._over = False
        self._refused: RefusedRequest | None = None
        self._regulate: Callable[[], None] = lambda: None

    @classmethod
    @asynccontextmanager
    async def begun(cls, sessions: Sessions, run: pb.Run, reader: str) -> AsyncIterator["Once"]:
        """Give an evaluation that runs until it is done or left. Raises RefusedRequest."""
        once = cls(reader)
        opening = pb.Open(environment=run.environment, limits=run.limits, reader=reader)
        session, hold, _ = await sessions.open(once, pb.Request(open=opening), HTTP_PATIENCE)
        once._regulate = session.regulate
        try:
            session.listen()
            evaluate = pb.Evaluate(evaluation=run.evaluation, cell=run.cell, code=run.code, without_input=True)
            evaluate.limits.CopyFrom(run.limits)
            session.send(hold, pb.Request(evaluate=evaluate))
            yield once
        except ServiceError as error:
            raise unreachable() from error
        finally:
            with contextlib.suppress(ServiceError):
                session.send(hold, pb.Request(close=pb.Close()))
            session.release(hold)

    @property
    def over(self) -> bool:
        """Whether everything was told."""
        return self._over and not self._unheard

    async def next(self) -> list[Told]:
        """Return the next events, as soon as there is one. Raises RefusedRequest if it was not run at all."""
        if not self._unheard and not self._over:
            self._news.clear()
            await self._news.wait()
        if self._refused is not None:
            raise self._refused
        heard, self._unheard, self._size = self._unheard, [], 0
        self._regulate()
        return heard

    # ----------------------------------------------------- hold.Receiver

    @property
    def congested(self) -> bool:
        """Whether much waits to be taken."""
        return self._size > HIGH_WATER

    def take(self, told: Told) -> None:
        """Take an event of the session."""
        kind = told.event.WhichOneof("kind")
        if kind == "failure":
            # One that ended before it was asked tells how by `ended`.
            if told.event.failure.code != pb.FAILURE_CODE_UNKNOWN_SESSION:
                self._refused = refused(told.event.failure)
                self._end()
        elif kind == "ended":
            self._ended(told.event)
        elif kind in _OF_IT and not self._over:
            event = pb.Event()
            event.CopyFrom(told.event)
            if kind == "done" and event.done.reason == pb.EVALUATION_REASON_SESSION_ENDED:
                self._done = event  # why the session ended comes next
            else:
                self._tell(event)
                if kind == "done":
                    self._end()

    def _ended(self, event: pb.Event) -> None:
        if not self._over:
            done = self._done or pb.Event(time=event.time)
            done.done.reason = pb.EVALUATION_REASON_SESSION_ENDED
            done.done.text = event.ended.text
            self._tell(done)
            self._end()

    def _tell(self, event: pb.Event) -> None:
        self._sequence += 1
        event.session, event.request, event.sequence = "", 0, self._sequence
        told = Told(event)
        self._unheard.append(told)
        self._size += len(told.text)
        if self._size > MAX_UNHEARD:
            self._end()
        self._news.set()

    def _end(self) -> None:
        self._over = True
        self._news.set()

    def released(self, session: str) -> None:
        """Know that the session has ended, which `ended` told before."""
        self._end()
