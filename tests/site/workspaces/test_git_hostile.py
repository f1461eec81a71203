"""What no client of git would send, and one that goes away: nothing changes, nothing stays, and the backend goes on."""

import asyncio
import gzip
import os
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from sagews.config.site import Site
from tests.processes import wait_until
from tests.site.backend_process import RunningBackend, resident
from tests.site.workspaces.remote import Guest, Remote, basic, begun, commit, git, remote_at, running_remote
from tests.unit.backend.workspaces.hostile_packs import (
    BLOB,
    COMMIT,
    COMMIT_HEAD,
    COPIED,
    claimed,
    difference,
    pack,
    plain,
)

BODIES = 3_000 if os.environ.get("SAGEWS_PROVE") else 30
STORAGE = 200_000
CONFIG = f"[quotas.account]\nstorage = {STORAGE}\n"
NOTHING = "0" * 40

Running = tuple[RunningBackend, Site]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_remote(tmp_path_factory.mktemp("hostile"), None) as one:
        yield one


@pytest.fixture
async def remote(running: Running) -> AsyncIterator[Remote]:
    async with remote_at(running) as remote:
        yield remote


@pytest.fixture
async def emmy(remote: Remote) -> Guest:
    return await remote.guest()


def pkt(text: str) -> bytes:
    return b"%04x" % (len(text.encode()) + 4) + text.encode()


def command(old: str, new: str, ref: str = "refs/heads/main", said: str = "report-status") -> bytes:
    return pkt(f"{old} {new} {ref}\0{said}") + b"0000"


