"""What of a notebook would come back as another from its text: text formats have marks that sources may have."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from sagews.backend.formats.cell import Cell


def first_lost(cells: Sequence[Cell], again: Iterable[Cell]) -> str | None:
    """Return the cell, by number and id, whose type or source is another when its text is read; None if none is.

    Empty lines at both ends of a source, empty cells and kinds of line ends do not count.
    """
    named = [(f"cell {number} ({cell.id})", kept) for number, cell in enumerate(cells, 1) if (kept := _kept(cell))[1]]
    found = [kept for cell in again if (kept := _kept(cell))[1]]
    for one, other in zip_longest(named, found):
        if one is None:
            # Something was read as one more: the last of the notebook's own was taken for two.
            return named[-1][0] if named else "the notebook"
        if one[1] != other:
            return one[0]
    return None


def _kept(cell: Cell) -> tuple[str, tuple[str, ...]]:
    lines = cell.source.splitlines()
    blank = [not line.strip() for line in lines]
    if all(blank):
        return cell.cell_type, ()
    return cell.cell_type, tuple(lines[blank.index(False) : len(lines) - blank[::-1].index(False)])
