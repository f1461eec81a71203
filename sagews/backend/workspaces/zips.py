"""Zip files that somebody sends: what they say that they have is checked before any of it is unpacked."""

import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from typing import BinaryIO

from sagews.backend.workspaces import policy
from sagews.errors import WorkspaceError

MOST_ZIP = 256 << 20
"""Bytes of a zip file."""
MOST_UNPACKED = 512 << 20
"""Bytes of all files in it."""
MOST_DIRECTORY = 6 << 20
"""Bytes of the list of its files, which is read at once."""
BATCH = 32 << 20
"""Bytes, or one file, that are unpacked at once."""
PIECE = 1 << 20
"""Bytes that are read at once of a file in it."""
ENCRYPTED = 0x1
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, OverflowError, struct.error)
"""What zipfile raises for one that is broken; NotImplementedError is a RuntimeError."""


class Zip:
    """A zip file whose list of files is as it may be."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises WorkspaceError, which names the file in it and why, if it may not be a workspace."""
        with _readable():
            self._zip = zipfile.ZipFile(_Bounded(file))
            self._files = [each for each in self._zip.infolist() if not each.is_dir()]
            folders = [each for each in self._zip.infolist() if each.is_dir()]
        for each in self._files:
            _check(each)
        for each in folders:
            policy.check_path(each.orig_filename.rstrip("/"))
        self.paths = [each.orig_filename for each in self._files]
        if not self.paths:
            raise WorkspaceError("has no file in it", "zip file", "put some in")
        if twice := [path for path, count in Counter(self.paths).items() if count > 1]:
            raise WorkspaceError("is twice in the zip file", policy.shown(twice[0]), _ANEW)
        policy.check_places(self.paths)
        if sum(each.file_size for each in self._files) > MOST_UNPACKED:
            limit = f"would unpack to more than {MOST_UNPACKED >> 20} MiB"
            raise WorkspaceError(limit, "zip file", "keep large files elsewhere, or push with git")

    def batches(self) -> Iterator[dict[str, bytes]]:
        """Yield the files, some at a time. Raises WorkspaceError if one is not as the list says."""
        batch: dict[str, bytes] = {}
        size = 0
        for each in self._files:
            if batch and size + each.file_size > BATCH:
                yield batch
                batch, size = {}, 0
            with _readable(), self._zip.open(each) as content:
                # zipfile gives no more than the list says, whatever is packed there, and compares the checksum.
                data = b"".join(iter(partial(content.read, PIECE), b""))
            if len(data) != each.file_size:
                raise WorkspaceError("has another size than the zip file says", policy.shown(each.orig_filename), _ANEW)
            batch[each.orig_filename] = data
            size += len(data)
        yield batch


class _Bounded(BufferedReader):
    """A file of which nobody reads much at once: zipfile reads the list of files whole, as long as that says it is."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(getattr(file, "raw", file))  # type: ignore[arg-type]

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_DIRECTORY:
            raise zipfile.BadZipFile(f"its list of files would have {size:,} bytes")
        return super().read(MOST_DIRECTORY if size is None or size < 0 else size)


_ANEW = "make the zip file anew"


def _check(each: zipfile.ZipInfo) -> None:
    """Raise WorkspaceError unless a file may be in a workspace, by what the list says of it."""
    path = each.orig_filename
    policy.check_path(path)
    mode = each.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "no file"
        raise WorkspaceError(f"is {what}; a workspace has files alone", policy.shown(path), "leave it out")
    if each.flag_bits & ENCRYPTED:
        raise WorkspaceError("is encrypted", policy.shown(path), "make the zip file without a password")
    if each.compress_type not in PACKED:
        raise WorkspaceError("is packed in a way that is not read here", policy.shown(path), "pack it by `deflate`")
    if each.file_size > policy.MOST_FILE:
        limit = f"has more than {policy.MOST_FILE >> 20} MiB"
        raise WorkspaceError(limit, policy.shown(path), "keep it elsewhere")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        text = "".join(each if each.isprintable() else "?" for each in str(error))[:200]
        raise WorkspaceError(f"cannot be read: {text or type(error).__name__}", "zip file", _ANEW) from error
