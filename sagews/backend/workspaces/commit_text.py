"""What the object of a commit says, of which the beginning is enough: thinking only.

Lines of a head, an empty one, and the message (git-commit-tree(1)); anybody can
write them, so each part has a most.
"""

import re
from dataclasses import dataclass

from sagews.backend.workspaces.commit import MOST_MESSAGE

BEGINNING = 1 << 16
"""Bytes of a commit that are read: of a whole message as long as may be shown, and a head of some size before it."""
MOST_PARENTS = 100
MOST_WHO = 200
"""Characters of a name, and of an address."""
CUT = "…"
"""Stands in the place of what is left out."""
_ENCODING = re.compile(
    r"(iso-8859-\d\d?|windows-125\d|koi8-[ru]|latin-?1|euc-(jp|kr)|shift_jis|gb(k|18030)|big5)", re.I
)
"""What a message may be written in that is not UTF-8; Python knows more, and some of it is slow."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One version of a workspace, as it says."""

    id: str
    parents: tuple[str, ...]
    author: str
    email: str
    """The author's address; where the commit was made here, the id of their account in its place."""
    time: float
    """Seconds since the epoch."""
    message: str


def read_commit(oid: str, said: bytes) -> Commit:
    """Return what a commit says; `said` is its object, or the first BEGINNING bytes of it."""
    head, _, message = said.partition(b"\n\n")
    lines = head.split(b"\n")
    parents = [line[7:].decode("ascii", "replace") for line in lines if line.startswith(b"parent ")]
    encoding = _of(lines, b"encoding ").decode("ascii", "replace")
    if not _ENCODING.fullmatch(encoding):
        encoding = "utf-8"
    author = _of(lines, b"author ")
    name, _, rest = author.partition(b"<")
    when = author.rpartition(b"> ")[2].partition(b" ")[0].decode("ascii", "replace")
    return Commit(
        oid,
        tuple(parents[:MOST_PARENTS]),
        _cut(_text(name, encoding).strip(), MOST_WHO),
        _cut(_text(rest.partition(b">")[0], encoding).strip(), MOST_WHO),
        _seconds(when),
        _cut(_text(message, encoding).rstrip("\n"), MOST_MESSAGE, more=len(said) >= BEGINNING),
    )


def _of(lines: list[bytes], word: bytes) -> bytes:
    """Return what the first line says that begins with this word."""
    return next((line.removeprefix(word) for line in lines if line.startswith(word)), b"")


def _text(data: bytes, encoding: str) -> str:
    # As git, which takes a NUL for the end.
    return data.partition(b"\0")[0].decode(encoding, "replace")


def _cut(text: str, most: int, *, more: bool = False) -> str:
    return text[:most] + CUT if more or len(text) > most else text


def _seconds(text: str) -> float:
    """Return a time of git's; of a commit that somebody else wrote it may be beyond all measure."""
    return float(text) if text.isdecimal() and len(text) < 16 else 0.0
