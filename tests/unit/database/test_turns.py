"""Turns at a workspace, in both databases: one has it, others wait, and who dies keeps nobody from it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from sagews.database import turns as module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.database.turns import COMPACT, SAVE, Turns
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import LostRaceError, WorkspaceError
from tests.unit.database.test_packs import MAIN, A, B, count, stage


@pytest.fixture
async def turns(database: Database, monkeypatch: pytest.MonkeyPatch) -> Turns:
    """Give the turns of two workspaces; none ends by itself while a test goes on."""
    monkeypatch.setattr(module, "LEASE", 1000.0)
    await Accounts(database).add(Account("a"), Act("added", "a"))
    for name in ("w", "v"):
        await Workspaces(database).add(Workspace(name, "a", name))
    return Turns(database)


async def test_one_at_a_time_has_a_turn_of_each_kind_at_each_workspace(database: Database, turns: Turns) -> None:
    async with asyncio.timeout(30):
        begun = await asyncio.gather(*(Turns(database).begin("w", SAVE) for _ in range(6)))
        first = next(turn for turn in begun if turn is not None)
        assert sum(turn is not None for turn in begun) == 1
        assert await turns.begin("w", COMPACT) and await turns.begin("v", SAVE)
        assert await turns.go_on(first) and await turns.begin("w", SAVE) is None
        with pytest.raises(LostRaceError, match="others have had their turns there for 0 seconds"):
            async with turns.one("w", SAVE, 0.0):
                pass
        await turns.end(first)
        assert not await turns.go_on(first)
        async with turns.one("w", SAVE, 5.0) as second:
            assert second != first and await turns.begin("w", SAVE) is None
        assert await turns.begin("w", SAVE)
        with pytest.raises(WorkspaceError, match="workspace x: is not there"):
            await turns.begin("x", SAVE)


async def test_of_who_waits_everybody_has_it_once(database: Database, turns: Turns) -> None:
    inside, most, had = 0, 0, 0

    async def have() -> None:
        nonlocal inside, most, had
        async with Turns(database).one("w", SAVE, 20.0):
            inside += 1
            most, had = max(most, inside), had + 1
            await asyncio.sleep(0.01)
            inside -= 1

    async with asyncio.timeout(30):
        await asyncio.gather(*(have() for _ in range(8)))
    assert (most, had) == (1, 8) and await count(database, "workspace_turn") == 0


async def test_that_of_who_died_ends_by_itself(database: Database, turns: Turns) -> None:
    dead = await turns.begin("w", SAVE)
    assert dead is not None and await turns.begin("w", SAVE) is None
    later = text("UPDATE workspace_turn SET until = until - :seconds")
    await database.run(lambda connection: connection.execute(later, {"seconds": module.LEASE}))
    async with asyncio.timeout(30), turns.one("w", SAVE, 20.0):
        assert not await turns.go_on(dead) and await turns.begin("w", SAVE) is None


async def test_one_that_is_kept_goes_on(database: Database, turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    async def until() -> float:
        wanted = text("SELECT until FROM workspace_turn")
        return await database.run(lambda connection: connection.scalar(wanted)) or 0.0

    monkeypatch.setattr(module, "LEASE", 0.3)
    turn = await turns.begin("w", SAVE)
    assert turn is not None
    begun = await until()
    async with asyncio.timeout(30), turns.kept(turn):
        while await until() < begun + 0.5:
            await asyncio.sleep(0.05)


async def test_nobody_has_one_while_it_rests(turns: Turns) -> None:
    turn = await turns.begin("w", COMPACT)
    assert turn is not None
    await turns.end(turn, rest=1000.0)
    assert await turns.begin("w", COMPACT) is None
    # What is given back belongs to nobody, not even to who had it.
    await turns.end(turn)
    assert await turns.begin("w", COMPACT) is None


async def test_whoever_has_one_to_save_is_not_overtaken(database: Database, turns: Turns, tmp_path: Path) -> None:
    packs = Packs(database)
    await packs.take("w", 0, {MAIN: A}, await stage(packs, tmp_path))
    turn = await turns.begin("w", SAVE)
    assert turn is not None
    staged = await stage(packs, tmp_path)
    for work in (packs.take("w", 1, {MAIN: B}, staged), packs.replace("w", 1, staged), packs.take("w", 1, {}, None)):
        with pytest.raises(LostRaceError, match="somebody else has a turn to save"):
            await work
    assert (await packs.contents("w")).version == 1
    assert await packs.take("w", 1, {MAIN: B}, staged, turn=turn.holder) == 2
    # One to compact holds up nobody.
    await turns.end(turn)
    await turns.begin("w", COMPACT)
    assert await packs.take("w", 2, {MAIN: A}, None) == 3


async def test_a_workspace_that_is_swept_takes_its_turns_with_it(database: Database, turns: Turns) -> None:
    await turns.begin("w", SAVE)
    await Workspaces(database).delete("w")
    assert await Workspaces(database).delete_for_good("w")
    assert await Workspaces(database).sweep() == 1
    left = text("SELECT workspace FROM workspace_turn")
    assert await database.run(lambda connection: connection.scalar(left)) is None
