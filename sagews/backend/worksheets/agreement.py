"""A worksheet beside the file with which it was in agreement last: what is in it that is not in the file.

What a cell shows is that of its latest evaluation, if that ran here; else what
the file has. A file has at most 1 MiB of outputs of a cell, and 16 MiB of all.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.backend.formats.notebook import Notebook, read
from sagews.backend.worksheets.brought import is_brought
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.matching import matched, named, names_of
from sagews.backend.worksheets.notebooks import Shown, notebook_of, written
from sagews.backend.worksheets.rooms import Rooms
from sagews.backend.worksheets.shown import MOST_OF_FILE, Showing, cut
from sagews.backend.worksheets.values import CellValues, WorksheetValues
from sagews.backend.workspaces.store import Also, Store
from sagews.database.evaluations import Evaluations
from sagews.database.merges import Merges
from sagews.database.outputs import Outputs
from sagews.database.turns import Turn, Turns
from sagews.database.worksheet_files import WorksheetFiles, ids_of, put_within
from sagews.database.worksheets import Worksheet, Worksheets
from sagews.errors import FormatError, WorkspaceError

KIND = "worksheets"
"""Of the turn in which the files and the worksheets of a workspace are brought into agreement."""
PATIENCE = 60.0
"""Seconds that it is waited for."""
PAGE = 100
"""Outputs that are read at once."""


@dataclass(frozen=True, slots=True)
class Base:
    """The file with which a worksheet was in agreement last."""

    content: str
    """The object of git; empty: there was none."""
    data: bytes | None
    notebook: Notebook | None
    """As it is read; None: there was none, or it cannot be."""
    refused: str
    """What was put there since, and is no worksheet."""
    names: tuple[str, ...] | None = ()
    """See `WorksheetFile.names`."""

    def within(self, cells: Sequence[CellValues]) -> Notebook | None:
        """Return it with the ids that its cells have in the worksheet, which has these cells by now."""
        if self.notebook is None:
            return None
        if self.names is None:
            return matched(self.notebook, cells, own=True)
        return named(self.notebook, self.names)


@dataclass(frozen=True, slots=True)
class Draft:
    """A worksheet as the file that it would be now."""

    data: bytes
    epoch: str
    seq: int
    """Of its newest update."""
    runs: int
    """Up to which version of its session it has what ran."""
    names: tuple[str, ...]
    """Of its cells, where they are others than in the file."""


class Agreement:
    """What a backend has of worksheets and files, to compare them."""

    def __init__(
        self,
        rooms: Rooms,
        store: Callable[[], Store],
        tables: tuple[Worksheets, WorksheetFiles, Evaluations, Outputs, Merges],
        turns: Turns,
    ) -> None:
        """`store` raises ServiceError where this backend has none."""
        self.rooms = rooms
        self.worksheets, self.files, self.evaluations, self.outputs, self.merges = tables
        self._store = store
        self._turns = turns

    @property
    def store(self) -> Store:
        """The workspaces' files. Raises ServiceError."""
        return self._store()

    @asynccontextmanager
    async def turn(self, workspace: str) -> AsyncIterator[Turn]:
        """Be alone in this, over all backends. Raises LostRaceError if it takes too long, WorkspaceError."""
        async with self._turns.one(workspace, KIND, PATIENCE) as turn:
            yield turn

    async def base(self, worksheet: Worksheet) -> Base:
        """Return the file with which a worksheet was in agreement last."""
        known = await self.files.get(worksheet.id)
        content = known.content or worksheet.imported_from or ""
        data, notebook = None, None
        if content:
            try:
                data = await self.store.object(worksheet.workspace, content)
                notebook = await asyncio.to_thread(read, data)
            except (FormatError, WorkspaceError):
                # It may be of a time when it was no notebook.
                pass
        # Where nothing was noted of it, the worksheet was made of it just now.
        return Base(content, data, notebook, known.refused, known.names if known.content else ())

    async def draft(self, worksheet: Worksheet, base: Base) -> Draft:
        """Return the file that a worksheet would be now: that of the base, byte by byte, if it is as that says.

        Raises EpochError if the worksheet is gone, ServiceError.
        """
        room = await self.rooms.open(worksheet.id)
        await room.catch_up()
        stored, epoch, seq = room.whole(), room.epoch, room.seq
        # Before the outputs: what ends from now on may not be in it.
        runs = await self.files.runs(worksheet.id)
        shown = await self._shown(worksheet.id)
        data, names = await asyncio.to_thread(_file, stored, base, shown)
        return Draft(data, epoch, seq, runs, names)

    async def agree(self, worksheet: str, content: str, version: str, draft: Draft) -> None:
        """Note that a worksheet and a file, which is this draft, have all of each other."""
        await self.files.put(worksheet, **_agreed(content, version, draft))

    async def known(self, worksheet: str, draft: Draft) -> None:
        """Note that its file had all of a worksheet, although something else is in the file's place by now."""
        await self.files.put(worksheet, **_of(draft))

    def agreeing(self, worksheet: str, content: str, draft: Draft) -> Also:
        """Return what notes the same within the transaction of a save."""

        async def note(connection: AsyncConnection, commit: str) -> None:
            await put_within(connection, worksheet, **_agreed(content, commit, draft))

        return note

    async def _shown(self, worksheet: str) -> dict[str, Shown]:
        """Return what cells show that were evaluated here."""
        found: dict[str, Shown] = {}
        left = MOST_OF_FILE
        for cell, evaluation in sorted((await self.evaluations.latest(worksheet)).items()):
            if is_brought(evaluation):
                continue
            showing, after = Showing(), -1
            while outputs := await self.outputs.of_evaluation(evaluation.id, after, PAGE):
                for output in outputs:
                    showing.add(output.kind, output.body)
                    after = output.sequence
                await asyncio.sleep(0)
            found[cell] = cut(showing.shown(), left)
            left -= sum(len(output) for output in found[cell].outputs)
        return found


def _of(draft: Draft) -> dict[str, Any]:
    saved = {"epoch": draft.epoch, "seq": draft.seq, "runs": draft.runs}
    return saved | {"trouble": "", "tries": 0, "retry": None}


def _agreed(content: str, version: str, draft: Draft) -> dict[str, Any]:
    values = {"content": content, "version": version, "refused": "", "failure": ""}
    return values | _of(draft) | {"ids": ids_of(content, draft.names)}


def values_in(*stored: bytes) -> WorksheetValues:
    """Return what a worksheet has, by all of its updates, or as one."""
    document = Document()
    for payload in stored:
        document.take_kept(payload)
    return document.values()


def _file(stored: Sequence[bytes], base: Base, shown: Mapping[str, Shown]) -> tuple[bytes, tuple[str, ...]]:
    values = values_in(*stored)
    before = base.within(values.cells)
    data = written(notebook_of(values, before, shown), before, base.data)
    if data is base.data and before is not None and base.notebook is not None:
        return data, names_of(before, base.notebook)
    # What is written has the ids.
    return data, ()
