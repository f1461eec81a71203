"""What no cell shows any more is deleted: evaluations after which their cell was evaluated again, and their outputs."""

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.evaluations import ENDED
from sagews.database.worksheet_tables import EVALUATION, OUTPUT, WORKSHEET

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
        bodies = select(of.worksheet, func.sum(func.length(OUTPUT.c.body))).select_from(OUTPUT).join(EVALUATION)
        less = list(await connection.execute(bodies.where(key.in_(rows)).group_by(of.worksheet)))
        gone = (await connection.execute(delete(OUTPUT).where(key.in_(rows)))).rowcount
    else:
        sources = select(of.worksheet, func.sum(func.length(of.source))).where(of.id.in_(ids)).group_by(of.worksheet)
        less = list(await connection.execute(sources))
        gone = (await connection.execute(delete(EVALUATION).where(of.id.in_(ids)))).rowcount
    for worksheet, size in sorted((worksheet, int(size)) for worksheet, size in less):
        smaller = update(WORKSHEET).where(WORKSHEET.c.id == worksheet).values(size=WORKSHEET.c.size - size)
        await connection.execute(smaller)
    return gone
