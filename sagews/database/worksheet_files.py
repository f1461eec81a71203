"""The table of the files of worksheets: with which object of git each was in agreement last.

What the worksheet has beyond that object is to be saved; what the workspace has
there in its place was put there by somebody else. It is written in the
transaction that saves, so that no save of one's own is ever taken for another's.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.evaluations import ENDED
from sagews.database.texts import storable
from sagews.database.worksheet_tables import EVALUATION, WORKSHEET, WORKSHEET_FILE, WORKSHEET_SESSION

MOST_UNSAVED = 50
"""Worksheets that are told at once."""
MOST_TROUBLE = 500
"""Characters that are kept of why one could not be saved."""


@dataclass(frozen=True, slots=True)
class WorksheetFile:
    """The file of a worksheet."""

    worksheet: str
    version: str = ""
    """Of the workspace, in which the file is."""
    content: str = ""
    """The object of git that the worksheet has all of; empty: none yet."""
    epoch: str = ""
    seq: int = 0
    """Up to which update of its epoch the file has the worksheet."""
    refused: str = ""
    """An object that was put in its place, and is no worksheet; empty: none."""
    failure: str = ""
    """Why it is none."""
    editor: str = ""
    """Who wrote last."""
    editor_account: str = ""
    runs: int = 0
    """The version of the worksheet's session up to which the file has what ran."""
    trouble: str = ""
    """Why it could not be saved; empty: it could, or nobody has tried."""
    tries: int = 0
    """How often, since it could."""
    retry: float | None = None
    """Before when it is not to be tried again."""
    ids: str = ""
    """What the cells of the content are called in the worksheet; see `ids_of`."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """The ids of the cells of the content, in order; none: those that its reader gives; None: it is not known."""
        try:
            content, *names = json.loads(self.ids or "[null]")
        except ValueError:
            return None
        # A backend of the version before notes another content, and leaves this as it was.
        return tuple(names) if content == self.content else None


def ids_of(content: str, names: Sequence[str] = ()) -> str:
    """Return what the `ids` of a file are; `names` of its cells, where they are others than its reader gives."""
    return json.dumps([content, *names])


class WorksheetFiles:
    """The files in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, worksheet: str) -> WorksheetFile:
        """Return the file of a worksheet; one of nothing if it never had one."""
        wanted = select(WORKSHEET_FILE).where(WORKSHEET_FILE.c.worksheet == worksheet)

        async def get(connection: AsyncConnection) -> WorksheetFile:
            row = (await connection.execute(wanted)).one_or_none()
            return WorksheetFile(worksheet) if row is None else WorksheetFile(**row._asdict())

        return await self._database.run(get)

    async def put(self, worksheet: str, **values: Any) -> None:
        """Note of the file of a worksheet, by the names of its fields; of one that is not there, nothing."""

        async def put(connection: AsyncConnection) -> None:
            await put_within(connection, worksheet, **values)

        try:
            await self._database.run(put)
        except IntegrityError:
            # Somebody else was faster to have the first.
            await self._database.run(put)

    async def failed(self, worksheet: str, why: str, seconds: float) -> None:
        """Note why a worksheet could not be saved, and that it is not tried again for so long by itself."""
        tries = (await self.get(worksheet)).tries + 1
        await self.put(worksheet, trouble=storable(why[:MOST_TROUBLE]), retry=Now() + seconds, tries=tries)

    async def troubles(self, worksheets: Sequence[str]) -> dict[str, str]:
        """Return of these which could not be saved, and why."""
        of = WORKSHEET_FILE.c
        wanted = select(of.worksheet, of.trouble).where(of.worksheet.in_(worksheets), of.trouble != "")

        async def troubles(connection: AsyncConnection) -> dict[str, str]:
            return {row.worksheet: row.trouble for row in await connection.execute(wanted)}

        return await self._database.run(troubles)

    async def runs(self, worksheet: str) -> int:
        """Return the version of a worksheet's session: what is read after this has all that ran up to it."""
        wanted = select(WORKSHEET_SESSION.c.version).where(WORKSHEET_SESSION.c.worksheet == worksheet)

        async def runs(connection: AsyncConnection) -> int:
            return await connection.scalar(wanted) or 0

        return await self._database.run(runs)

    async def unsaved(self) -> list[tuple[str, str, tuple[int, int]]]:
        """Return worksheets that have more than their files: id, workspace, and the numbers of what they have newest.

        So many of them at most: which, nobody chooses. What could not be saved is not among them for a while. The
        numbers are those of the newest update, and of the newest run that has ended and is not in the file, or 0.
        """
        sheet, of, session, run = WORKSHEET.c, WORKSHEET_FILE.c, WORKSHEET_SESSION.c, EVALUATION.c
        saved = func.coalesce(of.runs, 0)
        newest = select(func.max(run.version)).where(
            run.worksheet == sheet.id, run.state == ENDED, run.version > func.coalesce(WORKSHEET_FILE.c.runs, 0)
        )
        ended = case((session.version > saved, func.coalesce(newest.scalar_subquery(), 0)), else_=0)
        edited = or_(of.seq.is_(None), sheet.head_seq > of.seq) & (sheet.head_seq > 0)
        wanted = (
            select(sheet.id, sheet.workspace, sheet.head_seq, ended.label("ended"))
            .outerjoin(WORKSHEET_FILE, of.worksheet == sheet.id)
            .outerjoin(WORKSHEET_SESSION, session.worksheet == sheet.id)
            .where(edited | (ended > 0), or_(of.retry.is_(None), of.retry <= Now()))
            .order_by(func.random())
            .limit(MOST_UNSAVED)
        )

        async def unsaved(connection: AsyncConnection) -> list[tuple[str, str, tuple[int, int]]]:
            rows = await connection.execute(wanted)
            return [(row.id, row.workspace, (row.head_seq, row.ended)) for row in rows]

        return await self._database.run(unsaved)


async def put_within(connection: AsyncConnection, worksheet: str, **values: Any) -> None:
    """Note of the file of a worksheet, within a transaction."""
    mine = WORKSHEET_FILE.c.worksheet == worksheet
    if (await connection.execute(update(WORKSHEET_FILE).where(mine).values(values))).rowcount:
        return
    if await connection.scalar(select(WORKSHEET.c.id).where(WORKSHEET.c.id == worksheet)) is None:
        return
    empty = {name: each.default for name, each in WorksheetFile.__dataclass_fields__.items()}
    await connection.execute(insert(WORKSHEET_FILE).values(empty | values | {"worksheet": worksheet}))
