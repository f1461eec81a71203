"""What everybody has used on a day, which all backends of a site count together, and what is stored for an account."""

import time

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.account_tables import USAGE
from sagews.database.database import Database
from sagews.database.storage import storage_of

DAY = 86_400
"""Seconds."""
KEPT = 1
"""Days for which it is kept what was used on a day that is over: clocks may differ."""
BATCH = 500
"""Rows that one transaction deletes."""


def today() -> int:
    """Return the day, in UTC, in days since the epoch."""
    return int(time.time() // DAY)


class Usage:
    """What was used, in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, who: str, day: int, most: int) -> int | None:
        """Count an evaluation; return how many it are on that day with it. None: it would be over `most`, above 0."""

        async def count(connection: AsyncConnection) -> int | None:
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            first = insert(USAGE).values(who=who, day=day, evaluations=1)
            # One statement, so that of two at once both count.
            counted = first.on_conflict_do_update(
                index_elements=[USAGE.c.who, USAGE.c.day],
                set_={"evaluations": USAGE.c.evaluations + 1},
                where=USAGE.c.evaluations < most,
            )
            found: int | None = await connection.scalar(counted.returning(USAGE.c.evaluations))
            return found

        return await self._database.run(count)

    async def give_back(self, who: str, day: int) -> None:
        """Count one evaluation less on that day."""
        mine = update(USAGE).where(USAGE.c.who == who, USAGE.c.day == day, USAGE.c.evaluations > 0)

        async def give_back(connection: AsyncConnection) -> None:
            await connection.execute(mine.values(evaluations=USAGE.c.evaluations - 1))

        await self._database.run(give_back)

    async def of(self, who: str, day: int) -> int:
        """Return how many evaluations somebody has had on a day."""
        wanted = select(USAGE.c.evaluations).where(USAGE.c.who == who, USAGE.c.day == day)

        async def of(connection: AsyncConnection) -> int:
            return await connection.scalar(wanted) or 0

        return await self._database.run(of)

    async def days(self, who: str) -> dict[int, int]:
        """Return how many evaluations somebody has had on each day of which that is kept."""
        wanted = select(USAGE.c.day, USAGE.c.evaluations).where(USAGE.c.who == who).order_by(USAGE.c.day)

        async def days(connection: AsyncConnection) -> dict[int, int]:
            return {row.day: row.evaluations for row in await connection.execute(wanted)}

        return await self._database.run(days)

    async def storage(self, account: str) -> int:
        """Return how many bytes the workspaces of an account take up."""
        return await self._database.run(lambda connection: storage_of(connection, account))

    async def sweep(self) -> int:
        """Delete a batch of what was used on days that are over; return how many rows."""
        over = select(USAGE.c.who, USAGE.c.day).where(USAGE.c.day < today() - KEPT).limit(BATCH)

        async def sweep(connection: AsyncConnection) -> int:
            gone = delete(USAGE).where(tuple_(USAGE.c.who, USAGE.c.day).in_(over))
            return (await connection.execute(gone)).rowcount

        return await self._database.run(sweep)
