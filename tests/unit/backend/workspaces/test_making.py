"""Workspaces made of zip files, bundles and others: whole, or not at all, and only of what may be in one."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.site import Site
from sagews.database.arrivals import Arrival, Way
from sagews.database.database import Database
from sagews.errors import WorkspaceError
from tests.unit.backend.workspaces.conftest import with_workspace
from tests.unit.backend.workspaces.test_zips import packed

EMMY = Author("Emmy", "a")


@pytest.fixture
async def shelf(database: Database, tmp_path: Path) -> Shelf:
    """Give the shelf of a site that has the workspace `w`, in both databases."""
    return Shelf(Site(data_directory=str(tmp_path)), await with_workspace(database))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[..., str]:
    """Give a function that runs git in a repository of somebody's own."""
    folder = tmp_path / "elsewhere"
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)

    def git(*words: str) -> str:
        settings = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgSign=false")
        done = subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return git


async def rows(database: Database) -> list[int]:
    """Return how many workspaces and packs there are."""
    tables = ("workspace", "git_pack")
    return [
        int(await database.run(lambda c, t=table: c.scalar(text(f"SELECT count(*) FROM {t}"))))  # type: ignore[misc]
        for table in tables
    ]


async def test_of_a_zip_file(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sagews.backend.workspaces.zips.BATCH", 10)
    files = {"a.txt": b"1" * 8, "b/c": b"\0" * 8, "d": b""}
    made = await shelf.making.of_zip(packed(files), "new", "a", EMMY)
    assert {path: await shelf.store.read(made, path) for path in await shelf.store.files(made)} == files
    entry = await shelf.members.enter(made, "a")
    assert entry is not None and entry.workspace.name == "new"
    history = await shelf.history.page(made)
    assert [each.commit.author for each in history] == ["Emmy", "Emmy"] and "zip" in history[0].commit.message
    assert [each.arrival for each in history] == [Arrival(Way.SAVED, "a")] * 2


async def test_of_what_may_not_be_a_workspace_nothing_stays(
    shelf: Shelf, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await rows(database)
    with pytest.raises(WorkspaceError, match="is no name"):
        await shelf.making.of_zip(packed({"../a": b""}), "new", "a", EMMY)
    monkeypatch.setattr("sagews.backend.workspaces.zips.BATCH", 10)
    late = bytearray(packed({"a": b"1" * 8, "b": b"2" * 8}, how=0).getvalue())
    late[late.index(b"2" * 8)] = 0
    with pytest.raises(WorkspaceError, match="Bad CRC-32"):
        # The first batch is saved by then.
        await shelf.making.of_zip(io.BytesIO(bytes(late)), "new", "a", EMMY)
    (tmp_path / "bundle").write_bytes(b"# v2 git bundle\n\nPACK")
    with pytest.raises(WorkspaceError):
        await shelf.making.of_bundle(tmp_path / "bundle", "new", "a")
    with pytest.raises(WorkspaceError, match="account nobody: is not there any more"):
        await shelf.making.of_zip(packed({"a": b""}), "new", "nobody", EMMY)
    assert await rows(database) == before


async def test_of_a_bundle_of_somebody_elses(shelf: Shelf, elsewhere: Callable[..., str], tmp_path: Path) -> None:
    folder, bundle = tmp_path / "elsewhere", tmp_path / "bundle"
    (folder / "a.txt").write_text("one\n")
    elsewhere("add", "."), elsewhere("commit", "-q", "-m", "begin"), elsewhere("tag", "-a", "-m", "first", "v1")
    (folder / "a.txt").write_text("two\n")
    elsewhere("commit", "-q", "-a", "-m", "more"), elsewhere("branch", "side/x", "v1")
    elsewhere("bundle", "create", "-q", str(bundle), "--all")
    made = await shelf.making.of_bundle(bundle, "new", "a")
    assert await shelf.store.read(made, "a.txt") == b"two\n"
    history = await shelf.history.page(made)
    assert [each.commit.message for each in history] == ["more", "begin"]
    assert [each.commit.email for each in history] == ["ada@example.org"] * 2
    # Who brought it is known, of the newest; who made it is what it says.
    assert [each.arrival for each in history] == [Arrival(Way.IMPORTED, "a"), None]
    refs = (await shelf.packs.contents(made)).refs
    assert refs == {
        **{
            "refs/heads/main": elsewhere("rev-parse", "main"),
            "refs/heads/side/x": elsewhere("rev-parse", "v1^{commit}"),
        },
        "refs/tags/v1": elsewhere("rev-parse", "v1"),
    }
    await shelf.store.verify(made)
    # What is fetched again is the same, and git clones it.
    async with shelf.archives.bundle(made) as file:
        clone = tmp_path / "clone"
        subprocess.run(["git", "clone", "-q", str(file), str(clone)], check=True, capture_output=True)
        assert (clone / "a.txt").read_text() == "two\n"
        again = await shelf.making.of_bundle(file, "again", "a")
    assert (await shelf.packs.contents(again)).refs == refs


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("120000 blob {blob}\tlink", "file link: is a symbolic link"),
        (f"160000 commit {'1' * 40}\tmodule", "file module: is a submodule"),
        ("100644 blob {blob}\ta\\b", "has a backslash"),
        ("100644 blob {blob}\t.GIT", "refused|git's own"),
        ("100644 blob {blob}\t.gitmodules", "refused|git would look there"),
    ],
)
async def test_what_may_not_be_in_a_workspace_is_not_in_one_by_a_bundle(
    shelf: Shelf, database: Database, elsewhere: Callable[..., str], tmp_path: Path, entry: str, said: str
) -> None:
    (tmp_path / "elsewhere" / "file").write_text("x")
    blob = elsewhere("hash-object", "-w", "file")
    listed = tmp_path / "listed"
    listed.write_text(entry.format(blob=blob) + "\n")
    with listed.open() as given:
        made = subprocess.run(
            ["git", "mktree", "--missing"],
            cwd=tmp_path / "elsewhere",
            stdin=given,
            check=True,
            capture_output=True,
            text=True,
        )
    commit = elsewhere("commit-tree", "-m", "odd", made.stdout.strip())
    elsewhere("update-ref", "refs/heads/main", commit)
    elsewhere("bundle", "create", "-q", str(tmp_path / "bundle"), "main")
    before = await rows(database)
    with pytest.raises(WorkspaceError, match=said):
        await shelf.making.of_bundle(tmp_path / "bundle", "new", "a")
    assert await rows(database) == before


