"""The two ends of a backend for tests that are dialogues: a worker that says what the test says, and a tab.

Between them is the real thing: links, sessions, connections.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sagews.backend.cache import Cache
from sagews.backend.connection import Connection
from sagews.backend.entrance import Entrance
from sagews.backend.metrics import Metrics
from sagews.backend.quotas import Quotas
from sagews.backend.rates import Rates
from sagews.backend.reader import ANONYMOUS, Reader
from sagews.backend.runs import Runs
from sagews.backend.sessions import Sessions
from sagews.backend.tickets import Tickets
from sagews.backend.workers import Workers
from sagews.backend.worksheets.desks import Desks
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.backend import Backend
from sagews.config.quotas import Quota
from sagews.config.quotas import Quotas as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.quotas import OwnQuotas
from sagews.database.usage import Usage
from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame

Json = dict[str, Any]

DEADLINE = 5.0
READER = Reader(address="127.0.0.1", origin="https://example.org", subject=ANONYMOUS)


class WorkerEnd:
    """The worker's end of one link, greeted already."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._frames = FrameReader()
        self._requests: list[pb.Request] = []

    async def expect(self, kind: str) -> pb.Request:
        """Return the next request, which must be of this kind."""
        async with asyncio.timeout(DEADLINE):
            while not self._requests:
                data = await self._reader.read(1 << 16)
                assert data, f"the link ended before {kind}"
                self._requests += map(pb.Request.FromString, self._frames.feed(data))
        request = self._requests.pop(0)
        assert request.WhichOneof("kind") == kind
        return request

    async def expect_end(self) -> None:
        """Wait for the end of the link, with nothing said before it."""
        async with asyncio.timeout(DEADLINE):
            assert not self._requests
            assert await self._reader.read(1) == b""

    def say(self, *events: pb.Event) -> None:
        """Send events, all at once."""
        self._writer.write(b"".join(frame(event.SerializeToString()) for event in events))

    def hang_up(self) -> None:
        """End the link."""
        self._writer.close()


