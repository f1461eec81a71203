"""The table of evaluations: what ran in which cell and session, and which backend attends it.

What a cell shows is its latest evaluation. A backend that attends one says so
again and again, by a lease; when it stops, another adopts the evaluation. A
lease is for liveness alone: that two write the same outputs does no harm.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.worksheet_tables import EVALUATION, WORKSHEET
from sagews.errors import WorksheetError

MOST_NAME = 64
"""Characters of the names of evaluations, cells, sessions and holders."""
MOST_SOURCE = 1 << 20
"""Bytes of what runs."""
MOST_ADOPTED = 20
"""Evaluations that a backend adopts at once."""
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
    lease_holder: str | None = None
    """The backend that attends it."""
    lease_until: float | None = None
    """Until when, by the clock of the database."""


class Evaluations:
    """Evaluations in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, evaluation: Evaluation, holder: str, seconds: float) -> Evaluation:
        """Keep a new evaluation, and return it as it is kept; the same again is the one that is there.

        A new one is attended by this holder, for so long from now: if that
        dies before it says anything else, another backend adopts it.
        Raises WorksheetError if its worksheet is not there, or the name is another evaluation's.
        """
        check_evaluation(evaluation)
        asked = (evaluation.worksheet, evaluation.cell, evaluation.session, evaluation.source)
        row = {name: getattr(evaluation, name) for name in ("id", "worksheet", "cell", "session", "source")}
        row |= {"source_hash": hashlib.sha256(evaluation.source).digest(), "state": QUEUED, "reason": ""}
        row |= {"lease_holder": holder, "lease_until": Now() + seconds}
        # Its row is held, so that of two evaluations at once each has a number of its own.
        mine = WORKSHEET.c.id == evaluation.worksheet
        count = update(WORKSHEET).where(mine).values(head_ordinal=WORKSHEET.c.head_ordinal + 1)

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

    async def begin(self, identifier: str) -> bool:
        """Note that an evaluation runs; return whether it was queued, or runs already."""
        where = EVALUATION.c.state.in_((QUEUED, RUNNING))
        return await self._change(identifier, where, state=RUNNING)

    async def end(self, identifier: str, reason: str) -> bool:
        """Note that an evaluation has ended, and why; return whether it had not. Its lease ends, too."""
        ended = {"state": ENDED, "reason": reason, "ended": Now(), "lease_holder": None, "lease_until": None}
        return await self._change(identifier, EVALUATION.c.state != ENDED, **ended)

    async def lease(self, identifier: str, holder: str, seconds: float) -> bool:
        """Attend an evaluation that has not ended, for so long from now; return whether nobody else does."""
        free = or_(EVALUATION.c.lease_holder.is_(None), EVALUATION.c.lease_until < Now())
        where = (EVALUATION.c.state != ENDED) & (free | (EVALUATION.c.lease_holder == holder))
        return await self._change(identifier, where, lease_holder=holder, lease_until=Now() + seconds)

    async def release(self, identifier: str, holder: str) -> bool:
        """Attend an evaluation no more, so that another one adopts it; return whether this one did."""
        mine = (EVALUATION.c.state != ENDED) & (EVALUATION.c.lease_holder == holder)
        return await self._change(identifier, mine, lease_holder=None, lease_until=Now())

    async def adopt(self, holder: str, seconds: float) -> list[Evaluation]:
        """Attend some of those evaluations that have not ended and that nobody attends any more; return them."""
        of = EVALUATION.c
        over = (of.state != ENDED) & (of.lease_until <= Now())
        left = select(of.id).where(over).order_by(of.lease_until).limit(MOST_ADOPTED).with_for_update(skip_locked=True)

        async def adopt(connection: AsyncConnection) -> list[Evaluation]:
            those = list(await connection.scalars(left))
            values = {"lease_holder": holder, "lease_until": Now() + seconds}
            await connection.execute(update(EVALUATION).where(of.id.in_(those)).values(values))
            rows = await connection.execute(select(EVALUATION).where(of.id.in_(those)).order_by(of.session, of.ordinal))
            return [_evaluation(row) for row in rows]

        return await self._database.run(adopt)

    async def _change(self, identifier: str, where: Any, **values: Any) -> bool:
        wanted = update(EVALUATION).where(EVALUATION.c.id == identifier, where).values(values)

        async def change(connection: AsyncConnection) -> bool:
            return (await connection.execute(wanted)).rowcount > 0

        return await self._database.run(change)


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
