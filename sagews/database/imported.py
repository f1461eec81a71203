"""What a notebook showed when a worksheet was made of it: evaluations that have ended, and their outputs.

They are written in the transaction that makes the worksheet, so that there is
none without them. Their session never was: its name says of what they come.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.evaluations import ENDED
from sagews.database.outputs import Output, row_of
from sagews.database.worksheet_tables import EVALUATION, OUTPUT, WORKSHEET

SESSION = "import-"
"""What the names of such sessions begin with; the id of the worksheet follows."""
BATCH_ROWS, BATCH_BYTES = 500, 4 << 20
"""Of one statement."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a cell showed."""

    cell: str
    source: bytes
    """Of the cell, in UTF-8: nobody knows whether it was what ran."""
    reason: str
    """`done` or `error`."""
    outputs: tuple[tuple[str, bytes], ...]
    """The kind of each, and its body: JSON, as a session would have written it."""


async def add_imported(connection: AsyncConnection, worksheet: str, shown: Sequence[Imported]) -> None:
    """Write what the cells of a new worksheet show, within a transaction."""
    session = SESSION + worksheet
    evaluations: list[dict[str, Any]] = []
    outputs: list[dict[str, Any]] = []
    for ordinal, each in enumerate(shown, 1):
        own = f"{session}-{ordinal}"
        evaluations.append(
            {
                **{"id": own, "worksheet": worksheet, "cell": each.cell, "session": session, "ordinal": ordinal},
                **{"source": each.source, "source_hash": hashlib.sha256(each.source).digest()},
                **{"state": ENDED, "reason": each.reason, "created": Now(), "ended": Now()},
            }
        )
        for kind, body in each.outputs:
            outputs.append(row_of(Output(session, len(outputs) + 1, own, kind, body)))
    for batch in _batches(evaluations, "source"):
        await connection.execute(insert(EVALUATION).values(batch))
    for batch in _batches(outputs, "body"):
        await connection.execute(insert(OUTPUT).values(batch))
    if shown:
        mine = WORKSHEET.c.id == worksheet
        await connection.execute(update(WORKSHEET).where(mine).values(head_ordinal=len(shown)))


def bytes_of(shown: Sequence[Imported]) -> int:
    """Return what it takes up: sources and bodies."""
    return sum(len(each.source) + sum(len(body) for _, body in each.outputs) for each in shown)


def _batches(rows: list[dict[str, Any]], large: str) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        if batch and (len(batch) >= BATCH_ROWS or size + len(row[large]) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row[large])
    if batch:
        yield batch