async def test_bundles_that_are_broken(
    shelf: Shelf, database: Database, elsewhere: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / "file").write_text("x" * 1000)
    elsewhere("add", "."), elsewhere("commit", "-q", "-m", "begin")
    whole_file = tmp_path / "whole"
    elsewhere("bundle", "create", "-q", str(whole_file), "--all")
    whole = whole_file.read_bytes()
    head, _, pack = whole.partition(b"\n\n")
    other = b"0" * 40
    broken = {
        "cut": whole[:-30],
        "changed": whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:],
        "missing": head.replace(head.split()[4], other) + b"\n\n" + pack,
        "empty": head + b"\n\n",
    }
    before = await rows(database)
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WorkspaceError, match=r"git [\w-]+ refused|bundle"):
            await shelf.making.of_bundle(tmp_path / name, "new", "a")
    assert await rows(database) == before


async def test_of_another_workspace(shelf: Shelf) -> None:
    empty = await shelf.making.of_workspace("w", "empty", "a")
    assert await shelf.store.head(empty) is None
    saved = await shelf.store.save("w", {"a": b"1", "b": b"2"}, base=None, author=EMMY)
    saved = await shelf.store.save("w", {"a": b"3"}, base=saved.commit, author=EMMY)
    made = await shelf.making.of_workspace("w", "copy", "a")
    assert await shelf.store.head(made) == saved.commit and [
        each.arrival for each in await shelf.history.page(made)
    ] == [
        Arrival(Way.SAVED, "a"),
        Arrival(Way.SAVED, "a"),
    ]
    # Each goes its own way from there.
    await shelf.store.save(made, {"a": None}, base=saved.commit, author=EMMY)
    assert await shelf.store.files("w") != await shelf.store.files(made)
    await shelf.store.verify(made)
