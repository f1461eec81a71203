"""Where each control stands: rows above and below the output, columns beside it. Thinking only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sagews.session.interact.control import InteractError

OUTPUT, BOOKMARKS = "_output", "_bookmarks"
"""Names of what is placed like a control and is none."""
_SIDES = ("top", "left", "right", "bottom")

Row = list[tuple[str | None, int]]
"""Names from left to right, None for a gap, each with its share of the width."""


@dataclass
class Plan:
    """A layout, of which everything that was named has its place."""

    top: list[Row] = field(default_factory=list)
    left: list[Row] = field(default_factory=list)
    right: list[Row] = field(default_factory=list)
    bottom: list[Row] = field(default_factory=list)

    @property
    def placed(self) -> set[str]:
        """All names that have a place."""
        rows = [*self.top, *self.left, *self.right, *self.bottom]
        return {name for row in rows for name, _ in row if name is not None}


def plan(layout: Any, names: Iterable[str]) -> Plan:
    """Return the plan of a layout: rows, or rows for each side; None for no wish.

    Raises InteractError for a layout that has something twice, or nothing of that name.
    """
    sides = layout if isinstance(layout, Mapping) else {"top": layout or ()}
    if unknown := [side for side in sides if side not in _SIDES]:
        raise InteractError(f"{unknown[0]!r} is no side", "layout", "use " + ", ".join(_SIDES))
    made = Plan(**{side: [_row(row) for row in rows] for side, rows in sides.items()})
    seen: set[str] = set()
    for row in [*made.top, *made.left, *made.right, *made.bottom]:
        for name, _ in row:
            if name in seen:
                raise InteractError("has two places", str(name), "name it once in `layout`")
            if name is not None:
                seen.add(name)
    if strange := sorted(seen - {*names, OUTPUT, BOOKMARKS}):
        raise InteractError("is no control", ", ".join(strange), "name in `layout` controls that there are")
    return made


def _row(row: Any) -> Row:
    return [_cell(row)] if isinstance(row, str) else [_cell(each) for each in row]


def _cell(cell: Any) -> tuple[str | None, int]:
    if cell is None or isinstance(cell, str):
        return cell, 1
    if isinstance(cell, Sequence) and len(cell) == 2 and (cell[0] is None or isinstance(cell[0], str)):
        return cell[0], max(int(cell[1]), 1)
    raise InteractError(f"{cell!r} is no place", "layout", 'write "name", or ("name", width)')
