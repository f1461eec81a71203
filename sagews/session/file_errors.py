"""Why a file cannot be listed, fetched or put: the failures that a session answers with."""

import errno
import os
from collections.abc import Mapping

from sagews.errors import SagewsError
from sagews.protocol import sagews_pb2 as pb


class FileError(SagewsError):
    """What is wrong with a file, and what to do next. Whoever asked knows which file."""

    def __init__(self, code: pb.FailureCode, what: str, hint: str) -> None:
        super().__init__(what, "file", hint)
        self.code = code


def no_such(what: str = "is not there") -> FileError:
    """Return the error of a file, or a directory on the way to it, that does not exist."""
    return FileError(pb.FAILURE_CODE_UNKNOWN_FILE, what, "list the files to see what there is")


def unusable(what: str) -> FileError:
    """Return the error of something that is there and is no file to be had."""
    return FileError(pb.FAILURE_CODE_UNUSABLE_FILE, what, "use regular files and directories of the session")


def changed(what: str = "changed while it was read") -> FileError:
    """Return the error of a file of which one piece would not fit the next."""
    return FileError(pb.FAILURE_CODE_FILE_CHANGED, what, "try again when nothing writes to it")


def exists() -> FileError:
    """Return the error of a file that was to be new."""
    return FileError(pb.FAILURE_CODE_FILE_EXISTS, "is there already", "replace it, or choose another name")


def of_system(error: OSError) -> FileError:
    """Return what an error of the operating system means to the reader of a session."""
    code, what, hint = _MEANINGS.get(error.errno or 0, _FAILED)
    return FileError(code, what.format(os.strerror(error.errno or 0)), hint)


_FAILED = (pb.FAILURE_CODE_INTERNAL, "could not be used ({})", "look at it from a cell")
_FULL = (pb.FAILURE_CODE_NO_SPACE, "does not fit: the disk or your share of it is full", "remove files, then try again")
_RIGHTS = (pb.FAILURE_CODE_UNUSABLE_FILE, "may not be opened ({})", "change its permissions from a cell")
_MEANINGS: Mapping[int, tuple[pb.FailureCode, str, str]] = {
    errno.ENOENT: (pb.FAILURE_CODE_UNKNOWN_FILE, "is not there", "list the files to see what there is"),
    errno.ENOTDIR: (pb.FAILURE_CODE_UNUSABLE_FILE, "leads through something that is no directory", "list the files"),
    errno.EISDIR: (pb.FAILURE_CODE_UNUSABLE_FILE, "is a directory", "name a file"),
    errno.ELOOP: (pb.FAILURE_CODE_UNUSABLE_FILE, "is a link, and no link is followed", "name what it leads to"),
    errno.EEXIST: (pb.FAILURE_CODE_FILE_EXISTS, "is there already", "replace it, or choose another name"),
    errno.ENAMETOOLONG: (pb.FAILURE_CODE_BAD_MESSAGE, "has too long a name", "use a shorter one"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: (pb.FAILURE_CODE_NO_SPACE, "is larger than a file of yours may be", "put a smaller one"),
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: (pb.FAILURE_CODE_UNUSABLE_FILE, "cannot be changed: its directory is read-only", "choose another"),
    errno.EMFILE: (pb.FAILURE_CODE_FULL, "cannot be opened: the session has too many open files", "close some there"),
}
