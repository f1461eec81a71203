"""What an evaluation has put out, as a notebook has it: as much as a file may have, and a word of what was cut."""

from dataclasses import dataclass
from json import JSONDecodeError

from sagews.backend.formats.cell import meaning_of_count
from sagews.backend.formats.json_text import (
    NoNumberError,
    check_size,
    compact,
    list_of,
    members,
    object_of,
    quoted,
    simple,
    without_constants,
)
from sagews.backend.formats.outputs import FIELDS, mended, stream
from sagews.backend.worksheets.minutes import LATE
from sagews.backend.worksheets.notebooks import Shown
from sagews.database.outputs import GAP

MOST_OF_CELL, MOST_OF_FILE = 1 << 20, 16 << 20
"""Bytes of outputs in a file."""


@dataclass(slots=True)
class _Piece:
    """One output: text of a stream, or something else."""

    kind: str
    parts: dict[str, str]
    texts: list[str]
    display: str
    size: int


class Showing:
    """Takes the outputs of one evaluation, in order, and keeps what a file may have."""

    def __init__(self, most: int = MOST_OF_CELL) -> None:
        """`most`: bytes that are kept."""
        self._most = most
        self._pieces: list[_Piece] = []
        self._count: int | None = None
        self._size = self._cut = 0
        self._clears = False

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._size

    def add(self, kind: str, body: bytes) -> None:
        """Take what a session said; its body is hostile."""
        kind = kind.removeprefix(LATE)
        if kind == GAP:
            kind, body = "stream", b'{"name":"stderr","text":"[Some output was lost here.]\\n"}'
        if kind not in (*FIELDS, "clear_output", "update_display_data"):
            return
        try:
            text = body.decode("utf-8", "replace")
            check_size(text)
            parts = _members(compact(text))
        except (JSONDecodeError, ValueError, RecursionError):
            return
        if kind == "clear_output":
            self._clears = parts.get("wait") == "true"
            if not self._clears:
                self._clear()
            return
        if self._clears:
            self._clear()
        if kind == "update_display_data":
            self._update(parts, len(body))
        else:
            self._put(kind, parts, len(body))

    def shown(self) -> Shown:
        """Return what a cell shows of it."""
        found = [_written(piece) for piece in self._pieces]
        if self._cut:
            what = f"[{self._cut:,} bytes of output are not in this file: it would be too large with them.]\n"
            found.append(stream("stderr", what))
        return Shown(tuple(found), self._count)

    # ---------------------------------------------------------------- within

    def _clear(self) -> None:
        self._pieces, self._size, self._cut, self._clears = [], 0, 0, False

    def _put(self, kind: str, parts: dict[str, str], size: int) -> None:
        if kind == "execute_result":
            self._count = meaning_of_count(parts.get("execution_count", "null"))
        text = ""
        if kind == "stream":
            said = simple(parts.get("text", '""'))
            text = said if isinstance(said, str) else ""
            size = len(text.encode("utf-8", "replace"))
        room = max(0, self._most - self._size)
        if size > room:
            text = text.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
            kept = len(text.encode("utf-8", "replace"))
            self._cut += size - kept
            if not text:
                return
            size = kept
        self._size += size
        last = self._pieces[-1] if self._pieces else None
        if kind == "stream" and last is not None and last.kind == kind and last.parts["name"] == parts.get("name"):
            last.texts.append(text)
            last.size += size
            return
        kept_parts = {name: parts.get(name, default) for name, (_, default) in FIELDS[kind].items()}
        self._pieces.append(_Piece(kind, kept_parts, [text], _display_of(parts), size))

    def _update(self, parts: dict[str, str], size: int) -> None:
        display = _display_of(parts)
        for piece in self._pieces:
            if display and piece.display == display and self._size + size - piece.size <= self._most:
                self._size += size - piece.size
                piece.size = size
                piece.parts |= {name: parts[name] for name in ("data", "metadata") if name in parts}


def cut(shown: Shown, left: int) -> Shown:
    """Return what a cell shows where the file has room for so many bytes of it."""
    size = sum(len(output.encode()) for output in shown.outputs)
    if size <= left:
        return shown
    what = f"[{size:,} bytes of output are not in this file: it would be too large with them.]\n"
    return Shown((stream("stderr", what),), shown.count)


def _members(text: str) -> dict[str, str]:
    try:
        return members(text)
    except NoNumberError:
        return members(without_constants(text))


def _display_of(parts: dict[str, str]) -> str:
    """Return the JSON of the name under which an output can be changed later."""
    transient = parts.get("transient", "")
    return members(transient).get("display_id", "") if transient.startswith("{") else ""


def _written(piece: _Piece) -> str:
    parts = {"output_type": quoted(piece.kind)} | piece.parts
    if piece.kind == "stream":
        parts["text"] = list_of([quoted(line) for line in "".join(piece.texts).splitlines(keepends=True)])
    output, _ = mended(object_of(parts))
    return output
