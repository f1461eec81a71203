"""The sessions that somebody holds through this backend, one link for each."""

import asyncio
import contextlib
import time
from weakref import WeakValueDictionary

from sagews.backend.hold import Hold, Receiver, link_id
from sagews.backend.link import Link
from sagews.backend.links import Links
from sagews.backend.metrics import Metrics
from sagews.backend.session import Session
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest


class Sessions:
    """Finds the session of a name, opens new ones, and joins those that live."""

    def __init__(self, links: Links, metrics: Metrics) -> None:
        self._links = links
        self._metrics = metrics
        self._sessions: dict[str, Session] = {}
        self._attaching: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._sessions)

    async def open(self, receiver: Receiver, request: pb.Request) -> tuple[Session, Hold, pb.Event]:
        """Open a session; return it, the receiver's hold on it, and the event `opened`.

        No event of the session is delivered before `listen` is called on it.
        Raises RefusedRequest with the worker's reason, or that it is away.
        """
        begun = time.perf_counter()
        link, opened = await self._ask(pb.Request(id=1, open=request.open))
        session = self._add(opened.session, opened.opened.token, link)
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
        link, first = await self._ask(attach)
        session = self._add(name, request.attach.token, link)
        hold = session.hold(receiver, request.attach.after_sequence)
        assert hold.number == 1
        hold.joining, hold.accepted = attach, True
        link.unread(first)
        return session, hold

    async def _ask(self, request: pb.Request) -> tuple[Link, pb.Event]:
        """Send an Open or Attach on a free link; return the link and the first event, unless that is a failure."""
        try:
            link = await self._links.take()
            try:
                event = await link.ask(request)
            except BaseException:
                if request.WhichOneof("kind") == "open":
                    # Whoever wanted the session is gone, and nobody else can ever come to it.
                    with contextlib.suppress(ServiceError):
                        link.send(pb.Request(close=pb.Close()))
                link.close()
                raise
        except ServiceError as error:
            raise unreachable() from error
        if event.WhichOneof("kind") == "failure":
            link.close()
            failure = event.failure
            raise RefusedRequest(failure.code, failure.what, failure.noun, failure.hint)
        return link, event

    def _add(self, name: str, token: str, link: Link) -> Session:
        session = Session(name, token, link, self._links, self._metrics, self._remove)
        self._sessions[name] = session
        return session

    def _remove(self, session: Session) -> None:
        if self._sessions.get(session.name) is session:
            del self._sessions[session.name]


def unreachable() -> RefusedRequest:
    """Return what a reader is told while the worker is away."""
    return RefusedRequest(
        pb.FAILURE_CODE_UNAVAILABLE,
        "no worker can be reached",
        "site",
        "try again in a moment; the operator sees why in the worker's log",
    )
