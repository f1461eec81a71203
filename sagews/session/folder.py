"""Directories below the session's own, entered name by name so that no link is followed on the way.

The session's own code may change what is here at any moment. A check and the
call after it are therefore never about a path, but about one name in a
directory that is open (openat(2) with O_NOFOLLOW), and what has been opened
is looked at once more.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from sagews.protocol import MAX_LISTED
from sagews.protocol import sagews_pb2 as pb
from sagews.session import file_errors

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Whatever takes the place of a file between two looks, the session shall not wait for it, nor be ruled by it.
_HARMLESS = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


@contextmanager
def entered(root: int, names: Sequence[bytes], *, make: bool = False) -> Iterator[int]:
    """Give the descriptor of a directory below `root`, made if it is to be. Raises FileError, or OSError."""
    directory = os.open(".", _DIRECTORY, dir_fd=root)
    try:
        for name in names:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o777, dir_fd=directory)
            kind = stat.S_IFMT(look(directory, name).st_mode)
            if kind != stat.S_IFDIR:
                raise file_errors.unusable(f"leads through {_words(kind)}")
            inner = os.open(name, _DIRECTORY, dir_fd=directory)
            os.close(directory)
            directory = inner
        yield directory
    finally:
        os.close(directory)


def look(directory: int, name: bytes) -> os.stat_result:
    """Return the facts of what a name stands for, a link being itself. Raises OSError."""
    return os.stat(name, dir_fd=directory, follow_symlinks=False)


def check_regular(facts: os.stat_result) -> None:
    """Raise FileError if these are not the facts of a regular file."""
    kind = stat.S_IFMT(facts.st_mode)
    if kind != stat.S_IFREG:
        raise file_errors.unusable(f"is {_words(kind)}")


def open_regular(directory: int, name: bytes, flags: int) -> int:
    """Return a descriptor of the regular file of this name. Raises FileError, or OSError."""
    # Opening alone can already do something: a FIFO frees who waits at its other end, a tape turns.
    check_regular(look(directory, name))
    fd = os.open(name, flags | _HARMLESS, dir_fd=directory)
    try:
        check_regular(os.fstat(fd))
    except BaseException:
        os.close(fd)
        raise
    return fd


def entries(directory: int) -> tuple[list[pb.FileEntry], bool]:
    """Return what is in a directory, sorted by name, and whether that is not all of it. Raises OSError."""
    found: list[pb.FileEntry] = []
    with os.scandir(directory) as scan:
        for entry in scan:
            if len(found) == MAX_LISTED:
                return _sorted(found), True
            try:
                facts = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # It has gone meanwhile.
            found.append(_entry(os.fsencode(entry.name), facts))
    return _sorted(found), False


def kind_of(facts: os.stat_result) -> pb.FileKind:
    """Return what these facts are of."""
    return _KINDS.get(stat.S_IFMT(facts.st_mode), pb.FILE_KIND_OTHER)


def _entry(name: bytes, facts: os.stat_result) -> pb.FileEntry:
    kind = kind_of(facts)
    size = facts.st_size if kind == pb.FILE_KIND_FILE else 0
    return pb.FileEntry(name=name, kind=kind, size=size, modified=facts.st_mtime)


def _sorted(found: list[pb.FileEntry]) -> list[pb.FileEntry]:
    return sorted(found, key=lambda entry: entry.name)


def _words(kind: int) -> str:
    return _KIND_WORDS.get(kind, "a device")


_KINDS = {
    stat.S_IFREG: pb.FILE_KIND_FILE,
    stat.S_IFDIR: pb.FILE_KIND_DIRECTORY,
    stat.S_IFLNK: pb.FILE_KIND_LINK,
}
_KIND_WORDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a link, and no link is followed",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
}
