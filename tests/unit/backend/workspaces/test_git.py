"""Runs of git: nothing of this machine's configuration counts, and each has its limits."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews.backend.workspaces.cache import Cache
from sagews.backend.workspaces.git import MEMORY, MOST_OBJECT, Git
from sagews.backend.workspaces.places import Whose
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.errors import ServiceError, WorkspaceError
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


@pytest.fixture
def repository(sqlite: Database, tmp_path: Path) -> Iterator[Path]:
    with Cache(tmp_path / "cache", Packs(sqlite), Git()).scratch() as folder:
        yield folder


async def test_a_run_gives_what_git_puts_out_and_raises_what_it_says(repository: Path) -> None:
    git = Git()
    given = [b"a" * 300_000, b"b"]
    oid = (await git.run(repository, "hash-object", "-w", "--stdin", given=given)).decode().strip()
    assert await git.run(repository, "cat-file", "blob", oid) == b"".join(given)
    with pytest.raises(WorkspaceError, match="gave more than 300000 bytes"):
        await git.run(repository, "cat-file", "blob", oid, most=300_000)
    with pytest.raises(WorkspaceError, match="git cat-file refused: fatal: Not a valid object name"):
        await git.run(repository, "cat-file", "blob", "main")


async def test_of_much_the_beginning_is_enough(repository: Path) -> None:
    git = Git()
    given = [b"a" * 5_000_000]
    oid = (await git.run(repository, "hash-object", "-w", "--stdin", given=given)).decode().strip()
    for most in (1, 300_000, 4_999_999):
        assert await git.run(repository, "cat-file", "blob", oid, most=most, cut=True) == b"a" * most
    assert await git.run(repository, "cat-file", "blob", oid, most=5_000_000, cut=True) == given[0]
    with pytest.raises(WorkspaceError, match="git cat-file refused"):
        await git.run(repository, "cat-file", "blob", "main", most=1, cut=True)


async def test_nothing_of_the_environment_or_of_a_home_counts(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[core]\n\thooksPath = /evil\n[alias]\n\tmine = version\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "alias.mine")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "version")
    listed = (await Git().run(repository, "config", "--list")).decode().lower()
    assert "core.hookspath=/dev/null" in listed and "transfer.fsckobjects=true" in listed and "gc.auto=0" in listed
    assert "receive.unpacklimit=1" in listed and "core.bigfilethreshold=1m" in listed
    assert "alias" not in listed and "evil" not in listed
    # No protocol is allowed, not even to another folder.
    with pytest.raises(WorkspaceError, match="not allowed"):
        await Git().run(repository, "fetch", f"file://{repository}")


async def test_a_run_that_takes_too_long_ends_with_all_its_processes(repository: Path) -> None:
    async def endless() -> None:
        await Git(deadline=0.5).run(repository, "-c", "alias.wait=!sleep 1234567", "wait")

    with pytest.raises(ServiceError, match="took too long"):
        async with asyncio.timeout(20):
            await endless()
    assert not [each for each in Path("/proc").glob("[0-9]*/cmdline") if b"1234567" in _read(each)]


async def test_where_there_is_no_git_it_says_so(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceError, match=r"git: cannot be started; install git 2\.39 or newer"):
        await Git().run(repository, "version")


async def test_only_so_many_run_at_once(repository: Path) -> None:
    git = Git(at_once=1)
    waiting = [git.run(repository, "-c", "alias.wait=!sleep 0.3", "wait") for _ in range(3)]
    begun = time.monotonic()
    async with asyncio.timeout(20):
        await asyncio.gather(*waiting)
    assert time.monotonic() - begun >= 0.9


async def test_one_reader_s_slow_runs_do_not_hold_up_those_of_others(repository: Path) -> None:
    git = Git()
    slow, other = Whose("a", "slow"), Whose("b", "w")
    words = ("-c", "alias.wait=!sleep 1234567", "wait")
    reading = [asyncio.create_task(git.run(repository, *words, whose=slow)) for _ in range(6)]
    try:
        async with asyncio.timeout(60):
            assert (await git.run(repository, "version", whose=other)).startswith(b"git version")
        assert not any(each.done() for each in reading)
    finally:
        for each in reading:
            each.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def test_a_run_that_finds_no_place_in_time_is_refused(repository: Path) -> None:
    git = Git(at_once=1, patience=0.1)
    first = asyncio.create_task(git.run(repository, "-c", "alias.wait=!sleep 1234567", "wait"))
    try:
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
            with pytest.raises(ServiceError, match="git: has too much to do to begin with this now"):
                await git.run(repository, "version")
    finally:
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_clones_that_are_broken_off_keep_no_place(repository: Path) -> None:
    git = Git(patience=5.0)
    oid = (await git.run(repository, "hash-object", "-w", "--stdin", given=[b"a" * (4 << 20)])).decode().strip()
    words, whose = ("cat-file", "blob", oid), Whose("a", "w")

    async def break_off(_: bytes) -> None:
        # Meanwhile there is more in the pipe than is read ahead.
        await asyncio.sleep(0.3)
        raise ConnectionResetError

    for _ in range(3):
        async with asyncio.timeout(30):
            with pytest.raises(ConnectionResetError):
                await git.pour(repository, *words, take=break_off, whose=whose)
            with pytest.raises(WorkspaceError, match="gave more than 10 bytes"):
                await git.run(repository, *words, most=10, whose=whose)
    poured = 0

    async def take(piece: bytes) -> None:
        nonlocal poured
        poured += len(piece)

    async with asyncio.timeout(60):
        await git.pour(repository, *words, take=take, whose=whose)
    assert poured == 4 << 20


async def test_limits_are_those_of_the_run(repository: Path) -> None:
    shown = await Git().run(repository, "-c", "alias.limits=!cat /proc/self/limits", "limits")
    limits = {line.split("  ")[0]: line.split() for line in shown.decode().splitlines()}
    assert limits["Max cpu time"][3] == "120" and limits["Max address space"][3] == str(4 << 30)
    assert limits["Max data size"][3] == str(1 << 30)
    assert limits["Max file size"][3] == str(2 << 30) and limits["Max core file size"][4] == "0"
    assert int(limits["Max open files"][3]) == min(256, os.sysconf("SC_OPEN_MAX"))


@pytest.mark.parametrize(
    ("hostile", "size"),
    [
        (pack(claimed(COMMIT, MOST_OBJECT, COMMIT_HEAD)), MOST_OBJECT),
        (pack(claimed(TREE, 1 << 40)), 1 << 40),
        (pack(plain(BLOB, BASE), difference(BASE, MOST_OBJECT)), MOST_OBJECT),
        (pack(plain(BLOB, BASE), claimed(7, 1 << 33)), 1 << 33),
    ],
)
async def test_no_object_is_asked_memory_for_that_is_too_large(repository: Path, hostile: bytes, size: int) -> None:
    assert len(hostile) < 20_000
    said = rf"index-pack refused: fatal: attempting to allocate {size + 1}\b"
    with pytest.raises(WorkspaceError, match=said):
        await Git().run(repository, *UNPACK, given=[hostile])


async def test_a_large_content_is_read_piece_by_piece_and_what_is_made_of_others_is_not(repository: Path) -> None:
    large = pack(plain(BLOB, bytes(100 * MIB)))
    made = pack(plain(BLOB, BASE), difference(BASE, 100 * MIB))
    little = ("-c", f"alias.unpack=!{LITTLE.format(64 << 10)}", "unpack")
    enough = ("-c", f"alias.unpack=!{LITTLE.format(192 << 10)}", "unpack")
    assert await Git().run(repository, *little, given=[large])
    with pytest.raises(WorkspaceError, match=r"[Oo]ut of memory"):
        await Git().run(repository, *little, given=[made])
    assert await Git().run(repository, *enough, given=[made])


async def test_all_memory_of_a_run_is_bounded(repository: Path, tmp_path: Path) -> None:
    for size, said in ((MEMORY // 2, b"there"), (MEMORY, b"refused")):
        code = f"try: bytearray({size}); print('there')\nexcept MemoryError: print('refused')"
        (tmp_path / "ask.py").write_text(code)
        words = ("-c", f"alias.ask=!{sys.executable} {tmp_path / 'ask.py'}", "ask")
        assert (await Git().run(repository, *words)).strip() == said


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
