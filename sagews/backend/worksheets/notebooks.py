"""Notebooks as worksheets and back, exactly: what was brought in and not changed is written as it was, byte by byte.

A worksheet's CRDT has no outputs and forgets how things stood: the order of
names, `"source"` as a string or a list. All that is in the file which the
worksheet was made of, or was saved as last: its *base*. So each cell is written
as the base has it, with what is another thing now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sagews.backend.formats.cell import Cell, CellType, meaning_of_count
from sagews.backend.formats.json_text import members, object_of
from sagews.backend.formats.notebook import Notebook, identified, write
from sagews.backend.formats.reading import WITH_IDS
from sagews.backend.worksheets.shape import MOST_NAME
from sagews.backend.worksheets.values import CellValues, WorksheetValues

NUMBERS = ("nbformat", "nbformat_minor")
"""What a worksheet has of the version of its notebook, among its `rest`."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a cell shows that was evaluated here."""

    outputs: tuple[str, ...] = ()
    """As a notebook has them: JSON objects."""
    count: int | None = None
    """Its execution count."""


def values_of(notebook: Notebook) -> WorksheetValues:
    """Return what a worksheet has of a notebook: all but outputs, and names that no CRDT takes."""
    cells = (
        CellValues(
            cell.id,
            cell.cell_type.value,
            cell.source,
            _taken(members(cell.metadata)),
            _taken(members(cell.attachments or "{}")),
            _taken(cell.rest),
        )
        for cell in notebook.cells
    )
    numbers = dict(zip(NUMBERS, ("4", str(notebook.minor)), strict=True))
    return WorksheetValues(tuple(cells), _taken(members(notebook.metadata)), _taken(notebook.rest) | numbers)


def notebook_of(
    values: WorksheetValues, base: Notebook | None = None, shown: Mapping[str, Shown] | None = None
) -> Notebook:
    """Return a worksheet as a notebook.

    `base`: the file that it was made of, or was last; `shown`: of cells that
    were evaluated since, by id. What these are silent about is as in the base.
    """
    if base is None:
        base = Notebook(minor=meaning_of_count(values.rest.get(NUMBERS[1], "")) or WITH_IDS)
    before = {cell.id: cell for cell in base.cells}
    cells = (_cell(cell, before.get(cell.id), (shown or {}).get(cell.id)) for cell in values.cells)
    rest = {name: text for name, text in values.rest.items() if name not in NUMBERS} | _untaken(base.rest)
    return replace(base, cells=tuple(cells), metadata=_object(values.metadata, base.metadata), rest=rest, repairs=())


def written(notebook: Notebook, base: Notebook | None, before: bytes | None) -> bytes:
    """Return the file of a notebook: the one before, of the base, if it says the same; else with the ids of cells."""
    if before is not None and notebook == base:
        return before
    return write(identified(notebook))


def _cell(values: CellValues, base: Cell | None, shown: Shown | None) -> Cell:
    cell_type = CellType(values.cell_type)
    base = base or Cell(values.id, cell_type, "")
    cell = replace(
        base,
        cell_type=cell_type,
        source=values.source,
        metadata=_object(values.metadata, base.metadata),
        attachments=_attachments(values.attachments, base.attachments),
        rest=dict(values.rest) | _untaken(base.rest),
    )
    if cell_type is not CellType.CODE:
        return replace(cell, outputs=(), execution_count=None)
    return cell if shown is None else replace(cell, outputs=shown.outputs, execution_count=shown.count)


def _attachments(values: Mapping[str, str], base: str | None) -> str | None:
    if not values and (base is None or _taken(members(base))):
        return None
    return _object(values, base or "{}")


def _object(values: Mapping[str, str], base: str) -> str:
    """Return an object of these members: as the base has it if it is the same, else in its order, new ones last."""
    there = members(base)
    if _taken(there) == values:
        return base
    old = {name: values.get(name, text) for name, text in there.items()}
    kept = {name: text for name, text in old.items() if name in values or not may_be_name(name)}
    return object_of(kept | {name: values[name] for name in sorted(values.keys() - there.keys())})


def _taken(parts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in parts.items() if may_be_name(name)}


def _untaken(parts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in parts.items() if not may_be_name(name)}


def may_be_name(name: str) -> bool:
    """Whether a CRDT takes a name: one that is not too long, and can be UTF-8."""
    return len(name) <= MOST_NAME and not any("\ud800" <= letter <= "\udfff" for letter in name)
