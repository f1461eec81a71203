"""One stateless evaluation that runs: a session of its own, and the readings that follow it.

    readings  <--events, renumbered--  run  <--hold--  session

It begins by looking whether its result is kept. If not, it opens a session
for the first of its readings, evaluates in it, records what that says, and
ends it. It ends early when no reading is left. Events are numbered from 1,
which is Started (`retelling.py`).

A run that asks `input()` is shared no longer: the answer of one reader must
not become the result of another. It goes on for its first reading, and each
of the others begins anew, with a run of its own.
"""

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING

import structlog

from sagews.backend.cache import Cache, Found
from sagews.backend.cache_status import CacheStatus
from sagews.backend.errand import Errand
from sagews.backend.hold import Hold, Told
from sagews.backend.key import key_of
from sagews.backend.metrics import Metrics
from sagews.backend.reading import Reading
from sagews.backend.record import Record
from sagews.backend.retelling import BEFORE, broken_off, retold
from sagews.backend.session import Session
from sagews.backend.sessions import Sessions
from sagews.backend.workers import refused, unreachable
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name
from sagews.protocol.json_requests import RefusedRequest

if TYPE_CHECKING:
    from sagews.backend.runs import Runs

NAME = "run"
"""Of the evaluation, in its session."""
_TAKEN = (pb.FAILURE_CODE_FULL, pb.FAILURE_CODE_TOO_MANY)
"""Why there is no place: for nobody, or not for this reader."""
ENDING = 5.0
"""Seconds that a session has to end, before its link is let go all the same."""

log = structlog.get_logger()


