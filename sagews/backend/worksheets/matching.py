"""Which cells of a file without ids are which cells of a worksheet: thinking only.

A notebook older than 4.5 names no cell; the ids that its reader makes of what
a cell says are others as soon as that is changed. A program that makes a
notebook of a text, such as jupytext, gives each cell another id each time. So
what the cells of a file are called in its worksheet is kept with the file
(`WorksheetFile.names`), and those of the next one are found by what they say.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace

from sagews.backend.formats.ids import is_made, with_ids
from sagews.backend.formats.notebook import Notebook
from sagews.backend.formats.reading import WITH_IDS
from sagews.backend.worksheets.edits import gaps, runs
from sagews.backend.worksheets.values import CellValues


def named(notebook: Notebook, names: Sequence[str]) -> Notebook:
    """Return a notebook with these ids of its cells; as it is, if there are none."""
    if len(names) != len(notebook.cells):
        return notebook
    pairs = zip(notebook.cells, names, strict=True)
    return replace(notebook, cells=tuple(replace(cell, id=name) for cell, name in pairs))


def names_of(notebook: Notebook, as_read: Notebook) -> tuple[str, ...]:
    """Return the ids of the cells of a notebook; none if they are those that it was read with."""
    names = tuple(cell.id for cell in notebook.cells)
    return () if names == tuple(cell.id for cell in as_read.cells) else names


def matched(notebook: Notebook, cells: Sequence[CellValues], *, own: bool = False) -> Notebook:
    """Return a notebook with the ids of a worksheet's cells, where the file itself has not named them.

    A cell is one that says the same, in the same order; else one that says the same anywhere; what is left between
    two that were found in order are those of the same type between the same two, one by one. Of a file with ids that
    is done if it has none of the worksheet's, as one that was made anew; and for its cells that had none.

    `own`: ids that were made of what cells say are the worksheet's, too, as it was made of this file.
    """
    ours = {cell.id for cell in cells}
    by_id = own or notebook.minor >= WITH_IDS
    found = {number: cell.id for number, cell in enumerate(notebook.cells) if by_id and cell.id in ours}
    nameless = notebook.minor < WITH_IDS or not found
    wanted = {
        number for number, cell in enumerate(notebook.cells) if number not in found and (nameless or is_made(cell))
    }
    if not wanted:
        return notebook
    kept = set(found.values())
    old = [cell.id if cell.id in kept else (cell.cell_type, cell.source) for cell in cells]
    # Whatever has a name of its own is like nothing else.
    new = [
        (cell.cell_type.value, cell.source) if number in wanted else cell.id
        for number, cell in enumerate(notebook.cells)
    ]
    common = runs(old, new)
    found |= {b + number: cells[a + number].id for a, b, count in common for number in range(count)}
    _anywhere(found, wanted, old, new, cells)
    if notebook.minor < WITH_IDS or kept or 2 * len(found) >= len(notebook.cells):
        for start, stop, begin, end in gaps(common, len(old), len(new)):
            _in_order(found, wanted & set(range(begin, end)), cells[start:stop], notebook)
    names = (
        replace(cell, id=found.get(number, "" if cell.id in ours else cell.id))
        for number, cell in enumerate(notebook.cells)
    )
    return replace(notebook, cells=with_ids(names))


def _anywhere(
    found: dict[int, str], wanted: set[int], old: Sequence[object], new: Sequence[object], cells: Sequence[CellValues]
) -> None:
    """Find those that were moved."""
    taken = set(found.values())
    left: defaultdict[object, deque[str]] = defaultdict(deque)
    for key, cell in zip(old, cells, strict=True):
        if cell.id not in taken:
            left[key].append(cell.id)
    for number in sorted(wanted - found.keys()):
        if left[new[number]]:
            found[number] = left[new[number]].popleft()


def _in_order(found: dict[int, str], wanted: set[int], cells: Sequence[CellValues], notebook: Notebook) -> None:
    """Find those that were changed, among cells that nothing was found for."""
    taken = set(found.values())
    left = [cell for cell in cells if cell.id not in taken]
    for number in sorted(wanted - found.keys()):
        kind = notebook.cells[number].cell_type.value
        at = next((at for at, cell in enumerate(left) if cell.cell_type == kind), None)
        if at is not None:
            found[number] = left[at].id
            left = left[at + 1 :]
