"""The events of one stateless evaluation that a request asked for; it ends with the request (`runs.py`)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sagews.backend.cache_status import CacheStatus
from sagews.backend.entrance import HTTP_PATIENCE
from sagews.backend.hold import Told
from sagews.backend.reading import Reading
from sagews.backend.runs import Runs
from sagews.backend.visit import HIGH_WATER
from sagews.backend.workers import refused
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest


class Once:
    """Who receives them, in order, the last of which is `done`; a `stream.Source`."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        """As what its session counts; see `hold.Receiver`."""
        self._reading: Reading | None = None
        self._unheard: list[Told] = []
        self._size = 0
        self._news = asyncio.Event()
        self._over = False
        self._refused: RefusedRequest | None = None

    @classmethod
    @asynccontextmanager
    async def begun(cls, runs: Runs, run: pb.Run, account: str, *, storable: bool) -> AsyncIterator["Once"]:
        """Give an evaluation that goes on until it is done or left. Raises RefusedRequest if there are too many."""
        once = cls(account)
        reading = runs.begin(
            once, run, account=account, without_input=True, storable=storable, returning=False, patience=HTTP_PATIENCE
        )
        once._reading = reading
        try:
            yield once
        finally:
            reading.leave(once)

    @property
    def status(self) -> CacheStatus:
        """What the cache has done for it so far."""
        assert self._reading is not None
        return self._reading.status

    async def settled(self) -> None:
        """Wait until it is said what the cache has done for it."""
        assert self._reading is not None
        await self._reading.run.settled.wait()

    @property
    def over(self) -> bool:
        """Whether everything was told."""
        return self._over and not self._unheard

    async def next(self) -> list[Told]:
        """Return the next events, as soon as there is one. Raises RefusedRequest if it cannot be run."""
        while not self._unheard and not self._over:
            self._news.clear()
            await self._news.wait()
        if self._refused is not None:
            raise self._refused
        was_congested = self.congested
        heard, self._unheard, self._size = self._unheard, [], 0
        if was_congested and self._reading is not None:
            self._reading.drained(self)
        return heard

    # ----------------------------------------------------- hold.Receiver

    @property
    def congested(self) -> bool:
        """Whether much waits to be taken."""
        return self._size > HIGH_WATER

    def take(self, told: Told) -> None:
        """Take an event. What has no number is of no use to a caller, but for the reason why it cannot be run."""
        kind = told.event.WhichOneof("kind")
        if kind == "failure":
            self._refused, self._over = refused(told.event.failure), True
        elif told.event.sequence:
            self._unheard.append(told)
            self._size += len(told.text)
            self._over = kind == "done"
        self._news.set()

    def released(self, session: str) -> None:
        """Know nothing of sessions; see `hold.Receiver`."""