async def test_bodies_that_are_no_push(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    where = await remote.workspace(emmy)
    new = "1" * 40
    refused = {
        b"": b"ends before its pack",
        b"zzzz": b"without its length",
        b"+0a0": b"without its length",
        b"0003": b"of a length that cannot be",
        b"ffff": b"of a length that cannot be",
        b"0010abc": b"ends before its pack",
        pkt("hello") + b"0000": b"says nothing of a ref",
        pkt(f"{NOTHING} {new} refs/heads/main\n") + b"0000": b"does not want to hear",
        pkt(f"{NOTHING} {new} refs/x\0report-status") + pkt(f"{NOTHING} {new} refs/x") + b"0000": b"a ref twice",
        pkt(f"{NOTHING} {new} a\nb\0report-status") + b"0000": b"says nothing of a ref",
        b"".join(pkt(f"shallow {new}") for _ in range(2001)) + b"0000": b"more than 2000 refs",
    }
    for body, said in refused.items():
        status, text = await remote.post(emmy, f"{where}.git/git-receive-pack", data=body)
        assert status == 422 and said in text, (body, text)
    assert await remote.post(emmy, f"{where}.git/git-receive-pack", data=b"0000") == (200, b"")
    for wrong in (b"", b"PACK", b"garbage" * 1000, b"PACK\0\0\0\2\xff\xff\xff\xff" + b"x" * 100):
        status, text = await remote.post(emmy, f"{where}.git/git-receive-pack", data=command(NOTHING, new) + wrong)
        assert status == 200 and b"ng refs/heads/main workspace git index-pack refused" in text, text
    # An empty pack, of a head that is nowhere.
    empty = bytes.fromhex("5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e")
    status, text = await remote.post(emmy, f"{where}.git/git-receive-pack", data=command(NOTHING, new) + empty)
    assert b"ng refs/heads/main push is no commit" in text
    # What the client believes to be there is not believed.
    status, text = await remote.post(emmy, f"{where}.git/git-receive-pack", data=command(new, "2" * 40) + empty)
    assert b"ng refs/heads/main fetch first" in text
    assert await remote.head(where) is None


async def test_packs_that_would_become_very_many_bytes(remote: Remote, emmy: Guest) -> None:
    where = await remote.workspace(emmy)
    base = b"y" * COPIED
    for size in (1 << 29, 1 << 33):
        for hostile in (
            pack(claimed(COMMIT, size, COMMIT_HEAD)),
            pack(plain(BLOB, base), difference(base, size)),
        ):
            body = command(NOTHING, "1" * 40) + hostile
            status, text = await remote.post(emmy, f"{where}.git/git-receive-pack", data=body)
            assert status == 200 and b"ng refs/heads/main workspace git index-pack refused" in text, text
            assert b"attempting to allocate" in text, text
    assert await remote.head(where) is None


async def test_a_commit_whose_files_did_not_come(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    where = await remote.workspace(emmy)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"})
    head = (await git(work, "rev-parse", "HEAD")).strip()
    for objects in (head, f"{head}\n{(await git(work, 'rev-parse', 'HEAD^{tree}')).strip()}"):
        process = await asyncio.create_subprocess_exec(
            *("git", "pack-objects", "--stdout", "-q"),
            cwd=work,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        pack, _ = await asyncio.wait_for(process.communicate(objects.encode() + b"\n"), 30)
        body = command(NOTHING, head) + pack
        status, text = await remote.post(emmy, f"{where}.git/git-receive-pack", data=body)
        assert status == 200 and b"ng refs/heads/main " in text, text
    assert await remote.head(where) is None


async def test_bodies_that_are_too_much(remote: Remote, emmy: Guest) -> None:
    where = await remote.workspace(emmy)
    bomb = gzip.compress(bytes(200 << 20))
    zipped = {"Content-Encoding": "gzip"}
    before = resident(remote.backend.process.pid)
    status, _ = await remote.post(emmy, f"{where}.git/git-upload-pack", data=bomb, headers=zipped)
    assert status == 413
    status, _ = await remote.post(emmy, f"{where}.git/git-upload-pack", data=b"no gzip", headers=zipped)
    assert status == 400
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 1 << 30:
            sent += 1 << 16
            yield bytes(1 << 16)

    try:
        status, _ = await remote.post(emmy, f"{where}.git/git-upload-pack", data=endless())
        assert status == 413
    except aiohttp.ClientConnectionError:
        pass
    assert sent < 64 << 20
    assert resident(remote.backend.process.pid) < before + (64 << 20)


async def test_bodies_by_chance(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    where = await remote.workspace(emmy)
    work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"})
    await git(work, "push", "-q", "origin", "main")
    head = await remote.head(where)
    assert head is not None
    newest = await commit(work, {"a.txt": "2"})
    process = await asyncio.create_subprocess_exec(
        *("git", "pack-objects", "--stdout", "-q", "--revs", "--thin"),
        cwd=work,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    pack, _ = await asyncio.wait_for(process.communicate(f"{newest}\n^{head}\n".encode()), 30)
    whole = {
        "git-receive-pack": command(head, newest, said="report-status side-band-64k") + pack,
        "git-upload-pack": pkt(f"want {head} side-band-64k ofs-delta\n") + b"0000" + pkt("done\n"),
    }
    chance = random.Random(9)
    for number in range(BODIES):
        service, body = chance.choice(sorted(whole.items()))
        changed = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            where_to = chance.randrange(len(changed))
            match chance.randrange(3):
                case 0:
                    changed[where_to] ^= 1 << chance.randrange(8)
                case 1:
                    del changed[where_to : where_to + chance.randint(1, 40)]
                case 2:
                    changed[where_to:where_to] = chance.randbytes(chance.randint(1, 40))
            if not changed:
                changed = bytearray(b"0000")
        asked = {"Git-Protocol": chance.choice(["version=2", "version=1", "version=9:\tx", ""])}
        status, text = await remote.post(emmy, f"{where}.git/{service}", data=bytes(changed), headers=asked)
        assert status in (200, 422), (number, status, text)
    # Whatever was taken for a push is whole.
    assert await remote.head(where) in (head, newest)
    await git(tmp_path, "clone", "-q", remote.url(emmy, where), "clone")
    await git(tmp_path / "clone", "fsck", "--full", "--strict")


@asynccontextmanager
async def fetching(remote: Remote, guest: Guest, folder: Path) -> AsyncIterator[asyncio.StreamWriter]:
    """Have somebody fetch much, and not take it."""
    where = await remote.workspace(guest)
    work = await begun(folder, remote.url(guest, where), {})
    (work / "large").write_bytes(os.urandom(40 << 20))
    head = await commit(work, {"a.txt": "1"})
    await git(work, "push", "-q", "origin", "main")
    body = pkt(f"want {head} side-band-64k ofs-delta\n") + b"0000" + pkt("done\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", remote.backend.port, limit=1 << 12)
    lines = (f"POST /git/{where}.git/git-upload-pack HTTP/1.1", "Host: localhost", f"Authorization: {basic(guest)}")
    writer.write("\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")).encode() + body)
    try:
        async with asyncio.timeout(30):
            assert b" 200 " in await reader.readline()
        assert psutil.Process(remote.backend.process.pid).children(recursive=True)
        yield writer
    finally:
        writer.transport.abort()


async def test_a_client_that_goes_away_ends_its_git(remote: Remote, emmy: Guest, tmp_path: Path) -> None:
    backend = psutil.Process(remote.backend.process.pid)
    async with fetching(remote, emmy, tmp_path) as writer:
        writer.transport.abort()
        await asyncio.to_thread(wait_until, lambda: not backend.children(recursive=True), 30, "its git has ended")


@pytest.mark.parametrize("how", ["terminate", "kill"])
async def test_a_backend_that_ends_leaves_no_git(tmp_path: Path, how: str) -> None:
    with running_remote(tmp_path, None) as running:
        async with remote_at(running) as remote, fetching(remote, await remote.guest(), tmp_path):
            process = remote.backend.process
            children = psutil.Process(process.pid).children(recursive=True)
            getattr(process, how)()
            await asyncio.to_thread(process.wait, 90)
            _, left = await asyncio.to_thread(psutil.wait_procs, children, 30)
            assert not left


async def test_an_account_that_is_full(tmp_path: Path) -> None:
    with running_remote(tmp_path, None, CONFIG) as running:
        async with remote_at(running) as remote:
            emmy = await remote.guest()
            where = await remote.workspace(emmy)
            work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"})
            await git(work, "push", "-q", "origin", "main")
            head = await remote.head(where)
            (work / "large").write_bytes(os.urandom(STORAGE))
            await commit(work, {})
            said = await git(work, "push", "origin", "main", status=1)
            assert "remote rejected" in said and "the workspaces of its owner would take up 0.2 MiB" in said, said
            assert await remote.head(where) == head
            # What is far too much is refused before any of it is sent.
            reader, writer = await asyncio.open_connection("127.0.0.1", remote.backend.port)
            lines = (
                f"POST /git/{where}.git/git-receive-pack HTTP/1.1",
                "Host: localhost",
                f"Authorization: {basic(emmy)}",
            )
            writer.write("\r\n".join((*lines, f"Content-Length: {40 << 20}", "", "")).encode())
            async with asyncio.timeout(30):
                assert b" 413 " in await reader.readline()
            writer.transport.abort()
            # What makes the files smaller is let through.
            await git(work, "reset", "-q", "--hard", "HEAD~1")
            newest = await commit(work, {"a.txt": ""})
            await git(work, "push", "-q", "origin", "main")
            assert await remote.head(where) == newest
