"""What of an interact can be kept and brought back: the values of its controls, and its bookmarks.

A widget without a view has both, so that every page of the session knows them
at any time, and a permalink can carry them:

    state      {"x": 3, "m": [["1", "0"]]}: each control's value on the wire; who sets it sets the controls, which
               runs the function once; a value that a control cannot have is said and changes nothing
    bookmarks  [["name", {state}], ...]: who sets it has those
    changes    {"x": 3}: who sets it has changed those controls, as a reader does, also where the function does not run
               then; for pages that show controls of their own

The view names this widget in its metadata, under `METADATA`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets import Widget
from traitlets import Dict, List

METADATA = "sagews_interact"
"""The metadata of an interact's view: its function's name, the id of this widget's model, what that had at first."""


class Saved(Widget):
    """The state and the bookmarks of an interact."""

    state = Dict().tag(sync=True)
    bookmarks: Any = List().tag(sync=True)
    changes = Dict().tag(sync=True)


class Keeper:
    """Keeps a `Saved` up to date, and tells when a page has set it."""

    def __init__(
        self,
        wish: Callable[[Mapping[str, Any]], None],
        marks: Callable[[Any], None],
        take: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self.widget = Saved()
        self._does = {"state": wish, "bookmarks": marks, "changes": take}
        self._telling = False
        self.widget.observe(self._set, names=list(self._does))

    def tell(self, state: Mapping[str, Any], bookmarks: Mapping[str, Any]) -> None:
        """Have the pages know."""
        self._telling = True
        try:
            with self.widget.hold_sync():
                self.widget.state = dict(state)
                self.widget.bookmarks = [[name, dict(each)] for name, each in bookmarks.items()]
        finally:
            self._telling = False

    def _set(self, change: Any) -> None:
        if self._telling:
            return
        self._does[change.name](change.new)
        if change.name == "changes":
            # The same again is a change again, as a button that is pressed twice.
            self._telling = True
            try:
                self.widget.changes = {}
            finally:
                self._telling = False
