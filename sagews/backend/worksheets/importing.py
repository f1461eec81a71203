"""A file of a workspace as a worksheet: read, and made into what its tables have. Thinking only; it takes a while."""

from collections.abc import Iterator
from dataclasses import dataclass

from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.json_text import members, object_of, simple
from sagews.backend.formats.notebook import Notebook, read
from sagews.backend.worksheets.document import made
from sagews.backend.worksheets.notebooks import values_of
from sagews.database.imported import Imported
from sagews.database.outputs import MOST_BODY, MOST_KIND
from sagews.errors import FormatError

KINDS = ("stream", "display_data", "execute_result", "error")
"""Outputs that a page can show."""


@dataclass(frozen=True, slots=True)
class Import:
    """What a file comes to."""

    base: bytes
    """What people write, as one update."""
    shown: tuple[Imported, ...]
    """What its cells show."""


def imported(data: bytes) -> Import:
    """Return what an `.ipynb` file comes to; one with nothing in it is a worksheet without cells.

    Raises FormatError or WorksheetError, which name the cell and the cause.
    """
    notebook = read(data) if data.strip() else Notebook()
    return Import(made(values_of(notebook)), tuple(_shown(notebook)))


def _shown(notebook: Notebook) -> Iterator[Imported]:
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type is CellType.CODE and cell.outputs:
            outputs = tuple(_outputs(cell, f"cell {number} ({cell.id})"))
            reason = "error" if any(kind == "error" for kind, _ in outputs) else "done"
            if outputs:
                yield Imported(cell.id, cell.source.encode(), reason, outputs)


def _outputs(cell: Cell, noun: str) -> Iterator[tuple[str, bytes]]:
    for number, output in enumerate(cell.outputs, 1):
        parts = members(output)
        kind = simple(parts.pop("output_type"))
        if not isinstance(kind, str) or kind not in KINDS or len(kind) > MOST_KIND:
            # It stays in the file.
            continue
        body = object_of(parts).encode()
        if len(body) > MOST_BODY:
            what = f"its output {number} has more than {MOST_BODY >> 20} MiB"
            raise FormatError(what, noun, "clear it where it was written")
        yield kind, body
