"""The table of worksheets: which there are, and their bases.

A worksheet is made together with its content, once for each path of a
workspace: two that import the same file at the same time have one worksheet.
A content that does not come of the former by updates has another *epoch*, so
that nobody merges the two.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.imported import Imported, add_imported
from sagews.database.worksheet_tables import EVALUATION, OUTPUT, WORKSHEET, WORKSHEET_UPDATE
from sagews.database.workspace_tables import WORKSPACE
from sagews.errors import EpochError, WorksheetError

MOST_BASE = 32 << 20
"""Bytes of a base."""
BATCH = 200
"""Outputs or updates that one transaction deletes."""
ID_BYTES = 16
"""Random bytes of a worksheet's id, and of an epoch."""
_TOLD = [each for each in WORKSHEET.c if each.name not in ("base", "base_hash", "head_ordinal")]


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One worksheet, without what is in it."""

    id: str
    workspace: str
    path: str
    epoch: str
    head_seq: int
    """Of its newest update."""
    base_seq: int
    """Of the newest update that its base has."""
    imported_from: str | None
    """The object of git that it was made of."""
    created: float
    """Seconds since the epoch of clocks."""


class Worksheets:
    """Worksheets in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, workspace: str, path: str, base: bytes, imported_from: str | None = None, shown: Sequence[Imported] = ()
    ) -> Worksheet:
        """Make the worksheet of a path, and return it; if there is one, that one, as it is.

        `shown`: what its cells show from the beginning. Raises WorksheetError
        if the base is too large, or the workspace is not there.
        """
        _check(base, path)
        here = (WORKSHEET.c.workspace == workspace) & (WORKSHEET.c.path == path)
        there = select(WORKSPACE.c.id).where(WORKSPACE.c.id == workspace, WORKSPACE.c.deleted.is_(None))
        row: dict[str, Any] = {"id": new_id(), "workspace": workspace, "path": path, "imported_from": imported_from}
        row |= {"head_seq": 0, "base_seq": 0, "head_ordinal": 0, "created": Now()} | _content(base)

        async def add(connection: AsyncConnection) -> Worksheet:
            if await connection.scalar(there.with_for_update(key_share=True)) is None:
                raise WorksheetError("its workspace is not there", f"worksheet {path}", "look whether it was deleted")
            if (known := await _one(connection, here)) is not None:
                return known
            await connection.execute(insert(WORKSHEET).values(row))
            await add_imported(connection, row["id"], shown)
            made = await _one(connection, here)
            assert made is not None
            return made

        try:
            return await self._database.run(add)
        except IntegrityError:
            # Somebody else was faster; theirs is there now.
            return await self._database.run(add)

    async def get(self, identifier: str) -> Worksheet | None:
        """Return the worksheet of an id."""
        return await self._database.run(lambda connection: _one(connection, WORKSHEET.c.id == identifier))

    async def at(self, workspace: str, path: str) -> Worksheet | None:
        """Return the worksheet of a path."""
        here = (WORKSHEET.c.workspace == workspace) & (WORKSHEET.c.path == path)
        return await self._database.run(lambda connection: _one(connection, here))

    async def of_workspace(self, workspace: str) -> list[Worksheet]:
        """Return all worksheets of a workspace, by path."""
        wanted = select(*_TOLD).where(WORKSHEET.c.workspace == workspace).order_by(WORKSHEET.c.path)

        async def of_workspace(connection: AsyncConnection) -> list[Worksheet]:
            return [_worksheet(row) for row in await connection.execute(wanted)]

        return await self._database.run(of_workspace)

    async def replace(self, identifier: str, epoch: str, base: bytes, imported_from: str | None = None) -> Worksheet:
        """Give a worksheet a content that does not come of what it has; it has another epoch then.

        Raises EpochError if it has another epoch than this one already, WorksheetError if the base is too large.
        """
        _check(base, identifier)
        mine = (WORKSHEET.c.id == identifier) & (WORKSHEET.c.epoch == epoch)
        # A number of its own: whoever waits for updates after the former head sees that there is something.
        content = _content(base) | {"imported_from": imported_from, "head_seq": WORKSHEET.c.head_seq + 1}
        wanted = update(WORKSHEET).where(mine).values(content | {"base_seq": WORKSHEET.c.head_seq + 1})

        async def replace(connection: AsyncConnection) -> Worksheet:
            known = await _one(connection, WORKSHEET.c.id == identifier)
            if known is not None and known.epoch == content["epoch"]:
                # Done twice: the connection was lost after the first time.
                return known
            if not (await connection.execute(wanted)).rowcount:
                raise EpochError(
                    "has another content by now", f"worksheet {identifier}", "load it anew and do it again"
                )
            await connection.execute(delete(WORKSHEET_UPDATE).where(WORKSHEET_UPDATE.c.worksheet == identifier))
            made = await _one(connection, WORKSHEET.c.id == identifier)
            assert made is not None
            return made

        return await self._database.run(replace)

    async def compact(self, identifier: str, epoch: str, old_seq: int, base: bytes, base_seq: int) -> bool:
        """Have a base with all updates up to a number, in the place of these; return whether nobody was faster.

        It is done only if the base is still that of `old_seq`, of which the new one was made.
        """
        _check(base, identifier)
        known = (WORKSHEET.c.id == identifier) & (WORKSHEET.c.epoch == epoch) & (WORKSHEET.c.base_seq == old_seq)
        values = {"base": base, "base_hash": hashlib.sha256(base).digest(), "base_seq": base_seq}
        wanted = update(WORKSHEET).where(known, WORKSHEET.c.head_seq >= base_seq).values(values)
        over = (WORKSHEET_UPDATE.c.worksheet == identifier) & (WORKSHEET_UPDATE.c.seq <= base_seq)

        async def compact(connection: AsyncConnection) -> bool:
            if not (await connection.execute(wanted)).rowcount:
                return False
            await connection.execute(delete(WORKSHEET_UPDATE).where(over))
            return True

        return await self._database.run(compact)

    async def move(self, identifier: str, path: str) -> bool:
        """Give a worksheet another path; return whether there is one. Raises WorksheetError if that path is taken."""
        wanted = update(WORKSHEET).where(WORKSHEET.c.id == identifier).values(path=path)

        async def move(connection: AsyncConnection) -> bool:
            return (await connection.execute(wanted)).rowcount > 0

        try:
            return await self._database.run(move)
        except IntegrityError as error:
            raise WorksheetError("is there already", f"worksheet {path}", "take another name") from error

    async def delete(self, identifier: str) -> bool:
        """Delete a worksheet with all that is in it; return whether there was one. Its files in git stay."""
        wanted = delete(WORKSHEET).where(WORKSHEET.c.id == identifier)

        async def forget(connection: AsyncConnection) -> bool:
            return (await connection.execute(wanted)).rowcount > 0

        return await self._database.run(forget)


