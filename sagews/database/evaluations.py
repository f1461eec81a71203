"""The table of evaluations: what ran in which cell and session. What a cell shows is its latest evaluation.

Those of a session that is attended are asked for and written down with it
(`worksheet_sessions.py`, `recording.py`); what came with a file is put here.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.texts import is_taken
from sagews.database.worksheet_tables import EVALUATION, WORKSHEET
from sagews.errors import WorksheetError

MOST_NAME = 64
"""Characters of the names of evaluations, cells and sessions."""
MOST_SOURCE = 1 << 20
"""Bytes of what runs."""
QUEUED, RUNNING, ENDED = "queued", "running", "ended"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of a cell."""

    id: str
    """Chosen by who asks for it, so that the same asked for twice runs once."""
    worksheet: str
    cell: str
    session: str
    source: bytes
    """What ran, in UTF-8, whatever the cell has by now."""
    ordinal: int = 0
    """The how manyth of its worksheet it is."""
    state: str = QUEUED
    reason: str = ""
    """Why it ended; empty before."""
    text: str = ""
    """The same in a sentence."""
    created: float = 0.0
    begun: float | None = None
    """When it began to run."""
    ended: float | None = None
    version: int = 0
    """See the table."""


class Evaluations:
    """Evaluations in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, evaluation: Evaluation) -> Evaluation:
        """Keep a new evaluation, and return it as it is kept; the same again is the one that is there.

        Raises WorksheetError if its worksheet is not there, or the name is another evaluation's.
        """
        check_evaluation(evaluation)
        asked = (evaluation.worksheet, evaluation.cell, evaluation.session, evaluation.source)
        row = {name: getattr(evaluation, name) for name in ("id", "worksheet", "cell", "session", "source")}
        row |= {"source_hash": hashlib.sha256(evaluation.source).digest(), "state": QUEUED, "reason": ""}
        # Its row is held, so that of two evaluations at once each has a number of its own.
        mine = WORKSHEET.c.id == evaluation.worksheet
        size = WORKSHEET.c.size + len(evaluation.source)
        count = update(WORKSHEET).where(mine).values(head_ordinal=WORKSHEET.c.head_ordinal + 1, size=size)

        async def add(connection: AsyncConnection) -> Evaluation:
            known = await _of_id(connection, evaluation.id)
            if known is None:
                ordinal = await connection.scalar(count.returning(WORKSHEET.c.head_ordinal))
                if ordinal is None:
                    raise WorksheetError("is not there", f"worksheet {evaluation.worksheet}", "load it anew")
                known = await _of_id(connection, evaluation.id)
            if known is None:
                await connection.execute(insert(EVALUATION).values(row | {"ordinal": ordinal, "created": Now()}))
                known = await _of_id(connection, evaluation.id)
            assert known is not None
            if (known.worksheet, known.cell, known.session, known.source) != asked:
                raise WorksheetError("is the name of another one", f"evaluation {evaluation.id}", "choose a new name")
            return known

        return await self._database.run(add)

    async def get(self, identifier: str) -> Evaluation | None:
        """Return the evaluation of an id."""
        if not is_taken(identifier, 4 * MOST_NAME):
            return None
        return await self._database.run(lambda connection: _of_id(connection, identifier))

    async def latest(self, worksheet: str) -> dict[str, Evaluation]:
        """Return the latest evaluation of each cell of a worksheet that has one, without what ran."""
        of = EVALUATION.c
        newest = select(func.max(of.ordinal)).where(of.worksheet == worksheet).group_by(of.cell)
        told = [each for each in of if each.name not in ("source", "source_hash")]
        wanted = select(*told).where(of.worksheet == worksheet, of.ordinal.in_(newest))

        async def latest(connection: AsyncConnection) -> dict[str, Evaluation]:
            rows = await connection.execute(wanted)
            return {row.cell: Evaluation(**row._asdict(), source=b"") for row in rows}

        return await self._database.run(latest)

    async def end(self, identifier: str, reason: str) -> bool:
        """Note that an evaluation has ended, and why; return whether it had not."""
        ended = {"state": ENDED, "reason": reason, "ended": Now()}
        wanted = update(EVALUATION).where(EVALUATION.c.id == identifier, EVALUATION.c.state != ENDED).values(ended)

        async def end(connection: AsyncConnection) -> bool:
            return (await connection.execute(wanted)).rowcount > 0

        return await self._database.run(end)


def check_evaluation(evaluation: Evaluation) -> None:
    """Raise WorksheetError if it is none that can be kept."""
    for name in (evaluation.id, evaluation.cell, evaluation.session):
        if not 0 < len(name) <= MOST_NAME or not name.isprintable():
            raise WorksheetError("has no proper name, cell or session", "evaluation", "reload the page")
    if len(evaluation.source) > MOST_SOURCE:
        what = f"has more than {MOST_SOURCE >> 20} MiB of code"
        raise WorksheetError(what, f"evaluation {evaluation.id}", "put data into files")


async def _of_id(connection: AsyncConnection, identifier: str) -> Evaluation | None:
    row = (await connection.execute(select(EVALUATION).where(EVALUATION.c.id == identifier))).one_or_none()
    return _evaluation(row) if row is not None else None


def _evaluation(row: Row[Any]) -> Evaluation:
    values = row._asdict()
    del values["source_hash"]
    return Evaluation(**values)
