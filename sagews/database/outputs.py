"""The table of outputs: what sessions said, each by its number in its session, kept exactly once whoever brings it.

The number is the session's own, and its end of the key. So any backend may
bring any output, again and at the same time as another one. Each brings them
in order, from the last one that was there when it began; therefore what is
there is whole up to the last one.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.texts import is_taken
from sagews.database.worksheet_tables import EVALUATION, OUTPUT, WORKSHEET
from sagews.errors import WorksheetError

MOST_BODY = 16 << 20
"""Bytes of a body: what a frame of the wire has."""
MOST_SEQUENCE = (1 << 63) - 1
MOST_KIND = 64
"""Bytes of a kind, and of the names of sessions and evaluations."""
GAP = "gap"
"""The kind of what stands in the place of outputs that the session no longer has."""
PAGE = 1000
"""Outputs that are brought or read at once, at most."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a session said."""

    session: str
    sequence: int
    """Its number in its session."""
    evaluation: str
    kind: str
    body: bytes
    """As the session wrote it: JSON, which nobody here parses."""


class Outputs:
    """Outputs in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, outputs: Sequence[Output]) -> int:
        """Keep outputs of evaluations that are kept; return how many of them are new. They are durable then.

        Raises WorksheetError, and keeps none of them, if one has a number under
        which another is kept, or an evaluation is not there or not of the session.
        """
        if not outputs:
            return 0
        check(outputs)

        async def add(connection: AsyncConnection) -> int:
            worksheets = await _worksheets(connection, outputs)
            new = await keep(connection, outputs)
            await _count(connection, worksheets, new)
            return len(new)

        return await self._database.run(add)

    async def last(self, session: str) -> int:
        """Return the number after which to go on with a session: that of its last output here; 0 if there is none."""
        newest = select(func.max(OUTPUT.c.sequence)).where(OUTPUT.c.session == session)

        async def last(connection: AsyncConnection) -> int:
            return await connection.scalar(newest) or 0

        return await self._database.run(last)

    async def of_evaluation(self, evaluation: str, after: int = -1, most: int = PAGE) -> list[Output]:
        """Return the outputs of an evaluation after a number, in order; at most so many."""
        of = OUTPUT.c
        wanted = select(of.session, of.sequence, of.evaluation, of.kind, of.body)
        wanted = wanted.where(of.evaluation == evaluation, of.sequence > after).order_by(of.sequence)

        async def of_evaluation(connection: AsyncConnection) -> list[Output]:
            return [Output(*row) for row in await connection.execute(wanted.limit(min(most, PAGE)))]

        return await self._database.run(of_evaluation)


def check(outputs: Sequence[Output]) -> None:
    """Raise WorksheetError if two of them have one number, there are too many, or one is none that can be kept."""
    if len({(each.session, each.sequence) for each in outputs}) != len(outputs) or len(outputs) > PAGE:
        what = f"has two outputs of one number, or more than {PAGE} at once"
        raise WorksheetError(what, f"session {outputs[0].session}", "bring each once, and fewer")
    for output in outputs:
        names = (output.kind, output.session, output.evaluation)
        if not 0 <= output.sequence <= MOST_SEQUENCE or not all(is_taken(name, MOST_KIND) for name in names):
            raise WorksheetError("an output has no number, kind or evaluation", "session", "restart the session")
        if len(output.body) > MOST_BODY:
            what = f"an output has more than {MOST_BODY >> 20} MiB"
            raise WorksheetError(what, f"session {output.session}", "write it into a file")


async def keep(connection: AsyncConnection, outputs: Sequence[Output]) -> list[Output]:
    """Keep outputs that were checked, of evaluations that are there, within a transaction; return those that are new.

    See `Outputs.add`. Whoever does it counts what they take up.
    """
    # In the order of the key, so that two who bring the same never wait for each other.
    rows = sorted(map(row_of, outputs), key=lambda row: (row["session"], row["sequence"]))
    wanted = {(row["session"], row["sequence"]): (row["hash"], row["evaluation"], row["kind"]) for row in rows}
    of = OUTPUT.c
    there = select(of.session, of.sequence, of.hash, of.evaluation, of.kind)
    there = there.where(tuple_(of.session, of.sequence).in_(list(wanted)))
    added = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(OUTPUT).values(rows)
    inserted = added.on_conflict_do_nothing().returning(of.session, of.sequence)
    new = {(row.session, row.sequence) for row in await connection.execute(inserted)}
    for known in await connection.execute(there):
        mine = wanted[known.session, known.sequence]
        # Where one has a gap, another may have had the last output of it.
        if mine != (known.hash, known.evaluation, known.kind) and GAP not in (mine[2], known.kind):
            what = f"has another output as number {known.sequence} already"
            raise WorksheetError(what, f"session {known.session}", "look whether two sessions have one name")
    return [each for each in outputs if (each.session, each.sequence) in new]


def row_of(output: Output) -> dict[str, Any]:
    """Return the row of an output."""
    row: dict[str, Any] = {name: getattr(output, name) for name in Output.__dataclass_fields__}
    return row | {"created": Now(), "hash": hashlib.sha256(b"%s\0%s" % (output.kind.encode(), output.body)).digest()}


async def _worksheets(connection: AsyncConnection, outputs: Sequence[Output]) -> dict[str, str]:
    """Hold the evaluations of these outputs, so that none is deleted meanwhile; return the worksheet of each.

    Others may say meanwhile who attends one, or that it has ended, and bring its outputs, too.
    """
    of = EVALUATION.c
    names = sorted({each.evaluation for each in outputs})
    held = select(of.id, of.session, of.worksheet).where(of.id.in_(names)).order_by(of.id)
    rows = list(await connection.execute(held.with_for_update(read=True, key_share=True)))
    known = {(row.id, row.session) for row in rows}
    for each in outputs:
        if (each.evaluation, each.session) not in known:
            what = "is not there, or of another session"
            raise WorksheetError(what, f"evaluation {each.evaluation}", "keep the evaluation before its outputs")
    return {row.id: row.worksheet for row in rows}


async def _count(connection: AsyncConnection, worksheets: dict[str, str], new: Sequence[Output]) -> None:
    """Count new outputs in what their worksheets take up."""
    sizes: Counter[str] = Counter()
    for each in new:
        sizes[worksheets[each.evaluation]] += len(each.body)
    for worksheet, size in sorted(sizes.items()):
        more = update(WORKSHEET).where(WORKSHEET.c.id == worksheet).values(size=WORKSHEET.c.size + size)
        await connection.execute(more)
