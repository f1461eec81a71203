"""The tables of what is being brought into worksheets from files that others changed.

What is to be done is decided in one transaction, with the outputs that come
along; after that it is done, by whoever is there: the updates that are kept
here are sent, which any number of times comes to the same, and then the file
is noted as one that the worksheet has all of. So a backend that dies between
two of them leaves nothing half, and nothing is worked out anew from a worksheet
that has a part of it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.quotas import Quotas
from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.evaluations import ENDED
from sagews.database.outputs import PAGE, Output, check, keep
from sagews.database.storage import check_storage
from sagews.database.worksheet_files import put_within
from sagews.database.worksheet_tables import (
    EVALUATION,
    WORKSHEET,
    WORKSHEET_MERGE,
    WORKSHEET_MERGE_UPDATE,
)
from sagews.errors import EpochError

BATCH_BYTES = 4 << 20
"""Of outputs that are written at once."""
REASON = "brought"
"""Why an evaluation that came with a file has ended."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What brings a file into its worksheet."""

    worksheet: str
    epoch: str
    sender: str
    content: str
    """The object of git."""
    version: str
    """Of the workspace, in which it is."""
    ids: str
    """See `WorksheetFile.ids`."""
    updates: tuple[bytes, ...]
    """In order, each by its number."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a cell of the file shows."""

    id: str
    """Of its evaluation, and of the session of that: the same for the same cell of the same file."""
    cell: str
    source: bytes
    outputs: tuple[tuple[str, bytes], ...]
    """The kind and the body of each."""


class Merges:
    """What is being brought into worksheets. Everything raises ServiceError while the database is away."""

    def __init__(self, database: Database, quotas: Quotas | None = None) -> None:
        self._database = database
        self._quotas = quotas or Quotas()

    async def begin(self, workspace: str, merge: Merge, shown: Sequence[Shown]) -> Merge:
        """Decide on a merge, keep what its cells show, and return it; the one that is there, if others were faster.

        Raises EpochError if the worksheet is gone or has another content by now, WorkspaceError if the owner of the
        workspace has no room for it; then nothing is kept.
        """
        outputs = [
            [Output(one.id, number, one.id, *each) for number, each in enumerate(one.outputs, 1)] for one in shown
        ]
        for one in outputs:
            for start in range(0, len(one), PAGE):
                check(one[start : start + PAGE])
        mine = WORKSHEET.c.id == merge.worksheet
        held = select(WORKSHEET.c.epoch, WORKSHEET.c.head_ordinal).where(mine).with_for_update(key_share=True)
        row: dict[str, Any] = {name: getattr(merge, name) for name in Merge.__dataclass_fields__ if name != "updates"}
        rows = [{"worksheet": merge.worksheet, "number": n, "payload": each} for n, each in enumerate(merge.updates)]

        async def begin(connection: AsyncConnection) -> Merge:
            there = (await connection.execute(held)).one_or_none()
            if there is None or there.epoch != merge.epoch:
                raise EpochError("has another content by now", f"worksheet {merge.worksheet}", "look at its file")
            if (known := await _of(connection, merge.worksheet)) is not None:
                return known
            new = await _new(connection, shown)
            size = sum(len(one.source) + sum(len(body) for _, body in one.outputs) for one in shown if one.id in new)
            if size or rows:
                more = size + sum(map(len, merge.updates))
                await check_storage(connection, workspace, self._quotas, more=more)
            await connection.execute(insert(WORKSHEET_MERGE).values(row))
            if rows:
                await connection.execute(insert(WORKSHEET_MERGE_UPDATE), rows)
            for ordinal, one in enumerate((one for one in shown if one.id in new), there.head_ordinal + 1):
                await connection.execute(insert(EVALUATION).values(_evaluation(merge.worksheet, one, ordinal)))
            for batch in (each for one in outputs if one and one[0].session in new for each in _batches(one)):
                await keep(connection, batch)
            counted = {"size": WORKSHEET.c.size + size, "head_ordinal": there.head_ordinal + len(new)}
            await connection.execute(update(WORKSHEET).where(mine).values(counted))
            return merge

        try:
            return await self._database.run(begin)
        except IntegrityError:
            # Somebody else was faster; theirs is there now.
            return await self._database.run(begin)

    async def of_workspace(self, workspace: str) -> set[str]:
        """Return the worksheets of a workspace into which something is being brought."""
        wanted = select(WORKSHEET.c.id).join(WORKSHEET_MERGE, WORKSHEET_MERGE.c.worksheet == WORKSHEET.c.id)
        wanted = wanted.where(WORKSHEET.c.workspace == workspace)

        async def of_workspace(connection: AsyncConnection) -> set[str]:
            return set(await connection.scalars(wanted))

        return await self._database.run(of_workspace)

    async def of(self, worksheet: str) -> Merge | None:
        """Return what is being brought into a worksheet."""
        return await self._database.run(lambda connection: _of(connection, worksheet))

    async def end(self, merge: Merge) -> None:
        """Note that a worksheet has all of a file, if nobody else has noted it meanwhile."""
        values = {"content": merge.content, "version": merge.version, "ids": merge.ids, "refused": "", "failure": ""}
        await self._end(merge, values)

    async def drop(self, merge: Merge, failure: str) -> None:
        """Give a merge up, which cannot be done in the worksheet as that is by now; `failure`: why."""
        await self._end(merge, {"refused": merge.content, "failure": failure})

    async def forget(self, merge: Merge) -> None:
        """Note nothing of a merge: the worksheet is not what it was decided for."""
        await self._end(merge, {})

    async def _end(self, merge: Merge, values: dict[str, Any]) -> None:
        mine = WORKSHEET_MERGE.c.worksheet == merge.worksheet
        its = mine & (WORKSHEET_MERGE.c.sender == merge.sender)
        updates = delete(WORKSHEET_MERGE_UPDATE).where(WORKSHEET_MERGE_UPDATE.c.worksheet == merge.worksheet)

        async def end(connection: AsyncConnection) -> None:
            if await connection.scalar(select(WORKSHEET_MERGE.c.sender).where(its).with_for_update()) is None:
                return
            if values:
                await put_within(connection, merge.worksheet, **values)
            await connection.execute(updates)
            await connection.execute(delete(WORKSHEET_MERGE).where(its))

        try:
            await self._database.run(end)
        except IntegrityError:
            # Somebody else was faster to have the first row of the file.
            await self._database.run(end)


