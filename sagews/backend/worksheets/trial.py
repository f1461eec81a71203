"""A document on which updates are tried before they are kept: one that fails it is never stored."""

from collections.abc import Iterator
from typing import Any

from pycrdt._pycrdt import ArrayEvent, MapEvent

from sagews.backend.worksheets.binding import checked
from sagews.backend.worksheets.contents import Contents
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.shape import check_cell, check_count, check_meta, check_part
from sagews.errors import WorksheetError

MOST_TYPES = 25_000
"""Maps and texts of a worksheet, the deleted ones of its log, too; each cell has three or more.

The library goes through them by recursion where one is in the other; at some
60,000 its process died.
"""
MOST_LOOKED_UP = 50
"""Changes of which it is looked up in which cell they are, which means to go past all cells before it. Where an update
has more of them all cells are looked at."""
AT_ONCE = 20
"""Cells that are looked at in one go: some 2 ms."""
# Whose attributes the library's types do not tell.
_ARRAY: Any = ArrayEvent
_MAP: Any = MapEvent


class Trial:
    """A document, and what of it the updates change."""

    def __init__(self, of: Document | None = None) -> None:
        """Begin with what a document has, or with nothing."""
        self.document = Document() if of is None else of.copy()
        self._cells: set[int] = set()
        """Numbers of cells that are new or other ones."""
        self._parts: dict[tuple[int, str], set[str]] = {}
        """Sources, and names of what else there is at cells, that are changed."""
        self._meta: dict[str, set[str]] | None = {}
        """The same of the worksheet; None: anything."""
        self._found = 0
        self._changed = self._counted = self._meta_changed = False
        # Of the types below those of pycrdt, whose events look up all that they have, whether one asks for it or not.
        self._subscriptions = [
            self.document.cells.integrated.observe_deep(self._on_cells),
            self.document.meta.integrated.observe_deep(self._on_meta),
        ]
        self._change = self.document.doc.observe(self._on_change)

    def close(self) -> None:
        """Be told of no change any more: the library would keep this, and this the library, for ever."""
        if not self._subscriptions:
            return
        for subscription in self._subscriptions:
            subscription.drop()
        self._subscriptions = []
        self.document.doc.unobserve(self._change)

    def attempt(self, payload: bytes, contents: Contents) -> bool:
        """Apply an update; return whether it changes anything.

        Raises WorksheetError if it must not be kept; then this trial is of no use any more.
        """
        changed = self.begin(payload, contents)
        for _ in self.checks():
            pass
        return changed

    def begin(self, payload: bytes, contents: Contents) -> bool:
        """Apply an update, and return whether it changes anything. Only its `checks` tell whether it may be kept."""
        self._forget()
        self.document.take(payload, contents)
        return self._changed

    def checks(self) -> Iterator[None]:
        """Look at what the update changed that was applied last, in pieces that take little time each.

        Nothing else may be applied meanwhile. Raises WorksheetError as `attempt`.
        """
        with checked("worksheet"):
            document = self.document
            if self._counted:
                check_count(document.cells)
            if self._meta_changed:
                check_meta(document.meta, self._meta)
            everywhere = self._found > MOST_LOOKED_UP
            for done, number in enumerate(range(len(document.cells)) if everywhere else sorted(self._cells), 1):
                check_cell(document.cells[number], number)
                if done % AT_ONCE == 0:
                    yield
            for (number, name), names in () if everywhere else self._parts.items():
                if number not in self._cells:
                    check_part(document.cells[number], number, name, names)

    def check_room(self, contents: Contents) -> None:
        """Raise WorksheetError if there is no room for the maps and texts that an update makes."""
        if self.is_crowded(contents):
            raise WorksheetError("has too many cells", "worksheet", "go on in another one")

    def is_crowded(self, contents: Contents) -> bool:
        """Whether there is no such room, unless some were deleted since they were counted."""
        return bool(contents.types) and self.document.types + contents.types > MOST_TYPES

    # ---------------------------------------------------------------- within

    def _forget(self) -> None:
        self._cells.clear()
        self._parts.clear()
        self._meta, self._found = {}, 0
        self._changed = self._counted = self._meta_changed = False

    def _on_cells(self, events: list[Any]) -> None:
        for event in events:
            self._found += 1
            if isinstance(event, _ARRAY):
                self._on_array(event)
            elif self._found <= MOST_LOOKED_UP:
                number, *within = event.path
                if not within:
                    self._cells.add(number)
                else:
                    names = event.keys if isinstance(event, _MAP) else ()
                    self._parts.setdefault((number, within[0]), set()).update(names)

    def _on_array(self, event: Any) -> None:
        self._counted = True
        number = 0
        for part in event.delta:
            added = len(part.get("insert", ()))
            self._cells.update(range(number, number + added))
            number += part.get("retain", 0) + added

    def _on_meta(self, events: list[Any]) -> None:
        self._meta_changed = True
        for event in events:
            if not event.path or not isinstance(event, _MAP):
                self._meta = None
            elif self._meta is not None:
                self._meta.setdefault(event.path[0], set()).update(event.keys)

    def _on_change(self, event: Any) -> None:
        self._changed = True
