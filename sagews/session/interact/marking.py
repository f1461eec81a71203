"""Where a reader adds bookmarks, and renames or deletes own ones."""

from itertools import count
from typing import TYPE_CHECKING, Any

from ipywidgets import Button, HBox, Layout, Text, VBox

from sagews.session.interact import boxes

if TYPE_CHECKING:
    from sagews.session.interact.bookmarks import Bookmarks

LONGEST = 200
"""Characters of a name; a link carries no longer ones."""


class Marking:
    """A box for a new name, and a row for each bookmark of the reader's."""

    def __init__(self, marks: "Bookmarks") -> None:
        self._marks = marks
        self._name = Text(tooltip="name of a new bookmark", layout=Layout(width="14em", max_width="100%"))
        self._adds = Button(description="Add", tooltip="add the present values", layout=Layout(width="auto"))
        self._adds.on_click(lambda _: self._add())
        self._name.on_msg(self._heard)
        self._own = VBox([])
        self._rows: dict[str, Any] = {}
        head = HBox([self._name, self._adds], layout=Layout(flex_flow="row wrap"))
        self.view = VBox([head, self._own], layout=Layout(max_width="100%"))
        self._name.value = self._next()

    def show(self) -> None:
        """Have a row for each that there is now."""
        before = self._rows
        self._rows = {name: before[name] if name in before else self._row(name) for name in self._marks.own}
        self._own.children = tuple(self._rows.values())
        for name, row in before.items():
            if name not in self._rows:
                boxes.close(row)
        self._adds.disabled = self._marks.is_full

    def _add(self) -> None:
        if self._marks.add(tidy(self._name.value)):
            self._name.value = self._next()

    def _heard(self, _: Any, content: Any, __: Any) -> None:
        """Enter adds, too."""
        if isinstance(content, dict) and content.get("event") == "submit":
            self._add()

    def _next(self) -> str:
        return next(name for number in count(1) if (name := f"Bookmark {number}") not in self._marks.states)

    def _row(self, name: str) -> Any:
        text = Text(value=name, tooltip=f"new name of bookmark {name}", continuous_update=False)
        text.layout.width, text.layout.max_width = "14em", "100%"
        text.observe(lambda change: self._rename(text, name, tidy(change["new"])), names="value")
        deletes = Button(icon="trash", tooltip=f"delete bookmark {name}", layout=Layout(width="auto"))
        deletes.on_click(lambda _: self._marks.delete(name))
        return HBox([text, deletes], layout=Layout(flex_flow="row wrap"))

    def _rename(self, text: Any, name: str, wanted: str) -> None:
        if wanted != name and not self._marks.rename(name, wanted):
            text.value = name


def tidy(name: Any) -> str:
    """Return a name in one line, and no longer than it may be."""
    return " ".join(str(name)[: 4 * LONGEST].split())[:LONGEST].strip()
