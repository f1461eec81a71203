"""One worker as the backend sees it: its name, its state, and the links to it.

Its control link tells how it is. When that ends or falls silent the worker is
*away*: what waits for its answer waits no longer, and the links that stood
ready are dropped. It may come back, with its sessions: a network that fails
and a process that is stopped end none. When the system says that nobody
listens at its address any more, its process has ended, and it is *gone*, its
sessions with it; what listens there later is another worker.
"""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress

import structlog

from sagews.backend.control import Control
from sagews.backend.link import Link
from sagews.backend.links import Links
from sagews.errors import ProtocolError, ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.isolation import IsolationReport, decode
from sagews.protocol.json_events import enum_name
from sagews.service.dialer import Dialer, NobodyListensError

FIRST_PAUSE, LAST_PAUSE = 0.05, 2.0
"""Seconds between attempts to reach a worker that is away: doubled each time, up to the last."""
GONE_AFTER = 3.0
"""Seconds after which nobody listening is no accident of a network that refuses."""
AWAY = "away"
"""What a worker is that has not been reached, or has fallen silent."""
NAMESAKE = "namesake"
"""What a worker is whose name another one of the site has, and which gets no session therefore."""

log = structlog.get_logger()


class Worker:
    """One worker, kept in reach."""

    def __init__(
        self,
        dialer: Dialer,
        backend: str,
        idle_links: int,
        named: Callable[[], None] = lambda: None,
        changed: Callable[["Worker"], None] = lambda worker: None,
    ) -> None:
        """`named` is called when it has told its name for the first time, or another one than before.

        `changed` is told of each of its words, and of its falling silent.
        """
        self._dialer = dialer
        self._named = named
        self._changed = changed
        self._asking: set[asyncio.Timeout] = set()
        self._heard: float | None = None
        """When there was word of it last, or since when it is kept in reach, by the loop's clock."""
        self._refused: float | None = None
        """Since when nobody listens at its address."""
        self.links = Links(dialer, backend, idle_links)
        """The links to it that carry sessions, or will."""
        self.name = ""
        """With which the ids of its sessions begin; not known before it is reached for the first time."""
        self.is_namesake = False
        """Whether its name is that of another one, whose sessions would be taken for its own."""
        self.status: pb.Status | None = None
        """Its newest word; None while it is away."""
        self.away = False
        """Whether it could not be reached when it was tried last."""
        self.isolation: IsolationReport | None = None
        """What it said last of its isolation; None before it was reached, or if that is not understood."""
        self._versions: dict[str, pb.EnvironmentVersion] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._reached = asyncio.Event()
        self._hurry = asyncio.Event()

    def __str__(self) -> str:
        return str(self._dialer)

    @property
    def state(self) -> str:
        """In a word: `ready`, `full`, `draining`, `stopping`, `away`, or `namesake`."""
        if self.status is None:
            return AWAY
        return NAMESAKE if self.is_namesake else enum_name(pb.WorkerState, self.status.state)

    @property
    def is_in_reach(self) -> bool:
        """Whether sessions can be had of it, as far as is known."""
        return self.state not in (AWAY, NAMESAKE)

    @property
    def room(self) -> int:
        """Places that are free, as far as it has said."""
        if self.status is None or self.status.state != pb.WORKER_STATE_READY or self.is_namesake:
            return 0
        return max(self.status.load.places - self.status.load.sessions, 0)

    @property
    def silence(self) -> float:
        """Seconds since there was word of it; infinite while nobody keeps it in reach."""
        return math.inf if self._heard is None else asyncio.get_running_loop().time() - self._heard

    @property
    def gone(self) -> bool:
        """Whether its process has ended, and its sessions with it, as far as one can know from here."""
        return self._refused is not None and asyncio.get_running_loop().time() - self._refused >= GONE_AFTER

    def fingerprint(self, environment: str) -> bytes:
        """Return the fingerprint of an environment of its, as it said last; empty if it has said none."""
        return self._version(environment).fingerprint

    def languages(self, environment: str) -> list[str]:
        """Return the languages that an environment of its runs, first that one's own; empty if it has said none."""
        return list(self._version(environment).languages)

    def _version(self, environment: str) -> pb.EnvironmentVersion:
        return self._versions.get(environment) or pb.EnvironmentVersion()

    def sessions_of(self, reader: str) -> int:
        """Return how many sessions a reader with a quota has on it, as far as it has said; see `Open.reader`."""
        if self.status is None or self.is_namesake:
            return 0
        return next((each.sessions for each in self.status.readers if each.reader == reader), 0)

    def start(self) -> None:
        """Begin to keep it in reach."""
        self._heard = asyncio.get_running_loop().time()
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Close the control link and the idle ones; those that carry a session are their sessions' own."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self.links.drop()

    async def reach(self) -> None:
        """Return when it is in reach; one that is away is tried at once."""
        if self.status is None:
            self._hurry.set()
            await self._reached.wait()

    async def ask(self, request: pb.Request) -> tuple[Link, pb.Event]:
        """Send an Open or Attach on a link of its own; return it and the first event.

        Raises ServiceError if it cannot be reached, or falls silent before it has answered.
        """
        try:
            async with asyncio.timeout(None) as patience:
                self._asking.add(patience)
                try:
                    link, event = await self.links.ask(request)
                finally:
                    self._asking.discard(patience)
        except TimeoutError as error:
            raise ServiceError("fell silent", str(self), "see the worker's log") from error
        self._learn_name(link.worker)
        if self.status is not None:
            self._learn(event)
        return link, event

    def _learn_name(self, name: str) -> None:
        if name != self.name:
            self.name = name
            self._named()

    def _learn(self, event: pb.Event) -> None:
        """Keep the load that the answer to an Open carries: it is newer than what was pushed."""
        assert self.status is not None
        match event.WhichOneof("kind"):
            case "opened" if event.opened.HasField("load"):
                self.status.load.CopyFrom(event.opened.load)
                if event.opened.HasField("reader"):
                    others = [each for each in self.status.readers if each.reader != event.opened.reader.reader]
                    del self.status.readers[:]
                    self.status.readers.extend([*others, event.opened.reader])
            case "failure" if event.failure.HasField("load"):
                self.status.load.CopyFrom(event.failure.load)
                full = event.failure.code == pb.FAILURE_CODE_FULL
                self.status.state = pb.WORKER_STATE_FULL if full else pb.WORKER_STATE_DRAINING

    # ------------------------------------------------------ the control link

    async def _keep(self) -> None:
        """Hold a control link, and idle links while there is one; connect anew whenever it is lost."""
        pause = FIRST_PAUSE
        while True:
            try:
                link = await self.links.connect(pb.LINK_ROLE_CONTROL)
            except ServiceError as error:
                self._not_reached(error)
                if pause == FIRST_PAUSE:
                    log.warning("worker away", worker=self.name, error=str(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._hurry.wait()
                # Who hurries asks every time, not all the time.
                self._hurry.clear()
                pause = min(pause * 2, LAST_PAUSE)
                continue
            pause, self._refused = FIRST_PAUSE, None
            self.isolation = _understood(link.isolation)
            self._learn_name(link.worker)
            await self._follow(link)

    def _not_reached(self, error: ServiceError) -> None:
        self.away = True
        # A new one that does not answer yet is still not the one that was.
        if isinstance(error, NobodyListensError) and self._refused is None:
            self._refused = asyncio.get_running_loop().time()

    async def _follow(self, link: Link) -> None:
        filling = asyncio.create_task(self._fill())
        try:
            why = await Control(link, self._told).follow()
            log.warning("worker away", worker=self.name, error=f"{self}: {why}")
        finally:
            self._fall_silent()
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)
            self.links.drop()

    def _fall_silent(self) -> None:
        """Be away: who waits for an answer waits no longer."""
        self.status, self.away = None, True
        self._reached.clear()
        for patience in self._asking:
            if not patience.expired():
                patience.reschedule(asyncio.get_running_loop().time())
        self._changed(self)

    async def _fill(self) -> None:
        """Keep links ready, as far as that succeeds."""
        while True:
            with suppress(ServiceError):
                await self.links.fill()
            await asyncio.sleep(LAST_PAUSE)

    def _told(self, status: pb.Status) -> None:
        before, self.status, self.away = self.state, status, False
        self._heard = asyncio.get_running_loop().time()
        self._versions = {version.name: version for version in status.environments}
        if self.state != before:
            load = f"{status.load.sessions} of {status.load.places}"
            log.info("worker state", worker=self.name, state=self.state, sessions=load)
        self._reached.set()
        self._changed(self)


def _understood(isolation: str) -> IsolationReport | None:
    try:
        return decode(isolation)
    except ProtocolError as error:
        log.warning("what the worker says of its isolation is not understood", error=str(error))
        return None
