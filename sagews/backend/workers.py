"""The workers of a site: the best of them opens a session, and its own is found for one that lives."""

import asyncio
import os
import random
import socket
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakValueDictionary

import structlog

from sagews.backend.link import Link
from sagews.backend.placement import in_order
from sagews.backend.search import LEAST
from sagews.backend.worker import Worker
from sagews.config.site import Site
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from sagews.service.counting import counted_as
from sagews.service.dialer import Dialer

_NEXT = {pb.FAILURE_CODE_FULL, pb.FAILURE_CODE_DRAINING, pb.FAILURE_CODE_UNAVAILABLE}
"""Refusals of one worker after which another one may do better."""
HOPE = 30.0
"""Seconds since it was heard of, or since the start, for which a worker that is away is hoped to come back."""


LEAVING = (0.1, 0.2, 0.4, 0.8)
"""Seconds before it is tried again for a reader who has enough sessions: one that was just closed counts until all its
processes are gone."""


class NoPlaceError(RefusedRequest):
    """No worker has a place now, and one may have one soon: it pays to wait."""

    @classmethod
    def on_any_worker(cls) -> "NoPlaceError":
        """Return it for workers that are full."""
        return cls(pb.FAILURE_CODE_FULL, "has no free place on any worker", "site", "try again in a while")


log = structlog.get_logger()


_OPEN = {pb.WORKER_STATE_READY, pb.WORKER_STATE_FULL}
"""States of a worker that opens sessions, now or when one has ended."""


