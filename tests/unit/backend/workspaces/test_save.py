"""Large saves beside small ones, in both databases: none is overtaken without end, and nothing is brought twice."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sagews.backend.workspaces import store as module
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.store import Store
from sagews.database import turns as turns_module
from sagews.database.database import Database
from sagews.database.packs import Pack, Packs
from sagews.database.turns import SAVE
from sagews.errors import LostRaceError
from tests.unit.backend.workspaces.conftest import stores, with_workspace

EMMY = Author("Emmy")
FILES, SIZE = (60, 2 << 20) if os.environ.get("SAGEWS_PROVE") else (4, 1 << 20)


class Slow(Packs):
    """Packs of who is overtaken: whoever saves small things has done so once more before each first try to take."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.overtaken = asyncio.Event()
        self.tried: list[str] = []
        """The turn of each try, empty without one."""
        self.staged_sizes: list[int] = []

    async def stage(self, *arguments: Any, **options: Any) -> Pack:
        pack = await super().stage(*arguments, **options)
        self.staged_sizes.append(pack.size)
        return pack

    async def take(self, *arguments: Any, **options: Any) -> int:
        self.tried.append(options["turn"])
        if not options["turn"]:
            self.overtaken.clear()
            await self.overtaken.wait()
        return await super().take(*arguments, **options)


@pytest.fixture(autouse=True)
def lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no turn end because the machine is slow."""
    monkeypatch.setattr(turns_module, "LEASE", 1000.0)


async def test_a_large_save_ends_in_two_tries_under_steady_small_ones(database: Database, tmp_path: Path) -> None:
    await with_workspace(database)
    packs = Slow(database)
    large, small = Store(tmp_path / "large", packs, Git()), stores(database, tmp_path)()
    changes: dict[str, bytes | None] = {f"large {number}": os.urandom(SIZE) for number in range(FILES)}
    base = (await small.save("w", {"small": b"-"}, base=None, author=EMMY)).commit

    async def save_on_and_on(base: str) -> int:
        for number in range(1_000_000):
            base = (await small.save("w", {"small": b"%d" % number}, base=base, author=EMMY)).commit
            packs.overtaken.set()
            if saving.done():
                return number
        raise AssertionError

    async with asyncio.timeout(300):
        saving = asyncio.create_task(large.save("w", changes, base=base, author=EMMY))
        last = await save_on_and_on(base)
    assert saving.result().copies == {} and saving.result().left == frozenset()
    assert len(packs.tried) == 2 and packs.tried[0] == "" != packs.tried[1]
    # The second try brings what is new, not what is large.
    assert packs.staged_sizes[0] >= FILES * SIZE and packs.staged_sizes[1] < 10_000
    restored = stores(database, tmp_path / "restored")()
    await restored.verify("w")
    assert await restored.read("w", "small") == b"%d" % last
    assert (await restored.files("w")).keys() == {"small", *changes}
    assert await restored.read("w", "large 0") == changes["large 0"]
    left = text("SELECT (SELECT count(*) FROM git_pack WHERE state = 'staged') + (SELECT count(*) FROM workspace_turn)")
    assert await database.run(lambda connection: connection.scalar(left)) == 0


async def test_a_large_save_that_finds_another_version_with_the_same_head_brings_nothing_again(
    database: Database, tmp_path: Path
) -> None:
    await with_workspace(database)
    other = stores(database, tmp_path)()
    base = (await other.save("w", {"a": b"1"}, base=None, author=EMMY)).commit
    base = (await other.save("w", {"a": b"2"}, base=base, author=EMMY)).commit
    packs = Slow(database)
    content = os.urandom(2 << 20)
    async with asyncio.timeout(60):
        large = Store(tmp_path / "large", packs, Git())
        saving = asyncio.create_task(large.save("w", {"large": content}, base=base, author=EMMY))
        while not packs.tried:
            await asyncio.sleep(0.01)
        # The packs are made one meanwhile: what the save counts on may be gone.
        assert await other.compact("w")
        packs.overtaken.set()
        saved = await saving
    assert len(packs.staged_sizes) == 1 and len(packs.tried) == 2
    restored = stores(database, tmp_path / "restored")()
    await restored.verify("w")
    assert await restored.head("w") == saved.commit and await restored.read("w", "large") == content


async def test_a_save_counts_on_nothing_that_the_database_has_no_more(database: Database, tmp_path: Path) -> None:
    await with_workspace(database)
    new_store = stores(database, tmp_path)
    packs, other = Slow(database), new_store()
    store = Store(tmp_path / "store", packs, Git())

    async def saved(changes: dict[str, bytes | None], base: str, overtaking: bytes | None = None) -> str:
        tried = len(packs.tried)
        saving = asyncio.create_task(store.save("w", changes, base=base, author=EMMY))
        while len(packs.tried) == tried:
            await asyncio.sleep(0.01)
        if overtaking is not None:
            await other.save("w", {"b": overtaking}, base=base, author=EMMY)
        packs.overtaken.set()
        return (await saving).commit

    async with asyncio.timeout(60):
        base = (await other.save("w", {"a": b"1"}, base=None, author=EMMY)).commit
        # What the first try wrote is taken in with the second one, and no ref needs its tree.
        base = await saved({"big": os.urandom(2 << 20)}, base, b"1")
        async with store.copies.copy("w"):
            assert await new_store().compact("w")
            # The files are those of the first try again, while somebody reads here what its tree is in.
            base = await saved({"b": None}, base)
    restored = new_store()
    await restored.verify("w")
    assert await restored.head("w") == base and (await restored.files("w")).keys() == {"a", "big"}


async def test_nothing_stays_of_a_large_save_that_does_not_get_its_turn(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_workspace(database)
    store = stores(database, tmp_path)()
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    async with asyncio.timeout(60), Packs(database).turns.one("w", SAVE, 1.0):
        with pytest.raises(LostRaceError, match="others have had their turns there"):
            await store.save("w", {"a": os.urandom(2 << 20)}, base=None, author=EMMY)
    left = text("SELECT count(*) FROM git_pack")
    assert await database.run(lambda connection: connection.scalar(left)) == 0
    assert await store.head("w") is None and len(list((tmp_path / "cache-0").iterdir())) == 1
