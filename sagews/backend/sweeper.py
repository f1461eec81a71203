"""Deletes now and then what has expired in the database, and sees early whether that can be used."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from sagews.backend.accounts.people import People
from sagews.database.packs import Packs
from sagews.database.permalinks import Permalinks
from sagews.database.workspaces import Workspaces
from sagews.errors import ServiceError

EVERY = 3600.0
"""Seconds between two sweeps."""
PAUSE = 0.2
"""Seconds between two batches of one sweep, in which others have the database."""

log = structlog.get_logger()


class Sweeper:
    """Sweeps from `start` to `stop`."""

    def __init__(self, permalinks: Permalinks, people: People, workspaces: Workspaces, packs: Packs) -> None:
        self._permalinks = permalinks
        self._people = people
        self._workspaces = workspaces
        self._packs = packs
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with the first sweep."""
        self._task = asyncio.create_task(self._sweep_now_and_then())

    async def stop(self) -> None:
        """End, in the middle of a sweep if need be."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _sweep_now_and_then(self) -> None:
        while True:
            try:
                await self._sweep()
            except ServiceError as error:
                log.warning("nothing swept", error=str(error))
            except Exception:
                log.exception("sweep failed")
            await asyncio.sleep(EVERY)

    async def _sweep(self) -> None:
        if permalinks := await _in_batches(self._permalinks.sweep):
            log.info("expired permalinks deleted", permalinks=permalinks)
        await _in_batches(self._people.sweep)
        await _in_batches(self._packs.sweep)
        await _in_batches(self._workspaces.sweep)


async def _in_batches(sweep: Callable[[], Awaitable[int]]) -> int:
    swept = 0
    while (batch := await sweep()) > 0:
        swept += batch
        await asyncio.sleep(PAUSE)
    return swept
