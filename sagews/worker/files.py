"""Questions about a session's files and their answers, as they pass the supervisor. Thinking only, no I/O.

The supervisor opens no file. It sees that what a backend asks is within
bounds, and that what a session answers is an answer to that: of its kind, no
longer than was asked for, with names that are names. Whether it is true is the
session's affair; nobody further out relies on it.
"""

import math
import re

from google.protobuf.message import DecodeError

from sagews.errors import ProtocolError
from sagews.protocol import MAX_FILE_NAME, MAX_LISTED, MAX_NAME, MAX_PIECE, paths
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.refusal import Refusal
from sagews.worker.words import size

MAX_VERSION = 64
"""Bytes of what marks the version of a file."""

MAX_LISTING = MAX_LISTED * (MAX_FILE_NAME + 64)
"""Bytes of the list of a directory."""

_UPLOAD = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_NAME}}}")
_ANSWERS = {"list_files": "files_listed", "get_file": "file_piece", "put_file": "file_put"}
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
        paths.parts(wish.path)
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


def question(request: pb.Request) -> pb.Request:
    """Return what is to be kept of a request until it is answered: of a file that is put, not its content.

    A message gives the memory of a field that is cleared back only when it goes itself.
    """
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
        path = getattr(request, kind).path
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
