"""What a worksheet has, as plain values: what its model is made of, and what is read from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CellValues:
    """A cell. Whatever else a notebook says of it is text of JSON, by name, so that its numbers stay as they are."""

    id: str
    cell_type: str
    """`code`, `markdown` or `raw`."""
    source: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    attachments: Mapping[str, str] = field(default_factory=dict)
    """By name of the file: what the notebook has under it."""
    rest: Mapping[str, str] = field(default_factory=dict)
    """What else there is at the cell, which nobody here knows."""


@dataclass(frozen=True, slots=True)
class WorksheetValues:
    """A whole worksheet, without outputs."""

    cells: tuple[CellValues, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    rest: Mapping[str, str] = field(default_factory=dict)
    """What else there is at the notebook: `nbformat`, `nbformat_minor`, and what nobody here knows."""
