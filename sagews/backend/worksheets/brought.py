"""Outputs that a file brings along: kept as those of evaluations that have ended, so that pages show them.

The same file brought in again, by any backend, is the same evaluations and
outputs. The file itself stays what is exact of them: what was brought is not
written back, the file's own is.
"""

import hashlib
from collections.abc import Iterable
from json import JSONDecodeError

from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.json_text import members, object_of, quoted, simple
from sagews.backend.formats.notebook import Notebook
from sagews.database.evaluations import Evaluation, Evaluations
from sagews.database.outputs import MOST_BODY, Output, Outputs

SESSION = "file-"
"""What the name of the session of such an evaluation begins with; no session is called so."""
REASON = "brought"
"""Why such an evaluation has ended."""
LEASE = 60.0
"""Seconds in which an evaluation is brought in."""
MOST_AT_ONCE = 8 << 20
"""Bytes of outputs that are brought to the database at once."""


def is_brought(evaluation: Evaluation) -> bool:
    """Whether an evaluation came with a file."""
    return evaluation.session.startswith(SESSION)


class Brought:
    """Brings outputs of files to worksheets."""

    def __init__(self, evaluations: Evaluations, outputs: Outputs) -> None:
        self._evaluations = evaluations
        self._outputs = outputs

    async def bring(self, worksheet: str, name: str, new: Notebook, base: Notebook | None) -> None:
        """Have a worksheet's cells show what a file has, where that is not as in the base.

        `name`: of the file, by which the same brought in again is known.

        A cell that was evaluated and shows nothing in the new file, shows
        nothing. Without a base, one that was evaluated stays as it is. Raises WorksheetError.
        """
        latest = await self._evaluations.latest(worksheet) if base is None else {}
        before = {cell.id: (cell.outputs, cell.execution_count) for cell in base.cells} if base is not None else {}
        nothing: tuple[tuple[str, ...], int | None] = ((), None)
        for cell in new.cells:
            if cell.cell_type is CellType.CODE:
                now = (cell.outputs, cell.execution_count)
                if now != before.get(cell.id, nothing) and cell.id not in latest:
                    await self._bring(worksheet, name, cell)

    async def _bring(self, worksheet: str, name: str, cell: Cell) -> None:
        own = SESSION + hashlib.sha256(f"{worksheet}\0{name}\0{cell.id}".encode()).hexdigest()[:40]
        source = cell.source.encode()[: 1 << 20]
        evaluation = Evaluation(own, worksheet, cell.id, own, source)
        await self._evaluations.add(evaluation, SESSION, LEASE)
        batch: list[Output] = []
        for output in _outputs(evaluation, cell.outputs):
            batch.append(output)
            if sum(len(each.body) for each in batch) > MOST_AT_ONCE or len(batch) >= 500:
                await self._outputs.add(batch)
                batch = []
        await self._outputs.add(batch)
        await self._evaluations.end(evaluation.id, REASON)


def _outputs(evaluation: Evaluation, outputs: Iterable[str]) -> Iterable[Output]:
    for number, text in enumerate(outputs, 1):
        try:
            parts = members(text)
            kind = simple(parts.pop("output_type", "null"))
        except (JSONDecodeError, ValueError):
            continue
        if not isinstance(kind, str) or not 0 < len(kind) <= 64:
            continue
        body = object_of({name: _joined(kind, name, value) for name, value in parts.items()}).encode()
        if len(body) <= MOST_BODY:
            yield Output(evaluation.session, number, evaluation.id, kind, body)


def _joined(kind: str, name: str, value: str) -> str:
    """Return a member as sessions write it: text in lines as one text."""
    if kind == "stream" and name == "text":
        return _text(value)
    if name == "data" and value.startswith("{"):
        return object_of({mime: each if "json" in mime else _text(each) for mime, each in members(value).items()})
    return value


def _text(value: str) -> str:
    lines = simple(value) if value.startswith("[") else None
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        return quoted("".join(lines))
    return value
