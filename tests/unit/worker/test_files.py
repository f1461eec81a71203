"""Files as they pass the supervisor: questions within bounds, answers that are answers."""

import time
from typing import Any

import pytest

from sagews.errors import ProtocolError
from sagews.protocol import MAX_LISTED, MAX_PIECE
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import files
from sagews.worker.refusal import Refusal

LIST = pb.Request(id=3, list_files=pb.ListFiles(path=b"data"))
GET = pb.Request(id=3, get_file=pb.GetFile(path=b"a", size=100))
PUT = pb.Request(id=3, put_file=pb.PutFile(path=b"a", upload="u", piece=b"1"))


@pytest.mark.parametrize("request_", [LIST, GET, PUT, pb.Request(list_files=pb.ListFiles())])
def test_a_question_within_bounds_passes(request_: pb.Request) -> None:
    files.check(request_, 0)
    files.check(request_, 1000)


def get(**fields: Any) -> pb.Request:
    return pb.Request(get_file=pb.GetFile(**{"path": b"a", "size": 1, **fields}))


def batch(*files: pb.WholeFile, enter: bytes = b"") -> pb.Request:
    return pb.Request(put_files=pb.PutFiles(files=files, enter=enter))


def put(**fields: Any) -> pb.Request:
    return pb.Request(put_file=pb.PutFile(**{"path": b"a", "upload": "u", **fields}))


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (get(path=b"../a"), pb.FAILURE_CODE_BAD_MESSAGE),
        (put(path=b"/a"), pb.FAILURE_CODE_BAD_MESSAGE),
        (pb.Request(list_files=pb.ListFiles(path=b"a\0")), pb.FAILURE_CODE_BAD_MESSAGE),
        (get(size=0), pb.FAILURE_CODE_BAD_MESSAGE),
        (get(size=MAX_PIECE + 1), pb.FAILURE_CODE_BAD_MESSAGE),
        (get(version=bytes(65)), pb.FAILURE_CODE_BAD_MESSAGE),
        (put(upload=""), pb.FAILURE_CODE_BAD_MESSAGE),
        (put(upload="../x"), pb.FAILURE_CODE_BAD_MESSAGE),
        (put(piece=bytes(MAX_PIECE + 1)), pb.FAILURE_CODE_BAD_MESSAGE),
        (get(offset=1001), pb.FAILURE_CODE_TOO_LARGE),
        (put(offset=999, piece=b"12"), pb.FAILURE_CODE_TOO_LARGE),
        (batch(pb.WholeFile(path=b"../a")), pb.FAILURE_CODE_BAD_MESSAGE),
        (batch(pb.WholeFile(path=b"a", before=b"x")), pb.FAILURE_CODE_BAD_MESSAGE),
        (batch(pb.WholeFile(path=b"a", content=bytes(1001))), pb.FAILURE_CODE_TOO_LARGE),
        (batch(pb.WholeFile(path=b"a", content=bytes(MAX_PIECE + 1))), pb.FAILURE_CODE_BAD_MESSAGE),
        (batch(*[pb.WholeFile(path=b"a")] * (MAX_LISTED + 1)), pb.FAILURE_CODE_BAD_MESSAGE),
        (batch(enter=b"/etc"), pb.FAILURE_CODE_BAD_MESSAGE),
        (pb.Request(scan_files=pb.ScanFiles(after=b"../a")), pb.FAILURE_CODE_BAD_MESSAGE),
    ],
)
def test_a_question_out_of_bounds_is_refused(request_: pb.Request, code: int) -> None:
    with pytest.raises(Refusal) as refused:
        files.check(request_, 1000)
    assert refused.value.code == code and refused.value.hint


@pytest.mark.parametrize("request_", [get(offset=1 << 63), put(offset=(1 << 64) - 1, piece=b"12")])
def test_no_limit_is_a_limit_of_the_file_system(request_: pb.Request) -> None:
    with pytest.raises(Refusal):
        files.check(request_, 0)


def listed(*entries: pb.FileEntry) -> pb.FileReply:
    return pb.FileReply(files_listed=pb.FilesListed(entries=entries).SerializeToString())


def test_an_answer_becomes_an_event_to_who_asked() -> None:
    entry = pb.FileEntry(name=b"\xff", kind=pb.FILE_KIND_FILE, size=5, modified=1.5)
    event = files.event(LIST, listed(entry))
    assert event.request == 3 and list(event.files_listed.entries) == [entry]
    event = files.event(GET, pb.FileReply(file_piece=pb.FilePiece(piece=bytes(100), size=200, version=b"v")))
    assert (len(event.file_piece.piece), event.file_piece.size, event.file_piece.version) == (100, 200, b"v")
    assert files.event(PUT, pb.FileReply(file_put=pb.FilePut(replaced=True))).file_put.replaced


