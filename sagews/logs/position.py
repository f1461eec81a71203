"""How far a log file was read, and how the file is known again: after a restart, a rotation, or under another name.

A file is told from others by device and inode, and by what it holds before the
position: its first bytes and those just before the offset, both at most MARK.
A number of an inode is given to another file as soon as the first one is
deleted; what the file holds cannot deceive.
"""

from collections.abc import Callable
from dataclasses import dataclass

MARK = 1024
"""Bytes of each of the two marks."""
ALIKE = 16
"""Bytes that have to be the same for a file to be the copy of another one that is longer."""

Reader = Callable[[int, int], bytes]
"""Gives the bytes of a file from an offset on, as many, or fewer where it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far one file was read."""

    file: int | None = None
    """Its number in the database; None if it is not there yet."""
    service: str
    name: str
    """Of the file, when it was last seen."""
    device: int
    inode: int
    generation: int = 0
    """Counts the files that had this device and inode, and the times that one was emptied."""
    offset: int = 0
    """Everything before it is in the database."""
    head: bytes = b""
    """The first bytes of the file, none after the offset."""
    tail: bytes = b""
    """The last bytes before the offset."""
    size: int = 0
    """Of the file, when it was last seen."""

    @property
    def key(self) -> tuple[int, int]:
        """What tells its file from any other one that is there now."""
        return self.device, self.inode


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """A file that will not be read any further."""

    position: Position
    gap: int | None = 0
    """Bytes after the position that nobody can read any more; None if it is not known how many."""
    reason: str = ""
    """Why there is a gap."""
    copies: tuple[Position, ...] = ()
    """Copies of the file, each with the offset from which on it holds what the file did not."""


def holds(position: Position, size: int, read: Reader) -> bool:
    """Whether a file of this size is the one that the position is of, grown or not."""
    return (
        size >= position.offset
        and read(0, len(position.head)) == position.head
        and read(position.offset - len(position.tail), len(position.tail)) == position.tail
    )


def looks_alike(head: bytes, size: int, read: Reader) -> bool:
    """Whether a file begins as another one does, as far as both are known."""
    length = min(len(head), size)
    return length >= ALIKE and read(0, length) == head[:length]


def copied(position: Position, size: int, read: Reader, *, rotated: bool) -> int | None:
    """Return from where on a copy of a file that has ended holds what is not known; None if it is no copy.

    A copy that is shorter than what is known of the file holds nothing new. It
    is one by its first bytes alone, and only under a `rotated` name: a new file
    may well begin as the one before it did.
    """
    if not position.offset:
        return None
    if size >= position.offset:
        return position.offset if holds(position, size, read) else None
    return size if rotated and looks_alike(position.head, size, read) else None