class Run:
    """A stateless evaluation, until its session has ended; what holds that session."""

    def __init__(self, errand: Errand, runs: "Runs", sessions: Sessions, cache: Cache, metrics: Metrics) -> None:
        self.errand = errand
        self.record = Record()
        self.readings: dict[str, Reading] = {}
        self.status = CacheStatus()
        self.over = False
        """Nothing more is told of it."""
        self.settled = asyncio.Event()
        """Set when it is over and its result is kept, if it can be."""
        self.gone = asyncio.Event()
        """Set when no session of it lives any more."""
        self._runs = runs
        self._sessions = sessions
        self._cache = cache
        self._metrics = metrics
        self._session: Session | None = None
        self._hold: Hold | None = None
        self._released = asyncio.Event()
        self.line: pb.Event | None = None
        """What was told at last of its place in line, while it waits for one."""
        self._attempt = secrets.token_hex(8)
        self._fingerprint = b""
        """Of the environment in which it runs; empty while that is not known."""
        self._task: asyncio.Task[None] | None = None
        self._done = pb.Done()
        """What its session said at last."""

    def start(self, predecessor: "Run | None" = None) -> None:
        """Begin. The session of `predecessor` is ending, and its place may be needed."""
        self._task = asyncio.create_task(self._begin(predecessor))

    # ------------------------------------------------------------ beginning

    async def _begin(self, predecessor: "Run | None") -> None:
        try:
            if await self._find():
                return
            if self.errand.kept_only:
                raise _unknown()
            await self._open(predecessor)
        except RefusedRequest as refusal:
            self._fail(refusal)
        except Exception:
            log.exception("run failed")
            self._fail(_fault())

    async def _find(self) -> bool:
        """Give the result that is kept, if there is one."""
        if self.errand.fresh:
            self.status.forwarded = "request"
            self._metrics.runs.labels("fresh").inc()
            return False
        keys = self._runs.keys(self.errand)
        if (found := await self._cache.find(keys) if keys else None) is not None:
            self.give(found)
            return True
        self.status.forwarded = "miss" if keys else "bypass"
        self._metrics.runs.labels("unknown" if self.errand.kept_only else "run").inc()
        return False

    def give(self, found: Found) -> None:
        """Give a result that was kept: no session is needed."""
        self._metrics.runs.labels("kept").inc()
        self.record = found.record
        self.status.hit, self.status.ttl, self.status.detail = True, found.ttl, found.store
        self._end()

    async def _open(self, predecessor: "Run | None") -> None:
        """Open a session for the first reading that may have one, and evaluate in it."""
        while self.readings:
            reading = next(iter(self.readings.values()))
            opening = pb.Open(environment=self.errand.environment, limits=self.errand.limits, reader=reading.account)
            request = pb.Request(open=opening)
            try:
                self._session, self._hold, opened = await self._sessions.open(self, request, reading.patience)
                self._fingerprint = opened.opened.fingerprint
                break
            except RefusedRequest as refusal:
                if refusal.code in _TAKEN and predecessor is not None and predecessor.over:
                    # The place is taken by what this run replaced, and which is being ended.
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(ENDING):
                            await predecessor.gone.wait()
                    predecessor = None
                    continue
                self._refuse(reading, refusal)
        else:
            return
        self.line = None
        self._session.listen()
        try:
            self._evaluate()
        except ServiceError as error:
            raise unreachable() from error

    def _evaluate(self) -> None:
        """Tell the session what to evaluate; twice is harmless, since it runs no name twice."""
        if self._session is not None and self._hold is not None:
            self._session.send(self._hold, pb.Request(id=1, evaluate=self.errand.evaluate(NAME)))

    # ------------------------------------------- the session's holder (Receiver)

    @property
    def reader(self) -> str:
        """Where its first reading comes from; see `hold.Receiver`."""
        return next((reading.account for reading in self.readings.values()), "")

    @property
    def congested(self) -> bool:
        """Whether everybody who follows it is behind; see `hold.Receiver`."""
        present = [reading for reading in self.readings.values() if reading.present]
        return not self.over and bool(present) and all(reading.stuck for reading in present)

    def take(self, told: Told) -> None:
        """Take an event of the session; see `hold.Receiver`."""
        event = told.event
        if self.over:
            return
        kind, last = event.WhichOneof("kind"), self.record.last
        if kind == "failure":
            # A session that ends before it is asked has the evaluation end with it: that comes next.
            if event.failure.code != pb.FAILURE_CODE_UNKNOWN_SESSION:
                self._fail(refused(event.failure))
        elif kind == "away":
            if not event.away.within_seconds:
                # It is reached again, and may not have heard what it was told before.
                with contextlib.suppress(ServiceError):
                    self._evaluate()
        elif kind == "waiting":
            self.line = event
            for reading in self.readings.values():
                reading.tell(event)
        elif kind == "ended":
            self._tell(end := broken_off(event, last, self._done))
            self._done = end.done
            self._end()
        elif (retelling := retold(event, last, self._attempt)) is not None:
            if kind == "done":
                self._done.CopyFrom(event.done)
                if event.done.reason == pb.EVALUATION_REASON_SESSION_ENDED:
                    return  # what follows says why
            elif kind == "output" and event.output.kind == pb.OUTPUT_KIND_INPUT_REQUEST:
                self._share_no_longer()
            self._tell(retelling)
            if kind == "done":
                self._end()

    def released(self, session: str) -> None:
        """Know that its session has ended; see `hold.Receiver`."""
        self._hold = None
        self._released.set()

    # ------------------------------------------------------------- readings

    def add(self, reading: Reading) -> None:
        """Let a reading follow."""
        self.readings[reading.name] = reading

    def leave(self, reading: Reading) -> None:
        """Let a reading go; with the last one the run ends."""
        if self.over or self.readings.get(reading.name) is not reading:
            return
        del self.readings[reading.name]
        self._runs.left(reading)
        if not self.readings:
            self._end()

    def interrupt(self, reading: Reading) -> bool:
        """Interrupt the evaluation if it runs, and for this reading alone. Raises RefusedRequest."""
        if self.over or set(self.readings.values()) != {reading} or self._session is None:
            return False
        self._send(pb.Request(interrupt=pb.Interrupt()))
        return True

    def answer(self, reading: Reading, reply: pb.InputReply) -> None:
        """Answer an input_request of a reading. Raises RefusedRequest if the session is away."""
        if reading in self.readings.values():
            reply = pb.InputReply(sequence=reply.sequence + BEFORE, text=reply.text)
            self._send(pb.Request(input_reply=reply))

    def withdraw(self, reading: Reading, why: RefusedRequest) -> None:
        """Take back a reading whose run has no session yet."""
        if self._session is None and not self.over:
            self._refuse(reading, why)

    def regulate(self) -> None:
        """Read the session's link, unless everybody is behind."""
        if self._session is not None and self._hold is not None:
            self._session.regulate()

    def _send(self, request: pb.Request) -> None:
        if self._session is None or self._hold is None:
            return
        try:
            self._session.send(self._hold, request)
        except ServiceError as error:
            raise unreachable() from error

    def _share_no_longer(self) -> None:
        first, *others = sorted(self.readings.values(), key=lambda reading: not reading.present)
        self.readings = {first.name: first}
        self._runs.part(self, others)

    def _refuse(self, reading: Reading, refusal: RefusedRequest) -> None:
        if self.readings.pop(reading.name, None) is not None:
            self._runs.left(reading)
            reading.refuse(refusal)
        if not self.readings and not self.over:
            self._end()

    def _fail(self, refusal: RefusedRequest) -> None:
        for reading in tuple(self.readings.values()):
            self._refuse(reading, refusal)

    def _tell(self, event: pb.Event) -> None:
        """Record an event and tell it to all."""
        self.record.add(event)
        for reading in tuple(self.readings.values()):
            reading.pump()

    # -------------------------------------------------------------- the end

    def _end(self) -> None:
        """Know that nothing more comes, or that nobody wants it; end the session."""
        self.over, self.line = True, None
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        for reading in self.readings.values():
            reading.pump()
        self._runs.ended(self)
        if self._session is None:
            self._vanish()
            return
        if self._hold is not None:
            with contextlib.suppress(ServiceError):
                self._session.send(self._hold, pb.Request(close=pb.Close()))
        self._task = asyncio.create_task(self._finish())

    def let_go(self) -> None:
        """Wait no longer for the end of its session."""
        self._released.set()

    async def _finish(self) -> None:
        """Keep the result if that may be, and wait for the end of the session."""
        try:
            if self.record.complete:
                await self._keep()
            self.settled.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ENDING):
                    await self._released.wait()
        except Exception:
            log.exception("result not kept")
        finally:
            if self._session is not None and self._hold is not None:
                self._session.release(self._hold)
            self._vanish()

    def _vanish(self) -> None:
        self._session = self._hold = None
        self.settled.set()
        self.gone.set()
        self._runs.forget(self)

    async def _keep(self) -> None:
        """Keep the result for others, if it is one that everybody would get."""
        why = self._not_kept()
        if not why:
            why = await self._cache.keep(key_of(self.errand.subject, self._fingerprint), self.record)
        self.status.stored, self.status.detail = not why, why
        if why:
            self._metrics.not_kept.labels(why).inc()

    def _not_kept(self) -> str:
        """Return why a result is not kept, in a word; empty if it may be."""
        if self._done.reason != pb.EVALUATION_REASON_DONE:
            return enum_name(pb.EvaluationReason, self._done.reason)
        if self._done.unrepeatable:
            return enum_name(pb.Unrepeatable, self._done.unrepeatable)
        if not self.errand.storable:
            return "request"
        if not self.record.whole:
            return "gap"
        return "" if self._fingerprint else "environment"


def _unknown() -> RefusedRequest:
    what, hint = "is known no longer, and its result was not kept", "evaluate it anew"
    return RefusedRequest(pb.FAILURE_CODE_UNKNOWN_EVALUATION, what, "evaluation", hint)


def _fault() -> RefusedRequest:
    return RefusedRequest(
        pb.FAILURE_CODE_INTERNAL, "failed for a fault of the service", "evaluation", "the log says why"
    )
