"""One commit as git fast-import(1) reads it: thinking only."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sagews.database.accounts import plain

MOST_MESSAGE = 10_000
"""Characters of a message that are kept."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who saves, and when."""

    name: str
    email: str = ""
    """In the place of an address the id of their account, so that nobody is told one; empty: they have none."""
    time: float = field(default_factory=time.time)
    """Seconds since the epoch."""

    @property
    def line(self) -> bytes:
        """The author as git writes it."""
        name, email = (_bare(text) for text in (self.name, self.email))
        return f"{name or 'somebody'} <{email}> {int(self.time)} +0000".encode()


def stream(
    branch: str,
    parent: str | None,
    author: Author,
    message: str,
    deleted: set[str],
    written: Mapping[str, tuple[str, bytes]],
) -> Iterator[bytes]:
    """Give the commit that deletes these files of its parent, and then writes these: mode and content by path."""
    # Without `done` at its end it is no commit: its writer has died.
    yield b"feature done\n"
    yield b"commit " + branch.encode() + b"\n"
    yield b"author " + author.line + b"\ncommitter " + author.line + b"\n"
    yield from _data(message[:MOST_MESSAGE].replace("\0", "").encode("utf-8", "replace"))
    if parent is not None:
        yield b"from " + parent.encode() + b"\n"
    for path in sorted(deleted):
        yield b"D " + quoted(path) + b"\n"
    for path, (mode, content) in sorted(written.items()):
        yield b"M " + mode.encode() + b" inline " + quoted(path) + b"\n"
        yield from _data(content)
    yield b"\ndone\n"


def quoted(path: str) -> bytes:
    """Return a path in quotes, with the escapes of C."""
    return b'"' + path.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def blob_id(content: bytes) -> str:
    """Return the name by which git knows a content (sha1)."""
    # Git's name of it, no signature.
    hashed = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    hashed.update(content)
    return hashed.hexdigest()


def _data(content: bytes) -> Iterator[bytes]:
    yield b"data %d\n" % len(content)
    yield content
    yield b"\n"


def _bare(text: str) -> str:
    return (
        plain(text.encode("utf-8", "replace").decode()).translate({ord(each): None for each in "<>"}).strip(" .,:;\"'")
    )
