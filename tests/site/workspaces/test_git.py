"""Workspaces cloned, fetched from and pushed to by the real `git`, in both databases."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Select, exists, literal, select

from sagews.config.site import Site
from sagews.database.audit import Act
from sagews.database.members import Members
from sagews.database.packs import Packs
from sagews.database.turns import SAVE
from sagews.database.workspace_tables import GIT_PACK, STAGED
from tests.postgresql import running_postgresql
from tests.site.backend_process import RunningBackend
from tests.site.workspaces.remote import READ, Guest, Remote, begun, commit, git, remote_at, running_remote

Running = tuple[RunningBackend, Site]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("remote")
    if request.param == "sqlite":
        with running_remote(folder, None) as one:
            yield one
    else:
        with running_postgresql() as server, running_remote(folder, server) as one:
            yield one


@pytest.fixture
async def remote(running: Running) -> AsyncIterator[Remote]:
    async with remote_at(running) as remote:
        yield remote


@pytest.fixture
async def emmy(remote: Remote) -> Guest:
    return await remote.guest()


async def test_a_whole_life(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    where = await remote.workspace(emmy)
    said = await git(tmp_path, "clone", remote.url(emmy, where), "empty")
    assert "empty repository" in said
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1", "b/Ω.txt": "2"})
    said = await git(work, "push", "origin", "main")
    assert "[new branch]      main -> main" in said
    head = (await git(work, "rev-parse", "HEAD")).strip()
    assert await remote.head(where) == head
    # What is pushed is what the page has, and what the page saves is fetched.
    assert await remote.ask(emmy, "GET", f"{where}/files/a.txt") == (200, b"1")
    status, saved = await remote.ask(emmy, "PUT", f"{where}/files/c.txt?base={head}", data=b"from the page")
    assert status == 200
    await git(work, "pull", "-q", "--ff-only", "origin", "main")
    assert (work / "c.txt").read_text() == "from the page"
    assert (await git(work, "rev-parse", "HEAD")).strip() == saved["version"]
    # A thin pack, whose bases are only there.
    await commit(work, {"a.txt": "1\n" * 1000})
    await git(work, "push", "-q", "origin", "main")
    newest = await commit(work, {"a.txt": "1\n" * 1000 + "2"})
    await git(work, "push", "-q", "origin", "main")
    assert await remote.head(where) == newest
    await git(tmp_path, "clone", "-q", remote.url(emmy, where), "again")
    assert (tmp_path / "again" / "b" / "Ω.txt").read_text() == "2"
    await git(tmp_path / "again", "fsck", "--full", "--strict")
    assert "Everything up-to-date" in await git(work, "push", "origin", "main")
    # The token is in a file, and in no address.
    (tmp_path / "token").write_text(f"username=any\npassword={emmy.token}\n")
    helper = ("-c", "credential.helper=!cat token #")
    await git(tmp_path, *helper, "clone", "-q", remote.url(None, where), "helped")
    assert "sagews_" not in (tmp_path / "helped" / ".git" / "config").read_text()


@pytest.mark.parametrize("version", ["0", "1", "2"])
async def test_every_version_of_the_protocol(remote: Remote, emmy: Guest, tmp_path: Path, version: str) -> None:
    where = await remote.workspace(emmy)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"})
    for number in range(3):
        await commit(work, {"a.txt": str(number)})
    asked = ("-c", f"protocol.version={version}")
    await git(work, *asked, "push", "-q", "origin", "main")
    await git(tmp_path, *asked, "clone", "-q", remote.url(emmy, where), "clone")
    assert (tmp_path / "clone" / "a.txt").read_text() == "2"
    await git(tmp_path, *asked, "clone", "-q", "--depth", "1", remote.url(emmy, where), "shallow")
    shallow = tmp_path / "shallow"
    assert (await git(shallow, "rev-list", "--count", "HEAD")).strip() == "1"
    # It is pushed from as from any other, and made whole.
    newest = await commit(shallow, {"b.txt": "shallow"})
    await git(shallow, *asked, "push", "-q", "origin", "main")
    assert await remote.head(where) == newest
    await git(shallow, *asked, "fetch", "-q", "--unshallow")
    assert (await git(shallow, "rev-list", "--count", "HEAD")).strip() == "5"
    await git(work, *asked, "pull", "-q", "--ff-only", "origin", "main")
    assert (work / "b.txt").read_text() == "shallow"


async def test_a_partial_clone(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    where = await remote.workspace(emmy)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "old"})
    await commit(work, {"a.txt": "new"})
    await git(work, "push", "-q", "origin", "main")
    await git(tmp_path, "clone", "-q", "--filter=blob:none", remote.url(emmy, where), "partial")
    partial = tmp_path / "partial"
    missing = await git(partial, "rev-list", "--objects", "--all", "--missing=print")
    assert missing.count("\n?") == 1
    # Comes when it is needed.
    assert await git(partial, "show", "HEAD~1:a.txt") == "old"
    said = await git(
        tmp_path, "clone", "-q", "--filter=sparse:oid=main:a.txt", remote.url(emmy, where), "other", status=1
    )
    assert "filter" in said


async def test_two_who_push(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    emil = await remote.guest()
    where = await remote.workspace(emmy, editor=emil)
    one = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"}, "one")
    await git(one, "push", "-q", "origin", "main")
    await git(tmp_path, "clone", "-q", remote.url(emil, where), "two")
    two = tmp_path / "two"
    heads = {await commit(one, {"b.txt": "one"}), await commit(two, {"b.txt": "two"})}
    said = await asyncio.gather(*(git(each, "push", "origin", "HEAD:main", status=None) for each in (one, two)))
    refused = [each for each in said if "rejected" in each]
    assert len(refused) == 1 and ("fetch first" in refused[0]), said
    assert await remote.head(where) in heads
    # Both come in when the second one has fetched.
    last = one if refused[0] == said[0] else two
    await git(last, "pull", "-q", "--no-rebase", "-X", "ours", "origin", "main")
    await git(last, "push", "-q", "origin", "HEAD:main")
    await git(tmp_path, "clone", "-q", remote.url(emmy, where), "all")
    history = await git(tmp_path / "all", "log", "--format=%H")
    assert all(head in history for head in heads)


async def test_pushes_while_the_page_saves(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    where = await remote.workspace(emmy)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "0"})
    await git(work, "push", "-q", "origin", "main")

    async def save() -> set[str]:
        saved = set()
        for number in range(12):
            base = await remote.head(where)
            status, answer = await remote.ask(emmy, "PUT", f"{where}/files/page{number}?base={base}", data=b"x")
            assert status == 200, answer
            saved.add(f"page{number}")
        return saved

    async def push() -> set[str]:
        pushed = set()
        for number in range(6):
            await commit(work, {f"pushed{number}": "x"})
            for _ in range(20):
                if "rejected" not in await git(work, "push", "origin", "main", status=None):
                    pushed.add(f"pushed{number}")
                    break
                await git(work, "pull", "-q", "--no-rebase", "origin", "main")
        return pushed

    saved, pushed = await asyncio.gather(save(), push())
    _, listed = await remote.ask(emmy, "GET", f"{where}/files")
    assert {each["path"] for each in listed["files"]} == {"a.txt"} | saved | pushed
    assert len(saved) == 12 and len(pushed) == 6


async def test_a_push_that_says_that_it_is_somebody_elses(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    emil = await remote.guest()
    await remote.people.accounts.rename(emil.account, "Emil")
    where = await remote.workspace(emmy, editor=emil)
    status, saved = await remote.ask(emmy, "PUT", f"{where}/files/a.txt?base=", data=b"1")
    assert status == 200, saved
    await git(tmp_path, "clone", "-q", remote.url(emil, where), "work")
    work = tmp_path / "work"
    # As what is saved here is written: nothing of it tells them apart.
    said = (await git(work, "log", "-1", "--format=%an%n%ae")).splitlines()
    assert said == [emmy.account, emmy.account]
    forged = ("-c", f"user.name={said[0]}", "-c", f"user.email={said[1]}")
    for message in ("forged", "forged, too"):
        await git(work, *forged, "commit", "-q", "--allow-empty", "-m", message, f"--author={said[0]} <{said[1]}>")
    await git(work, "push", "-q", "origin", "main")
    _, history = await remote.ask(emmy, "GET", f"{where}/history")
    fields = ("came", "account", "author", "email", "brought_by", "bringer")
    told = [tuple(each[name] for name in fields) for each in history["commits"]]
    assert told == [
        ("pushed", "", *said, emil.account, "Emil"),
        ("", "", *said, "", ""),
        ("saved", emmy.account, *said, "", ""),
    ]
    assert history["commits"][2]["version"] == saved["version"]
    # A copy knows as much; a bundle is brought by whoever restores it.
    _, copied = await remote.ask(emil, "POST", f"{where}/copy", json={"name": "copy"})
    _, history = await remote.ask(emil, "GET", f"{copied['id']}/history")
    assert [tuple(each[name] for name in fields) for each in history["commits"]] == told
    _, bundle = await remote.ask(emmy, "GET", f"{where}/bundle")
    imported = f"http://127.0.0.1:{remote.backend.port}/api/v1/imports/bundle"
    headers = {"Authorization": f"Bearer {emil.token}"}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as http,
        http.post(imported, data=bundle, params={"name": "restored"}, headers=headers) as answer,
    ):
        assert answer.status == 201, await answer.text()
        restored = await answer.json()
    _, history = await remote.ask(emil, "GET", f"{restored['id']}/history")
    assert [tuple(each[name] for name in fields) for each in history["commits"]] == [
        ("imported", "", *said, emil.account, "Emil"),
        ("", "", *said, "", ""),
        ("", "", *said, "", ""),
    ]


async def test_a_message_of_fifty_megabytes(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    where = await remote.workspace(emmy)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"})
    (tmp_path / "message").write_bytes(b"much\n\n" + b"x" * 50_000_000)
    await git(work, "commit", "-q", "--allow-empty", "-F", str(tmp_path / "message"))
    await git(work, "push", "-q", "origin", "main")
    await commit(work, {"a.txt": "2"})
    await git(work, "push", "-q", "origin", "main")
    status, history = await remote.ask(emmy, "GET", f"{where}/history")
    assert status == 200
    assert [each["message"][:6] for each in history["commits"]] == ["more", "much\n\n", "more"]
    much = history["commits"][1]
    assert len(much["message"]) == 10_001 and much["message"].endswith("x…") and much["author"] == "Emmy"
    # Brought back, it is named by its time.
    status, _ = await remote.ask(emmy, "POST", f"{where}/restored", json={"path": "a.txt", "version": much["version"]})
    assert status == 200


@pytest.mark.parametrize("held", [False, True])
async def test_rights_that_are_taken_away_while_a_push_is_on_its_way(
    remote: Remote, emmy: Guest, tmp_path: Path, held: bool
) -> None:
    emil = await remote.guest()
    where = await remote.workspace(emmy, editor=emil)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"})
    await git(work, "push", "-q", "origin", "main")
    head = await remote.head(where)
    newest = await commit(work, {"a.txt": "2"})
    members, packs = Members(remote.database), Packs(remote.database)
    act = Act("let out", emil.account, emmy.account)
    if held:
        # Somebody else has a turn to save, for which it waits when all of it has come.
        async with packs.turns.one(where, SAVE, 30):
            pushing = asyncio.create_task(git(work, "push", remote.url(emil, where), "main", status=1))
            await _until(remote, select(GIT_PACK.c.id).where(GIT_PACK.c.workspace == where, GIT_PACK.c.state == STAGED))
            await members.remove(where, emil.account, act)
        said = await pushing
        assert "remote rejected" in said and "your right to push was taken away while this was on its way" in said
    else:
        packing = f"alias.pack=!git pack-objects --revs --thin --stdout -q > {tmp_path / 'pack'} #"
        await git(work, "-c", packing, "pack", given=f"{newest}\n^{head}\n".encode())
        line = f"{head} {newest} refs/heads/main\0report-status"
        body = b"%04x" % (len(line) + 4) + line.encode() + b"0000" + (tmp_path / "pack").read_bytes()

        async def slowly() -> AsyncIterator[bytes]:
            yield body[:100]
            await members.remove(where, emil.account, act)
            yield body[100:]

        status, text = await remote.post(emil, f"{where}.git/git-receive-pack", data=slowly())
        assert status == 404 and b"is not there, or not for you" in text
    assert await remote.head(where) == head
    await _until(remote, select(literal(1)).where(~exists().where(GIT_PACK.c.state == STAGED)))
    _, history = await remote.ask(emmy, "GET", f"{where}/history")
    assert [each["version"] for each in history["commits"]] == [head]


async def _until(remote: Remote, wanted: Select[Any]) -> None:
    """Wait until the database has such a row."""
    async with asyncio.timeout(30):
        while await remote.database.run(lambda connection: connection.scalar(wanted)) is None:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("HEAD:refs/heads/other",), "only the branch main can be pushed"),
        (("HEAD:refs/tags/v1",), "only the branch main can be pushed"),
        (("main", "HEAD:refs/heads/other"), "not taken, as another ref of this push is refused"),
        ((":main",), "the branch main cannot be deleted"),
        (("--force", "main"), "does not go on from there"),
        (("main",), "non-fast-forward"),
    ],
)
async def test_refs_that_are_refused(
    remote: Remote, emmy: Guest, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    where = await remote.workspace(emmy)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"})
    await git(work, "push", "-q", "origin", "main")
    head = await remote.head(where)
    if words[-1] == "main":
        await git(work, "commit", "-q", "--amend", "-m", "another")
    else:
        await commit(work, {"a.txt": "2"})
    heard = await git(work, "push", "origin", *words, status=1)
    assert said in heard and "rejected" in heard
    assert await remote.head(where) == head


TREES = {
    "symlink": ("120000 blob {blob}\tplot", "file plot is a symbolic link"),
    "submodule": ("160000 commit {commit}\tplot", "file plot is a submodule"),
    ".git": ("040000 tree {tree}\t.git", "hasDotgit"),
    ".GIT": ("040000 tree {tree}\t.GIT", "hasDotgit"),
    "git~1": ("100644 blob {blob}\tgit~1", "hasDotgit"),
    "dots": ("040000 tree {tree}\t..", "hasDotdot"),
    "modules": ("100644 blob {blob}\t.gitmodules", "git would look there"),
    "backslash": ("100644 blob {blob}\t..\\a", "it has a backslash"),
    "alike": ("100644 blob {blob}\tA.txt", "differ only in case"),
}


@pytest.mark.parametrize("kind", TREES)
async def test_trees_that_are_refused(remote: Remote, emmy: Guest, tmp_path: Path, kind: str) -> None:
    where = await remote.workspace(emmy)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"})
    await git(work, "push", "-q", "origin", "main")
    head = await remote.head(where)
    entry, said = TREES[kind]
    blob = (await git(work, "rev-parse", "HEAD:a.txt")).strip()
    tree = (await git(work, "rev-parse", "HEAD^{tree}")).strip()
    lines = f"100644 blob {blob}\ta.txt\n" + entry.format(blob=blob, tree=tree, commit=head) + "\n"
    made = (await git(work, "mktree", "--missing", given=lines.encode())).strip()
    evil = (await git(work, "commit-tree", made, "-p", "HEAD", "-m", "x")).strip()
    heard = await git(work, "push", "origin", f"{evil}:main", status=1)
    assert "! [remote rejected]" in heard and said in heard, heard
    assert await remote.head(where) == head


async def test_a_file_that_is_too_large(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    where = await remote.workspace(emmy)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "x" * ((64 << 20) + 1)})
    heard = await git(work, "push", "origin", "main", status=1)
    assert "remote rejected" in heard and "file a.txt has more than 64 MiB" in heard
    assert await remote.head(where) is None


async def test_who_may_not(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    viewer, stranger = await remote.guest(), await remote.guest()
    where = await remote.workspace(emmy, viewer=viewer)
    work = await begun(tmp_path, remote.url(viewer, where), {"a.txt": "1"})
    await git(work, "push", "-q", remote.url(emmy, where), "main")
    head = await remote.head(where)
    await commit(work, {"a.txt": "2"})
    await git(tmp_path, "clone", "-q", remote.url(viewer, where), "viewed")
    said = await git(work, "push", "origin", "main", status=1)
    assert "403" in said and "remote: " in said and "this takes an editor" in said
    said = await git(tmp_path, "clone", remote.url(stranger, where), "no", status=1)
    assert "not found" in said and "is not there, or not for you" in said
    assert said.replace(where, "X") == (
        await git(tmp_path, "clone", remote.url(stranger, "workspace0"), "no", status=1)
    ).replace("workspace0", "X")
    assert "not found" in await git(work, "push", remote.url(stranger, where), "main", status=1)
    reading = await remote.guest(READ, account=emmy.account)
    await git(tmp_path, "clone", "-q", remote.url(reading, where), "read")
    said = await git(work, "push", remote.url(reading, where), "main", status=1)
    assert "403" in said and "needs the scope `workspaces:write`" in said
    old = await remote.guest(account=emmy.account, seconds=-1.0)
    for token in (old.token, "sagews_" + "x" * 43, "x", ""):
        said = await git(tmp_path, "clone", remote.url(Guest("", token), where), "no", status=1)
        assert "Authentication failed" in said, said
    assert "could not read Username" in await git(tmp_path, "clone", remote.url(None, where), "no", status=1)
    assert await remote.head(where) == head


async def test_a_token_that_is_taken_back(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    where = await remote.workspace(emmy)
    other = await remote.guest(account=emmy.account)
    work = await begun(tmp_path, remote.url(other, where), {"a.txt": "1"})
    await git(work, "push", "-q", "origin", "main")
    for each in await remote.people.tokens.of(emmy.account):
        await remote.people.tokens.remove(emmy.account, each.id, Act("token gone", emmy.account))
    # Other backends are told within seconds.
    async with asyncio.timeout(30):
        while "Authentication failed" not in await git(work, "ls-remote", "origin", status=None):
            await asyncio.sleep(0.5)
    assert "Authentication failed" in await git(work, "push", "origin", "main", status=1)
