"""Worksheets in both databases: made once for each path, replaced and compacted only as they are known."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.quotas import Quota, Quotas
from sagews.database import worksheets as module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.evaluations import Evaluation, Evaluations
from sagews.database.hints import Hints
from sagews.database.outputs import Output, Outputs
from sagews.database.storage import Storage, storage_of
from sagews.database.updates import NOTHING_READ, NewUpdate, Updates
from sagews.database.worksheets import Worksheet, Worksheets, delete_rows
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import EpochError, ServiceError, WorksheetError, WorkspaceError
from tests.unit.database.emptied import database

__all__ = ["database"]

DEADLINE = 30.0
ONE, TWO, THREE = (NewUpdate("a", clock, b"payload") for clock in range(3))


@pytest.fixture
async def worksheets(database: Database) -> Worksheets:
    await Accounts(database).add(Account("a"), Act("added", "a"))
    await Workspaces(database).add(Workspace("w", "a", "one"))
    return Worksheets(database)


@pytest.fixture
def updates(database: Database) -> Updates:
    return Updates(database, Hints(database))


async def test_a_path_has_one_worksheet_whoever_imports_it(worksheets: Worksheets, updates: Updates) -> None:
    async with asyncio.timeout(DEADLINE):
        bases = [b"base %d" % number for number in range(6)]
        made = await asyncio.gather(*(worksheets.add("w", "a.ipynb", base, "c" * 40) for base in bases))
    first = made[0]
    assert made == [first] * 6 and await worksheets.get(first.id) == await worksheets.at("w", "a.ipynb") == first
    assert (await updates.news(first.id, NOTHING_READ)).base in bases
    other = await worksheets.add("w", "b/λ.ipynb", b"base")
    assert other.id != first.id and other.epoch != first.epoch and other.imported_from is None
    assert [each.path for each in await worksheets.of_workspace("w")] == ["a.ipynb", "b/λ.ipynb"]
    assert await worksheets.at("w", "c.ipynb") is None and await worksheets.get("nowhere") is None


async def test_what_cannot_be_is_refused(
    database: Database, worksheets: Worksheets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BASE", 10)
    with pytest.raises(WorksheetError, match=r"worksheet a\.ipynb: would be larger than"):
        await worksheets.add("w", "a.ipynb", bytes(11))
    await Workspaces(database).delete("w")
    for workspace in ("w", "nowhere"):
        with pytest.raises(WorksheetError, match="its workspace is not there"):
            await worksheets.add(workspace, "a.ipynb", b"")


async def test_another_content_is_another_epoch(worksheets: Worksheets, updates: Updates) -> None:
    first = await worksheets.add("w", "a.ipynb", b"base")
    await updates.add(first.id, first.epoch, [ONE, TWO])
    second = await worksheets.replace(first.id, first.epoch, b"another", "c" * 40)
    assert second.epoch != first.epoch and second.imported_from == "c" * 40
    # Whoever had read everything sees that there is something.
    news = await updates.news(first.id, 2)
    assert (news.epoch, news.head_seq, news.base, news.updates) == (second.epoch, 3, b"another", ())
    with pytest.raises(EpochError, match="has another content by now; load it anew and do it again"):
        await worksheets.replace(first.id, first.epoch, b"third")
    assert await updates.add(first.id, second.epoch, [ONE]) == [4]


async def test_a_base_takes_the_place_of_its_updates_once(worksheets: Worksheets, updates: Updates) -> None:
    sheet = await worksheets.add("w", "a.ipynb", b"base")
    await updates.add(sheet.id, sheet.epoch, [ONE, TWO, THREE])
    assert not await worksheets.compact(sheet.id, sheet.epoch, 0, b"ahead", 4)
    assert not await worksheets.compact(sheet.id, "another", 0, b"other", 2)
    assert await worksheets.compact(sheet.id, sheet.epoch, 0, b"two", 2)
    for old_seq in (0, 1):
        assert not await worksheets.compact(sheet.id, sheet.epoch, old_seq, b"late", 3)
    news = await updates.news(sheet.id, 1)
    assert (news.base, news.base_seq, [each.seq for each in news.updates]) == (b"two", 2, [3])
    assert (await updates.news(sheet.id, 2)).base is None


async def test_a_worksheet_moves_and_goes(database: Database, worksheets: Worksheets, updates: Updates) -> None:
    one = await worksheets.add("w", "a.ipynb", b"base")
    two = await worksheets.add("w", "b.ipynb", b"base")
    await updates.add(one.id, one.epoch, [ONE])
    assert await worksheets.move(one.id, "c.ipynb") and not await worksheets.move("nowhere", "d.ipynb")
    with pytest.raises(WorksheetError, match=r"worksheet c\.ipynb: is there already; take another name"):
        await worksheets.move(two.id, "c.ipynb")
    assert await worksheets.delete(one.id) and not await worksheets.delete(one.id)
    left = text("SELECT count(*) FROM worksheet_update")
    assert await database.run(lambda connection: connection.scalar(left)) == 0
    made: Worksheet = await worksheets.add("w", "c.ipynb", b"base")
    assert made.id != one.id


async def test_it_goes_with_its_workspace(database: Database, worksheets: Worksheets, updates: Updates) -> None:
    sheet = await worksheets.add("w", "a.ipynb", b"base")
    await updates.add(sheet.id, sheet.epoch, [ONE])
    await Workspaces(database).delete("w")
    await database.run(lambda connection: connection.execute(text("UPDATE workspace SET deleted = 1.0")))
    while await Workspaces(database).sweep():
        pass
    assert await worksheets.get(sheet.id) is None


async def test_what_goes_with_a_workspace_goes_by_batches(
    database: Database, worksheets: Worksheets, updates: Updates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    sheet = await worksheets.add("w", "a.ipynb", b"base")
    await updates.add(sheet.id, sheet.epoch, [ONE, TWO, THREE])
    await Evaluations(database).add(Evaluation("e", sheet.id, "c", "s", b""))
    await Outputs(database).add([Output("s", number, "e", "stream", b"") for number in range(1, 6)])
    await Workspaces(database).delete("w")
    await database.run(lambda connection: connection.execute(text("UPDATE workspace SET deleted = 1.0")))
    # Outputs, evaluations, updates, and the workspace with what little is left.
    assert [await Workspaces(database).sweep() for _ in range(8)] == [2, 2, 1, 1, 2, 1, 1, 0]
    assert await worksheets.get(sheet.id) is None and await Evaluations(database).get("e") is None


async def test_one_goes_at_once_and_what_it_had_by_batches(
    database: Database, worksheets: Worksheets, updates: Updates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    sheet = await filled(database, worksheets, updates)
    batches: list[int] = []

    async def noted(connection: AsyncConnection, those: Any) -> int:
        assert await worksheets.get(sheet.id) is None if not database.is_file else True
        batches.append(await delete_rows(connection, those))
        if len(batches) == 3:
            raise ServiceError("cannot be reached", "database")
        return batches[-1]

    monkeypatch.setattr(module, "delete_rows", noted)
    with pytest.raises(ServiceError):
        await worksheets.delete(sheet.id)
    assert batches == [2, 2, 1]
    # It is there no more, and nobody adds to it; there may be another one of its path.
    assert await worksheets.get(sheet.id) is None and await worksheets.of_workspace("w") == []
    assert await worksheets.at("w", "a.ipynb") is None and not await worksheets.move(sheet.id, "b.ipynb")
    with pytest.raises(EpochError):
        await updates.add(sheet.id, sheet.epoch, [NewUpdate("b", 1, b"")])
    again = await worksheets.add("w", "a.ipynb", b"base")
    # What it left goes, too, and nothing else.
    while await Workspaces(database).sweep():
        pass
    assert await database.run(lambda connection: connection.scalar(text("SELECT count(*) FROM worksheet"))) == 1
    assert await worksheets.get(again.id) == again
    monkeypatch.setattr(module, "delete_rows", delete_rows)
    await updates.add(again.id, again.epoch, [ONE, TWO, THREE])
    assert await worksheets.delete(again.id) and not await worksheets.delete(again.id)
    assert await database.run(lambda connection: connection.scalar(text("SELECT count(*) FROM worksheet"))) == 0


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", "/a.ipynb", "x" * 1001, "λ" * 501])
async def test_a_path_that_no_database_takes_is_refused_in_words(worksheets: Worksheets, path: str) -> None:
    sheet = await worksheets.add("w", "a.ipynb", b"base")
    with pytest.raises(WorksheetError, match="has a path of more than 1000 bytes, or one that no file can have"):
        await worksheets.add("w", path, b"")
    with pytest.raises(WorksheetError, match="has a path"):
        await worksheets.move(sheet.id, path)
    assert await worksheets.at("w", path) is None
    assert await worksheets.get(path) is None


async def test_what_it_takes_up_is_counted(database: Database, worksheets: Worksheets, updates: Updates) -> None:
    async def size() -> int:
        return await database.run(lambda connection: storage_of(connection, "a"))

    sheet = await filled(database, worksheets, updates)
    parts = 4 + 3 * 7 + len(b"1 + 1") + 5 * 10
    assert await size() == parts
    # Once more, and nothing of it is new.
    await updates.add(sheet.id, sheet.epoch, [ONE, TWO], again=True)
    await Outputs(database).add([Output("s", number, "e", "stream", bytes(10)) for number in range(1, 6)])
    assert await size() == parts
    await Outputs(database).add([Output("s", 6, "e", "stream", bytes(10))])
    await updates.add(sheet.id, sheet.epoch, [NewUpdate("b", 1, b"x")], again=True)
    assert await size() == parts + 11
    assert await worksheets.compact(sheet.id, sheet.epoch, 0, b"other base", 2)
    assert await size() == parts + 11 + 6 - 14
    await worksheets.replace(sheet.id, sheet.epoch, b"")
    assert await size() == len(b"1 + 1") + 60
    quotas = Quotas(account=Quota(storage=65))
    room = Storage(database, Quotas(account=Quota(storage=66)))
    await room.check("w")
    with pytest.raises(WorkspaceError, match="the workspaces of its owner would take up"):
        await Storage(database, quotas).check("w")
    await worksheets.delete(sheet.id)
    assert await size() == 0
    await Storage(database, quotas).check("w")


async def test_others_are_told_of_another_content(database: Database, worksheets: Worksheets) -> None:
    hints, told = Hints(database), list[str | None]()
    hints.listen(told.append)
    hints.start()
    telling = Worksheets(database, hints)
    try:
        async with asyncio.timeout(DEADLINE):
            sheet = await telling.add("w", "a.ipynb", b"base")
            while not database.is_file and None not in told:
                await asyncio.sleep(0.01)
            for change in (telling.replace(sheet.id, sheet.epoch, b"another"), telling.delete(sheet.id)):
                told.clear()
                await change
                while sheet.id not in told:
                    await asyncio.sleep(0.01)
    finally:
        await hints.stop()


async def filled(database: Database, worksheets: Worksheets, updates: Updates) -> Worksheet:
    """Return a worksheet with three updates and five outputs of one evaluation."""
    sheet = await worksheets.add("w", "a.ipynb", b"base")
    await updates.add(sheet.id, sheet.epoch, [ONE, TWO, THREE])
    await Evaluations(database).add(Evaluation("e", sheet.id, "c", "s", b"1 + 1"))
    await Outputs(database).add([Output("s", number, "e", "stream", bytes(10)) for number in range(1, 6)])
    return sheet
