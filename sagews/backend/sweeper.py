"""Deletes now and then what has expired in the database, and sees early whether that can be used."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from sagews.backend.accounts.people import People
from sagews.database.packs import Packs
from sagews.database.permalinks import Permalinks
from sagews.database.shown import Shown
from sagews.database.workspaces import Workspaces
from sagews.errors import ServiceError

EVERY = 3600.0
"""Seconds between two sweeps."""
PAUSE = 0.2
"""Seconds between two batches of one sweep, in which others have the database."""
END_DEADLINE = 1.0
"""Seconds that the end may take."""

log = structlog.get_logger()


class Sweeper:
    """Sweeps from `start` to `stop`."""

    def __init__(
        self, permalinks: Permalinks, people: People, workspaces: Workspaces, packs: Packs, shown: Shown
    ) -> None:
        self._permalinks = permalinks
        self._people = people
        self._workspaces = workspaces
        self._packs = packs
        self._shown = shown
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with the first sweep."""
        self._task = asyncio.create_task(self._sweep_now_and_then())

    async def stop(self) -> None:
        """End within END_DEADLINE, in the middle of a sweep if need be."""
        if self._task is not None:
            self._task.cancel()
            _, left = await asyncio.wait([self._task], timeout=END_DEADLINE)
            if left:
                log.warning("sweep does not end", seconds=END_DEADLINE)

    async def _sweep_now_and_then(self) -> None:
        while True:
            await self.sweep()
            await asyncio.sleep(EVERY)

    async def sweep(self) -> None:
        """Delete all that has expired. What fails is logged, and tried again the next time; the others go on."""
        swept = (
            ("permalinks", self._permalinks.sweep),
            ("records of accounts", self._people.sweep),
            ("packs", self._packs.sweep),
            ("workspaces", self._workspaces.sweep),
            ("outputs", self._shown.sweep),
        )
        for what, sweep in swept:
            try:
                if rows := await _in_batches(sweep):
                    log.info(f"expired {what} deleted", rows=rows)
            except ServiceError as error:
                log.warning("not swept", what=what, error=str(error))
            except Exception:
                log.exception("sweep failed", what=what)


async def _in_batches(sweep: Callable[[], Awaitable[int]]) -> int:
    swept = 0
    while (batch := await sweep()) > 0:
        swept += batch
        await asyncio.sleep(PAUSE)
    return swept
