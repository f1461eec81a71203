"""Workspaces saved and restored from the database alone, by one backend and by several at once."""

import asyncio
import os
import shutil
import threading
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.backend.workspaces import policy
from sagews.backend.workspaces import store as module
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.policy import check_alike, check_path, check_places
from sagews.backend.workspaces.store import ChangedError, Store
from sagews.config.quotas import Quota, Quotas
from sagews.database import packs
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.database.turns import SAVE, Turns
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import WorkspaceError
from tests.unit.backend.workspaces.conftest import NewStore, stores, with_workspace

PROVE = bool(os.environ.get("SAGEWS_PROVE"))
ROUNDS, RESTORED = (300, 1_000) if PROVE else (3, 10)
EMMY, EMIL = Author("Emmy <N>\n", "emmy@example.org", 1.0e9), Author("Emil / Artin", time=1.1e9)

CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\\u2028\u2029")
NAMES = st.text(CHARACTERS, min_size=1, max_size=20).filter(lambda name: _allowed(name))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


def _allowed(name: str) -> bool:
    try:
        check_path(name)
    except WorkspaceError:
        return False
    return "/" not in name


async def contents(store: Store, commit: str | None = None) -> dict[str, bytes]:
    return {path: await store.read("w", path, commit) for path in await store.files("w", commit)}


async def test_a_strict_save_is_none_if_the_file_has_changed_and_notes_what_belongs_to_it(
    store: Store, sqlite: Database
) -> None:
    noted: list[str] = []

    async def also(connection: AsyncConnection, commit: str) -> None:
        assert await connection.scalar(text("SELECT count(*) FROM git_ref")) == 1
        noted.append(commit)

    first = await store.save("w", {"a": b"1", "b": b"1"}, base=None, author=EMMY, strict=True, also=also)
    second = await store.save("w", {"a": b"2"}, base=first.commit, author=EMIL)
    for changes in ({"a": b"3"}, {"a": None}, {"b": b"3", "a": b"3"}, {"a/x": b""}):
        with pytest.raises(ChangedError):
            await store.save("w", changes, base=first.commit, author=EMMY, strict=True, also=also)
    assert noted == [first.commit] and await store.head("w") == second.commit
    # What others changed elsewhere is no matter.
    third = await store.save("w", {"b": b"3"}, base=first.commit, author=EMMY, strict=True, also=also)
    assert noted == [first.commit, third.commit] and await contents(store) == {"a": b"2", "b": b"3"}
    content = (await store.files("w"))["b"].oid
    assert await store.object("w", content) == b"3"
    with pytest.raises(WorkspaceError):
        await store.object("w", "0" * 40)


async def test_what_is_saved_is_there_for_every_backend(store: Store, new_store: NewStore) -> None:
    assert await store.head("w") is None and await store.files("w") == {}
    first = await store.save("w", {"a.txt": b"one\n", "b/c.txt": b"\0\r\n"}, base=None, author=EMMY, message="begin")
    second = await store.save("w", {"a.txt": None, "b/d": b""}, base=first.commit, author=EMMY)
    other = new_store()
    assert await other.head("w") == second.commit
    assert await contents(other) == {"b/c.txt": b"\0\r\n", "b/d": b""}
    assert await contents(other, first.commit) == {"a.txt": b"one\n", "b/c.txt": b"\0\r\n"}
    await other.verify("w")
    again = await other.save("w", {"b/d": b"", "gone": None}, base=second.commit, author=EMMY)
    assert again.commit == second.commit
    with pytest.raises(WorkspaceError, match=r"file a\.txt: is not in the workspace"):
        await other.read("w", "a.txt")
    for unknown in ("0" * 40, "HEAD", "--all", "main~1"):
        with pytest.raises(WorkspaceError, match="has not the version that was asked for"):
            await other.save("w", {"a": b""}, base=unknown, author=EMMY)


async def test_what_two_changed_is_kept_twice_and_nothing_is_lost(store: Store, new_store: NewStore) -> None:
    base = (await store.save("w", {"both": b"0", "mine": b"0", "d.txt": b"0"}, base=None, author=EMMY)).commit
    theirs: dict[str, bytes | None] = {"both": b"1", "d.txt": None, "new/x": b"1"}
    await store.save("w", theirs, base=base, author=EMMY)
    changes: dict[str, bytes | None] = {"both": b"2", "mine": b"2", "d.txt": b"2", "new": b"2"}
    saved = await new_store().save("w", changes, base=base, author=EMIL)
    mark = " (conflict, Emil  Artin, 2004-11-09 11.33.20)"
    assert saved.copies == {"both": f"both{mark}", "new": f"new{mark}"}
    wanted = {"both": b"1", f"both{mark}": b"2", "mine": b"2", "d.txt": b"2", "new/x": b"1", f"new{mark}": b"2"}
    assert await contents(store) == wanted


