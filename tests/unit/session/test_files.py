"""A session's files: requests in, replies out, over a real directory with everything in it that a session can make."""

import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sagews.protocol import MAX_LISTED, MAX_PIECE
from sagews.protocol import sagews_pb2 as pb
from sagews.session.files import Files
from tests.unit.session.running import RunningSession


class Dialogue:
    """Asks, and remembers where."""

    def __init__(self, files: Files, root: Path) -> None:
        self.files = files
        self.root = root

    def ask(self, **kind: Any) -> pb.FileReply:
        reply = self.files.answer(pb.Request(id=7, **kind))
        assert reply.request == 7
        return reply

    def listed(self, path: bytes = b"") -> pb.FilesListed:
        reply = self.ask(list_files=pb.ListFiles(path=path))
        assert reply.WhichOneof("kind") == "files_listed", reply
        return pb.FilesListed.FromString(reply.files_listed)

    def get(self, path: bytes, offset: int = 0, size: int = MAX_PIECE, version: bytes = b"") -> pb.FileReply:
        return self.ask(get_file=pb.GetFile(path=path, offset=offset, size=size, version=version))

    def put(
        self, path: bytes, piece: bytes = b"", *, upload: str = "u", last: bool = True, **more: Any
    ) -> pb.FileReply:
        return self.ask(put_file=pb.PutFile(path=path, piece=piece, upload=upload, last=last, **more))

    def names(self) -> list[bytes]:
        return sorted(os.listdir(os.fsencode(self.root)))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dialogue:
    """Give the files of a directory, from another place than where the code goes later."""
    root = tmp_path / "files"
    root.mkdir()
    monkeypatch.chdir(root)
    files = Files()
    files.open(100)
    monkeypatch.chdir("/")
    return Dialogue(files, root)


def code_of(reply: pb.FileReply) -> str:
    assert reply.WhichOneof("kind") == "failure", reply
    assert reply.failure.what and reply.failure.hint
    return pb.FailureCode.Name(reply.failure.code).removeprefix("FAILURE_CODE_").lower()


# ------------------------------------------------------------------- listing


def test_what_is_there_is_listed_as_what_it_is(files: Dialogue) -> None:
    (files.root / "b.txt").write_bytes(b"12345")
    os.utime(files.root / "b.txt", (1000.5, 1000.5))
    (files.root / "a").mkdir()
    (files.root / "link").symlink_to("/etc/passwd")
    (files.root / "dangling").symlink_to("nowhere")
    os.mkfifo(files.root / "fifo")
    os.link(files.root / "b.txt", files.root / "hard")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(files.root / "socket"))
    listed = files.listed()
    assert not listed.cut
    assert [(entry.name, entry.kind, entry.size) for entry in listed.entries] == [
        (b"a", pb.FILE_KIND_DIRECTORY, 0),
        (b"b.txt", pb.FILE_KIND_FILE, 5),
        (b"dangling", pb.FILE_KIND_LINK, 0),
        (b"fifo", pb.FILE_KIND_OTHER, 0),
        (b"hard", pb.FILE_KIND_FILE, 5),
        (b"link", pb.FILE_KIND_LINK, 0),
        (b"socket", pb.FILE_KIND_OTHER, 0),
    ]
    assert listed.entries[1].modified == 1000.5


ODD = [b"\xff\xfe", b"new\nline", b"\x1b[31m", b".git", b"...", b"-rf *", b"caf\xc3\xa9", b"%2e%2e", b"x" * 255]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_listed_fetched_and_put(files: Dialogue, name: bytes) -> None:
    assert files.put(name, b"content").HasField("file_put")
    assert [entry.name for entry in files.listed().entries] == [name]
    assert files.get(name).file_piece.piece == b"content"
    assert files.names() == [name]


def test_a_directory_below_is_listed(files: Dialogue) -> None:
    (files.root / "a" / "b").mkdir(parents=True)
    (files.root / "a" / "b" / "c").touch()
    assert [entry.name for entry in files.listed(b"a/b").entries] == [b"c"]


