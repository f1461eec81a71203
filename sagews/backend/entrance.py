"""The entrance: opens sessions, and has those wait in a line for whom there is no place.

Nobody polls. Workers push that a place is free, and as many of the line as
there are places then try, the first ones first. Which worker a session goes
to is the business of `workers.py`, and whether it lets it in the worker's own.
Each backend has a line of its own; where several see the same place, the
worker gives it to whoever comes first.
"""

import asyncio
import math

from sagews.backend.link import Link
from sagews.backend.metrics import Metrics
from sagews.backend.waiting import Tell, Waiter, WaitingLine
from sagews.backend.worker import Worker
from sagews.backend.workers import HOPE, NoPlaceError, Workers
from sagews.config.backend import Backend
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from sagews.service.counting import counted_as

TELL_EVERY = 1.0
"""Seconds between two words to one reader on the place in the line."""
HTTP_PATIENCE = 3.0
"""Seconds that a request over HTTP waits in line: a program can come back by itself."""
RETRY_AFTER = 15
"""Seconds after which somebody had better try again for whom there was no place in the line, or none in time."""


class Entrance:
    """Where all sessions of one backend are opened."""

    def __init__(self, workers: Workers, settings: Backend, metrics: Metrics) -> None:
        self._workers = workers
        self._seconds = settings.waiting_seconds if settings.waiting else 0.0
        self._metrics = metrics
        self._line = WaitingLine(settings.waiting)
        self._calls: dict[Waiter, asyncio.Event] = {}
        self._telling: asyncio.TimerHandle | None = None
        self._words = 0
        """Changes of the workers' states so far."""
        workers.watch(self._worker_changed)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._line)

    async def open(self, request: pb.Request, tell: Tell, patience: float = math.inf) -> tuple[Worker, Link, pb.Event]:
        """Open a session, be it after some time in line; return its worker, its link, and `opened`.

        `tell` takes the place in the line whenever that has changed; `patience` is how many seconds the reader
        waits, if that is less than the site allows. Cancelled, it leaves the line. Raises RefusedRequest.
        """
        # Who has enough is told so by a worker, and stands in nobody's way before.
        enough = await self._workers.enough(request)
        if not self._line or enough:
            try:
                return await self._workers.open(request, patient=not enough)
            except NoPlaceError as full:
                refusal = full
        else:
            refusal = NoPlaceError.on_any_worker()
        patience = min(patience, self._seconds, HOPE if refusal.code == pb.FAILURE_CODE_UNAVAILABLE else math.inf)
        if not patience:
            raise refusal
        return await self._wait(request, tell, patience, refusal)

    async def _wait(
        self, request: pb.Request, tell: Tell, patience: float, refusal: RefusedRequest
    ) -> tuple[Worker, Link, pb.Event]:
        begun = asyncio.get_running_loop().time()
        waiter = Waiter(counted_as(request.open.reader), tell)
        called = self._join(waiter)
        outcome = "withdrawn"
        try:
            while True:
                async with asyncio.timeout_at(begun + patience):
                    await called.wait()
                if waiter.displaced:
                    outcome = "displaced"
                    raise _line_full()
                called.clear()
                words = self._words
                try:
                    # A place is held for whoever is called, and not for one of the same reader's to leave.
                    opened = await self._workers.open(request, patient=False)
                except NoPlaceError as full:
                    refusal = full
                else:
                    outcome = "opened"
                    return opened
                finally:
                    waiter.called = False
                if self._words != words:
                    self._call()
        except TimeoutError:
            outcome = "timed_out"
            raise _time_up(refusal, patience) from None
        except RefusedRequest:
            outcome = "displaced" if waiter.displaced else "refused"
            raise
        finally:
            self._leave(waiter)
            self._metrics.waited(outcome, asyncio.get_running_loop().time() - begun)

    def _join(self, waiter: Waiter) -> asyncio.Event:
        """Put somebody in line; return what is set at each call. Raises RefusedRequest if the line is full."""
        try:
            displaced = self._line.join(waiter)
        except ValueError as error:
            raise _line_full() from error
        if displaced is not None:
            self._calls[displaced].set()
        called = self._calls[waiter] = asyncio.Event()
        self._call()
        if not waiter.called:
            waiter.tell(list(self._line).index(waiter) + 1, len(self._line))
        self._tell_soon()
        return called

    def _leave(self, waiter: Waiter) -> None:
        self._line.leave(waiter)
        self._calls.pop(waiter, None)
        self._call()
        self._tell_soon()

    def _worker_changed(self, worker: Worker) -> None:
        self._words += 1
        self._call()

    def _call(self) -> None:
        """Have as many try as there are places, as far as that is known."""
        for waiter in self._line.call(self._workers.room):
            self._calls[waiter].set()

    def _tell_soon(self) -> None:
        if self._telling is None and self._line:
            self._telling = asyncio.get_running_loop().call_later(TELL_EVERY, self._tell)

    def _tell(self) -> None:
        self._telling = None
        self._line.tell()


def _line_full() -> RefusedRequest:
    what = "has no free place, and no room in the line of those who wait for one"
    return RefusedRequest(pb.FAILURE_CODE_FULL, what, "site", f"try again in {RETRY_AFTER} s", retry_after=RETRY_AFTER)


def _time_up(refusal: RefusedRequest, patience: float) -> RefusedRequest:
    """Return the refusal of somebody who has waited for so many seconds: why there was no place, at the last try."""
    what = f"{refusal.what}, and {patience:.0f} s of waiting brought none"
    hint = f"try again in {RETRY_AFTER} s"
    return RefusedRequest(refusal.code, what, refusal.noun, hint, retry_after=RETRY_AFTER)
