"""Outputs that a file brings along: kept as those of evaluations that have ended, so that pages show them.

The same file brought in again, by any backend, is the same evaluations and
outputs. The file itself stays what is exact of them: what was brought is not
written back, the file's own is. Thinking only.
"""

import hashlib

from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook
from sagews.backend.worksheets.importing import outputs_of
from sagews.database import imported
from sagews.database.evaluations import MOST_SOURCE, Evaluation
from sagews.database.merges import Shown

SESSION = "file-"
"""What the name of the session of such an evaluation begins with; no session is called so."""


def is_brought(evaluation: Evaluation) -> bool:
    """Whether an evaluation came with a file."""
    return evaluation.session.startswith((SESSION, imported.SESSION))


def brought(worksheet: str, name: str, new: Notebook, base: Notebook | None) -> tuple[Shown, ...]:
    """Return what a worksheet's cells are to show of what a file has, where that is not as in the base.

    `name`: of the file, by which the same brought in again is known.

    A cell that was evaluated and shows nothing in the new file, shows
    nothing. Raises FormatError for an output that is too large.
    """
    before = {cell.id: (cell.outputs, cell.execution_count) for cell in base.cells} if base is not None else {}
    nothing: tuple[tuple[str, ...], int | None] = ((), None)
    return tuple(
        _shown(worksheet, name, number, cell)
        for number, cell in enumerate(new.cells, 1)
        if cell.cell_type is CellType.CODE and (cell.outputs, cell.execution_count) != before.get(cell.id, nothing)
    )


def _shown(worksheet: str, name: str, number: int, cell: Cell) -> Shown:
    own = SESSION + hashlib.sha256(f"{worksheet}\0{name}\0{cell.id}".encode()).hexdigest()[:40]
    outputs = tuple(outputs_of(cell, f"cell {number} ({cell.id})"))
    return Shown(own, cell.id, cell.source.encode()[:MOST_SOURCE], outputs)
