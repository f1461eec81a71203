"""Reads one cell of nbformat 4 from its JSON, mends what can be mended, and names it where that cannot be."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sagews.backend.formats.cell import (
    MEANINGS,
    Cell,
    CellType,
    is_count,
    meaning_of_count,
    meaning_of_source,
    meaning_of_type,
    members_of,
)
from sagews.backend.formats.ids import ID
from sagews.backend.formats.json_text import items, members, simple
from sagews.backend.formats.lines import MOST_LINES, line_ends
from sagews.backend.formats.outputs import mended
from sagews.backend.formats.repairs import Repairs
from sagews.errors import FormatError

Value = TypeVar("Value")

WITH_IDS = 5
"""The minor version of nbformat 4 since which cells have ids."""
NEWEST = 5
"""The newest minor version that is known; a later one may have other cells, outputs and members."""

_OWN = ("cell_type", "source", "metadata", "attachments", "outputs", "execution_count", "id")


class CellReader:
    """Reads the cells of one notebook, in their order."""

    def __init__(self, minor: int, repairs: Repairs) -> None:
        self._minor = minor
        self._repairs = repairs
        self._ids: set[str] = set()
        self._number = 0
        self._lines = 0
        self._name = ""

    @property
    def has_ids(self) -> bool:
        """Whether a cell had an id."""
        return bool(self._ids)

    def read(self, text: str) -> Cell:
        """Return a cell by its compact JSON, with an empty id if it has none that it can keep. Raises FormatError."""
        self._number += 1
        self._name = f"cell {self._number}"
        if not text.startswith("{"):
            raise self._error("it is no object")
        parts = members(text)
        cell_id = self._id(parts)
        cell = Cell(
            id=cell_id,
            cell_type=self._meaning(meaning_of_type, parts.get("cell_type", "")),
            source=self._meaning(meaning_of_source, parts.get("source", "")),
            metadata=self._object(parts, "metadata") or "{}",
            attachments=self._object(parts, "attachments"),
        )
        self._lines += line_ends(cell.source)
        if self._lines > MOST_LINES:
            raise self._error(f"with it the sources have more than {MOST_LINES} lines")
        if cell.cell_type is CellType.CODE:
            cell = self._code(cell, parts)
        own = _OWN if cell.cell_type is CellType.CODE else tuple(set(_OWN) - {"outputs", "execution_count"})
        cell = replace(cell, rest={name: value for name, value in parts.items() if name not in own})
        return self._as_read(cell, parts)

    # ---------------------------------------------------------------- within

    def _code(self, cell: Cell, parts: dict[str, str]) -> Cell:
        if not is_count(parts.get("execution_count", "")):
            self._mend("had no execution_count that is a number")
            parts["execution_count"] = "null"
        outputs = parts.get("outputs", "null")
        if outputs == "null":
            self._mend("had no list of outputs")
        elif not outputs.startswith("["):
            raise self._error("its outputs are no list")
        found = [] if outputs == "null" else self._outputs(items(outputs))
        return replace(cell, outputs=tuple(found), execution_count=meaning_of_count(parts["execution_count"]))

    def _outputs(self, outputs: list[str]) -> list[str]:
        found = []
        for number, output in enumerate(outputs, 1):
            try:
                one, wrong = mended(output)
            except ValueError as why:
                self._mend(f"lost output {number}: {why}")
            else:
                found.append(one)
                if wrong:
                    self._mend(f"had a wrong {' and '.join(wrong)} in output {number}, which is empty or mended now")
                elif one is not output:
                    self._mend(f"had an output without all of its members: {number}")
        return found

    def _id(self, parts: dict[str, str]) -> str:
        value = simple(parts["id"]) if "id" in parts else None
        if isinstance(value, str) and ID.fullmatch(value):
            self._name += f" ({value})"
            if value not in self._ids:
                self._ids.add(value)
                return value
            self._mend("had the id of a cell before it, and has a new one")
        elif "id" in parts:
            self._mend("had an id that is none, and has a new one")
        elif self._minor >= WITH_IDS:
            self._mend("had no id, and has one now")
        return ""

    def _meaning(self, meaning: Callable[[str], Value], text: str) -> Value:
        try:
            return meaning(text)
        except ValueError as why:
            raise self._error(str(why)) from None

    def _object(self, parts: dict[str, str], name: str) -> str | None:
        text = parts.get(name)
        if text is not None and text.startswith("{"):
            return text
        if text not in (None, "null", "[]", '""'):
            raise self._error(f"its {name} are no object")
        if text is not None or name == "metadata":
            self._mend(f"had no {name}")
        return None

    def _as_read(self, cell: Cell, parts: dict[str, str]) -> Cell:
        """Return the cell with how those of its members stood that would be written in another way."""
        unknown = cell.cell_type is CellType.RAW and parts["cell_type"] != '"raw"'
        if unknown and self._minor <= NEWEST:
            self._mend("is of a type that is not known, and is shown as raw text")
        if parts.get("source", "null") == "null" and not unknown:
            self._mend("had no source")
            parts["source"] = "[]"
        written = members_of(cell, with_id=False)
        return replace(
            cell,
            as_read={name: parts.get(name, "") for name in MEANINGS if parts.get(name, "") != written.get(name, "")},
        )

    def _mend(self, what: str) -> None:
        self._repairs.note(f"{self._name} {what}")

    def _error(self, what: str) -> FormatError:
        return FormatError(what, self._name, "mend the file where it was written, and try again")
