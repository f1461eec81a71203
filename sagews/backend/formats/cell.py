"""A cell of a notebook, as the model has it and as nbformat 4 writes it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sagews.backend.formats.json_text import list_of, quoted, simple

_COUNT = re.compile(r"-?0(?:\.0+)?(?:[eE][+-]?\d+)?|\d+(?:\.0+)?(?:[eE]\+?\d+)?|null")
_PLAIN = re.compile(r"(\d{1,15})(?:\.0+)?")
_SURROGATES = re.compile("[\ud800-\udfff]")


class CellType(StrEnum):
    """What a cell is. One of a type that nobody here knows is shown as raw, and written as it was."""

    CODE = "code"
    MARKDOWN = "markdown"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell. What is called JSON here is compact JSON text, kept letter by letter."""

    id: str
    """1 to 64 of `A-Za-z0-9_-`, and no other cell's of its notebook."""
    cell_type: CellType
    source: str
    """Text that can be UTF-8."""
    metadata: str = "{}"
    """A JSON object."""
    attachments: str | None = None
    """A JSON object: files by name, each a mimebundle; None if there is none."""
    outputs: tuple[str, ...] = ()
    """JSON objects, of a code cell."""
    execution_count: int | None = None
    """Of a code cell."""
    rest: Mapping[str, str] = field(default_factory=dict)
    """Members that the format does not have, as JSON."""
    as_read: Mapping[str, str] = field(default_factory=dict)
    """Of members above whose JSON was not what `write` would make of their value: how they stood; empty for one that
    was not there. It counts for as long as the value is the same."""


def members_of(cell: Cell, *, with_id: bool) -> dict[str, str]:
    """Return a cell as the members of a JSON object, in the order in which nbformat writes them."""
    parts = {**cell.rest, "cell_type": quoted(cell.cell_type), "metadata": cell.metadata}
    parts["source"] = list_of([quoted(line) for line in cell.source.splitlines(keepends=True)])
    if with_id:
        parts["id"] = quoted(cell.id)
    if cell.attachments is not None:
        parts["attachments"] = cell.attachments
    if cell.cell_type is CellType.CODE:
        parts["outputs"] = list_of(list(cell.outputs))
        parts["execution_count"] = "null" if cell.execution_count is None else str(cell.execution_count)
    for name, text in cell.as_read.items():
        if MEANINGS[name](text) == getattr(cell, name):
            parts[name] = text
    return {name: parts[name] for name in sorted(parts) if parts[name]}


def meaning_of_type(text: str) -> CellType:
    """Return the type of a cell by its JSON. Raises ValueError if it is no string."""
    name = simple(text) if text else None
    if not isinstance(name, str):
        raise ValueError("it has no cell_type")
    return CellType(name) if name in set(CellType) else CellType.RAW


def meaning_of_source(text: str) -> str:
    """Return a source by its JSON: a string, or a list of them. Raises ValueError if it is something else."""
    value = simple(text) if text not in ("", "null") else ""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        raise ValueError("its source is not text")
    return without_surrogates(value)


def without_surrogates(text: str) -> str:
    """Return text that can be UTF-8: U+FFFD for each surrogate by itself."""
    return _SURROGATES.sub("\ufffd", text)


def meaning_of_count(text: str) -> int | None:
    """Return a count by its JSON; None for one that is not there, or that nobody counts up to."""
    found = _PLAIN.fullmatch(text)
    return int(found[1]) if found else None


def is_count(text: str) -> bool:
    """Return whether JSON is a whole number from 0 on, or null."""
    return _COUNT.fullmatch(text) is not None


MEANINGS: Mapping[str, Callable[[str], object]] = {
    "cell_type": meaning_of_type,
    "source": meaning_of_source,
    "execution_count": meaning_of_count,
}
"""What the JSON of a member means, of those that `as_read` can have."""
