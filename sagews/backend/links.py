"""The links to the worker that stand ready, so that no handshake is on the way of an evaluation."""

import asyncio
import contextlib

import structlog

from sagews.backend.link import Link
from sagews.config.site import Site
from sagews.errors import ProtocolError, ServiceError
from sagews.protocol.isolation import IsolationReport, decode

FIRST_PAUSE, LAST_PAUSE = 0.05, 2.0
"""Seconds between attempts to reach a worker that is away: doubled each time, up to the last."""
CHECK_EVERY = 1.0
"""Seconds between looks at links that may have ended while they were idle."""

log = structlog.get_logger()


class Links:
    """A few idle links, and new ones on demand."""

    def __init__(self, site: Site) -> None:
        self._path = site.worker_socket
        self._wanted = site.backend.idle_links
        self._idle: list[Link] = []
        self._taken = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self.isolation: IsolationReport | None = None
        """What the worker said last of its isolation; None before it was reached, or if it is not understood."""
        self._isolation = ""
        self._met = asyncio.Event()

    def start(self) -> None:
        """Begin to keep links ready."""
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Close the idle links; those that carry a session are their sessions' own."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        for link in self._idle:
            link.close()
        self._idle.clear()

    async def take(self) -> Link:
        """Return a link that carries no session yet. Raises ServiceError if no worker can be reached."""
        while self._idle:
            link = self._idle.pop()
            self._taken.set()
            if not link.lost:
                return link
        return await self._connect()

    async def reach(self) -> None:
        """Make sure that the worker answers. Raises ServiceError if it cannot be reached."""
        link = await self._connect()
        link.close()

    async def meet(self, deadline: float) -> None:
        """Return when the worker has been reached for the first time, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                await self._met.wait()

    async def _connect(self) -> Link:
        link = await Link.connect(self._path, "b1")
        if link.isolation != self._isolation:
            self._isolation, self.isolation = link.isolation, _understood(link.isolation)
        self._met.set()
        return link

    async def _keep(self) -> None:
        """Connect whenever there are fewer idle links than wanted."""
        pause = FIRST_PAUSE
        while True:
            self._taken.clear()
            self._idle = [link for link in self._idle if not link.lost]
            try:
                while len(self._idle) < self._wanted:
                    self._idle.append(await self._connect())
            except ServiceError as error:
                if pause == FIRST_PAUSE:
                    log.warning("worker away", error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LAST_PAUSE)
                continue
            if pause != FIRST_PAUSE:
                log.info("worker reached")
                pause = FIRST_PAUSE
            try:
                async with asyncio.timeout(CHECK_EVERY):
                    await self._taken.wait()
            except TimeoutError:
                pass


def _understood(isolation: str) -> IsolationReport | None:
    try:
        return decode(isolation)
    except ProtocolError as error:
        log.warning("what the worker says of its isolation is not understood", error=str(error))
        return None
