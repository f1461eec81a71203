"""Clearing what cells show: the latest evaluation of a cell is then one that shows nothing.

It is an evaluation like any other, so that whoever looks is told of it, and
what was shown before is deleted with the other old ones (`shown.py`). A cell
that runs or waits is left as it is.
"""

import hashlib
import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.evaluations import ENDED
from sagews.database.running import MOST_SHOWN
from sagews.database.worksheet_sessions import begin_change, notify
from sagews.database.worksheet_tables import EVALUATION, WORKSHEET

CLEARED = "cleared"
"""The reason of such an evaluation."""
BATCH = 200
"""Of them, put into the table by one statement."""


class Clearing:
    """Clears what cells show, in a database. Raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def clear(self, worksheet: str, cells: Collection[str]) -> int:
        """Have these cells show nothing, or all of them where none is named; return how many did."""
        return await self._database.run(lambda connection: _clear(connection, worksheet, set(cells)))


async def _clear(connection: AsyncConnection, worksheet: str, cells: set[str]) -> int:
    of = EVALUATION.c
    # Its row is held, as by who evaluates: ordinals are given one after the other.
    mine = WORKSHEET.c.id == worksheet
    held = update(WORKSHEET).where(mine).values(head_ordinal=WORKSHEET.c.head_ordinal)
    if (newest := await connection.scalar(held.returning(WORKSHEET.c.head_ordinal))) is None:
        return 0
    latest = select(func.max(of.ordinal)).where(of.worksheet == worksheet).group_by(of.cell)
    looked = select(of.cell, of.state, of.reason).where(
        of.worksheet == worksheet, or_(of.state != ENDED, of.ordinal.in_(latest))
    )
    rows = list(await connection.execute(looked))
    busy = {row.cell for row in rows if row.state != ENDED}
    shown = {row.cell for row in rows if row.reason != CLEARED} - busy
    wanted = sorted(shown & cells if cells else shown)[:MOST_SHOWN]
    if not wanted:
        return 0
    version = await begin_change(connection, worksheet)
    same: dict[str, Any] = {"worksheet": worksheet, "session": "-", "source": b"", "version": version, "text": ""}
    same |= {"source_hash": hashlib.sha256(b"").digest(), "state": ENDED, "reason": CLEARED}
    same |= {"created": Now(), "ended": Now()}
    names = [{"id": secrets.token_hex(16), "cell": cell, "ordinal": n} for n, cell in enumerate(wanted, newest + 1)]
    for first in range(0, len(names), BATCH):
        await connection.execute(insert(EVALUATION).values([same | own for own in names[first : first + BATCH]]))
    await connection.execute(update(WORKSHEET).where(mine).values(head_ordinal=newest + len(wanted)))
    await notify(connection, worksheet)
    return len(wanted)
