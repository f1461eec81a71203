"""A document: one replica of a worksheet in pycrdt, that knows how much of every client it has."""

from collections.abc import Mapping
from typing import Any

import pycrdt
from pycrdt import Array, Doc, Map, Text

from sagews.backend.worksheets.binding import GarbledError, checked
from sagews.backend.worksheets.bytestream import MOST_NUMBER
from sagews.backend.worksheets.contents import Clock, Contents, contents, state_of
from sagews.backend.worksheets.shape import CELL_MAPS, META_MAPS, check_cell, check_count, check_meta
from sagews.backend.worksheets.values import CellValues, WorksheetValues

NOTHING = b"\0\0"
"""An update with nothing in it."""


class Document:
    """A replica of a worksheet, to which nothing is given whose predecessors are missing."""

    def __init__(self) -> None:
        self.doc: Doc[Any] = Doc()
        self.cells: Array[Any] = self.doc.get("cells", type=Array)
        self.meta: Map[Any] = self.doc.get("meta", type=Map)
        self.known: dict[int, int] = {}
        """How much there is of each client."""
        self.pairs: set[Clock] = set()
        """Second halves of characters that are two in UTF-16."""
        self.types = 0
        """Maps and texts that were ever made in it, as far as its updates tell."""
        self.parts = 0
        """Items and deleted ranges of its updates: about as many as it may have to go through for one more."""

    @property
    def state(self) -> bytes:
        """Its state vector: by it, others find out what it lacks."""
        return self.doc.get_state()

    def take(self, payload: bytes, read: Contents) -> None:
        """Apply an update that was read. Raises GarbledError if it cannot be: the document is of no use then."""
        ends = read.ends(self.known)
        if ends is None or read.missing(self.known):
            raise GarbledError("was to be put after something that is not there", "update", "load the worksheet anew")
        if read.split_a_pair(self.pairs, self.known):
            raise GarbledError("takes a character apart", "update", "load the worksheet anew")
        with checked():
            self.doc.apply_update(payload)
            # What the library could not put in its place it keeps back, and says nothing. It is not in its state.
            kept_back = read.spans and pycrdt.get_update(payload, self.doc.get_state())[:1] != b"\0"
        if kept_back:
            raise GarbledError("refers to something that is not there", "update", "load the worksheet anew")
        self.known.update(ends)
        self.pairs.update(read.pairs)
        self.types += read.types
        self.parts += read.parts

    def take_kept(self, payload: bytes) -> None:
        """Apply a base or an update of which it is known that it may be large. Raises GarbledError."""
        self.take(payload, contents(payload, most_types=MOST_NUMBER))

    def since(self, state: bytes = b"\0") -> bytes:
        """Return what somebody lacks who has this state vector, as one update. Raises GarbledError if it is none."""
        state_of(state)
        with checked("state vector"):
            return self.doc.get_update(state)

    def copy(self) -> "Document":
        """Return another document that has the same."""
        other = Document()
        with checked("worksheet"):
            other.doc.apply_update(self.doc.get_update())
        other.known, other.pairs = dict(self.known), set(self.pairs)
        other.types, other.parts = self.types, self.parts
        return other

    @staticmethod
    def types_in(whole: bytes) -> int:
        """Return how many maps and texts a worksheet has that is this update: none that was deleted is in it."""
        return contents(whole, most_types=MOST_NUMBER).types

    def check(self) -> None:
        """Raise WorksheetError unless all of it has the shape of a worksheet."""
        with checked("worksheet"):
            check_count(self.cells)
            for number in range(len(self.cells)):
                check_cell(self.cells[number], number)
            check_meta(self.meta)

    def values(self) -> WorksheetValues:
        """Return what it has.

        Two who move one cell at the same time leave it twice: the second one
        gets an id of its own here, the same wherever this is asked.
        """
        ids: set[str] = set()
        with checked("worksheet"):
            cells = [cell_values(self.cells[number], ids) for number in range(len(self.cells))]
            meta = {name: _texts(self.meta, name) for name in META_MAPS}
        return WorksheetValues(tuple(cells), **meta)


def made(values: WorksheetValues) -> bytes:
    """Return a worksheet with this in it as one update, a base. Raises WorksheetError if there can be none."""
    document = Document()
    with checked("worksheet"), document.doc.transaction():
        for cell in values.cells:
            document.cells.append(new_cell(cell))
        for name in META_MAPS:
            document.meta[name] = Map(dict(getattr(values, name)))
    document.check()
    return document.since()


def new_cell(values: CellValues) -> Map[Any]:
    """Return a cell that is to be put into a document."""
    cell: dict[str, Any] = {"id": values.id, "cell_type": values.cell_type, "source": Text(values.source)}
    texts = {name: dict(getattr(values, name)) for name in CELL_MAPS}
    return Map(cell | {name: Map(those) for name, those in texts.items() if those or name == "metadata"})


def cell_values(cell: Map[Any], ids: set[str]) -> CellValues:
    """Return what a cell has; with an id that is not among these, to which it is added."""
    own = cell["id"]
    number = 2
    while own in ids:
        own = f"{cell['id'][:50]}-{number}"
        number += 1
    ids.add(own)
    texts = {name: _texts(cell, name) for name in CELL_MAPS}
    return CellValues(own, cell["cell_type"], str(cell["source"]), **texts)


def _texts(of: Map[Any], name: str) -> Mapping[str, str]:
    return dict(of[name].to_py()) if name in of else {}
