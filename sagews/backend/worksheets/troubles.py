"""Tells whoever has a worksheet open that it cannot be saved into its file, and why; and when it can be again.

What is written is durable all the same. Any backend may be the one that saves
it, so each looks now and then what the table says of the worksheets that are
open there.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

import structlog

from sagews.backend.worksheets.membership import Membership
from sagews.database.worksheet_files import WorksheetFiles
from sagews.errors import ServiceError

LOOK_SECONDS = 10.0
"""Between two looks."""

log = structlog.get_logger()


class Troubles:
    """What cannot be saved of the worksheets that are open at one backend, from `start` to `stop`."""

    def __init__(self, files: WorksheetFiles, memberships: Callable[[], Iterable[Membership]]) -> None:
        self._files = files
        self._memberships = memberships
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_again_and_again())

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def hint(self) -> None:
        """Know that there is something new."""
        self._news.set()

    async def look(self) -> None:
        """Tell what is new to those who have not been told. Raises ServiceError."""
        if not (open_ones := sorted({each.worksheet for each in self._memberships()})):
            return
        troubles = await self._files.troubles(open_ones)
        for membership in self._memberships():
            if membership.worksheet in open_ones and membership.begun.is_set():
                membership.stand(troubles.get(membership.worksheet, ""))

    # ---------------------------------------------------------------- within

    async def _look_again_and_again(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()
            self._news.clear()
            try:
                await self.look()
            except ServiceError as error:
                log.info("no look whether worksheets are saved", error=str(error))
            except Exception:
                log.exception("no look whether worksheets are saved")
