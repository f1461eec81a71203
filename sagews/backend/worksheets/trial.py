"""A document on which updates are tried before they are kept: one that fails it is never stored."""

from typing import Any

from sagews.backend.worksheets.binding import checked
from sagews.backend.worksheets.contents import Contents
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.shape import check_cell, check_count, check_meta
from sagews.errors import WorksheetError

MOST_TYPES = 25_000
"""Maps and texts of a worksheet, the deleted ones of its log, too; each cell has three or more.

The library goes through them by recursion where one is in the other; at some
60,000 its process died.
"""


class Trial:
    """A document, and what of it the updates change."""

    def __init__(self, of: Document | None = None) -> None:
        """Begin with what a document has, or with nothing."""
        self.document = Document() if of is None else of.copy()
        self._touched: set[int] = set()
        self._meta = self._changed = self._counted = False
        self._subscriptions = [
            self.document.cells.observe_deep(self._on_cells),
            self.document.meta.observe_deep(self._on_meta),
            self.document.doc.observe(self._on_change),
        ]

    def close(self) -> None:
        """Be told of no change any more: the library would keep this, and this the library, for ever."""
        if not self._subscriptions:
            return
        (cells, meta, change), self._subscriptions = self._subscriptions, []
        self.document.cells.unobserve(cells)
        self.document.meta.unobserve(meta)
        self.document.doc.unobserve(change)

    def attempt(self, payload: bytes, contents: Contents) -> bool:
        """Apply an update; return whether it changes anything.

        Raises WorksheetError if it must not be kept; then this trial is of no use any more.
        """
        self._forget()
        self.document.take(payload, contents)
        with checked("worksheet"):
            if self._counted:
                check_count(self.document.cells)
            for number in sorted(self._touched):
                check_cell(self.document.cells[number], number)
            if self._meta:
                check_meta(self.document.meta)
        return self._changed

    def check_room(self, contents: Contents) -> None:
        """Raise WorksheetError if there is no room for the maps and texts that an update makes."""
        if not contents.types or self.document.types + contents.types <= MOST_TYPES:
            return
        # Many may be deleted by now, and forgotten.
        self.document.recount()
        if self.document.types + contents.types > MOST_TYPES:
            raise WorksheetError("has too many cells", "worksheet", "go on in another one")

    # ---------------------------------------------------------------- within

    def _forget(self) -> None:
        self._touched.clear()
        self._meta = self._changed = self._counted = False

    def _on_cells(self, events: list[Any]) -> None:
        for event in events:
            if event.path:
                self._touched.add(event.path[0])
                continue
            self._counted = True
            number = 0
            for part in event.delta:
                added = len(part.get("insert", ()))
                self._touched.update(range(number, number + added))
                number += part.get("retain", 0) + added

    def _on_meta(self, events: list[Any]) -> None:
        self._meta = True

    def _on_change(self, event: Any) -> None:
        self._changed = True
