"""Questions about a session's files and their answers, as they pass the supervisor. Thinking only, no I/O.

The supervisor opens no file. It sees that what a backend asks is within
bounds, and that what a session answers is an answer to that: of its kind, no
longer than was asked for, with names that are names. Whether it is true is the
session's affair; nobody further out relies on it.
"""

import math
import re
from typing import Any

from google.protobuf.message import DecodeError, Message

from sagews.errors import ProtocolError
from sagews.protocol import MAX_FILE_NAME, MAX_LISTED, MAX_NAME, MAX_PIECE, paths
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.refusal import Refusal
from sagews.worker.words import size

MAX_VERSION = 64
"""Bytes of what marks the version of a file."""

MAX_SCAN = 2 << 20
"""Bytes of what a session tells of many files at once."""

_CONTENT = 20
"""Bytes of the name that git has for a content."""

MAX_LISTING = MAX_LISTED * (MAX_FILE_NAME + 64)
"""Bytes of the list of a directory."""

_UPLOAD = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_NAME}}}")
_ANSWERS = {"list_files": "files_listed", "get_file": "file_piece", "put_file": "file_put"}
_ANSWERS |= {"put_files": "files_put", "scan_files": "files_scanned"}
_KINDS = frozenset(pb.FileKind.values()) - {pb.FILE_KIND_UNSPECIFIED}
_CODES = frozenset(
    {
        pb.FAILURE_CODE_BAD_MESSAGE,
        pb.FAILURE_CODE_FULL,
        pb.FAILURE_CODE_UNKNOWN_FILE,
        pb.FAILURE_CODE_UNUSABLE_FILE,
        pb.FAILURE_CODE_FILE_CHANGED,
        pb.FAILURE_CODE_NO_SPACE,
        pb.FAILURE_CODE_FILE_EXISTS,
    }
)
"""Failures that a session can have with a file; any other it gives counts as internal."""


def check(request: pb.Request, most: int) -> None:
    """See that a request about files is within bounds; `most` are the bytes of a file (0: no limit). Raises Refusal."""
    wish = getattr(request, str(request.WhichOneof("kind")))
    try:
        for path in _paths(wish):
            paths.parts(path)
    except ProtocolError as error:
        raise Refusal(pb.FAILURE_CODE_BAD_MESSAGE, error.what, error.noun, error.hint) from error
    match wish:
        case pb.GetFile():
            if not 0 < wish.size <= MAX_PIECE or len(wish.version) > MAX_VERSION:
                raise _bad(f"asks for a piece of {wish.size:,} bytes", f"ask for 1 to {MAX_PIECE:,}")
            _check_end(wish.offset, most, wish.path)
        case pb.PutFile():
            if not _UPLOAD.fullmatch(wish.upload):
                raise _bad("has an upload that is no name", f"use 1 to {MAX_NAME} letters, digits, _ and -")
            if len(wish.piece) > MAX_PIECE:
                raise _bad(f"has a piece of {len(wish.piece):,} bytes", f"send at most {MAX_PIECE:,} at once")
            _check_end(wish.offset + len(wish.piece), most, wish.path)
        case pb.PutFiles():
            size = sum(len(file.content) for file in wish.files)
            if size > MAX_PIECE or len(wish.files) > MAX_LISTED:
                raise _bad(f"puts {len(wish.files):,} files of {size:,} bytes", f"send at most {MAX_PIECE:,} at once")
            for file in wish.files:
                if len(file.before) not in (0, _CONTENT):
                    raise _bad("has a content's name that is none", "send the 20 bytes of a SHA-1")
                _check_end(len(file.content), most, file.path)


def question(request: pb.Request) -> pb.Request:
    """Return what is to be kept of a request until it is answered: of a file or a message not its content.

    A message gives the memory of a field that is cleared back only when it goes itself.
    """
    if request.WhichOneof("kind") == "put_files":
        return pb.Request(id=request.id, put_files=pb.PutFiles())
    if request.WhichOneof("kind") == "comm_message":
        return pb.Request(id=request.id, comm_message=pb.CommMessage())
    if request.WhichOneof("kind") != "put_file":
        return request
    return pb.Request(id=request.id, put_file=pb.PutFile(path=request.put_file.path))


