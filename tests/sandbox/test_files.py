"""Attacks on whoever lists, fetches and puts files: by what lies there, by names, by numbers, by what a file holds.

The service opens none of them: all this goes through the session's own
process, with its rights. So what is tried here is whether that, and what it
says, can lead anywhere else, or harm anybody further out.
"""

import io
import os
import stat
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest

from sagews.protocol import MAX_LISTED, MAX_PIECE
from sagews.protocol import sagews_pb2 as pb
from tests.sandbox.attack import Attack
from tests.sandbox.yard import Outcome, Yard
from tests.site.worker_process import BackendEnd, stdout_of, told

pytestmark = pytest.mark.asyncio(loop_scope="module")

Table = list[tuple[str, Outcome]]
MEGABYTE = 1 << 20
BOMB_HOLDS = 512 * MEGABYTE
MOST_FOR_A_BOMB = 64 * MEGABYTE
"""Bytes of memory that moving a file of half a megabyte may cost the worker and its programs."""

PLANTED = Attack(
    "D1",
    "plant links, pipes and devices where files are fetched",
    "files are opened by the session, name by name; no link is followed; regular files only",
    """
import socket, threading
made = {
    "device": attempt(_os.mknod, "device", 0o020666, _os.makedev(1, 1)),
    "disk": attempt(_os.mknod, "disk", 0o060666, _os.makedev(254, 0)),
    "hard link to what is shown": attempt(_os.link, TARGET.shown + "/public", "hard"),
    "hard link to a file of the system": attempt(_os.link, "/usr/bin/env", "env"),
}
_os.symlink("/etc/passwd", "link"); _os.symlink("/etc", "way"); _os.symlink("loop", "loop")
_os.symlink("nowhere", "dangling"); _os.symlink("/proc/self/mem", "memory")
_os.mkfifo("fifo"); socket.socket(socket.AF_UNIX).bind("socket"); _os.mkdir("directory")
open("other", "w").write("what a link leads to"); open("regular", "w").write("its own")
_os.symlink("other", "outside")
def swap():
    while True:
        for name in ("regular", "outside"):
            _os.link(name, "next", follow_symlinks=False)
            _os.rename("next", "swapped")
threading.Thread(target=swap, daemon=True).start()
tell(made=made)
""",
    held=lambda found: (
        "done" not in (*found["made"].values(), *found["fetched"].values(), *found["put"].values())
        and set(found["swapped"]) <= {"its own", "UNUSABLE_FILE", "FILE_CHANGED", "UNKNOWN_FILE"}
        and found["kinds"]["link"] == found["kinds"]["way"] == "LINK"
        and found["kinds"]["fifo"] == found["kinds"]["socket"] == "OTHER"
    ),
)
NAMES = Attack(
    "D2a",
    "names and paths that no file can have, or that lead elsewhere",
    "names are checked before they reach a session; names of uploads are made",
    r"""
made = {}
for name in (b"\xff" * 255, b"a\nb\rc", b"\x1b]0;owned\x07", b" ", b"...", "\u202egpj.exe".encode(), b"-rf", b"$(id)"):
    made[repr(name)] = attempt(lambda: open(name, "wb").close())
long = {"256 bytes": attempt(lambda: open(b"x" * 256, "wb").close()),
        "NUL": attempt(lambda: open(b"a\0b", "wb").close()),
        "4096 bytes": attempt(lambda: open(b"x/" * 2100, "wb").close())}
for _ in range(40):
    _os.mkdir(b"d" * 250)
    _os.chdir(b"d" * 250)
tell(made=made, long=long)
""",
    held=lambda found: (
        set(found["made"].values()) == {"done"}
        and "done" not in found["long"].values()
        and found["listed"] == len(found["made"]) + 1
        and {word for words in found["asked"].values() for word in words} == {"BAD_MESSAGE"}
        and found["longest answer"] < 2000
        and found["deepest"] == "files_listed"
    ),
)
MANY = Attack(
    "D2b",
    "a million files in one directory",
    "number of files of the sandbox's own file system; a list is cut, with a mark",
    """
made, error = 0, ""
try:
    for made in range(1_000_000):
        _os.close(_os.open(f"file-{made}", _os.O_CREAT | _os.O_WRONLY))
except OSError as failed:
    error = _errno.errorcode[failed.errno]
tell(made=made, error=error)
""",
    held=lambda found: (
        found["error"] == "ENOSPC"
        and found["made"] < 20_000
        and (found["listed"], found["cut"]) == (MAX_LISTED, True)
        and found["one more"] == "NO_SPACE"
    ),
)
BOMB = Attack(
    "D2c",
    "an archive that would unpack to a thousand times its size",
    "nothing is unpacked, on either way",
    "tell(used=0)",
    held=lambda found: (
        found["whole"]
        and found["listed"] == ["bomb.zip"]
        and found["used"] < 2 * found["size"] + MEGABYTE
        and found["cost"] < MOST_FOR_A_BOMB
        and found["size"] < BOMB_HOLDS // 500
    ),
)
LIES = [
    ("names that lead elsewhere", 'name=b"../../etc/passwd"', 1),
    ("names that hold a NUL", 'name=b"a\\0b"', 1),
    ("names of a megabyte", 'name=b"x" * (1 << 20)', 1),
    ("a hundred thousand files", 'name=b"x"', 100_000),
]


