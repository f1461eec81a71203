"""What no cell shows any more is deleted: evaluations after which their cell was evaluated again, and their outputs."""

from collections import Counter

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
    old = select(of.id, of.worksheet).where(of.state == ENDED, of.ended < Now() - KEPT, newer.exists()).limit(BATCH)
    worksheets = {row.id: row.worksheet for row in await connection.execute(old)}
    if not worksheets:
        return 0
    # All is held in one order, by everybody: worksheets, evaluations, outputs, each by its key. So nobody who holds
    # something of it waits for another one who waits for that.
    sheets = select(WORKSHEET.c.id).where(WORKSHEET.c.id.in_(set(worksheets.values())))
    await connection.execute(sheets.order_by(WORKSHEET.c.id).with_for_update())
    held = select(of.id).where(of.id.in_(worksheets)).order_by(of.id).with_for_update()
    # Another backend may have swept the same meanwhile.
    if not (ids := list(await connection.scalars(held))):
        return len(worksheets)
    out = OUTPUT.c
    some = select(out.session, out.sequence).where(out.evaluation.in_(ids)).order_by(out.session, out.sequence)
    rows = [tuple(row) for row in await connection.execute(some.limit(BATCH))]
    less: Counter[str] = Counter()
    if rows:
        key = tuple_(out.session, out.sequence)
        gone = delete(OUTPUT).where(key.in_(rows)).returning(out.evaluation, func.length(out.body))
        for evaluation, size in await connection.execute(gone):
            less[worksheets[evaluation]] += size
    else:
        gone = delete(EVALUATION).where(of.id.in_(ids)).returning(of.worksheet, func.length(of.source))
        for worksheet, size in await connection.execute(gone):
            less[worksheet] += size
    for worksheet, size in sorted(less.items()):
        smaller = update(WORKSHEET).where(WORKSHEET.c.id == worksheet).values(size=WORKSHEET.c.size - size)
        await connection.execute(smaller)
    return len(rows) or len(ids)
