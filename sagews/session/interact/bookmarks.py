"""The bookmarks of an interact: buttons, each of which brings a state back."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets import Button, HBox, Layout

from sagews.session.interact import boxes
from sagews.session.interact.control import InteractError

MOST = 100
"""Bookmarks that an interact may have."""


class Bookmarks:
    """States by their names, and a row of buttons for them."""

    def __init__(self, wish: Callable[[Mapping[str, Any]], None]) -> None:
        """`wish` is called with the state that somebody wants back."""
        self.states: dict[str, dict[str, Any]] = {}
        self.row = HBox([], layout=Layout(flex_flow="row wrap"))
        self._wish = wish

    def set(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Have these, and no others. Raises InteractError for too many."""
        if len(states) > MOST:
            raise InteractError(f"{len(states)} bookmarks are too many", "an interact", f"give it {MOST} at most")
        self.states = {name: dict(state) for name, state in states.items()}
        before, self.row.children = self.row.children, [self._button(name) for name in self.states]
        for button in before:
            boxes.close(button)

    def _button(self, name: str) -> Any:
        button = Button(description=name, tooltip=f"bookmark {name}", icon="bookmark", layout={"width": "auto"})
        button.on_click(lambda _: self._wish(self.states[name]))
        return button


def parsed(given: Any) -> dict[str, dict[str, Any]]:
    """Return states by name, from a list of pairs or from JSON of one. Raises InteractError for anything else."""
    try:
        found = json.loads(given) if isinstance(given, str) else given
        return {str(name): dict(state) for name, state in found}
    except (TypeError, ValueError, RecursionError) as error:
        hint = 'write [["name", {"x": 1}], ...], or JSON of it'
        raise InteractError("these are no bookmarks", "an interact", hint) from error
