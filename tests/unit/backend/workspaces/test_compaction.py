"""Packs are made one in the background, in both databases: by one at a time, with nobody waiting for it."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from sagews.backend.workspaces import compaction as module
from sagews.backend.workspaces import packing as packing_module
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.compaction import Compaction
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.store import Store
from sagews.database import loose as loose_module
from sagews.database import turns as turns_module
from sagews.database.database import Database
from sagews.database.loose import Loose
from sagews.database.packs import Packs
from sagews.database.turns import COMPACT, Turns
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import LostRaceError, ServiceError
from tests.unit.backend.workspaces.conftest import stores, with_workspace

EMMY = Author("Emmy")


@pytest.fixture
async def saved(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Give a database in which three packs are many, and the workspace `w` has three."""
    monkeypatch.setattr(loose_module, "MANY", 3)
    monkeypatch.setattr(turns_module, "LEASE", 1000.0)
    await with_workspace(database)
    await save(stores(database, tmp_path / "first")(), "w", 3)
    return database


async def save(store: Store, workspace: str, times: int) -> None:
    for number in range(times):
        base = await store.head(workspace)
        await store.save(workspace, {"a": b"%d" % number, f"{number}": b"x"}, base=base, author=EMMY)


def compaction(database: Database, packs: Packs, folder: Path) -> Compaction:
    return Compaction(Store(folder, packs, Git()), Loose(database), Turns(database))


async def packs_of(database: Database, workspace: str = "w") -> int:
    return len((await Packs(database).contents(workspace)).packs)


class Waiting(Packs):
    """Packs of a backend that waits before it brings a new one in the place of others."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.there, self.go = asyncio.Event(), asyncio.Event()
        self.replaced = 0

    async def replace(self, *arguments: Any, **options: Any) -> int:
        self.there.set()
        await self.go.wait()
        self.replaced += 1
        return await super().replace(*arguments, **options)


class Stubborn(Packs):
    """Packs of a backend that does not end when it is told to."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.there, self.go = asyncio.Event(), asyncio.Event()

    async def replace(self, *arguments: Any, **options: Any) -> int:
        self.there.set()
        with suppress(asyncio.CancelledError):
            await self.go.wait()
        await self.go.wait()
        raise asyncio.CancelledError


async def test_workspaces_that_are_due_are_done_by_one_backend_and_once(saved: Database, tmp_path: Path) -> None:
    await Workspaces(saved).add(Workspace("few", "a", "few"))
    await save(stores(saved, tmp_path / "few")(), "few", 2)
    packs = Waiting(saved)
    one, other = compaction(saved, packs, tmp_path / "one"), compaction(saved, packs, tmp_path / "other")
    async with asyncio.timeout(60):
        running = asyncio.create_task(one.run())
        await packs.there.wait()
        assert await other.run() == 0
        packs.go.set()
        assert await running == 1 and await other.run() == 0
    assert packs.replaced == 1 and [await packs_of(saved), await packs_of(saved, "few")] == [1, 2]
    await stores(saved, tmp_path / "restored")().verify("w")


async def test_nobody_who_saves_waits_for_it_and_what_they_save_stays(saved: Database, tmp_path: Path) -> None:
    packs, saver = Waiting(saved), stores(saved, tmp_path / "saver")()
    async with asyncio.timeout(60):
        running = asyncio.create_task(compaction(saved, packs, tmp_path / "one").run())
        await packs.there.wait()
        # All is ready but for the last step, and takes in what came meanwhile, without beginning anew.
        await save(saver, "w", 2)
        packs.go.set()
        assert await running == 1
    assert packs.replaced == 2 and await packs_of(saved) == 3
    restored = stores(saved, tmp_path / "restored")()
    await restored.verify("w")
    assert {path: await restored.read("w", path) for path in await restored.files("w")} == {
        "a": b"1",
        **{f"{number}": b"x" for number in range(3)},
    }


async def test_people_who_save_all_the_time_do_not_keep_packs_from_becoming_one(
    saved: Database, tmp_path: Path
) -> None:
    saver = stores(saved, tmp_path / "saver")()

    class Overtaken(Packs):
        """Packs of a backend before which somebody saves each time, if they may."""

        overtaken = 0

        async def replace(self, *arguments: Any, turn: str = "", **options: Any) -> int:
            self.overtaken += 1
            with suppress(LostRaceError):
                await Packs(saved).take("w", (await self.contents("w")).version, {}, None)
            return await super().replace(*arguments, turn=turn, **options)

    packs = Overtaken(saved)
    async with asyncio.timeout(60):
        assert await compaction(saved, packs, tmp_path / "one").run() == 1
    assert packs.overtaken == packing_module.TRIES + 1 and await packs_of(saved) == 1
    await saver.verify("w")


async def test_what_fails_is_told_and_left_alone_for_a_while(saved: Database, tmp_path: Path) -> None:
    class Failing(Packs):
        async def replace(self, *arguments: Any, **options: Any) -> int:
            raise ServiceError("the disk is full")

    await Workspaces(saved).add(Workspace("v", "a", "v"))
    await save(stores(saved, tmp_path / "v")(), "v", 3)
    with capture_logs() as logs:
        assert await compaction(saved, Failing(saved), tmp_path / "failing").run() == 0
    told = [(each["event"], each["workspace"], each["error"]) for each in logs]
    assert sorted(told) == [("workspace not compacted", name, "the disk is full") for name in "vw"]
    sound = compaction(saved, Packs(saved), tmp_path / "sound")
    assert await Loose(saved).due() == [] and await sound.run() == 0 and await packs_of(saved) == 3
    later = text("UPDATE workspace_turn SET until = until - :seconds")
    await saved.run(lambda connection: connection.execute(later, {"seconds": module.AGAIN}))
    assert await sound.run() == 2 and await packs_of(saved) == await packs_of(saved, "v") == 1


async def test_it_begins_by_itself_and_ends_in_the_middle_of_a_workspace(
    saved: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST", 0.05)
    packs = Waiting(saved)
    working = compaction(saved, packs, tmp_path / "one")
    await working.stop()
    async with asyncio.timeout(30):
        working.start()
        await packs.there.wait()
        await working.stop()
        # Nothing is changed, nothing is left, and the next one may begin.
        while list((tmp_path / "one").glob("scratch-*")) or (turn := await Turns(saved).begin("w", COMPACT)) is None:
            await asyncio.sleep(0.02)
        await Turns(saved).end(turn)
        assert await packs_of(saved) == 3 and packs.replaced == 0
        # The backend ends although something in it does not.
        monkeypatch.setattr(module, "END_DEADLINE", 0.1)
        held = Stubborn(saved)
        stubborn = compaction(saved, held, tmp_path / "stubborn")
        stubborn.start()
        await held.there.wait()
        with capture_logs() as logs:
            await stubborn.stop()
        assert [each["event"] for each in logs] == ["compaction does not end"]
        held.go.set()
        while await Loose(saved).due() == []:
            await asyncio.sleep(0.02)
        again = compaction(saved, Packs(saved), tmp_path / "again")
        again.start()
        while await packs_of(saved) != 1:
            await asyncio.sleep(0.02)
        await again.stop()
