"""Has what a session said written down, again and again while the database is away, and without what it never takes.

A value that the database refuses today it refuses tomorrow, and from whoever
attends the session then. Tried for ever, it would hold up all that comes after
it. So such a one alone is left out, and what stands in its place says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import msgspec
import structlog
from sqlalchemy.exc import IntegrityError

from sagews.backend.worksheets.minutes import Minutes
from sagews.database.outputs import GAP, Output
from sagews.database.recording import Change, Recording
from sagews.errors import ServiceError, UnstorableError, WorksheetError

PAUSE = 0.5
"""Seconds before it is tried again."""
_REFUSED = (UnstorableError, IntegrityError, WorksheetError)

log = structlog.get_logger()


class Recorder:
    """Writes down what one session of a worksheet says."""

    def __init__(self, recording: Recording, worksheet: str, name: str) -> None:
        """`name`: of the session, in the tables."""
        self._recording = recording
        self._worksheet, self._name = worksheet, name

    async def record(self, minutes: Minutes) -> bool:
        """Return when it is durable, whether the session is the worksheet's still.

        Raises WorksheetError if what the session says cannot be kept at all, whatever is left out of it.
        """
        try:
            return await self._kept(minutes.sequence, minutes.outputs, minutes.changes)
        except _REFUSED as error:
            log.warning("not all of what a session said is kept", worksheet=self._worksheet, error=str(error))
        for output in minutes.outputs:
            lost = {"events": 1, "bytes": len(output.body)}
            await self._one([output], [], [replace(output, kind=GAP, body=msgspec.json.encode(lost))], [])
        for change in minutes.changes:
            await self._one([], [change], [], [replace(change, text="")])
        # Only now: whoever goes on after this number has missed nothing.
        return await self._kept(minutes.sequence, [], [])

    # ---------------------------------------------------------------- within

    async def _one(
        self, outputs: Sequence[Output], changes: Sequence[Change], lost: Sequence[Output], less: Sequence[Change]
    ) -> None:
        try:
            await self._kept(0, outputs, changes)
        except _REFUSED:
            try:
                await self._kept(0, lost, less)
            except (UnstorableError, IntegrityError) as error:
                what = "says what cannot be kept"
                raise WorksheetError(what, f"session of worksheet {self._worksheet}", "restart it") from error

    async def _kept(self, sequence: int, outputs: Sequence[Output], changes: Sequence[Change]) -> bool:
        return await until_done(lambda: self._recording.record(self._worksheet, self._name, sequence, outputs, changes))


async def until_done(work: Callable[[], Awaitable[bool]]) -> bool:
    """Do work in the database, again and again while that is away. Raises UnstorableError: it would be the same."""
    while True:
        try:
            return await work()
        except UnstorableError:
            raise
        except ServiceError as error:
            log.info("session of a worksheet waits for the database", error=str(error))
        await asyncio.sleep(PAUSE)
