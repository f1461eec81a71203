"""What bounds the memory of git when a pack of a few bytes has objects that become very many."""

import sys
from pathlib import Path

import pytest

from sagews.backend.workspaces.cache import Cache
from sagews.backend.workspaces.git import MEMORY, MOST_OBJECT, Git
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.errors import WorkspaceError
from tests.unit.backend.workspaces.hostile_packs import (
    BLOB,
    COMMIT,
    COMMIT_HEAD,
    COPIED,
    TREE,
    claimed,
    difference,
    pack,
    plain,
)

MIB = 1 << 20
BASE = b"y" * COPIED
UNPACK = ("index-pack", "--strict", "--stdin")
# As a run of git has it, and with less.
LITTLE = "ulimit -d {0} && exec git index-pack --strict --stdin #"


@pytest.mark.parametrize(
    ("hostile", "size"),
    [
        (pack(claimed(COMMIT, MOST_OBJECT, COMMIT_HEAD)), MOST_OBJECT),
        (pack(claimed(TREE, 1 << 40)), 1 << 40),
        (pack(plain(BLOB, BASE), difference(BASE, MOST_OBJECT)), MOST_OBJECT),
        (pack(plain(BLOB, BASE), claimed(7, 1 << 33)), 1 << 33),
    ],
)
async def test_no_object_is_asked_memory_for_that_is_too_large(
    sqlite: Database, tmp_path: Path, hostile: bytes, size: int
) -> None:
    assert len(hostile) < 20_000
    said = rf"index-pack refused: fatal: attempting to allocate {size + 1}\b"
    scratch = Cache(tmp_path / "cache", Packs(sqlite), Git()).scratch()
    with scratch as folder, pytest.raises(WorkspaceError, match=said):
        await Git().run(folder, *UNPACK, given=[hostile])


async def test_a_large_content_is_read_piece_by_piece_and_what_is_made_of_others_is_not(
    sqlite: Database, tmp_path: Path
) -> None:
    large = pack(plain(BLOB, bytes(100 * MIB)))
    made = pack(plain(BLOB, BASE), difference(BASE, 100 * MIB))
    little = ("-c", f"alias.unpack=!{LITTLE.format(64 << 10)}", "unpack")
    enough = ("-c", f"alias.unpack=!{LITTLE.format(192 << 10)}", "unpack")
    with Cache(tmp_path / "cache", Packs(sqlite), Git()).scratch() as folder:
        assert await Git().run(folder, *little, given=[large])
        with pytest.raises(WorkspaceError, match=r"[Oo]ut of memory"):
            await Git().run(folder, *little, given=[made])
        assert await Git().run(folder, *enough, given=[made])


async def test_all_memory_of_a_run_is_bounded(sqlite: Database, tmp_path: Path) -> None:
    with Cache(tmp_path / "cache", Packs(sqlite), Git()).scratch() as folder:
        for size, said in ((MEMORY // 2, b"there"), (MEMORY, b"refused")):
            code = f"try: bytearray({size}); print('there')\nexcept MemoryError: print('refused')"
            (tmp_path / "ask.py").write_text(code)
            words = ("-c", f"alias.ask=!{sys.executable} {tmp_path / 'ask.py'}", "ask")
            assert (await Git().run(folder, *words)).strip() == said