def test_a_long_list_is_cut_with_a_mark(files: Dialogue) -> None:
    for number in range(MAX_LISTED):
        (files.root / str(number)).touch()
    listed = files.listed()
    assert (len(listed.entries), listed.cut) == (MAX_LISTED, False)
    (files.root / "one more").touch()
    listed = files.listed()
    assert (len(listed.entries), listed.cut) == (MAX_LISTED, True)


def test_the_directory_may_be_gone(files: Dialogue) -> None:
    shutil.rmtree(files.root)
    assert files.listed().entries == []
    assert code_of(files.get(b"a")) == "unknown_file"
    assert code_of(files.put(b"a", b"1")) == "unknown_file"


# ------------------------------------------------------------------ fetching


def test_a_file_is_fetched_in_pieces(files: Dialogue) -> None:
    content = os.urandom(2 * MAX_PIECE + 10)
    (files.root / "a").write_bytes(content)
    first = files.get(b"a").file_piece
    assert (first.size, first.piece) == (len(content), content[:MAX_PIECE])
    second = files.get(b"a", MAX_PIECE, version=first.version).file_piece
    third = files.get(b"a", 2 * MAX_PIECE, version=first.version).file_piece
    assert first.piece + second.piece + third.piece == content
    assert files.get(b"a", len(content), version=first.version).file_piece.piece == b""


def test_no_piece_is_larger_than_one_may_be(files: Dialogue) -> None:
    (files.root / "a").write_bytes(bytes(MAX_PIECE + 10))
    assert len(files.get(b"a", size=1 << 31).file_piece.piece) == MAX_PIECE
    assert files.get(b"a", offset=1 << 62).file_piece.piece == b""


def test_an_empty_file_is_fetched(files: Dialogue) -> None:
    (files.root / "a").touch()
    piece = files.get(b"a").file_piece
    assert (piece.size, piece.piece) == (0, b"")


@pytest.mark.parametrize("change", ["grows", "shrinks", "is written", "is replaced", "goes"])
def test_a_file_that_changes_while_it_is_read_says_so(files: Dialogue, change: str) -> None:
    file = files.root / "a"
    file.write_bytes(bytes(1000))
    version = files.get(b"a", size=100).file_piece.version
    match change:
        case "grows":
            file.write_bytes(bytes(2000))
        case "shrinks":
            os.truncate(file, 500)
        case "is written":
            os.utime(file, (1, 1))
        case "is replaced":
            other = files.root / "b"
            other.write_bytes(bytes(1000))
            os.replace(other, file)
        case "goes":
            file.unlink()
    assert code_of(files.get(b"a", 100, version=version)) == ("unknown_file" if change == "goes" else "file_changed")