async def _of(connection: AsyncConnection, worksheet: str) -> Merge | None:
    row = (
        await connection.execute(select(WORKSHEET_MERGE).where(WORKSHEET_MERGE.c.worksheet == worksheet))
    ).one_or_none()
    if row is None:
        return None
    of = WORKSHEET_MERGE_UPDATE.c
    wanted = select(of.payload).where(of.worksheet == worksheet).order_by(of.number)
    return Merge(**row._asdict(), updates=tuple(map(bytes, await connection.scalars(wanted))))


async def _new(connection: AsyncConnection, shown: Sequence[Shown]) -> set[str]:
    """Return the evaluations that are not there yet."""
    names = [one.id for one in shown]
    there: set[str] = set()
    for start in range(0, len(names), PAGE):
        wanted = select(EVALUATION.c.id).where(EVALUATION.c.id.in_(names[start : start + PAGE]))
        there |= set(await connection.scalars(wanted))
    return set(names) - there


def _evaluation(worksheet: str, one: Shown, ordinal: int) -> dict[str, Any]:
    return {
        **{"id": one.id, "worksheet": worksheet, "cell": one.cell, "session": one.id, "ordinal": ordinal},
        **{"source": one.source, "source_hash": hashlib.sha256(one.source).digest()},
        **{"state": ENDED, "reason": REASON, "created": Now(), "ended": Now()},
    }


def _batches(outputs: Sequence[Output]) -> Iterator[list[Output]]:
    batch: list[Output] = []
    for output in outputs:
        batch.append(output)
        if len(batch) >= PAGE // 2 or sum(len(each.body) for each in batch) > BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch
