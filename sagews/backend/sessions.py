"""The sessions that somebody holds through this backend, one link for each."""

import asyncio
import math
import time
from weakref import WeakValueDictionary

from sagews.backend.entrance import Entrance
from sagews.backend.hold import Hold, Receiver, Told, link_id
from sagews.backend.link import Link
from sagews.backend.metrics import Metrics
from sagews.backend.quotas import Quotas
from sagews.backend.session import Session
from sagews.backend.worker import Worker
from sagews.backend.workers import Workers, unreachable
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb


class Sessions:
    """Finds the session of a name, opens new ones, and joins those that live."""

    def __init__(self, workers: Workers, entrance: Entrance, metrics: Metrics, quotas: Quotas) -> None:
        self._workers = workers
        self._entrance = entrance
        self._metrics = metrics
        self._quotas = quotas
        self._sessions: dict[str, Session] = {}
        self._attaching: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        workers.watch(self._worker_changed)

    def __len__(self) -> int:
        return len(self._sessions)

    async def open(
        self, receiver: Receiver, request: pb.Request, patience: float = math.inf
    ) -> tuple[Session, Hold, pb.Event]:
        """Open a session; return it, the receiver's hold on it, and the event `opened`.

        While there is no place for it, the request waits in line for as long as the site allows, or for `patience`
        seconds if that is less, and the receiver is told its place, by events `waiting` that name the request.
        Cancelled, it leaves the line. No event of the session is delivered before `listen` is called on it.
        Raises RefusedRequest with the worker's reason, or that there was no place.
        """
        begun = time.perf_counter()

        def tell(place: int, waiting: int) -> None:
            event = pb.Event(request=request.id, time=time.time())
            event.waiting.place, event.waiting.waiting = place, waiting
            receiver.take(Told(event))

        self._quotas.bind(request.open)
        worker, link, opened = await self._entrance.open(pb.Request(id=1, open=request.open), tell, patience)
        session = self._add(opened.session, opened.opened.token, worker, link)
        session.grace = opened.opened.limits.grace
        hold = session.hold(receiver)
        hold.accepted = True
        opened.request = request.id
        self._metrics.open_seconds.observe(time.perf_counter() - begun)
        return session, hold, opened

    async def attach(self, receiver: Receiver, request: pb.Request) -> tuple[Session, Hold]:
        """Join a session that lives; its replay and then its events go to the receiver.

        On a session that this backend has already, the worker's word on the
        token follows later: until then the hold is not `accepted`. Raises RefusedRequest.
        """
        name = request.attach.session
        # Two that attach at once shall not make two links.
        lock = self._attaching.setdefault(name, asyncio.Lock())
        async with lock:
            if (session := self._sessions.get(name)) is None:
                return await self._attach_anew(receiver, request)
        hold = session.hold(receiver, request.attach.after_sequence)
        try:
            session.join(hold, request)
        except ServiceError as error:
            session.release(hold)
            raise unreachable() from error
        return session, hold

    async def _attach_anew(self, receiver: Receiver, request: pb.Request) -> tuple[Session, Hold]:
        name = request.attach.session
        # A new session gives its first hold the number 1.
        attach = pb.Request(id=link_id(1, request.id), attach=request.attach)
        worker, link, first = await self._workers.attach(attach)
        session = self._add(name, request.attach.token, worker, link)
        hold = session.hold(receiver, request.attach.after_sequence)
        assert hold.number == 1
        hold.joining, hold.accepted = attach, True
        link.unread(first)
        return session, hold

    def _add(self, name: str, token: str, worker: Worker, link: Link) -> Session:
        session = Session(name, token, link, worker, self._metrics, self._remove)
        self._sessions[name] = session
        return session

    def _worker_changed(self, worker: Worker) -> None:
        """Have those sessions looked for whose worker cannot be reached any more."""
        if worker.away:
            for session in tuple(self._sessions.values()):
                if session.worker is worker:
                    session.look()

    def _remove(self, session: Session) -> None:
        if self._sessions.get(session.name) is session:
            del self._sessions[session.name]
