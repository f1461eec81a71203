"""Which cells of a file without ids are which cells of a worksheet: thinking only.

A notebook older than 4.5 names no cell; the ids that its reader makes of what
a cell says are others as soon as that is changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sagews.backend.formats.cell import Cell
from sagews.backend.formats.ids import with_ids
from sagews.backend.formats.notebook import Notebook
from sagews.backend.formats.reading import WITH_IDS
from sagews.backend.worksheets.edits import gaps, runs
from sagews.backend.worksheets.values import CellValues


def matched(notebook: Notebook, cells: Sequence[CellValues]) -> Notebook:
    """Return a notebook with the ids of a worksheet's cells, if the file has none.

    A cell is one that says the same, in the same order; what is left between
    two such ones are those of the same type between the same two, one by one.
    """
    if notebook.minor >= WITH_IDS:
        return notebook
    old = [(cell.cell_type, cell.source) for cell in cells]
    new = [(cell.cell_type.value, cell.source) for cell in notebook.cells]
    common = runs(old, new)
    found = {b + number: cells[a + number].id for a, b, count in common for number in range(count)}
    for start, stop, begin, end in gaps(common, len(old), len(new)):
        found |= _in_order(range(start, stop), range(begin, end), cells, notebook.cells)
    taken = {cell.id for cell in cells}
    named = (
        replace(cell, id=found.get(number, "" if cell.id in taken else cell.id))
        for number, cell in enumerate(notebook.cells)
    )
    return replace(notebook, cells=with_ids(named))


def _in_order(
    old: Iterable[int], new: Iterable[int], cells: Sequence[CellValues], others: Sequence[Cell]
) -> dict[int, str]:
    found, left = {}, list(old)
    for number in new:
        at = next((each for each in left if cells[each].cell_type == others[number].cell_type), None)
        if at is not None:
            found[number] = cells[at].id
            left = [each for each in left if each > at]
    return found
