"""What two versions of a file differ in: cell by cell if both are notebooks, else line by line. Thinking only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sagews.backend.formats.cell import Cell
from sagews.backend.formats.lines import line_ends
from sagews.backend.formats.notebook import Notebook, read
from sagews.backend.worksheets.edits import gaps, runs
from sagews.backend.worksheets.matching import matched
from sagews.backend.worksheets.merging import moved
from sagews.backend.worksheets.notebooks import values_of
from sagews.errors import FormatError

AROUND = 3
"""Lines that are shown before and after those that differ."""
MOST_LINES = 5_000
"""Lines of all differences; what is more is left out."""
MOST_TEXT, MOST_LINE_ENDS = 4 << 20, 200_000
"""Bytes, and ends of lines, of a text of which lines are shown; a larger one is told as bytes."""
LONGEST = 2_000
"""Characters of a line that are shown."""
SUFFIX = ".ipynb"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one version, or of both."""

    kind: str
    """`same`, `added`, `removed`; `skipped`: some that are the same are left out here."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class CellDifference:
    """A cell that differs."""

    id: str
    """Empty for a file that is no notebook."""
    number: int
    """The how manyth it is, in the newer version if it is there."""
    cell_type: str
    change: str
    """`added`, `removed`, `changed`; or `moved`, and nothing else."""
    moved: bool
    lines: tuple[Line, ...]
    outputs: bool
    """Whether its outputs differ."""
    metadata: bool
    """Whether something else differs: its type, metadata, attachments."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What two versions differ in."""

    kind: str
    """`cells`; `text`, as one cell; `bytes`, of which nothing is shown, as of too large a text."""
    cells: tuple[CellDifference, ...] = ()
    metadata: bool = False
    """Whether what the notebook has beside its cells differs."""
    cut: bool = False
    """Whether there is more than is told here."""


def difference(path: str, old: bytes | None, new: bytes | None) -> Difference:
    """Return what two versions of a file differ in; None is of one in which it is not."""
    if path.endswith(SUFFIX):
        try:
            return _bounded(_of_notebooks(_notebook(old), _notebook(new)))
        except FormatError:
            # What is no notebook is text, perhaps.
            pass
    try:
        before, after = _text(old or b""), _text(new or b"")
    except (FormatError, UnicodeDecodeError):
        return Difference("bytes")
    lines = _lines(before, after)
    change = "added" if old is None else "removed" if new is None else "changed"
    cells = (CellDifference("", 1, "", change, False, lines, False, False),) if lines else ()
    return _bounded(Difference("text", cells))


def _notebook(data: bytes | None) -> Notebook:
    return Notebook() if data is None else read(data)


def _text(data: bytes) -> str:
    """Return a text whose lines can be shown. Raises UnicodeDecodeError, or FormatError before any line is made."""
    if len(data) > MOST_TEXT:
        raise FormatError(f"has more than {MOST_TEXT >> 20} MiB", "text", "download its versions")
    text = data.decode()
    if "\0" in text or line_ends(text) > MOST_LINE_ENDS:
        raise FormatError("is no text, or has too many lines", "text", "download its versions")
    return text


def _of_notebooks(old: Notebook, new: Notebook) -> Difference:
    new = matched(new, values_of(old).cells)
    before = {cell.id: cell for cell in old.cells}
    after = {cell.id for cell in new.cells}
    elsewhere = moved([cell.id for cell in old.cells], [cell.id for cell in new.cells])
    removed = {number: cell for number, cell in enumerate(old.cells, 1) if cell.id not in after}
    found: list[CellDifference] = []
    at_old = {cell.id: number for number, cell in enumerate(old.cells, 1)}
    at = 0
    for number, cell in enumerate(new.cells, 1):
        if cell.id in at_old and cell.id not in elsewhere:
            found += [_removed(each, removed.pop(each)) for each in sorted(removed) if at < each < at_old[cell.id]]
            at = at_old[cell.id]
        one = _cell(number, before.get(cell.id), cell, is_moved=cell.id in elsewhere)
        found += [one] if one is not None else []
    found += [_removed(number, cell) for number, cell in sorted(removed.items())]
    beside = (replace(old, cells=(), repairs=()), replace(new, cells=(), repairs=()))
    return Difference("cells", tuple(found), metadata=beside[0] != beside[1])


def _removed(number: int, cell: Cell) -> CellDifference:
    lines = _lines(cell.source, "")
    return CellDifference(cell.id, number, cell.cell_type.value, "removed", False, lines, bool(cell.outputs), False)


def _cell(number: int, old: Cell | None, new: Cell, *, is_moved: bool) -> CellDifference | None:
    if old is None:
        lines = _lines("", new.source)
        return CellDifference(new.id, number, new.cell_type.value, "added", False, lines, bool(new.outputs), False)
    lines = _lines(old.source, new.source)
    outputs = (old.outputs, old.execution_count) != (new.outputs, new.execution_count)
    metadata = any(
        getattr(old, name) != getattr(new, name) for name in ("cell_type", "metadata", "attachments", "rest")
    )
    if not (lines or outputs or metadata or is_moved):
        return None
    change = "changed" if lines or outputs or metadata else "moved"
    return CellDifference(new.id, number, new.cell_type.value, change, is_moved, lines, outputs, metadata)


def _lines(old: str, new: str) -> tuple[Line, ...]:
    """Return the lines in which two texts differ, with some around; none if they are the same."""
    if old == new:
        return ()
    before, after = old.splitlines(), new.splitlines()
    if before == after:
        # Only ends of lines differ, which nobody sees.
        return (Line("skipped"),)
    return tuple(islice(_with_some_around(before, after), MOST_LINES + 1))


def _with_some_around(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    at = 0
    for start, stop, begin, end in gaps(runs(before, after), len(before), len(after)):
        # What comes before it and is the same: some after the last change, some before this one.
        head = before[at : min(at + AROUND, start)] if at else []
        tail = before[max(at + len(head), start - AROUND) : start]
        yield from (Line("same", _short(line)) for line in head)
        if start - at > len(head) + len(tail):
            yield Line("skipped")
        yield from (Line("same", _short(line)) for line in tail)
        yield from (Line("removed", _short(line)) for line in before[start:stop])
        yield from (Line("added", _short(line)) for line in after[begin:end])
        at = stop
    yield from (Line("same", _short(line)) for line in before[at : at + AROUND])
    if at + AROUND < len(before):
        yield Line("skipped")


def _short(line: str) -> str:
    return line if len(line) <= LONGEST else line[:LONGEST] + "…"


def _bounded(found: Difference) -> Difference:
    """Return so much of it as is told at once."""
    left = MOST_LINES
    cells: list[CellDifference] = []
    for cell in found.cells:
        if left <= 0:
            return replace(found, cells=tuple(cells), cut=True)
        kept = cell.lines[:left]
        left -= len(kept) + 1
        cells.append(replace(cell, lines=kept))
        if len(kept) < len(cell.lines):
            return replace(found, cells=tuple(cells), cut=True)
    return found