async def delete_rows(connection: AsyncConnection, worksheets: Any) -> int:
    """Delete a batch of the outputs, or else of the updates, of these worksheets, within a transaction.

    Return how many. Outputs are large, and so may updates be: all at once would take longer than a transaction may.
    """
    evaluations = select(EVALUATION.c.id).where(EVALUATION.c.worksheet.in_(worksheets))
    for table, owner, owners in (
        (OUTPUT, OUTPUT.c.evaluation, evaluations),
        (WORKSHEET_UPDATE, WORKSHEET_UPDATE.c.worksheet, worksheets),
    ):
        key = tuple_(*table.primary_key)
        batch = select(*table.primary_key).where(owner.in_(owners)).limit(BATCH)
        if rows := [tuple(row) for row in await connection.execute(batch)]:
            return (await connection.execute(delete(table).where(key.in_(rows)))).rowcount
    return 0


def new_id() -> str:
    """Return an id that nobody guesses."""
    return secrets.token_hex(ID_BYTES)


def _content(base: bytes) -> dict[str, Any]:
    return {"base": base, "base_hash": hashlib.sha256(base).digest(), "epoch": new_id()}


def _check(base: bytes, worksheet: str) -> None:
    if len(base) > MOST_BASE:
        what = f"would be larger than {MOST_BASE >> 20} MiB"
        raise WorksheetError(what, f"worksheet {worksheet}", "make several of it, or keep large things in files")


async def _one(connection: AsyncConnection, which: Any) -> Worksheet | None:
    row = (await connection.execute(select(*_TOLD).where(which))).one_or_none()
    return _worksheet(row) if row is not None else None


def _worksheet(row: Row[Any]) -> Worksheet:
    return Worksheet(**{column.name: getattr(row, column.name) for column in _TOLD})
