"""The shape of a worksheet in its CRDT, and what is refused of it.

It is that of Jupyter's YNotebook as far as people write it: `cells`, an array
of maps with `id`, `cell_type`, `source` (a text), `metadata` and, where there
are any, `attachments`; and `meta`, a map with `metadata`. Whatever notebooks
have besides is in maps called `rest`. The values of `metadata`, `attachments`
and `rest` are text of JSON: a float stays a float, and an integer has all its
digits. Outputs, execution counts and states are no part of it.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Never

from pycrdt import Array, Map, Text

from sagews.backend.worksheets.text import is_plain
from sagews.errors import WorksheetError

CELL_TYPES = ("code", "markdown", "raw")
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_CELLS = 8_000
"""Each is three maps and texts at least, of which a worksheet may have 25,000."""
MOST_SOURCE = 1 << 20
"""Bytes of the source of a cell: what an evaluation may have."""
MOST_TEXTS = 1000
"""Names of one map."""
MOST_NAME = 1000
"""Characters of a name."""
MOST_TEXT = 16 << 20
"""Bytes of one text of JSON, which may be a picture."""
CELL_MAPS = ("metadata", "attachments", "rest")
META_MAPS = ("metadata", "rest")


def check_cell(cell: Any, number: int) -> None:
    """Raise WorksheetError unless this is a cell."""
    noun = f"cell {number + 1}"
    if not isinstance(cell, Map):
        raise _not_allowed("is no cell", noun)
    there = set(cell.keys())
    if not {"id", "cell_type", "source", "metadata"} <= there <= {"id", "cell_type", "source", *CELL_MAPS}:
        raise _not_allowed("lacks something that a cell has, or has something else", noun)
    if not isinstance(cell["id"], str) or not CELL_ID.fullmatch(cell["id"]):
        raise _not_allowed("has an id that no cell may have", noun)
    if cell["cell_type"] not in CELL_TYPES:
        raise _not_allowed("is of no known type", noun)
    for name in ("source", *CELL_MAPS):
        if name in there:
            check_part(cell, number, name)


def check_part(cell: Map[Any], number: int, name: str, names: Iterable[str] | None = None) -> None:
    """Raise WorksheetError unless this is a part of a cell, whatever else that has; of a map, these names alone."""
    noun = f"cell {number + 1}"
    if name != "source":
        _check_texts(cell[name], f"{name} of {noun}", names)
        return
    source = cell["source"]
    if not isinstance(source, Text) or not is_plain(source):
        raise _not_allowed("has a source that is not a text", noun)
    if len(source) > MOST_SOURCE:
        raise _not_allowed(f"has a source of more than {MOST_SOURCE >> 20} MiB", noun)


def check_meta(meta: Map[Any], names: dict[str, set[str]] | None = None) -> None:
    """Raise WorksheetError unless this is what a worksheet has beside its cells; `names`: of these maps these alone."""
    if not set(meta.keys()) <= set(META_MAPS):
        raise _not_allowed("has something that a worksheet has not", "meta")
    for name in meta.keys():  # noqa: SIM118  # a map of pycrdt, whose iteration is something else
        if names is None or name in names:
            _check_texts(meta[name], f"{name} of the worksheet", None if names is None else names[name])


def check_count(cells: Array[Any]) -> None:
    """Raise WorksheetError if there are too many cells."""
    if len(cells) > MOST_CELLS:
        raise _not_allowed(f"would have more than {MOST_CELLS} cells", "worksheet")


def _check_texts(texts: Any, noun: str, names: Iterable[str] | None = None) -> None:
    if not isinstance(texts, Map) or len(texts) > MOST_TEXTS:
        raise _not_allowed(f"is no map, or has more than {MOST_TEXTS} names", noun)
    there = set(texts.keys())
    for name in there if names is None else there.intersection(names):
        text = texts[name]
        if len(name) > MOST_NAME or not isinstance(text, str) or len(text) > MOST_TEXT or not is_json(text):
            raise _not_allowed(f"has something at {name[:50]!r} that is no text of JSON", noun)


def is_json(text: str) -> bool:
    """Whether this is text of JSON, its numbers of any size, and not nested too deep."""
    try:
        json.loads(text, parse_int=len, parse_float=len, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> Never:
    raise ValueError(constant)


def _not_allowed(what: str, noun: str) -> WorksheetError:
    return WorksheetError(what, noun, "reload the page; what you wrote last is not saved")
