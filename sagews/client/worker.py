"""A route straight to a worker, without a backend: each session on a link of its own.

To a client it looks as a site does: the same messages go out, the same events
come in.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol, TypeVar

from sagews.client.events import Event, Welcome, decode
from sagews.client.files import Files
from sagews.client.link import Link
from sagews.errors import SagewsError, ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import encode_event
from sagews.protocol.json_requests import RefusedRequest, request_from_json

Json = dict[str, Any]
P = TypeVar("P", bound=asyncio.BaseProtocol)

MAX_UNREAD = 64
"""Events that wait to be shown, after which the links are read no more for a while."""


class Dialer(Protocol):
    """Connects to the worker; `sagews.service.dialer` is one."""

    async def connect(self, make: Callable[[], P]) -> P:
        """Return a new protocol that is connected. Raises ServiceError."""

    def token(self) -> bytes:
        """Return what Hello shows."""


class WorkerRoute:
    """Leads to one worker; see `route.Route`."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer

    def __str__(self) -> str:
        return str(self._dialer)

    async def connect(self) -> "WorkerLine":
        """Return a new line. Raises ServiceError if the worker cannot be reached, or does not let us in."""
        line = WorkerLine(self._dialer)
        await line.greet()
        return line

    def files(self) -> Files:
        """Raise ServiceError: a client that tries a worker by hand has no way for files."""
        raise ServiceError("takes no files from a client", str(self), "use the site's own address")

    async def close(self) -> None:
        """Do nothing: lines share nothing."""


class WorkerLine:
    """The links to one worker, as one line; see `route.Line`."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self._welcome = Welcome()
        self._links: set[Link] = set()
        self._idle: Link | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: asyncio.Queue[pb.Event | None] = asyncio.Queue()
        self._closing = False
        self._paused = False

    @property
    def welcome(self) -> Welcome:
        """What the worker said of itself."""
        return self._welcome

    async def greet(self) -> None:
        """Make the first link, which the first session will have. Raises ServiceError."""
        self._idle, said = await self._connect()
        self._welcome = Welcome(software=said.software, environments=list(said.environments))

    def send(self, message: Json) -> None:
        """Send a message on the link of its session; `open` and `attach` get one of their own."""
        try:
            request = request_from_json(message)
        except RefusedRequest as refused:
            self._told.put_nowait(refused.failure())
            return
        session, request.session = request.session, ""
        if request.WhichOneof("kind") in ("open", "attach"):
            task = asyncio.create_task(self._bind(request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        for link in self._links:
            if session and link.session == session:
                link.send(request)

    async def events(self) -> AsyncIterator[Event]:
        """Yield what the worker tells, until a link is lost."""
        while (event := await self._told.get()) is not None:
            if self._paused and self._told.qsize() < MAX_UNREAD // 2:
                self._pause(False)
            if (typed := decode(encode_event(event))) is not None:
                yield typed

    async def close(self) -> None:
        """End every link after what was sent."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in self._links:
            link.close()
        self._told.put_nowait(None)

    # ---------------------------------------------------------------- links

    async def _connect(self) -> tuple[Link, pb.Welcome]:
        link = await self._dialer.connect(lambda: Link(self._take, self._lost))
        self._links.add(link)
        try:
            return link, await link.greet(self._dialer.token(), str(self._dialer))
        except BaseException:
            self._links.discard(link)
            link.close()
            raise

    async def _bind(self, request: pb.Request) -> None:
        """Give a session a link of its own."""
        try:
            link, self._idle = self._idle, None
            if link is None:
                link, _ = await self._connect()
        except SagewsError as error:
            failure = pb.Failure(code=pb.FAILURE_CODE_UNAVAILABLE, what=error.what, noun=error.noun, hint=error.hint)
            self._told.put_nowait(pb.Event(request=request.id, failure=failure))
            return
        link.session = request.attach.session
        if request.WhichOneof("kind") == "open":
            request.open.reader = "console"
        link.send(request)

    def _take(self, link: Link, event: pb.Event) -> None:
        kind = event.WhichOneof("kind")
        if kind == "opened":
            link.session = event.session
        if not event.session and kind != "failure":
            event.session = link.session
        self._told.put_nowait(event)
        if kind == "ended":
            self._links.discard(link)
            link.close()
        elif not self._paused and self._told.qsize() > MAX_UNREAD:
            self._pause(True)

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        for link in self._links:
            link.read(not paused)

    def _lost(self, link: Link) -> None:
        """End the line with any of its links: the client comes back with all of its sessions."""
        if link in self._links and not self._closing:
            self._links.discard(link)
            self._told.put_nowait(None)
