"""Outputs that a file brings along: kept as those of evaluations that have ended, so that pages show them.

The same file brought in again, by any backend, is the same evaluations and
outputs. The file itself stays what is exact of them: what was brought is not
written back, the file's own is.
"""

import hashlib

from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook
from sagews.backend.worksheets.importing import outputs_of
from sagews.database import imported
from sagews.database.evaluations import MOST_SOURCE, Evaluation, Evaluations
from sagews.database.outputs import Output, Outputs

SESSION = "file-"
"""What the name of the session of such an evaluation begins with; no session is called so."""
REASON = "brought"
"""Why such an evaluation has ended."""
MOST_AT_ONCE = 8 << 20
"""Bytes of outputs that are brought to the database at once."""


def is_brought(evaluation: Evaluation) -> bool:
    """Whether an evaluation came with a file."""
    return evaluation.session.startswith((SESSION, imported.SESSION))


class Brought:
    """Brings outputs of files to worksheets."""

    def __init__(self, evaluations: Evaluations, outputs: Outputs) -> None:
        self._evaluations = evaluations
        self._outputs = outputs

    async def bring(self, worksheet: str, name: str, new: Notebook, base: Notebook | None) -> None:
        """Have a worksheet's cells show what a file has, where that is not as in the base.

        `name`: of the file, by which the same brought in again is known.

        A cell that was evaluated and shows nothing in the new file, shows
        nothing. Raises WorksheetError, FormatError.
        """
        before = {cell.id: (cell.outputs, cell.execution_count) for cell in base.cells} if base is not None else {}
        nothing: tuple[tuple[str, ...], int | None] = ((), None)
        for cell in new.cells:
            if cell.cell_type is CellType.CODE:
                now = (cell.outputs, cell.execution_count)
                if now != before.get(cell.id, nothing):
                    await self._bring(worksheet, name, cell)

    async def _bring(self, worksheet: str, name: str, cell: Cell) -> None:
        own = SESSION + hashlib.sha256(f"{worksheet}\0{name}\0{cell.id}".encode()).hexdigest()[:40]
        source = cell.source.encode()[:MOST_SOURCE]
        evaluation = Evaluation(own, worksheet, cell.id, own, source)
        await self._evaluations.add(evaluation)
        batch: list[Output] = []
        for number, (kind, body) in enumerate(outputs_of(cell, f"cell {cell.id}"), 1):
            batch.append(Output(own, number, own, kind, body))
            if sum(len(each.body) for each in batch) > MOST_AT_ONCE or len(batch) >= 500:
                await self._outputs.add(batch)
                batch = []
        await self._outputs.add(batch)
        await self._evaluations.end(evaluation.id, REASON)