async def test_a_save_after_one_whose_answer_was_lost_says_what_is_not_as_it_asked(store: Store) -> None:
    base = (await store.save("w", {"a": b"1", "theirs": b"1"}, base=None, author=EMMY)).commit
    # Durable, and its author never hears of it.
    await store.save("w", {"a": b"2", "new": b"2", "theirs": b"2"}, base=base, author=EMMY)
    asked: dict[str, bytes | None] = {"a": b"1", "new": None, "theirs": None}
    back = await store.save("w", asked, base=base, author=EMMY)
    assert back.left == asked.keys() and back.copies == {} and back.commit == await store.head("w")
    assert await contents(store) == {"a": b"2", "new": b"2", "theirs": b"2"}
    # One part of a save can be left while the other is done.
    partly = await store.save("w", {"a": b"1", "b": b"1"}, base=base, author=EMMY)
    assert partly.left == {"a"} and (await contents(store))["b"] == b"1"
    # On the head it is done as asked.
    done = await store.save("w", asked, base=partly.commit, author=EMMY)
    assert done.left == frozenset() and await contents(store) == {"a": b"1", "b": b"1"}


@pytest.mark.parametrize("path", ["a/.git/config", ".GIT/x", "../x", "/x", "a//b", "x" * 256, "a\nb", ".gitmodules"])
async def test_a_bad_name_is_refused_and_nothing_is_saved(store: Store, path: str) -> None:
    with pytest.raises(WorkspaceError, match="a file cannot have this name"):
        await store.save("w", {"good": b"", path: b""}, base=None, author=EMMY)
    with pytest.raises(WorkspaceError, match="file x: would be a file and a folder"):
        await store.save("w", {"x": b"", "x/y": b""}, base=None, author=EMMY)
    assert await store.head("w") is None


