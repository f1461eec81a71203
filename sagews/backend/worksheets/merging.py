"""What was done to a file elsewhere, done in the worksheet that people have open: as updates like theirs.

Three things are compared, cell by cell, by their ids: the *base*, of which both
sides come, the new file, and the worksheet as it is. What only one side
changed is as that side has it; of texts that both changed, the edits of both
stay. A cell that one side deleted and the other changed stays.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pycrdt import Map, Text

from sagews.backend.worksheets.binding import checked
from sagews.backend.worksheets.document import NOTHING, Document, cell_values, new_cell
from sagews.backend.worksheets.edits import Edit, edited, edits_onto, one_edit
from sagews.backend.worksheets.shape import CELL_MAPS, META_MAPS
from sagews.backend.worksheets.text import delete, insert
from sagews.backend.worksheets.values import CellValues, WorksheetValues

MOST_EDITS = 200
"""Edits of one text; what has more becomes one."""
MOST_BYTES, MOST_STEPS = 256 << 10, 500
"""What one update has, about: bytes of new texts, and changes."""
LETTERS = 64 << 10
"""Characters that are put in at once."""


def updates(stored: bytes, base: WorksheetValues, new: WorksheetValues) -> list[bytes]:
    """Return what makes a worksheet have what was done from a base to a new file. Raises WorksheetError."""
    document = Document()
    document.take_kept(stored)
    return _Merging(document, base, new).updates()


class _Merging:
    """One document while it gets what is new."""

    def __init__(self, document: Document, base: WorksheetValues, new: WorksheetValues) -> None:
        self._document = document
        self._now = document.values()
        self._base, self._new = base, new
        self._cells = {cell.id: cell for cell in self._now.cells}
        self._before = {cell.id: cell for cell in base.cells}
        self._after = {cell.id: cell for cell in new.cells}
        self._order = [cell.id for cell in self._now.cells]
        self._found: list[bytes] = []
        self._transaction: Any = None
        self._bytes = self._steps = 0

    def updates(self) -> list[bytes]:
        subscription = self._document.doc.observe(lambda event: self._found.append(event.update))
        try:
            with checked("worksheet"):
                self._delete()
                self._change()
                self._place()
                for name in META_MAPS:
                    self._texts(self._document.meta, name, getattr(self._base, name), getattr(self._new, name))
                self._flush()
        finally:
            self._flush()
            self._document.doc.unobserve(subscription)
        return [update for update in self._found if update != NOTHING]

    # --------------------------------------------------------------- the cells

    def _delete(self) -> None:
        for cell in self._base.cells:
            if cell.id not in self._after and self._cells.get(cell.id) == cell:
                self._take_out(cell.id)

    def _change(self) -> None:
        for cell in self._new.cells:
            if (now := self._cells.get(cell.id)) is None:
                continue
            base = self._before.get(cell.id) or CellValues(cell.id, now.cell_type)
            if cell == base:
                continue
            there = self._document.cells[self._order.index(cell.id)]
            self._edit(there["source"], now.source, edits_onto(now.source, base.source, cell.source))
            if cell.cell_type not in (base.cell_type, now.cell_type):
                self._step(0)
                there["cell_type"] = cell.cell_type
            for name in CELL_MAPS:
                self._texts(there, name, getattr(base, name), getattr(cell, name))

    def _place(self) -> None:
        """Put in what is new, and what was moved, each after what it follows in the new file."""
        elsewhere = moved([cell.id for cell in self._base.cells], [cell.id for cell in self._new.cells])
        after = -1
        for cell in self._new.cells:
            there = cell.id in self._cells
            if there and cell.id in elsewhere:
                at = self._order.index(cell.id)
                values = cell_values(self._document.cells[at], set())
                self._take_out(cell.id)
                after -= at <= after
                self._put_in(after + 1, replace(values, id=cell.id))
            elif not there and (cell.id not in self._before or self._before[cell.id] != cell):
                self._put_in(after + 1, cell)
            elif not there:
                # Deleted here, and as it was there.
                continue
            after = self._order.index(cell.id)

    def _take_out(self, cell: str) -> None:
        self._step(0)
        at = self._order.index(cell)
        del self._document.cells[at]
        del self._order[at]

    def _put_in(self, at: int, cell: CellValues) -> None:
        large = len(cell.source) > LETTERS
        self._step(_size(cell))
        self._document.cells.insert(at, new_cell(replace(cell, source="") if large else cell))
        self._order.insert(at, cell.id)
        if large:
            self._write(self._document.cells[at]["source"], 0, cell.source)

    def _write(self, text: Text, at: int, words: str) -> None:
        for start in range(0, len(words), LETTERS):
            chunk = words[start : start + LETTERS]
            self._step(len(chunk.encode()))
            insert(text, at + start, chunk)

    def _edit(self, text: Text, now: str, changes: Sequence[Edit]) -> None:
        if len(changes) > MOST_EDITS:
            changes = one_edit(now, edited(now, changes))
        # From its end, so that the offsets of the others stay.
        for start, stop, words in reversed(changes):
            self._step(0)
            delete(text, start, stop)
            self._write(text, start, words)

    def _texts(self, of: Map[Any], name: str, base: Mapping[str, str], new: Mapping[str, str]) -> None:
        """Have in a map of texts what was changed."""
        changed = sorted(each for each in base.keys() | new.keys() if base.get(each) != new.get(each))
        if changed and name not in of:
            self._step(0)
            of[name] = Map()
        for each in changed:
            self._step(len(new.get(each, "")))
            if each in new:
                of[name][each] = new[each]
            elif each in of[name]:
                del of[name][each]

    # ------------------------------------------------------------- the updates

    def _step(self, size: int) -> None:
        """Begin a change, in another update if this one has become large."""
        self._bytes += size
        self._steps += 1
        if self._transaction is None or self._bytes > MOST_BYTES or self._steps > MOST_STEPS:
            self._flush()
            self._bytes, self._steps = size, 1
            self._transaction = self._document.doc.transaction()
            self._transaction.__enter__()

    def _flush(self) -> None:
        if self._transaction is not None:
            transaction, self._transaction = self._transaction, None
            transaction.__exit__(None, None, None)


def moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Return which are at other places now: as few as can be, by a longest increasing subsequence."""
    place = {each: number for number, each in enumerate(old)}
    both = [each for each in new if each in place]
    tails: list[int] = []
    lasts: list[str] = []
    before: dict[str, str | None] = {}
    for each in both:
        at = bisect_left(tails, place[each])
        before[each] = lasts[at - 1] if at else None
        tails[at:], lasts[at:] = [place[each], *tails[at + 1 :]], [each, *lasts[at + 1 :]]
    stays: set[str] = set()
    at_last = lasts[-1] if lasts else None
    while at_last is not None:
        stays.add(at_last)
        at_last = before[at_last]
    return set(both) - stays


def _size(cell: CellValues) -> int:
    texts: Iterable[Mapping[str, str]] = (getattr(cell, name) for name in CELL_MAPS)
    return len(cell.source) + sum(len(text) for each in texts for text in each.values())
