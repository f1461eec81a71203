"""Ids of cells that have none: made of what they say, so that the same file always gives the same ones."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from sagews.backend.formats.cell import Cell

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""As nbformat 4.5 has it."""
LENGTH = 16
"""Letters of an id that is made."""
MOST_LIKE = 20
"""Cells that say the same of which `is_made` knows."""


def with_ids(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return the cells, those with an empty id with one of their own.

    It is made of the cell's type, its source, and how many like it come
    before it: so a cell that others are put before keeps its id.
    """
    cells = tuple(cells)
    taken = {cell.id for cell in cells if cell.id}
    like: Counter[tuple[str, str]] = Counter()
    found = []
    for cell in cells:
        key = (cell.cell_type.value, cell.source)
        made = cell.id
        while not made or (made in taken and not cell.id):
            made = _made(*key, like[key])
            like[key] += 1
        taken.add(made)
        found.append(cell if cell.id else replace(cell, id=made))
    return tuple(found)


def is_made(cell: Cell) -> bool:
    """Whether the id of a cell is one that was made of what it says, as far as few like it come before it."""
    return len(cell.id) == LENGTH and any(
        cell.id == _made(cell.cell_type.value, cell.source, number) for number in range(MOST_LIKE)
    )


def _made(cell_type: str, source: str, number: int) -> str:
    return sha256(f"{cell_type}\0{number}\0{source}".encode()).hexdigest()[:LENGTH]