async def test_names_that_differ_only_in_case_are_refused_and_those_that_are_there_stay_readable(
    store: Store, new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (await store.save("w", {"Plot.txt": b"1", "caf\u00e9/a": b"1"}, base=None, author=EMMY)).commit
    for name in ("plot.txt", "plot.TXT/x", "cafe\u0301/b", "CAF\u00c9/b"):
        with pytest.raises(WorkspaceError, match=r"cannot be beside file .*: they differ only in case") as refused:
            await store.save("w", {name: b"2", "good": b""}, base=first, author=EMMY)
        assert refused.value.hint == "give it another name"
    with pytest.raises(WorkspaceError, match="cannot be beside file"):
        await store.save("w", {"b": b"", "B": b""}, base=first, author=EMMY)
    assert await store.head("w") == first
    # A file gets the other spelling in one save.
    renamed = (await store.save("w", {"Plot.txt": None, "plot.txt": b"1"}, base=first, author=EMMY)).commit
    # Of before there was this rule: read, saved to, and deleted as any other.
    with monkeypatch.context() as before:
        before.setattr(policy, "check_alike", lambda paths, fresh: None)
        twins = (await store.save("w", {"PLOT.txt": b"2"}, base=renamed, author=EMMY)).commit
    other = new_store()
    assert (await other.read("w", "plot.txt"), await other.read("w", "PLOT.txt")) == (b"1", b"2")
    saved = (await other.save("w", {"PLOT.txt": b"3", "x": b""}, base=twins, author=EMMY)).commit
    # What goes beside one of them has a name that is like no other.
    both = await store.save("w", {"PLOT.txt": b"4"}, base=twins, author=EMIL)
    assert both.copies == {"PLOT.txt": "PLOT (conflict, Emil  Artin, 2004-11-09 11.33.20).txt"}
    also = await store.save("w", {"plot.txt": b"5"}, base=first, author=EMIL)
    assert also.copies == {"plot.txt": "plot (conflict, Emil  Artin, 2004-11-09 11.33.20 2).txt"}
    await other.save("w", {"PLOT.txt": None}, base=saved, author=EMMY)
    assert (await contents(other))["plot.txt"] == b"1"


async def test_a_full_workspace_still_takes_what_makes_it_smaller(
    store: Store, sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = (await store.save("w", {"a": b"1", "b": b"1", "c": b"1"}, base=None, author=EMMY)).commit
    size = sum(pack.size + pack.index_size for pack in (await Packs(sqlite).contents("w")).packs)
    monkeypatch.setattr(policy, "MOST_FILES", 1)
    full = Store(tmp_path / "full", Packs(sqlite, most=size), Git())
    with pytest.raises(WorkspaceError, match="would have more than 1 files"):
        await full.save("w", {"a": None, "b": b"2"}, base=head, author=EMMY)
    monkeypatch.undo()
    with pytest.raises(WorkspaceError, match="would be larger than"):
        await full.save("w", {"a": None, "b": b"22"}, base=head, author=EMMY)
    monkeypatch.setattr(policy, "MOST_FILES", 1)
    await full.save("w", {"a": None}, base=head, author=EMMY)
    monkeypatch.undo()
    assert await contents(store) == {"b": b"1", "c": b"1"}
    monkeypatch.setattr(packs, "TO_DELETE", 0)
    with pytest.raises(WorkspaceError, match="would be larger than"):
        await full.save("w", {"b": None}, base=head, author=EMMY)


async def test_an_account_that_has_all_its_storage_still_makes_its_files_smaller(
    store: Store, sqlite: Database, tmp_path: Path
) -> None:
    await Workspaces(sqlite).add(Workspace("v", "a", "another"))
    large = os.urandom(100_000)
    head = (await store.save("w", {"a": large, "b": b"1"}, base=None, author=EMMY)).commit
    bounded = Store(tmp_path / "bounded", Packs(sqlite, Quotas(account=Quota(storage=110_000))), Git())
    refused = r"with this, the workspaces of its owner would take up 0\.1 MiB, and may take up 0\.1"
    for workspace, base in (("v", None), ("w", head)):
        with pytest.raises(WorkspaceError, match=refused) as error:
            await bounded.save(workspace, {"c": large[:20_000]}, base=base, author=EMMY)
        assert error.value.hint == "delete a workspace for good, or ask an operator for more"
    assert await store.head("w") == head and await store.head("v") is None
    head = (await bounded.save("w", {"a": os.urandom(90_000), "c": b"1"}, base=head, author=EMMY)).commit
    head = (await bounded.save("w", {"b": None}, base=head, author=EMMY)).commit
    with pytest.raises(WorkspaceError, match="the workspaces of its owner"):
        await bounded.save("w", {"d": b"1"}, base=head, author=EMMY)
    assert await bounded.compact("w") and (await contents(store)).keys() == {"a", "c"}


class Watched(bytes):
    """A content that knows in which threads its size was looked at."""

    threads: ClassVar[set[int]] = set()

    def __len__(self) -> int:
        self.threads.add(threading.get_ident())
        return super().__len__()


async def test_a_large_save_lets_others_be_served(store: Store) -> None:
    changes: dict[str, bytes | None] = {f"{number}/{'x' * 200}/{'y' * 200}": Watched(b"1") for number in range(600)}
    async with asyncio.timeout(100):
        assert (await store.save("w", changes, base=None, author=EMMY)).copies == {}
    assert len(await store.files("w")) == len(changes)
    # What looks at all of them does so in a thread of its own.
    assert Watched.threads - {threading.get_ident()}


async def test_savers_at_once_lose_nothing(database: Database, tmp_path: Path) -> None:
    await with_workspace(database)
    new_store = stores(database, tmp_path)

    async def saver(store: Store, name: str) -> set[str]:
        commits, base = set(), None
        for number in range(ROUNDS):
            saved = await store.save("w", {f"{name}-{number}": b"x", name: b"%d" % number}, base=base, author=EMMY)
            assert not saved.copies and saved.commit not in commits
            commits.add(saved.commit)
            base = saved.commit
        return commits

    async with asyncio.timeout(3600 if PROVE else 100):
        one, two = await asyncio.gather(saver(new_store(), "one"), saver(new_store(), "two"))
    found = await contents(new_store())
    assert found.pop("one") == found.pop("two") == b"%d" % (ROUNDS - 1)
    assert found.keys() == {f"{name}-{number}" for name in ("one", "two") for number in range(ROUNDS)}
    # As many wins as commits, and nothing of who was second.
    assert not one & two
    kept = await Packs(database).contents("w")
    assert kept.version == len(one | two) == len(kept.packs) == 2 * ROUNDS
    left = text("SELECT count(*) FROM git_pack WHERE state = 'staged'")
    assert await database.run(lambda connection: connection.scalar(left)) == 0


async def test_who_saves_much_does_not_keep_others_from_it(database: Database, tmp_path: Path) -> None:
    await with_workspace(database)
    store, turns, done = stores(database, tmp_path)(), Turns(database), list[str]()

    async def save(author: Author, name: str) -> None:
        await store.save("w", {name: b"x"}, base=None, author=author)
        done.append(name)

    async with asyncio.timeout(100):
        # Somebody at another backend has a turn, so that all of them wait.
        turn = await turns.begin("w", SAVE)
        assert turn is not None
        much = [asyncio.create_task(save(Author("Emmy", "e"), f"much-{number}")) for number in range(6)]
        while "w" not in store._lines or len(store._lines["w"]._line) < 5:
            await asyncio.sleep(0.01)
        once = asyncio.create_task(save(Author("Ada", "d"), "once"))
        while len(store._lines["w"]._line) < 6:
            await asyncio.sleep(0.01)
        await turns.end(turn)
        await asyncio.gather(once, *much)
    assert done[1] == "once" and len(await store.files("w")) == 7


async def test_a_file_that_is_called_otherwise_can_still_be_run(store: Store) -> None:
    async with asyncio.timeout(60):
        saved = await store.save("w", {"a": b"1", "b": b"2"}, base=None, author=EMMY, modes={"a": "100755"})
        for each in ({"a": None, "c": b"1"}, {"c": b"3"}):
            # Of one that is there already, what it was counts.
            modes = {"c": "100755" if "a" in each else "100644"}
            saved = await store.save("w", each, base=saved.commit, author=EMMY, modes=modes)
        with pytest.raises(WorkspaceError, match="is a symbolic link"):
            await store.save("w", {"d": b"a"}, base=saved.commit, author=EMMY, modes={"d": "120000"})
    found = {path: file.mode for path, file in (await store.files("w")).items()}
    assert found == {"b": "100644", "c": "100755"}


async def test_copies_whose_directory_is_gone_are_made_anew(store: Store, tmp_path: Path) -> None:
    async with asyncio.timeout(60):
        saved = await store.save("w", {"a": b"1"}, base=None, author=EMMY)
        shutil.rmtree(tmp_path / "cache-0")
        assert await store.read("w", "a") == b"1"
        shutil.rmtree(tmp_path / "cache-0")
        await store.save("w", {"a": b"2"}, base=saved.commit, author=EMMY)
    assert await store.read("w", "a") == b"2" and (tmp_path / "cache-0").stat().st_mode & 0o777 == 0o700


async def test_a_ref_of_any_name_that_git_allows_is_in_the_copies(
    store: Store, new_store: NewStore, sqlite: Database
) -> None:
    first = (await store.save("w", {"a": b"1"}, base=None, author=EMMY)).commit
    refs = {f"refs/heads/{name}": first for name in ("\u222b.1/x", "a@b", "\U0001f600", "-v", "a'\"$(b)")}
    await Packs(sqlite).take("w", 1, refs, None)
    await new_store().verify("w")
    saved = await store.save("w", {"b": b"2"}, base=first, author=EMMY)
    assert await new_store().compact("w")
    await new_store().verify("w")
    kept = await Packs(sqlite).contents("w")
    assert kept.refs == {**refs, module.BRANCH: saved.commit} and len(kept.packs) == 1


async def test_packs_become_one_and_everything_is_still_there(
    store: Store, new_store: NewStore, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not await store.compact("w")
    commits: list[str] = []
    for number in range(4):
        base = commits[-1] if commits else None
        saved = await store.save("w", {"a": b"%d\n" % number * 1000, str(number): b"x"}, base=base, author=EMMY)
        commits.append(saved.commit)
    assert await new_store().compact("w") and not await new_store().compact("w")
    kept = await Packs(sqlite).contents("w")
    assert len(kept.packs) == kept.generation == 1 and kept.refs == {module.BRANCH: commits[-1]}
    monkeypatch.setattr(packs, "GRACE", -1.0)
    while await Packs(sqlite).sweep():
        pass
    for reader in (store, new_store()):
        for number, commit in enumerate(commits):
            assert await reader.read("w", "a", commit) == b"%d\n" % number * 1000
    assert (await store.save("w", {"b": b"1"}, base=commits[-1], author=EMMY)).copies == {}
    await new_store().verify("w")


async def test_packs_stay_as_they_are_when_something_is_missing(
    store: Store, new_store: NewStore, sqlite: Database
) -> None:
    first = await store.save("w", {"a": b"1"}, base=None, author=EMMY)
    await store.save("w", {"a": b"2"}, base=first.commit, author=EMMY)
    before = await Packs(sqlite).contents("w")
    lost = text("DELETE FROM git_pack WHERE id = :id")
    await sqlite.run(lambda connection: connection.execute(lost, {"id": before.packs[0].id}))
    with pytest.raises(WorkspaceError, match="git fsck refused"):
        await new_store().compact("w")
    after = await Packs(sqlite).contents("w")
    assert (after.version, after.generation, after.packs) == (2, 0, before.packs[1:])


@settings(max_examples=RESTORED, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(files=st.dictionaries(PATHS, st.binary(max_size=3000), max_size=8))
async def test_odd_names_and_contents_are_restored_byte_for_byte(
    store: Store, new_store: NewStore, files: dict[str, bytes]
) -> None:
    try:
        check_places(files)
        check_alike(files, files)
    except WorkspaceError:
        return
    head = await store.head("w")
    before = await store.files("w")
    changes: dict[str, bytes | None] = {**dict.fromkeys(before), **files}
    await store.save("w", changes, base=head, author=EMMY, message="\0 \u222b\n")
    restored = new_store()
    await restored.verify("w")
    assert await contents(restored) == files
