"""The links to one worker that stand ready, so that no handshake is on the way of an evaluation."""

import asyncio
import contextlib

from sagews.backend.link import Link, LinkLostError
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.service.dialer import Dialer

CHECK_EVERY = 1.0
"""Seconds between looks at links that may have ended while they were idle."""


class Links:
    """A few idle links, and new ones on demand."""

    def __init__(self, dialer: Dialer, backend: str, wanted: int) -> None:
        """`wanted`: how many stand ready."""
        self._dialer = dialer
        self._backend = backend
        self._wanted = wanted
        self._idle: list[Link] = []
        self._taken = asyncio.Event()

    @property
    def ready(self) -> int:
        """How many stand ready."""
        return sum(not link.lost for link in self._idle)

    async def ask(self, request: pb.Request) -> tuple[Link, pb.Event]:
        """Send an Open or Attach on a link of its own; return it and the first event.

        A link that stood ready may just have ended: then it is asked once more
        on a new one. Raises ServiceError if the worker cannot be reached.
        """
        if (link := self._take()) is not None:
            try:
                return link, await self._ask_on(link, request)
            except LinkLostError:
                pass
        link = await self.connect()
        return link, await self._ask_on(link, request)

    async def connect(self, role: pb.LinkRole = pb.LINK_ROLE_SESSION) -> Link:
        """Return a new link. Raises ServiceError if the worker cannot be reached."""
        return await Link.connect(self._dialer, self._backend, role)

    async def fill(self) -> None:
        """Connect whenever fewer stand ready than wanted; runs until cancelled. Raises ServiceError."""
        while True:
            self._taken.clear()
            self._idle = [link for link in self._idle if not link.lost]
            while len(self._idle) < self._wanted:
                self._idle.append(await self.connect())
            try:
                async with asyncio.timeout(CHECK_EVERY):
                    await self._taken.wait()
            except TimeoutError:
                pass

    def drop(self) -> None:
        """Close those that stand ready; those that carry a session are their sessions' own."""
        for link in self._idle:
            link.close()
        self._idle.clear()

    def _take(self) -> Link | None:
        while self._idle:
            link = self._idle.pop()
            self._taken.set()
            if not link.lost:
                return link
        return None

    @staticmethod
    async def _ask_on(link: Link, request: pb.Request) -> pb.Event:
        try:
            return await link.ask(request)
        except BaseException:
            if request.WhichOneof("kind") == "open":
                # Whoever wanted the session is gone, and nobody else can ever come to it.
                with contextlib.suppress(ServiceError):
                    link.send(pb.Request(close=pb.Close()))
            link.close()
            raise
