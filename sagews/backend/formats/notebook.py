"""A notebook: what an `.ipynb` file says, exactly. `read` and `write` are all that others need of the format."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sagews.backend.formats.cell import Cell, meaning_of_count, members_of
from sagews.backend.formats.ids import with_ids
from sagews.backend.formats.json_text import indented, items, list_of, object_of
from sagews.backend.formats.older import upgraded
from sagews.backend.formats.opening import opened
from sagews.backend.formats.reading import WITH_IDS, CellReader
from sagews.backend.formats.repairs import Repairs
from sagews.errors import FormatError

MOST_CELLS = 10_000
"""Cells of a notebook."""
VERSION = 4
"""The version of nbformat that is written; older ones are read."""


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook of nbformat 4. What is called JSON here is compact JSON text, kept letter by letter."""

    cells: tuple[Cell, ...] = ()
    metadata: str = "{}"
    """A JSON object."""
    minor: int = WITH_IDS
    """The minor version: with one below 5, `write` leaves the ids of cells out."""
    rest: Mapping[str, str] = field(default_factory=dict)
    """Members that the format does not have, as JSON."""
    as_read: Mapping[str, str] = field(default_factory=dict)
    """Numbers of the version that were not written plainly, as JSON."""
    repairs: tuple[str, ...] = field(default=(), compare=False)
    """What was mended when it was read, in sentences; not written."""


def read(data: bytes) -> Notebook:
    """Return the notebook that an `.ipynb` file is, of any version that nbformat reads.

    What can be mended is, and `repairs` says what: ids that are not there, are
    none or twice there; members that are not there or null; outputs that
    nobody can read. The same bytes give the same notebook.

    Raises FormatError, which names the cell and the cause, for anything else.
    """
    repairs = Repairs()
    top = opened(data, repairs)
    version = _version(top)
    if version < VERSION:
        top = upgraded(top, version)
        repairs.note(f"it was of version {version} of the format, and is of version {VERSION} now")
    minor = _minor(top, repairs)
    reader = CellReader(minor, repairs)
    cells = with_ids(reader.read(cell) for cell in _cells(top))
    if minor < WITH_IDS and (reader.has_ids or version < VERSION):
        minor = WITH_IDS
    own = ("cells", "metadata", "nbformat", "nbformat_minor")
    numbers = {"nbformat": str(VERSION), "nbformat_minor": str(minor)}
    return Notebook(
        cells=cells,
        metadata=_metadata(top, repairs),
        minor=minor,
        rest={name: value for name, value in top.items() if name not in own},
        as_read={name: top[name] for name, plain in numbers.items() if _odd(top.get(name, plain), plain)},
        repairs=repairs.said(),
    )


def write(notebook: Notebook) -> bytes:
    """Return a notebook as an `.ipynb` file, laid out as nbformat does it.

    Of a valid file of nbformat 4 that was read, it is the same JSON value:
    every number, unknown member and attachment as it was.
    """
    parts = {
        **notebook.rest,
        "cells": list_of([object_of(members_of(cell, with_id=notebook.minor >= WITH_IDS)) for cell in notebook.cells]),
        "metadata": notebook.metadata,
        "nbformat": str(VERSION),
        "nbformat_minor": str(notebook.minor),
    }
    for name, text in notebook.as_read.items():
        if _odd(text, parts[name]):
            parts[name] = text
    return (indented(object_of({name: parts[name] for name in sorted(parts)})) + "\n").encode()


def identified(notebook: Notebook) -> Notebook:
    """Return the notebook of a version in which `write` writes the ids of cells."""
    return replace(notebook, minor=max(notebook.minor, WITH_IDS))


def _odd(text: str, plain: str) -> bool:
    """Return whether a number is written in another way than the plain one, and is the same."""
    return text != plain and meaning_of_count(text) == int(plain)


def _version(top: dict[str, str]) -> int:
    if "nbformat" not in top:
        raise FormatError("has no nbformat, so it is JSON but no notebook", "notebook")
    version = meaning_of_count(top["nbformat"])
    if version is None or not 1 <= version <= VERSION:
        shown = top["nbformat"][:20]
        what = f"is of version {shown} of the format; versions 1 to {VERSION} are read"
        raise FormatError(what, "notebook", "save it with a program that writes one of these")
    return version


def _minor(top: dict[str, str], repairs: Repairs) -> int:
    text = top.get("nbformat_minor", "null")
    minor = WITH_IDS if text == "null" else meaning_of_count(text)
    if minor is None:
        raise FormatError(f"its nbformat_minor is {text[:20]}, and no number of a version", "notebook")
    if text == "null":
        repairs.note("the notebook had no nbformat_minor")
    return minor


def _metadata(top: dict[str, str], repairs: Repairs) -> str:
    text = top.get("metadata", "null")
    if text.startswith("{"):
        return text
    if text not in ("null", "[]", '""'):
        raise FormatError("its metadata are no object", "notebook")
    repairs.note("the notebook had no metadata")
    return "{}"


def _cells(top: dict[str, str]) -> list[str]:
    text = top.get("cells", "")
    if not text.startswith("["):
        raise FormatError("has no list of cells", "notebook")
    cells = items(text)
    if len(cells) > MOST_CELLS:
        raise FormatError(f"has {len(cells)} cells, more than {MOST_CELLS}", "notebook", "make it two")
    return cells
