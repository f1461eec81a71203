"""One session as the backend sees it: one link, and the holds of those who share it.

Requests of every hold go out on the link; events come in and go to those who
want them (`backend/hold.py` says which). When the link is lost or the worker
falls silent, everybody is told that the session is away, and it is looked for
(`backend/search.py`); when it is not there any more, everybody is told that
the worker was lost.

When all receivers are congested, the link is read no more: the worker keeps
the events and nobody's memory grows. When some are, the others go on, and
whoever falls too far behind is cut off by its transport and can come back for
the rest.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

from sagews.backend.hold import MAX_HOLDS, Hold, Receiver, Told, link_id, split_id
from sagews.backend.link import Link
from sagews.backend.metrics import Metrics
from sagews.backend.search import Search
from sagews.backend.worker import Worker
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

MAX_TIMED = 1000
"""Evaluations of one session whose times are taken; those that were refused are never taken off."""

MAX_PASSED = 1000
"""Evaluations of one session that are known to have been passed on to it; it knows more of them by itself."""

log = structlog.get_logger()


class Session:
    """A session that at least one receiver holds."""

    def __init__(
        self,
        name: str,
        token: str,
        link: Link,
        worker: Worker,
        metrics: Metrics,
        on_empty: Callable[["Session"], None],
    ) -> None:
        self.name = name
        self._token = token
        self._link = link
        self._worker = worker
        self._metrics = metrics
        self._on_empty = on_empty
        self._holds: dict[int, Hold] = {}
        self._next_number = 0
        self._listening = False
        self._paused = False
        self._ended = False
        self._started: dict[str, float] = {}
        self._passed: dict[str, int] = {}
        """How often each evaluation was passed on, of those that it has not refused."""
        self._asked: dict[int, str] = {}
        """Evaluations of which nothing was heard yet, by the ids of their requests on the link."""
        self._searching: asyncio.Task[None] | None = None
        self._away: Told | None = None
        """What everybody was told who holds it, while it cannot be reached."""
        self.grace = 0.0
        """Seconds that it lives without a link, as the worker says."""

    @property
    def worker(self) -> Worker:
        """The worker on which it is."""
        return self._worker

    def listen(self) -> None:
        """Begin to take the events of the link, unless that has begun."""
        if not self._listening:
            self._listening = True
            self._link.listen(self._take, self.look)
            self.look()

    # ------------------------------------------------------------- holds

    def hold(self, receiver: Receiver, sequence: int = 0) -> Hold:
        """Return a new hold for a receiver that has the events up to `sequence`. Raises RefusedRequest."""
        if len(self._holds) >= MAX_HOLDS:
            raise RefusedRequest(
                pb.FAILURE_CODE_FULL,
                f"is open in {MAX_HOLDS} places already",
                f"session {self.name}",
                "close some of them",
            )
        while self._next_number in self._holds or self._next_number == 0:
            self._next_number = (self._next_number + 1) % (MAX_HOLDS + 1)
        hold = Hold(receiver, self._next_number, sequence)
        self._holds[hold.number] = hold
        # The next hold gets another number, so that no late answer reaches the wrong one.
        self._next_number = (self._next_number + 1) % (MAX_HOLDS + 1)
        return hold

    def release(self, hold: Hold) -> None:
        """End a hold; with the last one the link ends, and the session's grace period begins."""
        if self._holds.pop(hold.number, None) is None:
            return
        if self._holds:
            self.regulate()
        else:
            self._end()

    def _end(self) -> None:
        if self._searching is not None:
            self._searching.cancel()
        self._link.close()
        self._on_empty(self)

    # ---------------------------------------------------------- requests

    def knows(self, evaluation: str) -> bool:
        """Whether an evaluation was passed on to it already, which runs no name twice."""
        return evaluation in self._passed

    def send(self, hold: Hold, request: pb.Request) -> None:
        """Send a request of a hold to the worker. Raises ServiceError if the link is away."""
        request.id, own = link_id(hold.number, request.id), request.id
        request.session = ""
        try:
            self._link.send(request)
            self._pass(request)
        finally:
            request.id = own

    def _pass(self, request: pb.Request) -> None:
        """Know that a request was passed on; two that have one id cannot be told apart by their answers."""
        if request.id in self._asked:
            self._asked[request.id] = ""
        if not request.HasField("evaluate"):
            return
        evaluation = request.evaluate.evaluation
        self._asked.setdefault(request.id, evaluation)
        if len(self._started) < MAX_TIMED:
            self._started.setdefault(evaluation, time.perf_counter())
        self._passed[evaluation] = self._passed.get(evaluation, 0) + 1
        if len(self._passed) > MAX_PASSED:
            del self._passed[next(iter(self._passed))]
        if len(self._asked) > MAX_PASSED:
            del self._asked[next(iter(self._asked))]

    def _refused(self, identifier: int) -> str:
        """Forget an evaluation that the session has refused and return its name; empty if it may be run all the same.

        It may where it was passed on twice: each is refused or not by itself.
        """
        evaluation = self._asked.pop(identifier, "")
        times = self._passed.pop(evaluation, 0)
        if times > 1:
            self._passed[evaluation] = times - 1
        return evaluation if times == 1 else ""

    def join(self, hold: Hold, request: pb.Request) -> None:
        """Ask for the replay of a hold on a link that is attached already. Raises ServiceError."""
        attach = pb.Request(id=link_id(hold.number, request.id), attach=request.attach)
        hold.joining = attach
        self._link.send(attach)
        self._pass(attach)
        if self._away is not None:
            hold.receiver.take(self._away)

    # ------------------------------------------------------------ events

    def _take(self, event: pb.Event) -> None:
        number, own = split_id(event.request)
        if event.sequence:
            self._numbered(event, number, own)
        elif (hold := self._holds.get(number)) is not None:
            self._answer(hold, event, own)
        if not self._ended and event.WhichOneof("kind") == "ended":
            self._ended = True
        if self._ended:
            self._let_go()
        else:
            self.regulate()

    def _numbered(self, event: pb.Event, number: int, own: int) -> None:
        """Give an event of the session to everybody who wants it."""
        if (asker := self._holds.get(number)) is not None and asker.joining is not None:
            # What is replayed for this hold is in order, wherever it said that it was.
            asker.accepted, asker.sequence, event.request = True, event.sequence, own
            asker.receiver.take(Told(event))
        event.ClearField("request")
        told = Told(event)
        for hold in tuple(self._holds.values()):
            if hold is not asker and hold.wants(event, replayed_for_another=number != 0):
                hold.sequence = event.sequence
                hold.receiver.take(told)
        if event.WhichOneof("kind") == "done" and number == 0:
            started = self._started.pop(event.evaluation, None)
            self._metrics.evaluated(event.done.reason, time.perf_counter() - started if started is not None else None)

    def _answer(self, hold: Hold, event: pb.Event, own: int) -> None:
        """Give the answer to one request to the hold that asked."""
        joined = hold.joining is not None and event.request == hold.joining.id
        if event.HasField("failure") and (evaluation := self._refused(event.request)):
            event.evaluation = evaluation
        event.request = own
        event.session = self.name
        match event.WhichOneof("kind"):
            case "attached" if joined:
                hold.joining, hold.accepted = None, True
                hold.sequence = event.attached.last_sequence
                self.grace = event.attached.limits.grace
            case "failure" if joined:
                hold.receiver.take(Told(event))
                hold.receiver.released(self.name)
                self.release(hold)
                return
        hold.receiver.take(Told(event))

    def _let_go(self) -> None:
        """Release, after the end of the session, every hold that has all of its events."""
        for hold in tuple(self._holds.values()):
            if hold.joining is None:
                hold.receiver.released(self.name)
                self.release(hold)

    # -------------------------------------------------------------- flow

    def regulate(self) -> None:
        """Read the link, unless nobody could take what comes."""
        congested = bool(self._holds) and all(hold.receiver.congested for hold in self._holds.values())
        if congested != self._paused:
            self._paused = congested
            if congested:
                self._link.pause()
            else:
                self._link.resume()

    # ---------------------------------------------------------- lost link

    def look(self) -> None:
        """Begin to look for the session, unless it can be reached or is being looked for."""
        if self._holds and self._searching is None and (self._link.lost or self._worker.away):
            self._searching = asyncio.create_task(self._search())

    async def _search(self) -> None:
        reader = next(iter(self._holds.values())).receiver.reader
        log.warning("session away", session=self.name, reader=reader, link="lost" if self._link.lost else "silent")
        search = Search(self.name, self._worker, self.grace, self._attach_again)
        self._tell_away(search.within)
        if not await search.run():
            self._worker_lost()
            return
        self._searching = None
        self._tell_away(0)
        self.look()  # it may have been lost again meanwhile

    def _tell_away(self, seconds: float) -> None:
        """Tell everybody that the session is away, or with 0 that it is not any more."""
        event = pb.Event(session=self.name, time=time.time())
        event.away.within_seconds = seconds
        told = Told(event)
        self._away = told if seconds else None
        for hold in tuple(self._holds.values()):
            hold.receiver.take(told)

    async def _attach_again(self) -> bool:
        """Attach on a new link and take over from it; return whether the worker knows the session.

        Raises ServiceError if that cannot be found out now.
        """
        # What still came on the old one, or was still sent on it, would mix with what comes and goes on the new one.
        self._link.abandon()
        # Number 0: what is replayed is for everybody, each of whom skips what it has.
        request = pb.Request(id=link_id(0, 1))
        request.attach.session = self.name
        request.attach.token = self._token
        live = [hold.sequence for hold in self._holds.values() if hold.joining is None]
        request.attach.after_sequence = min(live, default=0)
        link, first = await self._worker.ask(request)
        if first.WhichOneof("kind") == "failure":
            link.close()
            if first.failure.code in (pb.FAILURE_CODE_UNKNOWN_SESSION, pb.FAILURE_CODE_WRONG_TOKEN):
                return False
            raise ServiceError(first.failure.what, first.failure.noun, first.failure.hint)
        self._link, self._paused = link, False
        for hold in self._holds.values():
            if hold.joining is not None:
                hold.joining.attach.after_sequence = hold.sequence
                link.send(hold.joining)
        self._take(first)
        link.listen(self._take, self.look)
        return True

    def _worker_lost(self) -> None:
        log.warning("session lost", session=self.name, readers=len(self._holds))
        for hold in tuple(self._holds.values()):
            event = pb.Event(session=self.name, sequence=hold.sequence + 1, time=time.time())
            event.ended.reason = pb.SESSION_REASON_WORKER_LOST
            event.ended.text = "The session ended: its worker was lost. Its variables are gone."
            hold.receiver.take(Told(event))
            hold.receiver.released(self.name)
            self._holds.pop(hold.number, None)
        self._searching = None
        self._end()