class Workers:
    """Every worker that the configuration names."""

    def __init__(self, site: Site) -> None:
        """Raises ConfigurationError for an address that is none, or for certificates that cannot be used."""
        backend = f"{socket.gethostname()}:{os.getpid()}"
        self._environments = [environment.name for environment in site.environment]
        self._watchers: list[Callable[[Worker], None]] = []
        self._all = [
            Worker(Dialer(site, address), backend, site.backend.idle_links, self._check_names, self._changed)
            for address in site.workers
        ]
        self._given_up = max(site.limits.grace, LEAST)
        """Seconds of silence of a worker after which those who hold its sessions were told that they are lost."""
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._chance = random.Random()  # noqa: S311  # decides nothing that is secret

    @property
    def all(self) -> list[Worker]:
        """All of them, also those that are away."""
        return self._all

    @property
    def tier(self) -> str:
        """The weakest tier in which any of them isolates sessions; empty while none has said."""
        return max((worker.isolation.tier for worker in self._all if worker.isolation is not None), default="")

    def fingerprints(self, environment: str) -> list[bytes]:
        """Return the fingerprints of an environment, mostly one: of the workers that open sessions, or of all.

        While no worker opens any, what those gave that did is still right.
        """
        fingerprints = (worker.fingerprint(environment) for worker in self._opening_sessions())
        return list(dict.fromkeys(fingerprint for fingerprint in fingerprints if fingerprint))

    @property
    def languages(self) -> dict[str, list[str]]:
        """The languages that each environment runs on every worker, first its own; empty while none has said."""
        return {environment: self._languages_of(environment) for environment in self._environments}

    def _languages_of(self, environment: str) -> list[str]:
        said = [found for worker in self._opening_sessions() if (found := worker.languages(environment))]
        return [name for name in said[0] if all(name in each for each in said)] if said else []

    def _opening_sessions(self) -> list[Worker]:
        """Return the workers that open sessions, or all while none does."""
        found = [worker for worker in self._all if worker.status is not None and worker.status.state in _OPEN]
        return [worker for worker in found or self._all if not worker.is_namesake]

    @property
    def room(self) -> int:
        """Places that are free, as far as the workers have said."""
        return sum(worker.room for worker in self._all)

    def watch(self, watcher: Callable[[Worker], None]) -> None:
        """Tell of every word of a worker on itself, and of its falling silent."""
        self._watchers.append(watcher)

    def _changed(self, worker: Worker) -> None:
        for watcher in self._watchers:
            watcher(worker)

    def start(self) -> None:
        """Begin to keep them in reach."""
        for worker in self._all:
            worker.start()

    async def stop(self) -> None:
        """Close control links and idle links."""
        await asyncio.gather(*(worker.stop() for worker in self._all))

    async def reach(self, deadline: float) -> None:
        """Return when one is in reach, or after so many seconds."""
        if any(worker.is_in_reach for worker in self._all):
            return
        reaching = [asyncio.create_task(worker.reach()) for worker in self._all]
        await asyncio.wait(reaching, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        for task in reaching:
            task.cancel()
        await asyncio.gather(*reaching, return_exceptions=True)

    async def open(self, request: pb.Request, *, patient: bool = True) -> tuple[Worker, Link, pb.Event]:
        """Open a session on the best worker that lets it in; return that, the session's link, and `opened`.

        `patient`: a reader who has enough sessions is not refused before one that was just closed has had the time to
        go. Raises NoPlaceError if none has a place now, RefusedRequest with the reason for anything else.
        """
        reader = counted_as(request.open.reader)
        if not reader or not request.open.most_sessions:
            return await self._open(request)
        lock = self._opening.setdefault(reader, asyncio.Lock())
        for pause in LEAVING if patient else ():
            try:
                return await self._open_within_quota(request, lock)
            except RefusedRequest as refusal:
                if refusal.code != pb.FAILURE_CODE_TOO_MANY:
                    raise
            await asyncio.sleep(pause)
        return await self._open_within_quota(request, lock)

    async def _open_within_quota(self, request: pb.Request, lock: asyncio.Lock) -> tuple[Worker, Link, pb.Event]:
        # One after the other, so that of two at once each worker hears of what the others have.
        async with lock:
            return await self._open(request)

    async def enough(self, request: pb.Request) -> bool:
        """Whether a reader has all the sessions of the quota, also after a moment for one that was just closed."""
        most, reader = request.open.most_sessions, counted_as(request.open.reader)
        for pause in LEAVING if most else ():
            if self.sessions_of(reader) < most:
                return False
            await asyncio.sleep(pause)
        return 0 < most <= self.sessions_of(reader)

    def sessions_of(self, reader: str, *, but: Worker | None = None) -> int:
        """Return how many sessions a reader with a quota has, as far as the workers have said; `but`: on others."""
        return sum(worker.sessions_of(reader) for worker in self._all if worker is not but)

    async def _open(self, request: pb.Request) -> tuple[Worker, Link, pb.Event]:
        refusals: list[RefusedRequest] = []
        for worker in in_order([each for each in self._all if not each.is_namesake], self._chance):
            if worker.away and any(refusal.code != pb.FAILURE_CODE_UNAVAILABLE for refusal in refusals):
                break  # trying it would take seconds, and others have answered
            if request.open.most_sessions:
                request.open.sessions_elsewhere = self.sessions_of(counted_as(request.open.reader), but=worker)
            try:
                link, event = await worker.ask(request)
            except ServiceError:
                refusals.append(NoPlaceError(*_AWAY) if worker.silence < HOPE else unreachable())
                continue
            if worker.is_namesake:
                # Its name came with this very answer.
                with suppress(ServiceError):
                    link.send(pb.Request(close=pb.Close()))
                link.close()
                continue
            if event.WhichOneof("kind") != "failure":
                return worker, link, event
            link.close()
            refusals.append(_refusal_of_open(event.failure))
            if event.failure.code not in _NEXT:
                break
        raise _together(refusals)

    async def attach(self, request: pb.Request) -> tuple[Worker, Link, pb.Event]:
        """Attach to a session on the worker whose name its id begins with; return that, the link and the first event.

        Raises RefusedRequest with that worker's reason, or because there is none of this name. Of one that stays away
        the sessions are lost for those who come back as for those who were there: otherwise they would ask for ever.
        """
        session = request.attach.session
        name = session.partition("-")[0]
        failures: list[tuple[int, RefusedRequest]] = []
        # One whose name is not known yet may be the one; its word counts for less.
        for worker in [*self._named(name), *self._named("")]:
            if worker.gone or (worker.away and worker.silence >= self._given_up):
                failures.append((0 if worker.name else 2, lost(session)))
                continue
            try:
                link, event = await worker.ask(request)
            except ServiceError:
                failures.append((1, unreachable()))
                continue
            if event.WhichOneof("kind") != "failure":
                return worker, link, event
            link.close()
            if worker.name == name:
                failures.append((0, refused(event.failure)))
        if failures:
            raise min(failures, key=lambda failure: failure[0])[1]
        raise RefusedRequest(
            pb.FAILURE_CODE_UNKNOWN_SESSION,
            "is of a worker that this site does not have",
            f"session {session}",
            "open a new one",
        )

    def _check_names(self) -> None:
        """Place no session on a worker whose name another one has that the configuration names before it.

        The id of a session begins with the name of its worker: by it every
        backend finds the session, and can find only one.
        """
        owners: dict[str, Worker] = {}
        for worker in self._all:
            owner = owners.setdefault(worker.name, worker) if worker.name else worker
            is_new = owner is not worker and not worker.is_namesake
            worker.is_namesake = owner is not worker
            if is_new:
                log.error(
                    "two workers have one name",
                    worker=worker.name,
                    first=str(owner),
                    second=str(worker),
                    what="no session is placed on the second; give each a name of its own ([worker] name)",
                )

    def _named(self, name: str) -> list[Worker]:
        return [worker for worker in self._all if worker.name == name]


def refused(failure: pb.Failure) -> RefusedRequest:
    """Return a worker's failure as the refusal of a request."""
    return RefusedRequest(failure.code, failure.what, failure.noun, failure.hint)


_AWAY = (
    pb.FAILURE_CODE_UNAVAILABLE,
    "no worker can be reached",
    "site",
    "try again in a moment; the operator sees why in the worker's log",
)


def unreachable() -> RefusedRequest:
    """Return what a reader is told while no worker can be reached."""
    return RefusedRequest(*_AWAY)


def lost(session: str) -> RefusedRequest:
    """Return what a reader is told whose session was on a worker that is no more."""
    what = "was lost with its worker, and its variables with it"
    return RefusedRequest(pb.FAILURE_CODE_UNKNOWN_SESSION, what, f"session {session}", "open a new one")


def _refusal_of_open(failure: pb.Failure) -> RefusedRequest:
    """Return why a worker opens no session; a reader who has too many of them is no sign that it is full."""
    waits = failure.code == pb.FAILURE_CODE_DRAINING or (
        failure.code == pb.FAILURE_CODE_FULL and failure.HasField("load")
    )
    return (NoPlaceError if waits else RefusedRequest)(failure.code, failure.what, failure.noun, failure.hint)


def _together(refusals: list[RefusedRequest]) -> RefusedRequest:
    """Return what several workers have said, as one refusal: the only one, or the one that gives the most hope."""
    final = [refusal for refusal in refusals if refusal.code not in _NEXT]
    if len(refusals) == 1 or final:
        return (final or refusals)[0]
    waits = [refusal for refusal in refusals if isinstance(refusal, NoPlaceError)]
    codes = [refusal.code for refusal in waits]
    if pb.FAILURE_CODE_FULL in codes:
        return NoPlaceError.on_any_worker()
    if pb.FAILURE_CODE_DRAINING in codes:
        what, hint = "is being emptied: no worker opens sessions now", "try again in a moment"
        return NoPlaceError(pb.FAILURE_CODE_DRAINING, what, "site", hint)
    others = [refusal for refusal in refusals if refusal.what != unreachable().what]
    return next(iter(waits or others), unreachable())