def test_links_are_not_followed(files: Dialogue, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    (files.root / "file").write_text("inside")
    (files.root / "to-file").symlink_to("file")
    (files.root / "to-secret").symlink_to("../outside/secret")
    (files.root / "to-outside").symlink_to("../outside")
    (files.root / "loop").symlink_to("loop")
    for path in (b"to-file", b"to-secret", b"to-outside/secret", b"loop", b"loop/a"):
        reply = files.get(path)
        assert code_of(reply) == "unusable_file" and "link" in reply.failure.what, path
        reply = files.put(path, b"x")
        assert code_of(reply) == "unusable_file" and "link" in reply.failure.what, path
    assert code_of(files.ask(list_files=pb.ListFiles(path=b"to-outside"))) == "unusable_file"
    assert (tmp_path / "outside" / "secret").read_text() == "secret"
    assert (files.root / "file").read_text() == "inside"


def test_what_is_no_file_is_not_opened(files: Dialogue) -> None:
    os.mkfifo(files.root / "fifo")
    (files.root / "directory").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(files.root / "socket"))
    for name, word in ((b"fifo", "FIFO"), (b"directory", "directory"), (b"socket", "socket")):
        begun = time.monotonic()
        for reply in (files.get(name), files.put(name, b"x")):
            assert code_of(reply) == "unusable_file" and word in reply.failure.what
        assert time.monotonic() - begun < 1
    assert code_of(files.get(b"fifo/a")) == "unusable_file"
    assert code_of(files.ask(list_files=pb.ListFiles(path=b"fifo"))) == "unusable_file"
    assert code_of(files.get(b"")) == "unusable_file"
    assert sorted(files.names()) == [b"directory", b"fifo", b"socket"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes a device")
def test_a_device_is_not_opened(files: Dialogue) -> None:
    os.mknod(files.root / "zero", 0o020666, os.makedev(1, 5))
    reply = files.get(b"zero")
    assert code_of(reply) == "unusable_file" and "device" in reply.failure.what


@pytest.mark.parametrize(
    "path", [b"/etc/passwd", b"..", b"a/../../x", b"./a", b"a//b", b"a\0b", b"x" * 256, b"x/" * 4000]
)
def test_paths_that_lead_elsewhere_are_refused(files: Dialogue, path: bytes) -> None:
    assert code_of(files.get(path)) == "bad_message"
    assert code_of(files.put(path, b"x")) == "bad_message"
    assert code_of(files.ask(list_files=pb.ListFiles(path=path))) == "bad_message"


def test_what_is_not_there_says_so(files: Dialogue) -> None:
    assert code_of(files.get(b"a")) == "unknown_file"
    assert code_of(files.get(b"a/b")) == "unknown_file"
    assert code_of(files.put(b"a/b", b"x")) == "unknown_file"
    assert code_of(files.ask(list_files=pb.ListFiles(path=b"a"))) == "unknown_file"


def test_a_file_without_the_right_to_read_it(files: Dialogue) -> None:
    (files.root / "a").touch(0o000)
    files.root.chmod(0o555)
    if root := os.geteuid() == 0:
        os.seteuid(65534)
    try:
        assert code_of(files.get(b"a")) == "unusable_file"
        assert code_of(files.put(b"b", b"x")) == "unusable_file"
    finally:
        if root:
            os.seteuid(0)
        files.root.chmod(0o755)


# ------------------------------------------------------------------- putting


def test_a_file_appears_whole_with_its_last_piece(files: Dialogue) -> None:
    assert files.put(b"a", b"one ", last=False).HasField("file_put")
    assert files.names() == [b".upload-u"]
    assert files.put(b"a", b"two ", last=False, offset=4).HasField("file_put")
    reply = files.put(b"a", b"three", offset=8)
    assert not reply.file_put.replaced
    assert files.names() == [b"a"]
    assert (files.root / "a").read_bytes() == b"one two three"


def test_an_empty_piece_may_come_before(files: Dialogue) -> None:
    assert files.put(b"a", last=False).HasField("file_put")
    assert files.names() == [b".upload-u"]
    assert files.put(b"a", b"content").HasField("file_put")
    assert (files.root / "a").read_bytes() == b"content"


def test_an_empty_file_is_put(files: Dialogue) -> None:
    assert files.put(b"a").HasField("file_put")
    assert (files.root / "a").read_bytes() == b""


def test_an_earlier_file_stays_until_the_last_piece_and_is_replaced_then(files: Dialogue) -> None:
    (files.root / "a").write_bytes(b"old")
    files.put(b"a", b"n", last=False)
    assert (files.root / "a").read_bytes() == b"old"
    assert files.put(b"a", b"ew", offset=1).file_put.replaced
    assert (files.root / "a").read_bytes() == b"new"


def test_only_a_new_file(files: Dialogue) -> None:
    assert not files.put(b"a", b"1", only_new=True).file_put.replaced
    assert code_of(files.put(b"a", b"2", only_new=True)) == "file_exists"
    files.put(b"b", b"1", last=False, only_new=True)
    (files.root / "b").write_bytes(b"by the code meanwhile")
    assert code_of(files.put(b"b", b"2", offset=1, only_new=True)) == "file_exists"
    assert (files.root / "b").read_bytes() == b"by the code meanwhile"
    assert files.names() == [b"a", b"b"]


def test_what_is_abandoned_is_removed(files: Dialogue) -> None:
    files.put(b"a", b"1", last=False)
    assert files.put(b"a", abandon=True, last=False).HasField("file_put")
    assert files.names() == []
    assert files.put(b"a", abandon=True, last=False).HasField("file_put")


def test_what_is_gathered_may_be_touched_by_the_session(files: Dialogue, tmp_path: Path) -> None:
    gathered = files.root / ".upload-u"
    for meddle in (
        gathered.unlink,
        lambda: os.truncate(gathered, 0),
        lambda: gathered.write_bytes(b"longer than it was"),
        lambda: (gathered.unlink(), gathered.symlink_to(tmp_path / "outside")),
        lambda: (gathered.unlink(), os.mkfifo(gathered)),
    ):
        files.put(b"a", b"12", last=False)
        meddle()
        assert code_of(files.put(b"a", b"34", offset=2)) in {"unknown_file", "file_changed", "unusable_file"}
        assert files.names() == []
    assert not (tmp_path / "outside").exists()


def test_a_name_that_is_a_link_already_leads_nowhere(files: Dialogue, tmp_path: Path) -> None:
    (files.root / ".upload-u").symlink_to(tmp_path / "outside")
    assert code_of(files.put(b"a", b"1")) == "unusable_file"
    assert not (tmp_path / "outside").exists()


def test_a_file_over_the_quota_leaves_nothing_behind(files: Dialogue) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        assert files.put(b"a", bytes(900), last=False).HasField("file_put")
        assert code_of(files.put(b"a", bytes(900), offset=900)) == "no_space"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files.names() == []


FULL_DISK = """
import os, sys
from sagews.protocol import sagews_pb2 as pb
from sagews.session.files import Files
os.chdir(sys.argv[1])
files = Files()
files.open(100)
for offset in range(0, 1 << 20, 1 << 14):
    wish = pb.PutFile(path=b"a", upload="u", offset=offset, piece=bytes(1 << 14))
    reply = files.answer(pb.Request(id=1, put_file=wish))
    if reply.HasField("failure"):
        break
print(pb.FailureCode.Name(reply.failure.code), os.listdir())
"""


def test_a_full_disk_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=64k none {tmp_path} && exec "
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount + "true"], capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    command = f'{mount}{sys.executable} -c "$1" {tmp_path}'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, "sh", FULL_DISK],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout.strip() == "FAILURE_CODE_NO_SPACE []", done.stderr