def lie(what: str, entry: str, times: int) -> Attack:
    return Attack(
        "D2d",
        f"answer with {what}",
        "answers are checked; the session is ended",
        f"""
from sagews.protocol import sagews_pb2 as pb
from sagews.session.files import Files
def answer(self, request):
    listed = pb.FilesListed(entries=[pb.FileEntry({entry}, kind=1)] * {times})
    return pb.FileReply(request=request.id, files_listed=listed.SerializeToString())
Files.answer = answer
tell(begun=True)
""",
        held=lambda found: bool(found["answer"] == "failure"),
        ends="killed",
    )


@asynccontextmanager
async def prepared(yard: Yard, table: Table, attack: Attack) -> AsyncIterator[tuple[BackendEnd, dict[str, Any]]]:
    """Run an attack's code; give its link, and what it has found, to be completed from outside; then judge it."""
    outcome = Outcome(attack)
    async with yard.beside(outcome), yard.session(outcome) as link:
        await yard.run(link, outcome)
        assert outcome.found, outcome.text[-3000:]
        yield link, outcome.found
        if attack.ends:
            outcome.words += told(await link.until("ended"))
        await yard.close(link, outcome)
    table.append((yard.walled.tier, outcome))
    assert outcome.held, outcome.found


async def ask(link: BackendEnd, **kind: Any) -> pb.Event:
    """Ask, and return the answer."""
    request = link.send(**kind)
    while (event := await link.event()).request != request:
        pass
    return event


def word(event: pb.Event) -> str:
    """Return what came of it: the code of a failure, or `done`."""
    if event.WhichOneof("kind") != "failure":
        return "done"
    return pb.FailureCode.Name(event.failure.code).removeprefix("FAILURE_CODE_")


async def get(link: BackendEnd, path: bytes, offset: int = 0) -> pb.Event:
    return await ask(link, get_file=pb.GetFile(path=path, offset=offset, size=MAX_PIECE))


async def put(link: BackendEnd, path: bytes, content: bytes, upload: str = "u") -> pb.Event:
    """Put a file, piece by piece; return the last answer."""
    for offset in range(0, max(1, len(content)), MAX_PIECE):
        piece = content[offset : offset + MAX_PIECE]
        last = offset + MAX_PIECE >= len(content)
        wish = pb.PutFile(path=path, upload=upload, offset=offset, piece=piece, last=last)
        event = await ask(link, put_file=wish)
    return event


async def test_what_lies_where_files_are_fetched(yard: Yard, table: Table) -> None:
    async with prepared(yard, table, PLANTED) as (link, found):
        entries = (await ask(link, list_files=pb.ListFiles())).files_listed.entries
        found["kinds"] = {
            entry.name.decode(): pb.FileKind.Name(entry.kind).removeprefix("FILE_KIND_") for entry in entries
        }
        names = ("link", "way/passwd", "loop", "dangling", "memory", "fifo", "socket", "directory", "device")
        found["fetched"] = {name: word(await get(link, name.encode())) for name in names}
        found["fetched"]["list of way"] = word(await ask(link, list_files=pb.ListFiles(path=b"way")))
        found["put"] = {name: word(await put(link, name.encode(), b"x")) for name in names[:-1]}
        answers = [await get(link, b"swapped") for _ in range(100)]
        found["swapped"] = [
            answer.file_piece.piece.decode() if word(answer) == "done" else word(answer) for answer in answers
        ]