def event(request: pb.Request, reply: pb.FileReply) -> pb.Event:
    """Return the event that answers a request with a session's reply.

    Raises ProtocolError for a reply that no session of ours sends.
    """
    kind = request.WhichOneof("kind") or ""
    answer = pb.Event(request=request.id)
    if reply.WhichOneof("kind") == "failure":
        path = getattr(getattr(request, kind), "path", b"")
        _tell(answer.failure, reply.failure, path)
        return answer
    if reply.WhichOneof("kind") != _ANSWERS.get(kind):
        raise ProtocolError(f"answers {kind} by {reply.WhichOneof('kind')}", "session")
    match kind:
        case "list_files":
            answer.files_listed.CopyFrom(_listed(reply.files_listed))
        case "get_file":
            _check_piece(request.get_file, reply.file_piece)
            answer.file_piece.CopyFrom(reply.file_piece)
        case "put_files":
            answer.files_put.CopyFrom(_put(reply.files_put))
        case "scan_files":
            answer.files_scanned.CopyFrom(_scanned(reply.files_scanned))
        case _:
            answer.file_put.replaced = reply.file_put.replaced
    answer.DiscardUnknownFields()
    return answer


def too_large(most: int, path: bytes) -> Refusal:
    """Return the refusal of a file that is over the limit."""
    return Refusal(
        pb.FAILURE_CODE_TOO_LARGE,
        f"is over {size(most)}, the most that one file may have",
        f"file {paths.shown(path)}",
        "split it into smaller ones",
    )


def _check_end(end: int, most: int, path: bytes) -> None:
    if end >= 2**63 or (most and end > most):
        raise too_large(most or 2**63, path)


def _listed(serialised: bytes) -> pb.FilesListed:
    if len(serialised) > MAX_LISTING:
        raise ProtocolError(f"lists files in {len(serialised):,} bytes", "session")
    try:
        listed = pb.FilesListed.FromString(serialised)
    except DecodeError as error:
        raise ProtocolError("lists files in no message", "session") from error
    if len(listed.entries) > MAX_LISTED:
        raise ProtocolError(f"lists {len(listed.entries):,} files at once", "session")
    for entry in listed.entries:
        if not paths.is_name(entry.name) or entry.kind not in _KINDS or not math.isfinite(entry.modified):
            raise ProtocolError("lists what is no entry of a directory", "session")
    return listed


def _put(serialised: bytes) -> pb.FilesPut:
    put = pb.FilesPut()
    _parse(put, serialised)
    if len(put.refused) > MAX_LISTED or not all(_is_path(each.path) for each in put.refused):
        raise ProtocolError("refuses what are no files", "session")
    for each in put.refused:
        each.what = paths.visible(each.what)
    return put


def _scanned(serialised: bytes) -> pb.FilesScanned:
    scanned = pb.FilesScanned()
    _parse(scanned, serialised)
    if len(scanned.files) > MAX_LISTED:
        raise ProtocolError(f"tells of {len(scanned.files):,} files at once", "session")
    for each in scanned.files:
        if not _is_path(each.path) or each.kind not in _KINDS or len(each.content) not in (0, _CONTENT):
            raise ProtocolError("tells of what is no file", "session")
        if each.size >= 2**63:
            raise ProtocolError("tells of a file of more bytes than there are", "session")
    return scanned


def _parse(message: Message, serialised: bytes) -> None:
    if len(serialised) > MAX_SCAN:
        raise ProtocolError(f"tells of files in {len(serialised):,} bytes", "session")
    try:
        message.ParseFromString(serialised)
    except DecodeError as error:
        raise ProtocolError("tells of files in no message", "session") from error


def _is_path(path: bytes) -> bool:
    try:
        return bool(paths.parts(path))
    except ProtocolError:
        return False


def _paths(wish: Any) -> list[bytes]:
    """Return the paths that a request about files names."""
    match wish:
        case pb.PutFiles():
            return [file.path for file in wish.files] + [wish.enter]
        case pb.ScanFiles():
            return [wish.after]
    return [wish.path]


def _check_piece(wish: pb.GetFile, piece: pb.FilePiece) -> None:
    if len(piece.piece) > wish.size or len(piece.version) > MAX_VERSION or piece.size >= 2**63:
        raise ProtocolError(f"answers {wish.size:,} bytes by {len(piece.piece):,}", "session")


def _tell(failure: pb.Failure, told: pb.Failure, path: bytes) -> None:
    """Repeat what a session says is wrong, bounded, about the file that was asked for."""
    failure.code = told.code if told.code in _CODES else pb.FAILURE_CODE_INTERNAL
    failure.what, failure.hint = paths.visible(told.what), paths.visible(told.hint)
    failure.noun = f"file {paths.shown(path)}" if path else "the session's directory"


def _bad(what: str, hint: str) -> Refusal:
    return Refusal(pb.FAILURE_CODE_BAD_MESSAGE, what, "request", hint)
