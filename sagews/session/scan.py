"""What is below a directory, name by name in order, each file with the name that git has for its content.

Done by the session's own process, with its rights. No link is followed, no
device or FIFO is opened, and nothing of another file system or below a `.git`
is looked at. A file of which only the size is large, as a sparse one, is not
read at all.
"""

import hashlib
import os
import stat
from collections.abc import Generator, Sequence
from contextlib import suppress

from sagews.protocol import MAX_LISTED, MAX_PATH, MAX_SCANNED_FILE, paths
from sagews.protocol import sagews_pb2 as pb
from sagews.session.folder import entered, kind_of, look, open_regular

MOST_FOLDERS = 50
"""Directories that a file is in, beyond which nothing is looked at."""
MOST_READ = 64 << 20
"""Bytes that are read for one answer, but for its last file."""
MOST_NAMES = 1 << 20
"""Bytes of paths in one answer, but for its last."""
MOST_KNOWN = 20_000
"""Files whose content's name is remembered."""
UPLOAD = b".upload-"
"""What the name begins with under which a file is gathered; see `files.py`."""
_BLOCK = 1 << 20


class Scan:
    """Looks at all of it, and remembers what it has read."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[tuple[int, ...], bytes]] = {}
        self._read = 0

    def of(self, root: int, after: bytes) -> pb.FilesScanned:
        """Return what comes after a path, and whether there may be more. Raises ProtocolError, OSError."""
        scanned, names = pb.FilesScanned(), 0
        self._read = 0
        with entered(root, []) as directory:
            walk = self._walk(directory, b"", paths.parts(after), os.fstat(directory).st_dev, 0)
            for file in walk:
                scanned.files.append(file)
                names += len(file.path)
                if len(scanned.files) >= MAX_LISTED or names >= MOST_NAMES or self._read >= MOST_READ:
                    scanned.more = True
                    walk.close()
                    break
        return scanned

    def _walk(
        self, directory: int, above: bytes, after: Sequence[bytes], device: int, depth: int
    ) -> Generator[pb.ScannedFile]:
        first, *rest = after or (b"",)
        for name in sorted(os.fsencode(each) for each in os.listdir(directory)):
            if name < first or name.startswith(UPLOAD) or (name == first and not rest):
                continue
            try:
                facts = look(directory, name)
            except OSError:
                continue  # It has gone meanwhile.
            path = above + name
            if len(path) > MAX_PATH:
                continue
            if stat.S_ISDIR(facts.st_mode) and self._is_looked_into(name, facts, device, depth):
                with suppress(OSError), entered(directory, [name]) as inner:
                    yield from self._walk(inner, path + b"/", rest if name == first else (), device, depth + 1)
                    continue
            yield self._file(directory, name, path, facts)

    def _is_looked_into(self, name: bytes, facts: os.stat_result, device: int, depth: int) -> bool:
        return name.lower() != b".git" and facts.st_dev == device and depth < MOST_FOLDERS

    def _file(self, directory: int, name: bytes, path: bytes, facts: os.stat_result) -> pb.ScannedFile:
        file = pb.ScannedFile(path=path, kind=kind_of(facts))
        if file.kind != pb.FILE_KIND_FILE:
            return file
        file.size = facts.st_size
        if file.size <= MAX_SCANNED_FILE:
            mark = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
            known = self._known.get(path)
            if known is None or known[0] != mark:
                self._read += file.size
                try:
                    known = (mark, content_of(directory, name))
                except Exception:
                    return file  # It may not be read, or is no file any more.
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[path] = known
            file.content = known[1]
        return file


def content_of(directory: int, name: bytes) -> bytes:
    """Return the name that git has for the content of a regular file. Raises FileError, OSError."""
    fd = open_regular(directory, name, os.O_RDONLY)
    try:
        size = os.fstat(fd).st_size
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        while size > 0 and (block := os.read(fd, min(_BLOCK, size))):
            digest.update(block)
            size -= len(block)
        return digest.digest()
    finally:
        os.close(fd)


def name_of(content: bytes) -> bytes:
    """Return the name that git has for a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).digest()