ENTRY = {"name": b"a", "kind": pb.FILE_KIND_FILE}


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (LIST, pb.FileReply()),
        (LIST, pb.FileReply(file_put=pb.FilePut())),
        (GET, listed()),
        (PUT, pb.FileReply(file_piece=pb.FilePiece())),
        (GET, pb.FileReply(file_piece=pb.FilePiece(piece=bytes(101)))),
        (GET, pb.FileReply(file_piece=pb.FilePiece(version=bytes(65)))),
        (GET, pb.FileReply(file_piece=pb.FilePiece(size=1 << 63))),
        (LIST, pb.FileReply(files_listed=b"\xff")),
        (LIST, pb.FileReply(files_listed=bytes(files.MAX_LISTING + 1))),
        (LIST, listed(*[pb.FileEntry(**ENTRY)] * (MAX_LISTED + 1))),
        (LIST, listed(pb.FileEntry(**ENTRY | {"name": b"../../etc/passwd"}))),
        (LIST, listed(pb.FileEntry(**ENTRY | {"name": b".."}))),
        (LIST, listed(pb.FileEntry(**ENTRY | {"name": b""}))),
        (LIST, listed(pb.FileEntry(**ENTRY | {"name": b"x" * 256}))),
        (LIST, listed(pb.FileEntry(**ENTRY | {"kind": 77}))),
        (LIST, listed(pb.FileEntry(**ENTRY, modified=float("nan")))),
    ],
)
def test_a_session_that_answers_nonsense_is_found_out(request_: pb.Request, reply: pb.FileReply) -> None:
    with pytest.raises(ProtocolError):
        files.event(request_, reply)


def test_what_is_kept_of_a_question_has_no_content() -> None:
    kept = files.question(put(piece=bytes(MAX_PIECE), path=b"a"))
    assert kept.put_file.path == b"a" and kept.ByteSize() < 100
    assert files.question(GET) is GET


def test_the_longest_list_that_a_session_sends_passes() -> None:
    entry = pb.FileEntry(name=b"x" * 255, kind=pb.FILE_KIND_FILE, size=(1 << 64) - 1, modified=time.time())
    assert len(files.event(LIST, listed(*[entry] * MAX_LISTED)).files_listed.entries) == MAX_LISTED


def test_a_list_of_nothing_but_entries_costs_no_memory() -> None:
    with pytest.raises(ProtocolError):
        files.event(LIST, pb.FileReply(files_listed=b"\x0a\x00" * (8 << 20)))


def test_words_of_a_session_are_bounded_and_about_the_file_that_was_asked_for() -> None:
    told = pb.Failure(code=pb.FAILURE_CODE_WRONG_TOKEN, what="\x1b[31m\n" * 1000, noun="worker", hint="h")
    failure = files.event(GET, pb.FileReply(failure=told)).failure
    assert failure.code == pb.FAILURE_CODE_INTERNAL
    assert failure.noun == "file a" and failure.hint == "h"
    assert failure.what.isprintable() and len(failure.what) <= 300
    told = pb.Failure(code=pb.FAILURE_CODE_NO_SPACE, what="is full")
    assert files.event(PUT, pb.FileReply(failure=told)).failure.code == pb.FAILURE_CODE_NO_SPACE


@pytest.mark.parametrize(
    "file",
    [
        pb.ScannedFile(path=b"../a", kind=pb.FILE_KIND_FILE),
        pb.ScannedFile(path=b"", kind=pb.FILE_KIND_FILE),
        pb.ScannedFile(path=b"a"),
        pb.ScannedFile(path=b"a", kind=pb.FILE_KIND_FILE, content=b"x"),
        pb.ScannedFile(path=b"a", kind=pb.FILE_KIND_FILE, size=1 << 63),
    ],
)
def test_a_session_that_scans_nonsense_is_found_out(file: pb.ScannedFile) -> None:
    asked = pb.Request(id=3, scan_files=pb.ScanFiles())
    for files_scanned in (pb.FilesScanned(files=[file]).SerializeToString(), b"\xff", bytes(files.MAX_SCAN + 1)):
        with pytest.raises(ProtocolError):
            files.event(asked, pb.FileReply(request=3, files_scanned=files_scanned))
