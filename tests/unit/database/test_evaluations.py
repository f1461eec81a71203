"""Evaluations in both databases: asked for twice they are one, the latest is a cell's, and each ends once."""

import asyncio
from dataclasses import replace

import pytest

from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.evaluations import Evaluation, Evaluations
from sagews.database.worksheets import Worksheets
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import WorksheetError
from tests.unit.database.emptied import database

__all__ = ["database"]

DEADLINE = 30.0


@pytest.fixture
async def worksheet(database: Database) -> str:
    await Accounts(database).add(Account("a"), Act("added", "a"))
    await Workspaces(database).add(Workspace("w", "a", "one"))
    return (await Worksheets(database).add("w", "a.ipynb", b"base")).id


@pytest.fixture
def evaluations(database: Database) -> Evaluations:
    return Evaluations(database)


async def test_the_same_asked_for_twice_is_one(evaluations: Evaluations, worksheet: str) -> None:
    asked = Evaluation("e1", worksheet, "c1", "s1", b"\0 \xff x = 1")
    async with asyncio.timeout(DEADLINE):
        kept = await asyncio.gather(*(evaluations.add(asked) for _ in range(4)))
    assert kept == [kept[0]] * 4 and kept[0].source == asked.source and kept[0].state == "queued"
    assert await evaluations.get("e1") == kept[0] and await evaluations.get("e2") is None
    for other in (replace(asked, source=b"y"), replace(asked, cell="c2"), replace(asked, session="s2")):
        with pytest.raises(WorksheetError, match="evaluation e1: is the name of another one; choose a new name"):
            await evaluations.add(other)
    with pytest.raises(WorksheetError, match="worksheet nowhere: is not there"):
        await evaluations.add(replace(asked, id="e2", worksheet="nowhere"))
    for name in ("", "x" * 65, "a\0b", "a\nb"):
        with pytest.raises(WorksheetError, match="has no proper name, cell or session"):
            await evaluations.add(replace(asked, id=name))
    with pytest.raises(WorksheetError, match="has more than 1 MiB of code"):
        await evaluations.add(replace(asked, id="e2", source=bytes((1 << 20) + 1)))


async def test_a_cell_shows_its_latest(evaluations: Evaluations, worksheet: str) -> None:
    async with asyncio.timeout(DEADLINE):
        several = [Evaluation(f"e{number}", worksheet, f"c{number % 3}", "s", b"") for number in range(9)]
        kept = await asyncio.gather(*(evaluations.add(each) for each in several))
    assert sorted(each.ordinal for each in kept) == list(range(1, 10))
    latest = await evaluations.latest(worksheet)
    for cell in ("c0", "c1", "c2"):
        assert latest[cell].ordinal == max(each.ordinal for each in kept if each.cell == cell)
    assert await evaluations.latest("nowhere") == {}


async def test_it_ends_once(evaluations: Evaluations, worksheet: str) -> None:
    await evaluations.add(Evaluation("e", worksheet, "c", "s", b""))
    assert await evaluations.end("e", "done") and not await evaluations.end("e", "error")
    ended = await evaluations.get("e")
    assert ended is not None and (ended.state, ended.reason) == ("ended", "done")
    assert ended.ended is not None and ended.ended >= ended.created
    assert not await evaluations.end("nowhere", "done")
