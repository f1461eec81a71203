"""Copies of workspaces: as many as may be, each as the database has it, whatever lay in its place."""

import asyncio
import errno
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sagews.backend.workspaces.cache import Cache, Copy
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.store import Store
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import ServiceError, WorkspaceError
from tests.unit.backend.workspaces.conftest import NewStore


def on_disk(folder: Path) -> int:
    """Return the bytes that a folder takes up, as du(1) counts them."""
    counted = subprocess.run(
        ["du", "--summarize", "--block-size=1", folder], capture_output=True, timeout=20, check=True
    )
    return int(counted.stdout.split()[0])


def names(copy: Copy) -> set[str]:
    """Return the packs that a use of a copy has, all of which can be read."""
    return {file.stem.removeprefix("pack-") for file in (copy.objects / "pack").iterdir() if file.read_bytes()}


async def test_copies_take_up_only_so_many_bytes_and_one_that_went_is_made_anew(
    sqlite: Database, store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "copies"
    for name in ("x", "y", "z"):
        await Workspaces(sqlite).add(Workspace(name, "a", name))
        await store.save(name, {"a": os.urandom(100_000)}, base=None, author=Author("Emmy"))
    cache = Cache(folder, Packs(sqlite), Git(), 350_000)

    async def use(name: str) -> None:
        async with cache.copy(name, verified=True) as copy:
            assert (folder / name / "objects").exists() and copy.objects.exists() and cache.size <= 500_000

    async with asyncio.timeout(60):
        for name in ("x", "y", "x", "z"):
            await use(name)
        assert {each.name for each in folder.iterdir()} == {"x", "z"}
        # What is counted is what the disk says, but for the folder of all and blocks that are not full.
        assert 200_000 < cache.size < 350_000 and abs(cache.size - on_disk(folder)) < 20_000
        await asyncio.gather(*(use(name) for name in "xyzxyz"))
        assert len(list(folder.iterdir())) == 2 and cache.size < 350_000
        async with cache.copy("x") as copy:
            assert (await store.head("x") or "-") in (copy.folder / "packed-refs").read_text()
    with pytest.raises(WorkspaceError, match="is not there"):
        await use("../x")
    assert len(list(folder.iterdir())) <= 2


async def test_one_that_is_larger_than_all_may_be_works_and_the_others_stay(
    sqlite: Database, store: Store, tmp_path: Path
) -> None:
    await Workspaces(sqlite).add(Workspace("large", "a", "large"))
    await store.save("w", {"a": b"1"}, base=None, author=Author("Emmy"))
    await store.save("large", {"a": os.urandom(300_000)}, base=None, author=Author("Emmy"))
    cache = Cache(tmp_path / "copies", Packs(sqlite), Git(), 200_000)
    async with asyncio.timeout(60):
        async with cache.copy("w", verified=True):
            pass
        async with cache.copy("large", verified=True), cache.copy("large", verified=True):
            assert cache.size > 300_000 and (tmp_path / "copies" / "large").exists()
        assert [each.name for each in (tmp_path / "copies").iterdir()] == ["w"] and cache.size < 200_000
    # Without any room, there is what is in use.
    none = Cache(tmp_path / "none", Packs(sqlite), Git(), 0)
    async with asyncio.timeout(60), none.copy("w", verified=True) as copy:
        assert copy.objects.exists()
    assert none.size == 0 and list((tmp_path / "none").iterdir()) == []


async def test_a_slow_reader_stops_no_save_and_keeps_what_it_reads(
    sqlite: Database, new_store: NewStore, tmp_path: Path
) -> None:
    one, other = new_store(), new_store()
    first = await one.save("w", {"a": b"1"}, base=None, author=Author("Emmy"))
    cache = Cache(tmp_path / "copies", Packs(sqlite), Git())
    async with asyncio.timeout(60):
        async with cache.copy("w") as slow:
            packs = names(slow)
            # On other backends people save, and make the packs one, while somebody reads here.
            second = await other.save("w", {"a": b"2"}, base=first.commit, author=Author("Emil"))
            assert await other.compact("w")
            async with cache.copy("w", verified=True) as later:
                assert later.contents.refs != slow.contents.refs and later.contents.packs != slow.contents.packs
                now = names(later)
                # Each has what the database had when it began, and nothing of another moment.
                assert now == {pack.id for pack in later.contents.packs} and not now & packs
            # What was there when the reading began is there until it ends, though another use has come and gone.
            async with cache.copy("w"):
                assert packs == names(slow) == {pack.id for pack in slow.contents.packs}
            assert await Git().run(slow.folder, "cat-file", "blob", f"{first.commit}:a") == b"1"
            # Its refs are those of its beginning, too.
            assert await Git().run(slow.folder, "rev-parse", "main") == f"{first.commit}\n".encode()
        async with cache.copy("w", verified=True) as alone:
            assert names(alone) == now
            kept = {each.stem for each in (tmp_path / "copies" / "w" / "objects" / "pack").iterdir()}
            assert kept == {f"pack-{each}" for each in now}
            assert await Git().run(alone.folder, "cat-file", "blob", f"{second.commit}:a") == b"2"


async def test_readers_and_savers_of_one_store_go_on_at_the_same_time(store: Store, new_store: NewStore) -> None:
    base = (await store.save("w", {"a": b"0"}, base=None, author=Author("Emmy"))).commit
    async with asyncio.timeout(60):
        # A reader that never ends holds up nobody.
        async with store.copies.copy("w"):
            for number in range(3):
                base = (await store.save("w", {"a": b"%d" % number}, base=base, author=Author("Emmy"))).commit
                assert await store.read("w", "a") == b"%d" % number
            assert await store.compact("w")
            await store.verify("w")
            saved = await store.save("w", {"b": b"1"}, base=base, author=Author("Emmy"))
    restored = new_store()
    await restored.verify("w")
    assert await restored.head("w") == saved.commit and await restored.read("w", "a") == b"2"


async def test_what_an_earlier_life_left_does_not_count(sqlite: Database, store: Store, tmp_path: Path) -> None:
    await store.save("w", {"a": b"1"}, base=None, author=Author("Emmy"))
    left = tmp_path / "copies" / "w" / "hooks"
    left.mkdir(parents=True)
    (left / "post-index-change").write_text("evil")
    cache = Cache(tmp_path / "copies", Packs(sqlite), Git())
    async with cache.copy("w", verified=True) as copy:
        assert not (copy.folder / "hooks").exists() and not left.exists()
    # What is half fetched, or of a pack that the database has no more, goes.
    kept = left.parent / "objects" / "pack"
    pack = next(kept.glob("*.pack"))
    pack.rename(pack.with_suffix(".unfinished"))
    async with cache.copy("w", verified=True) as copy:
        assert {file.suffix for file in kept.iterdir()} == {".pack", ".idx"}


async def test_a_directory_that_is_there_is_used_and_one_that_cannot_be_written_is_named(
    sqlite: Database, store: Store, tmp_path: Path
) -> None:
    await store.save("w", {"a": b"1"}, base=None, author=Author("Emmy"))
    folder, outside = tmp_path / "copies", tmp_path / "outside"
    for each in (folder / "w" / "hooks", outside):
        each.mkdir(parents=True)
        (each / "file").touch()
    folder.chmod(0o755)
    (folder / "link").symlink_to(outside)
    inode = folder.stat().st_ino
    cache = Cache(folder, Packs(sqlite), Git())
    assert list(folder.iterdir()) == [] and list(outside.iterdir()) == [outside / "file"]
    assert (folder.stat().st_ino, folder.stat().st_mode & 0o777) == (inode, 0o700)
    # A file in the place of the directory, from the beginning or later.
    with pytest.raises(ServiceError, match=r"copies of workspaces in .*/file: cannot be written: File exists"):
        Cache(outside / "file", Packs(sqlite), Git())
    folder.rmdir()
    folder.touch()
    with pytest.raises(ServiceError, match="cannot be written: Not a directory"):
        async with cache.copy("w"):
            pass
    with pytest.raises(ServiceError, match="cannot be written: Not a directory"), cache.scratch():
        pass


class Full(Packs):
    """Packs of a backend whose disk has no room left for so many files."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.files = 0

    async def fetch(self, *arguments: Any) -> None:
        self.files -= 1
        if self.files >= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        await super().fetch(*arguments)


async def test_where_the_disk_is_full_what_nobody_uses_goes_and_what_failed_works_later(
    sqlite: Database, store: Store, tmp_path: Path
) -> None:
    await Workspaces(sqlite).add(Workspace("x", "a", "x"))
    for name in ("w", "x"):
        await store.save(name, {"a": b"1"}, base=None, author=Author("Emmy"))
    packs, folder = Full(sqlite), tmp_path / "copies"
    cache = Cache(folder, packs, Git())

    async def there_after(name: str) -> set[str]:
        async with asyncio.timeout(60), cache.copy(name, verified=True):
            return {each.name for each in folder.iterdir()} & {"w", "x"}

    # Of what could not be made there may be a part.
    (folder / "x").mkdir()
    assert await there_after("x") == {"x"}
    packs.files = 2
    with pytest.raises(ServiceError, match=r"copies of workspaces in .*: cannot be written: No space left on device"):
        await there_after("w")
    assert not (folder / "x").exists() and await there_after("w") == {"w"}
    # It is tried once more, and what is in use stays.
    async with cache.copy("w", verified=True):
        packs.files = 1
        assert await there_after("x") == {"w", "x"}


async def test_a_copy_that_cannot_be_moved_away_goes_where_it_is_and_counts_until_then(
    sqlite: Database, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.save("w", {"a": b"1"}, base=None, author=Author("Emmy"))
    cache = Cache(tmp_path / "copies", Packs(sqlite), Git(), 0)
    rename = Path.rename

    def full(path: Path, target: Path) -> Path:
        if target.name.startswith("gone-"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    async with asyncio.timeout(60):
        with monkeypatch.context() as stuck:
            stuck.setattr(shutil, "rmtree", lambda *_, **__: None)
            async with cache.copy("w"):
                pass
            assert cache.size > 0 and (tmp_path / "copies" / "w").exists()
        async with cache.copy("w"):
            pass
    assert cache.size == 0 and not (tmp_path / "copies" / "w").exists()