class ScriptedWorker:
    """Listens where a worker would, and greets."""

    def __init__(self, name: str = "w1") -> None:
        self._name = name
        self._greeted: asyncio.Queue[WorkerEnd] = asyncio.Queue()
        self.control: asyncio.Queue[WorkerEnd] = asyncio.Queue()
        """Control links that were greeted."""
        self.ends: list[WorkerEnd] = []

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Greet a new link."""
        end = WorkerEnd(reader, writer)
        self.ends.append(end)
        hello = await end.expect("hello")
        end.say(pb.Event(request=hello.id, welcome=pb.Welcome(version=VERSION, worker=self._name)))
        (self.control if hello.hello.role == pb.LINK_ROLE_CONTROL else self._greeted).put_nowait(end)

    async def link(self) -> WorkerEnd:
        """Return the next link that was greeted."""
        async with asyncio.timeout(DEADLINE):
            return await self._greeted.get()


class Tab:
    """The outlet of a connection: what a browser would get."""

    def __init__(self) -> None:
        self.congested = False
        self.closed = 0
        self._told: asyncio.Queue[Json] = asyncio.Queue()
        self.connection: Connection

    sender: str | None = READER.origin

    def send(self, text: str) -> None:
        """Take a message; see `outlet.Outlet`."""
        self._told.put_nowait(json.loads(text))

    def close(self, code: int, reason: str) -> None:
        """Note with which code the connection is ended."""
        self.closed = code

    async def ask(self, kind: str, **fields: Any) -> None:
        """Send a request."""
        await self.connection.receive(json.dumps({"kind": kind, **fields}))

    async def told(self, kind: str) -> Json:
        """Return the next message, which must be of this kind."""
        async with asyncio.timeout(DEADLINE):
            message = await self._told.get()
        assert message["kind"] == kind, message
        return message

    @property
    def silent(self) -> bool:
        """Whether nothing waits to be read."""
        return self._told.empty()


class Stage:
    """A backend's inside between a scripted worker and tabs."""

    def __init__(self, site: Site, worker: ScriptedWorker) -> None:
        self.worker = worker
        self.metrics = Metrics()
        self.workers = Workers(site)
        self.entrance = Entrance(self.workers, site.backend, self.metrics)
        self.tickets = Tickets(site.data)
        self.database = Database(site)
        self.usage = Usage(self.database)
        self.quotas = Quotas(
            site, OwnQuotas(self.database), self.usage, self.tickets.pseudonym, self.workers, self.metrics
        )
        self.sessions = Sessions(self.workers, self.entrance, self.metrics, self.quotas)
        self.cache = Cache.of(site, self.metrics)
        self.runs = Runs(site, self.workers, self.sessions, self.cache, self.metrics, self.quotas)
        self.rates = Rates(site, self.tickets, self.metrics, quotas=self.quotas)
        self.desks = Desks(site, self.database, Shelf(site, self.database))
        self.desks.attend(self.sessions)
        self._site = site
        self._tabs: list[Tab] = []

    async def tab(self) -> Tab:
        """Return a new tab that has its welcome."""
        tab = self.stranger()
        await tab.ask("hello", ticket=self.tickets.issue(READER))
        await tab.told("welcome")
        return tab

    def stranger(self, *, sender: str | None = READER.origin) -> Tab:
        """Return a new tab that has no rights yet; see `outlet.Outlet` for `sender`."""
        tab = Tab()
        tab.sender = sender
        parts = self.sessions, self.runs, self.metrics, self.tickets, self.rates
        tab.connection = Connection(tab, READER, self._site, *parts, desks=self.desks)
        tab.connection.start(access="loopback", tier="", languages={})
        self._tabs.append(tab)
        return tab

    async def opened(self, tab: Tab, session: str = "w1-a", grace: float = 0.0) -> WorkerEnd:
        """Let a tab open a session; return the link that carries it."""
        await tab.ask("open", id=1)
        link = await self.worker.link()
        request = await link.expect("open")
        limits = pb.Limits(grace=grace)
        link.say(pb.Event(request=request.id, session=session, opened=pb.Opened(token="secret", limits=limits)))
        opened = await tab.told("opened")
        assert (opened["request"], opened["session"]) == (1, session)
        return link

    def close(self) -> None:
        """Let every tab go."""
        for tab in self._tabs:
            tab.connection.close()


@contextlib.asynccontextmanager
async def stage(folder: Path, evaluations: int = 0) -> AsyncIterator[Stage]:
    """Set up a worker's socket and the inside of a backend that keeps no idle links.

    `evaluations`: what one reader may have in a day.
    """
    site = Site(
        data_directory=str(folder / "data"),
        runtime_directory=str(folder),
        backend=Backend(idle_links=0),
        quotas=Settings(anonymous=Quota(evaluations=evaluations)),
    )
    worker = ScriptedWorker()
    server = await asyncio.start_unix_server(worker.accept, str(site.worker_socket))
    scene = Stage(site, worker)
    try:
        yield scene
    finally:
        scene.close()
        for end in worker.ends:
            end.hang_up()
        server.close()
        await scene.database.close()
        await asyncio.sleep(0)


def started(sequence: int, request: int = 0, session: str = "w1-a") -> pb.Event:
    """Return a numbered event of a session."""
    return pb.Event(session=session, sequence=sequence, request=request, evaluation="e", started=pb.Started())


def attached(request: int, last: int) -> pb.Event:
    """Return the end of a replay."""
    return pb.Event(request=request, session="w1-a", attached=pb.Attached(last_sequence=last))


def failure(request: int, code: pb.FailureCode) -> pb.Event:
    """Return a refusal of the worker's."""
    return pb.Event(request=request, failure=pb.Failure(code=code, what="no", noun="it", hint="stop"))


def ended(sequence: int, request: int = 0) -> pb.Event:
    """Return the last event of a session."""
    end = pb.Ended(reason=pb.SESSION_REASON_CLOSED, text="It was closed.")
    return pb.Event(session="w1-a", sequence=sequence, request=request, ended=end)
