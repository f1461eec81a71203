"""What no cell shows any more is deleted: evaluations after which their cell was evaluated again, and their outputs."""

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.evaluations import ENDED
from sagews.database.worksheet_tables import EVALUATION, OUTPUT

KEPT = 3600.0
"""Seconds since its end for which one is kept: whoever asks for it again, because the answer was lost, is known."""
BATCH = 200
"""Outputs that one transaction deletes, or evaluations."""


class Shown:
    """What cells show, in a database. Raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sweep(self) -> int:
        """Delete a batch of what no cell shows any more; return how many rows, 0 if none is left."""
        return await self._database.run(_sweep)


async def _sweep(connection: AsyncConnection) -> int:
    later = EVALUATION.alias("later")
    of = EVALUATION.c
    newer = select(later.c.id).where(
        later.c.worksheet == of.worksheet, later.c.cell == of.cell, later.c.ordinal > of.ordinal
    )
    old = select(of.id).where(of.state == ENDED, of.ended < Now() - KEPT, newer.exists()).limit(BATCH)
    ids = list(await connection.scalars(old))
    if not ids:
        return 0
    key = tuple_(OUTPUT.c.session, OUTPUT.c.sequence)
    some = select(OUTPUT.c.session, OUTPUT.c.sequence).where(OUTPUT.c.evaluation.in_(ids)).limit(BATCH)
    if rows := [tuple(row) for row in await connection.execute(some)]:
        return (await connection.execute(delete(OUTPUT).where(key.in_(rows)))).rowcount
    return (await connection.execute(delete(EVALUATION).where(of.id.in_(ids)))).rowcount
