"""What becomes of a save whose author had not seen the newest files: thinking only.

Files are merged whole. A file that only one side changed is that side's. One
that both changed stays as it is, and what was to be saved goes beside it under
a name that says so. A file that one side deleted and the other changed is kept.
What is not as its author asked, nor in a copy, is said: it is *left*.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from sagews.backend.workspaces.policy import MOST_NAME, alike, folders
from sagews.errors import WorkspaceError

MOST_TRIES = 1000
"""Names that are tried for a copy."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a commit."""

    mode: str
    oid: str
    """By which git knows its content."""
    size: int = 0
    """Bytes."""


@dataclass(slots=True)
class Merged:
    """What is to be written."""

    written: dict[str, str] = field(default_factory=dict)
    """By path of the newest commit: the path under which the author saved it."""
    deleted: set[str] = field(default_factory=set)
    copies: dict[str, str] = field(default_factory=dict)
    """By path as the author has it: the path of the copy beside."""
    left: set[str] = field(default_factory=set)
    """Paths at which the newest commit has something else than was asked for, and keeps it."""


def merge(base: Mapping[str, File], head: Mapping[str, File], changes: Mapping[str, str | None], mark: str) -> Merged:
    """Return what a save comes to on the newest files.

    `base` are the files that its author had seen, `head` those of now,
    `changes` the object of each file that is saved, None for one that is
    deleted; `mark` becomes part of the name of copies.
    """
    merged = Merged()
    for path, oid in changes.items():
        if oid is None and path in head:
            # One that is not as its author has seen it stays: others changed it, or this author, who was never told.
            (merged.deleted if _same(base.get(path), head[path]) else merged.left).add(path)
    taken = _Taken(path for path in head if path not in merged.deleted)
    for path in sorted(path for path, oid in changes.items() if oid is not None):
        oid, there = changes[path], head.get(path)
        before = base.get(path)
        if there is not None and there.oid == oid:
            continue
        if before is not None and before.oid == oid:
            # As its author had it, who changed nothing: what is there now is others', or of a save that was never told.
            merged.left.add(path)
            continue
        place = path
        theirs = there is not None and not _same(base.get(path), there)
        if theirs or taken.blocks(path):
            place = _beside(path, taken, changes, mark)
        if place != path:
            merged.copies[path] = place
        merged.written[place] = path
        taken.add(place)
    return merged


def _same(one: File | None, other: File) -> bool:
    return one is not None and one.oid == other.oid


class _Taken:
    """The paths that are taken."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = set(files)
        self._folders = {folder for path in self.files for folder in folders(path)}
        self._spelled: set[str] = set()
        """What all of them are alike to; made when it is first asked for."""

    def add(self, path: str) -> None:
        self.files.add(path)
        self._folders.update(folders(path))
        if self._spelled:
            self._spelled.update(map(alike, (path, *folders(path))))

    def blocks(self, path: str) -> bool:
        """Whether a folder is where the file would be, or a file where one of its folders would."""
        return path in self._folders or any(folder in self.files for folder in folders(path))

    def frees(self, path: str) -> bool:
        """Whether a new file may be there, and is not taken for another one anywhere."""
        if not self._spelled:
            self._spelled.update(map(alike, (*self.files, *self._folders)))
        other_case = any(alike(each) in self._spelled for each in folders(path) if each not in self._folders)
        return not self.blocks(path) and not other_case and alike(path) not in self._spelled


def _beside(path: str, taken: _Taken, asked: Container[str], mark: str) -> str:
    """Return a free path beside another, named as a copy and of whom; none that the save asks about."""
    parts = path.split("/")
    # A folder that is a file now: it is the folder that gets another name.
    first = next((number for number, folder in enumerate(folders(path)) if folder in taken.files), len(parts) - 1)
    for count in range(1, MOST_TRIES):
        word = f" ({mark})" if count == 1 else f" ({mark} {count})"
        name = _named(parts[first], word, whole=first < len(parts) - 1)
        place = "/".join([*parts[:first], name, *parts[first + 1 :]])
        if place not in asked and taken.frees(place):
            return place
    raise WorkspaceError("has too many copies beside it", f"file {path}", "delete or rename some")


def _named(name: str, word: str, *, whole: bool) -> str:
    suffix = "" if whole else PurePosixPath(name).suffix
    room = MOST_NAME - len((word + suffix).encode())
    if room < 1:
        suffix, room = "", MOST_NAME - len(word.encode())
    stem = name[: len(name) - len(suffix)] if suffix else name
    return stem.encode()[:room].decode("utf-8", "ignore") + word + suffix