# ------------------------------------------------------------ in a session


def files_of(session: RunningSession, path: bytes = b"") -> list[bytes]:
    """Return the names that a session lists."""
    reply = session.file(list_files=pb.ListFiles(path=path))
    return [entry.name for entry in pb.FilesListed.FromString(reply.files_listed).entries]


def test_a_session_serves_the_directory_in_which_it_started(session: RunningSession) -> None:
    session.evaluate("open('a', 'w').write('hello'); import os; os.mkdir('b'); os.chdir('/')")
    assert files_of(session) == [b"a", b"b"]
    assert session.file(get_file=pb.GetFile(path=b"a", size=100)).file_piece.piece == b"hello"
    session.file(put_file=pb.PutFile(path=b"b/c", upload="u", piece=b"put", last=True))
    assert files_of(session, b"b") == [b"c"]


def test_what_was_put_is_there_for_the_next_cell(session: RunningSession) -> None:
    session.file(put_file=pb.PutFile(path=b"numbers.csv", upload="u", piece=b"1,2,3", last=True))
    assert session.evaluate("open('numbers.csv').read()").results == ["'1,2,3'"]


def test_a_question_waits_for_the_end_of_the_cell(session: RunningSession) -> None:
    output = session.start("import time\nopen('a', 'w').write('1')\ntime.sleep(0.5)\nopen('b', 'w').write('2')")
    assert files_of(session) == [b"a", b"b"]
    assert output.status == "OK"


def test_code_that_breaks_the_system_for_itself_gets_a_failure(session: RunningSession) -> None:
    session.evaluate("import os\nkept, os.open = os.open, None")
    failure = session.file(get_file=pb.GetFile(path=b"a", size=1)).failure
    assert failure.code == pb.FAILURE_CODE_INTERNAL and failure.hint
    session.evaluate("os.open = kept\nos.closerange(201, 300)")
    reply = session.file(list_files=pb.ListFiles())
    assert reply.WhichOneof("kind") in {"failure", "files_listed"}
    assert session.evaluate("1+1").results == ["2"]
