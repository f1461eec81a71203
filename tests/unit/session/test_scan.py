"""What a session tells of its files, and what it puts at once: over a real directory with everything hostile in it."""

import hashlib
import os
import socket
from pathlib import Path

import pytest

from sagews.protocol import MAX_LISTED, MAX_SCANNED_FILE
from sagews.protocol import sagews_pb2 as pb
from sagews.session.files import Files
from sagews.session.scan import MOST_FOLDERS, name_of


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    root = tmp_path / "files"
    root.mkdir()
    monkeypatch.chdir(root)
    files = Files()
    files.open(100)
    return files


def scanned(files: Files, after: bytes = b"") -> pb.FilesScanned:
    reply = files.answer(pb.Request(scan_files=pb.ScanFiles(after=after)))
    return pb.FilesScanned.FromString(reply.files_scanned)


def put(files: Files, *those: pb.WholeFile, enter: bytes | None = None) -> dict[bytes, str]:
    wish = pb.PutFiles(files=those, enter=enter or b"", enters=enter is not None)
    reply = files.answer(pb.Request(put_files=wish))
    assert reply.WhichOneof("kind") == "files_put", reply
    return {each.path: each.what for each in pb.FilesPut.FromString(reply.files_put).refused}


def test_each_file_is_known_by_its_content_and_nothing_is_followed(files: Files) -> None:
    Path("a").mkdir()
    Path("a/x").write_bytes(b"1")
    Path("a.txt").write_bytes(b"")
    Path("link").symlink_to("/etc/passwd")
    Path("folder").symlink_to("/etc")
    os.mkfifo("fifo")
    Path(".GIT/hooks").mkdir(parents=True)
    Path(".GIT/hooks/x").write_bytes(b"x")
    Path(".upload-1").write_bytes(b"half")
    with open("sparse", "wb") as sparse:
        sparse.truncate(MAX_SCANNED_FILE + 1)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        found = {each.path: each for each in scanned(files).files}
    kinds = {path: pb.FileKind.Name(each.kind).removeprefix("FILE_KIND_") for path, each in found.items()}
    assert kinds == {
        b".GIT": "DIRECTORY",
        b"a/x": "FILE",
        b"a.txt": "FILE",
        b"link": "LINK",
        b"folder": "LINK",
        b"fifo": "OTHER",
        b"socket": "OTHER",
        b"sparse": "FILE",
    }
    assert found[b"a/x"].content == hashlib.sha1(b"blob 1\x001").digest() == name_of(b"1")
    assert found[b"a.txt"].content.hex() == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"  # git's, of nothing
    assert found[b"sparse"].content == b"" and found[b"sparse"].size == MAX_SCANNED_FILE + 1


def test_many_are_told_page_by_page_each_once(files: Files) -> None:
    for number in range(2 * MAX_LISTED + 7):
        path = Path(f"d{number % 3}/{number}")
        path.parent.mkdir(exist_ok=True)
        path.touch()
    told: list[bytes] = []
    more = True
    while more:
        page = scanned(files, told[-1] if told else b"")
        assert len(page.files) <= MAX_LISTED
        told += [each.path for each in page.files]
        more = page.more
    assert len(told) == len(set(told)) == 2 * MAX_LISTED + 7


def test_what_is_too_deep_is_not_looked_into(files: Files) -> None:
    deep = "/".join("d" * (MOST_FOLDERS + 5))
    os.makedirs(deep)
    Path(deep, "x").touch()
    (only,) = scanned(files).files
    assert only.kind == pb.FILE_KIND_DIRECTORY and only.path.count(b"/") == MOST_FOLDERS


def test_what_was_changed_meanwhile_is_seen(files: Files) -> None:
    Path("a").write_bytes(b"1")
    assert scanned(files).files[0].content == name_of(b"1")
    Path("a").write_bytes(b"2")
    assert scanned(files).files[0].content == name_of(b"2")


def test_files_are_put_in_folders_and_nowhere_else(files: Files, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    Path("link").symlink_to(outside)
    Path("dangling").symlink_to(outside / "made")
    os.mkfifo("fifo")
    hostile = [b"../x", b"/tmp/x", b"a//b", b"./x", b"link/x", b"dangling", b"dangling/x", b"fifo", b"", b"n" * 256]
    refused = put(files, *(pb.WholeFile(path=path, content=b"x") for path in hostile))
    assert refused.keys() == set(hostile) and list(outside.iterdir()) == []
    assert not Path("../x").exists()
    assert put(files, pb.WholeFile(path=b"a/b/c", content=b"1"), enter=b"a/b") == {}
    assert Path("c").read_bytes() == b"1" and os.listdir(".") == ["c"]


def test_what_code_changed_stays(files: Files) -> None:
    Path("mine").write_bytes(b"mine")
    Path("given").write_bytes(b"old")
    those = [
        pb.WholeFile(path=b"mine", content=b"new"),
        pb.WholeFile(path=b"mine", content=b"new", before=name_of(b"old")),
        pb.WholeFile(path=b"mine", before=name_of(b"old"), removed=True),
    ]
    for each in those:
        assert put(files, each).keys() == {b"mine"}
    assert Path("mine").read_bytes() == b"mine"
    assert put(files, pb.WholeFile(path=b"given", content=b"new", before=name_of(b"old"))) == {}
    # The same again changes nothing, and is as good.
    assert put(files, pb.WholeFile(path=b"given", content=b"new", before=name_of(b"old"))) == {}
    assert Path("given").read_bytes() == b"new"
    assert put(files, pb.WholeFile(path=b"given", before=name_of(b"new"), removed=True)) == {}
    assert put(files, pb.WholeFile(path=b"given", before=name_of(b"new"), removed=True)) == {}
    assert not Path("given").exists() and sorted(os.listdir(".")) == ["mine"]