async def test_names_that_no_file_can_have(yard: Yard, table: Table) -> None:
    async with prepared(yard, table, NAMES) as (link, found):
        found["listed"] = len((await ask(link, list_files=pb.ListFiles())).files_listed.entries)
        paths = [b"x" * 256, b"x/" * 2048 + b"x", b"x" * (5 * MEGABYTE), b"a\0b", b"../../x", b"/etc/passwd", b"a//b"]
        found["asked"], longest = {}, 0
        for path in paths:
            answers = [
                await get(link, path),
                await put(link, path, b"x"),
                await ask(link, list_files=pb.ListFiles(path=path)),
            ]
            found["asked"][repr(path[:20])] = [word(answer) for answer in answers]
            longest = max(longest, *(answer.ByteSize() for answer in answers))
        for upload in ("../../x", "", "x" * 65, "a\0", "x" * 5 * MEGABYTE):
            answer = await put(link, b"a", b"x", upload)
            found["asked"][f"upload {upload[:20]!r}"] = [word(answer)]
            longest = max(longest, answer.ByteSize())
        found["longest answer"] = longest
        deepest = b"/".join([b"d" * 250] * (4096 // 251))
        found["deepest"] = (await ask(link, list_files=pb.ListFiles(path=deepest))).WhichOneof("kind")


async def test_a_million_files(yard: Yard, table: Table) -> None:
    async with prepared(yard, table, MANY) as (link, found):
        listed = (await ask(link, list_files=pb.ListFiles())).files_listed
        found |= {"listed": len(listed.entries), "cut": listed.cut, "one more": word(await put(link, b"more", b"x"))}


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """An archive of zeros, of a link, and of a file that would lie elsewhere."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros", "w") as zeros:
            for _ in range(BOMB_HOLDS // MEGABYTE):
                zeros.write(bytes(MEGABYTE))
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("../../escaped", "x")
    return packed.getvalue()


async def test_an_archive_is_not_unpacked(yard: Yard, table: Table, bomb: bytes) -> None:
    worker = psutil.Process(yard.walled.worker.process.pid)
    async with prepared(yard, table, BOMB) as (link, found):
        before, room = _memory(worker), await used(link)
        assert word(await put(link, b"bomb.zip", bomb)) == "done"
        got = b""
        while len(got) < len(bomb):
            got += (await get(link, b"bomb.zip", len(got))).file_piece.piece
        listed = (await ask(link, list_files=pb.ListFiles())).files_listed.entries
        found |= {
            "whole": got == bomb,
            "size": len(bomb),
            "listed": [entry.name.decode() for entry in listed],
            "used": await used(link) - room,
            "cost": _memory(worker) - before,
        }


async def used(link: BackendEnd) -> int:
    """Return the bytes of a session's file system that are taken."""
    code = "import os\nroom = os.statvfs('.')\nprint((room.f_blocks - room.f_bfree) * room.f_bsize)"
    return int(stdout_of(await link.evaluate(code)))


def _memory(worker: psutil.Process) -> int:
    """Return the bytes of memory of a worker and its programs; sessions are below these."""
    return sum(process.memory_info().rss for process in (worker, *worker.children()) if process.pid != os.getpid())


@pytest.mark.parametrize("what", LIES, ids=lambda what: what[0].replace(" ", "-"))
async def test_a_session_that_lies_about_its_files(yard: Yard, table: Table, what: tuple[str, str, int]) -> None:
    async with prepared(yard, table, lie(*what)) as (link, found):
        request = link.send(list_files=pb.ListFiles())
        events = await link.until("failure")
        assert events[-1].request == request
        found["answer"] = events[-1].WhichOneof("kind")
        # Its end may have been told before the answer.
        link.pending[:0] = [event for event in events if event.WhichOneof("kind") == "ended"]
