"""What git says to a server before the pack of a push, and hears from it: thinking only.

Lines with their length in front, of four hexadecimal digits; 0000 is the end
of a part (gitprotocol-common(5), gitprotocol-pack(5)).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from sagews.database.packs import MOST_REFS, OID
from sagews.errors import WorkspaceError

FLUSH = b"0000"
LENGTH = 4
"""Digits."""
MOST_LINE = 65520
"""Bytes of a line with its length."""
MOST_COMMANDS = 2 * MOST_REFS
"""Lines of a push: what to do with each ref, and where a shallow clone ends."""
NOTHING = "0" * 40
"""In the place of an object: there is none."""
CAPABILITIES = "report-status side-band-64k delete-refs quiet atomic ofs-delta object-format=sha1 agent=sagews"
"""What is understood of a push: nothing of options or signatures. Of deleting, so that the reason why not is heard."""
REPORT, WORDS = 1, 2
"""Which part of the answer a piece belongs to: what git reads, and what it shows to people."""
KEEP_ALIVE = b"0005\x01"
"""A piece of nothing, which says that somebody is still at work."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a push wants of one ref."""

    old: str | None
    """What it is there, as far as the client knows; None: nothing."""
    new: str | None
    """What it is to be; None: nothing."""
    ref: str


@dataclass(frozen=True, slots=True)
class Push:
    """What stands before the pack."""

    commands: tuple[Command, ...]
    is_divided: bool
    """Whether the client tells apart what it reads, and what it shows."""


def line(text: str | bytes) -> bytes:
    """Return a line with its length."""
    data = text.encode() if isinstance(text, str) else text
    return b"%04x" % (len(data) + LENGTH) + data


def advertisement(refs: Mapping[str, str]) -> bytes:
    """Return what a client is told before it pushes: each ref, and what is understood."""
    told = [f"{oid} {name}" for name, oid in sorted(refs.items())] or [f"{NOTHING} capabilities^{{}}"]
    told[0] += f"\0{CAPABILITIES}"
    return b"".join(line(each + "\n") for each in told) + FLUSH


def read_push(file: BinaryIO) -> Push | None:
    """Return what a push begins with, after which its pack begins; None if it asks for nothing. Raises WorkspaceError.

    Git asks for nothing before it sends much, to see whether it may.
    """
    commands: list[Command] = []
    capabilities: set[str] | None = None
    count = 0
    for each in _lines(file):
        count += 1
        if count > MOST_COMMANDS:
            raise _wrong(f"names more than {MOST_COMMANDS} refs")
        text = each.decode("utf-8", "replace").rstrip("\n")
        if text.startswith("shallow ") and OID.fullmatch(text.removeprefix("shallow ")):
            continue
        text, _, said = text.partition("\0")
        if capabilities is None:
            capabilities = set(said.split())
        commands.append(_command(text))
    if not commands:
        return None
    if len({command.ref for command in commands}) != len(commands):
        raise _wrong("names a ref twice")
    if "report-status" not in (capabilities or ()):
        raise _wrong("does not want to hear what came of it")
    return Push(tuple(commands), "side-band-64k" in (capabilities or ()))


def report(push: Push, reasons: Mapping[str, str], words: str = "") -> bytes:
    """Return the answer to a push: why each ref was refused that was, and words for people."""
    said = [line("unpack ok\n")]
    for command in push.commands:
        reason = reasons.get(command.ref)
        said.append(line(f"ok {command.ref}\n" if reason is None else f"ng {command.ref} {_one_line(reason)}\n"))
    told = b"".join(said) + FLUSH
    if not push.is_divided:
        return told
    shown = "".join(f"{each}\n" for each in words.splitlines()).encode()
    return b"".join((*_pieces(WORDS, shown), *_pieces(REPORT, told), FLUSH))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Give the lines until the part ends."""
    while True:
        digits = file.read(LENGTH)
        try:
            # As int would take more than digits.
            length = int.from_bytes(bytes.fromhex(digits.decode("ascii")))
        except ValueError as error:
            raise _wrong("has a line without its length") from error
        if len(digits) != LENGTH:
            raise _wrong("ends before its pack")
        if not length:
            return
        if not LENGTH < length <= MOST_LINE:
            raise _wrong("has a line of a length that cannot be")
        data = file.read(length - LENGTH)
        if len(data) != length - LENGTH:
            raise _wrong("ends before its pack")
        yield data


def _command(text: str) -> Command:
    old, _, rest = text.partition(" ")
    new, _, ref = rest.partition(" ")
    if not OID.fullmatch(old) or not OID.fullmatch(new) or not ref or not ref.isprintable():
        raise _wrong("has a line that says nothing of a ref")
    return Command(None if old == NOTHING else old, None if new == NOTHING else new, ref)


def _pieces(part: int, data: bytes) -> Iterator[bytes]:
    most = MOST_LINE - LENGTH - 1
    for start in range(0, len(data), most):
        yield line(bytes([part]) + data[start : start + most])


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)[:500]


def _wrong(what: str) -> WorkspaceError:
    return WorkspaceError(what, "push", "use git 2.39 or newer")
