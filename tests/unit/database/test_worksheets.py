"""Worksheets in both databases: made once for each path, replaced and compacted only as they are known."""

import asyncio

import pytest
from sqlalchemy import text

from sagews.database import worksheets as module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.evaluations import Evaluation, Evaluations
from sagews.database.hints import Hints
from sagews.database.outputs import Output, Outputs
from sagews.database.updates import NOTHING_READ, NewUpdate, Updates
from sagews.database.worksheets import Worksheet, Worksheets
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import EpochError, WorksheetError
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
    await Evaluations(database).add(Evaluation("e", sheet.id, "c", "s", b""), "b1", 60)
    await Outputs(database).add([Output("s", number, "e", "stream", b"") for number in range(1, 6)])
    await Workspaces(database).delete("w")
    await database.run(lambda connection: connection.execute(text("UPDATE workspace SET deleted = 1.0")))
    # Outputs, updates, and the workspace with what little is left.
    assert [await Workspaces(database).sweep() for _ in range(7)] == [2, 2, 1, 2, 1, 1, 0]
    assert await worksheets.get(sheet.id) is None and await Evaluations(database).get("e") is None
