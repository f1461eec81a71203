"""The updates of one worksheet in the database, as its room adds to them: again and again, and no more than may be."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from sagews.database.updates import News, NewUpdate, Updates
from sagews.errors import ServiceError, UnstorableError, WorksheetError

TRY_SECONDS = 15.0
"""For which a commit is tried again while the database is away."""
PAUSE = 0.2
"""Seconds between two tries, at first."""
MOST_STORED = 64 << 20
"""Bytes of a worksheet's base and its updates."""


class Ledger:
    """What the database has of one worksheet."""

    def __init__(self, worksheet: str, updates: Updates) -> None:
        self._worksheet = worksheet
        self._updates = updates

    async def news(self, after: int) -> News:
        """Return a page of what it has after a number. Raises EpochError if it is not there, ServiceError."""
        return await self._updates.news(self._worksheet, after)

    async def add(self, epoch: str, added: Sequence[NewUpdate], seen: int) -> list[int]:
        """Add updates, again and again while the database is away; return their numbers.

        Raises ServiceError after a while; BehindError and EpochError as `Updates.add`; WorksheetError if the database
        takes one of them at no time.
        """
        end = asyncio.get_running_loop().time() + TRY_SECONDS
        pause, again = PAUSE, False
        while True:
            try:
                return await self._updates.add(self._worksheet, epoch, added, seen=seen, again=again)
            except (UnstorableError, IntegrityError) as error:
                raise RefusedError("cannot be kept", "update", "reload the page") from error
            except ServiceError:
                if asyncio.get_running_loop().time() + pause > end:
                    raise
            await asyncio.sleep(pause)
            pause, again = min(2 * pause, 2.0), True

    async def check_size(self, size: int, more: int) -> int:
        """Return how many bytes it has, as far as is known these; raise WorksheetError if there is no room for more."""
        if size + more > MOST_STORED:
            # The updates may have been made into a smaller base.
            size = await self._updates.size(self._worksheet)
            if size + more > MOST_STORED:
                raise WorksheetError("is full", f"worksheet {self._worksheet}", "go on in another one")
        return size


class RefusedError(WorksheetError):
    """One of the updates of a commit is none that the database takes."""
