"""Backends with worksheets and the files of their workspaces: a real git, a real database."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sagews.backend.worksheets.agreement import Agreement
from sagews.backend.worksheets.importing import imported
from sagews.backend.worksheets.outside import Outside
from sagews.backend.worksheets.snapshots import Snapshots
from sagews.backend.worksheets.values import WorksheetValues
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.history import History
from sagews.backend.workspaces.store import Store
from sagews.config.quotas import Quotas
from sagews.database.accounts import Account, Accounts
from sagews.database.arrivals import Arrivals
from sagews.database.audit import Act
from sagews.database.evaluations import Evaluation, Evaluations
from sagews.database.hints import Hints
from sagews.database.merges import Merges
from sagews.database.outputs import Output, Outputs
from sagews.database.packs import Packs
from sagews.database.worksheet_files import WorksheetFiles, ids_of
from sagews.database.worksheets import Worksheet
from sagews.database.workspaces import Workspace, Workspaces
from tests.unit.backend.worksheets.backends import Backend, backend
from tests.unit.backend.worksheets.writer import Writer

EMMY, EMIL = Author("Emmy", "a"), Author("Emil")
PATH = "a.ipynb"


class Filed:
    """A backend with a store."""

    def __init__(self, of: Backend, folder: Path, quotas: Quotas | None = None) -> None:
        self.of = of
        packs = Packs(of.database)
        git = Git()
        self.store = Store(folder, packs, git)
        self.history = History(self.store.copies, git, Arrivals(of.database))
        self.files = WorksheetFiles(of.database)
        self.evaluations, self.outputs = Evaluations(of.database), Outputs(of.database)
        self.merges = Merges(of.database, quotas)
        tables = (of.worksheets, self.files, self.evaluations, self.outputs, self.merges)
        self.agreement = Agreement(of.rooms, lambda: self.store, tables, packs.turns)
        self.outside = Outside(self.agreement)
        self.snapshots = Snapshots(self.agreement, self.outside, quiet=0.2, longest=1.0)

    async def put(self, data: bytes | None, path: str = PATH, author: Author = EMIL) -> str:
        """Save a file on what is there, as others do."""
        saved = await self.store.save("w", {path: data}, base=await self.store.head("w"), author=author)
        return saved.commit

    async def opened(self, data: bytes, path: str = PATH) -> Worksheet:
        """Save a file, and return the worksheet that is made of it."""
        version = await self.put(data, path)
        content = (await self.store.files("w"))[path].oid
        one = imported(data)
        worksheet = await self.of.worksheets.add("w", path, one.base, content, one.shown)
        await self.files.put(worksheet.id, content=content, version=version, ids=ids_of(content))
        return worksheet

    async def values(self, worksheet: Worksheet) -> WorksheetValues:
        room = await self.of.rooms.open(worksheet.id)
        await room.catch_up()
        return room.stored.values()

    async def writer(self, worksheet: Worksheet) -> Writer:
        writer = Writer()
        writer.connect(await self.of.rooms.open(worksheet.id))
        return writer

    async def text(self, path: str = PATH) -> bytes:
        return await self.store.read("w", path)

    async def commits(self) -> list[tuple[str, str]]:
        return [(each.commit.author, each.commit.message) for each in await self.history.page("w")]

    async def evaluated(self, worksheet: Worksheet, cell: str, *outputs: dict[str, Any]) -> None:
        """Have a cell evaluated, which puts this out."""
        name = f"e-{cell}"
        await self.evaluations.add(Evaluation(name, worksheet.id, cell, "s", b"1"))
        for number, output in enumerate(outputs):
            kind = output.pop("output_type")
            await self.outputs.add([Output("s", number, name, kind, json.dumps(output).encode())])
        await self.evaluations.end(name, "done")


@asynccontextmanager
async def filed(folder: Path, url: str, name: str = "one", hints: Hints | None = None) -> AsyncIterator[Filed]:
    async with backend(folder, url, hints) as of:
        if await Workspaces(of.database).get("w") is None:
            await Accounts(of.database).add(Account("a"), Act("added", "a"))
            await Workspaces(of.database).add(Workspace("w", "a", "one"))
        one = Filed(of, folder / f"copies-{name}")
        one.snapshots.start()
        try:
            yield one
        finally:
            await one.snapshots.stop()


def cell(name: str, source: str, kind: str = "code", **more: Any) -> dict[str, Any]:
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {}, "source": source} | code | more


def notebook(*cells: dict[str, Any], minor: int = 5, **metadata: Any) -> bytes:
    found = [each if minor >= 5 else {k: v for k, v in each.items() if k != "id"} for each in cells]
    value = {"cells": found, "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def sources(data: bytes) -> list[str]:
    return ["".join(each["source"]) for each in json.loads(data)["cells"]]
