"""Backends as far as worksheets go: each with connections, hints and rooms of its own, on one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sagews.backend.worksheets.document import made
from sagews.backend.worksheets.rooms import Rooms
from sagews.backend.worksheets.values import CellValues, WorksheetValues
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.hints import Hints
from sagews.database.updates import Updates
from sagews.database.worksheets import Worksheet, Worksheets
from sagews.database.workspaces import Workspace, Workspaces
from tests.postgresql import PASSWORD

WORDS = ("x = 1\n", "λόγος ", "数学 ", "👩‍👩‍👧‍👦", "e\u0301", "\U0001d4b5", "\r\n", "ﬁ\u200f")
"""What is written: one, two, three and four bytes of UTF-8, pairs of UTF-16, signs that belong together."""
BASE = made(WorksheetValues(tuple(CellValues(f"c{number}", "code", word) for number, word in enumerate(WORDS[:4]))))


class Backend:
    """What a backend has of worksheets."""

    def __init__(self, database: Database, hints: Hints) -> None:
        self.database = database
        self.hints = hints
        self.updates = Updates(database, hints)
        self.worksheets = Worksheets(database, hints)
        self.rooms = Rooms(self.worksheets, self.updates, hints)


@asynccontextmanager
async def backend(folder: Path, url: str, hints: Hints | None = None) -> AsyncIterator[Backend]:
    """Give a backend on a database; in one process, those on a file share their hints."""
    database = Database(Site(data_directory=str(folder / "data"), database=Settings(url=url)), PASSWORD)
    one = Backend(database, hints or Hints(database))
    one.hints.start()
    one.rooms.start()
    try:
        yield one
    finally:
        await one.rooms.stop()
        if hints is None:
            await one.hints.stop()
        await database.close()


async def with_worksheet(database: Database, base: bytes = BASE) -> Worksheet:
    """Give a database the workspace `w`, and a worksheet in it."""
    if await Workspaces(database).get("w") is None:
        await Accounts(database).add(Account("a"), Act("added", "a"))
        await Workspaces(database).add(Workspace("w", "a", "one"))
    return await Worksheets(database).add("w", "a.ipynb", base)
