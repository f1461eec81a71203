"""Copies of workspaces: as many as may be, each as the database has it, whatever lay in its place."""

import asyncio
from pathlib import Path

import pytest

from sagews.backend.workspaces import cache as module
from sagews.backend.workspaces.cache import Cache
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.store import Store
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import ServiceError, WorkspaceError


async def test_only_so_many_copies_stay_and_one_that_went_is_made_anew(
    sqlite: Database, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_COPIES", 2)
    folder = tmp_path / "copies"
    cache = Cache(folder, Packs(sqlite), Git())
    for name in ("x", "y", "z"):
        await Workspaces(sqlite).add(Workspace(name, "a", name))
    saved = await store.save("x", {"a": b"1"}, base=None, author=Author("Emmy"))

    async def use(name: str) -> None:
        async with cache.copy(name, verified=True) as copy:
            assert copy.folder == folder / name

    async with asyncio.timeout(60):
        for name in ("x", "y", "x", "z"):
            await use(name)
        assert {each.name for each in folder.iterdir()} == {"x", "z"}
        await asyncio.gather(*(use(name) for name in "xyzxyz"))
        assert len(list(folder.iterdir())) == 2
        await use("x")
    assert saved.commit in (folder / "x" / "packed-refs").read_text()
    with pytest.raises(WorkspaceError, match="is not there"):
        await use("../x")
    assert len(list(folder.iterdir())) <= 2


async def test_what_an_earlier_life_left_does_not_count(sqlite: Database, store: Store, tmp_path: Path) -> None:
    await store.save("w", {"a": b"1"}, base=None, author=Author("Emmy"))
    left = tmp_path / "copies" / "w" / "hooks"
    left.mkdir(parents=True)
    (left / "post-index-change").write_text("evil")
    cache = Cache(tmp_path / "copies", Packs(sqlite), Git())
    async with cache.copy("w", verified=True) as copy:
        assert not (copy.folder / "hooks").exists()
        # What is half fetched, or of a pack that the database has no more, goes.
        pack = next((copy.folder / "objects" / "pack").glob("*.pack"))
        pack.rename(pack.with_suffix(".unfinished"))
    async with cache.copy("w", verified=True) as copy:
        assert {file.suffix for file in (copy.folder / "objects" / "pack").iterdir()} == {".pack", ".idx"}


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
