"""The bookmarks of an interact: buttons, each of which brings a state back; a reader adds own ones.

Code makes some, a link brings some, and a reader adds, renames and deletes:
for that there is a button "Bookmarks", behind which the rest is made when it
is first wanted. What already stands in the row stays as it is when something
is added, so that the keyboard's focus is not lost.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets import Button, HBox, Layout

from sagews.session.interact import boxes
from sagews.session.interact.control import InteractError
from sagews.session.interact.marking import Marking

MOST = 100
"""Bookmarks that an interact may have; as many can a link carry."""

State = dict[str, Any]


class Bookmarks:
    """States by their names, and a row of buttons for them."""

    def __init__(
        self,
        wish: Callable[[Mapping[str, Any]], None],
        present: Callable[[], State],
        told: Callable[[], None],
    ) -> None:
        """`wish` is called with the state that somebody wants back, `told` when a reader has changed what there is."""
        self.states: dict[str, State] = {}
        self.by_code: set[str] = set()
        """Names that code has given, which a reader can neither change nor delete."""
        self._wish, self._present, self._told = wish, present, told
        self._buttons: dict[str, Any] = {}
        self._marks = HBox([], layout=Layout(flex_flow="row wrap"))
        self._opener: Any = None
        self._marking: Marking | None = None
        self.row = HBox([self._marks], layout=Layout(flex_flow="row wrap"), _dom_classes=("sagews-marks",))

    def set(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Have these, and no others. Raises InteractError for too many."""
        if len(states) > MOST:
            raise InteractError(f"{len(states)} bookmarks are too many", "an interact", f"give it {MOST} at most")
        self.states = {name: dict(state) for name, state in states.items()}
        before = self._buttons
        self._buttons = {name: before[name] if name in before else self._button(name) for name in self.states}
        self._marks.children = tuple(self._buttons.values())
        for name, button in before.items():
            if name not in self._buttons:
                boxes.close(button)
        if self._marking is not None:
            self._marking.show()

    def offer(self, *, has_values: bool) -> None:
        """Let a reader add some, if there are values to keep."""
        if has_values and self._opener is None:
            self._opener = Button(description="Bookmarks", tooltip="add, rename or delete bookmarks", icon="bookmark-o")
            self._opener.layout.width = "auto"
            self._opener.add_class("sagews-quiet")
            self._opener.on_click(lambda _: self._open(is_open=self._marking is None))
            self.row.children = [self._marks, self._opener]
        elif not has_values and self._opener is not None:
            self._open(is_open=False)
            self.row.children = [self._marks]
            boxes.close(self._opener)
            self._opener = None

    # -------------------------------------------------------- by a reader

    @property
    def own(self) -> list[str]:
        """Names that a reader may change: all that code has not given."""
        return [name for name in self.states if name not in self.by_code]

    @property
    def is_full(self) -> bool:
        """Whether there can be no more."""
        return len(self.states) >= MOST

    def add(self, name: str) -> bool:
        """Keep the present values; False: there is such a name, or no room."""
        if not name or name in self.states or self.is_full:
            return False
        self._have({**self.states, name: self._present()})
        return True

    def rename(self, before: str, name: str) -> bool:
        """Give one another name; False: it is not the reader's, or there is such a name."""
        if before not in self.own or not name or name in self.states:
            return False
        self._have({name if each == before else each: state for each, state in self.states.items()})
        return True

    def delete(self, name: str) -> None:
        """Have one less, if it is the reader's."""
        if name in self.own:
            self._have({each: state for each, state in self.states.items() if each != name})

    def _have(self, states: dict[str, State]) -> None:
        self.set(states)
        self._told()

    def _open(self, *, is_open: bool) -> None:
        before, self._marking = self._marking, Marking(self) if is_open else None
        if self._marking is not None:
            self._marking.show()
        self.row.children = [self._marks, self._opener, *([] if self._marking is None else [self._marking.view])]
        if before is not None:
            boxes.close(before.view)

    def _button(self, name: str) -> Any:
        button = Button(description=name, tooltip=f"bookmark {name}", icon="bookmark", layout={"width": "auto"})
        button.layout.max_width = "100%"
        button.on_click(lambda _: self._wish(self.states[name]))
        return button


def parsed(given: Any) -> dict[str, State]:
    """Return states by name, from a list of pairs or from JSON of one. Raises InteractError for anything else."""
    try:
        found = json.loads(given) if isinstance(given, str) else given
        return {str(name): dict(state) for name, state in found}
    except (TypeError, ValueError, RecursionError) as error:
        hint = 'write [["name", {"x": 1}], ...], or JSON of it'
        raise InteractError("these are no bookmarks", "an interact", hint) from error
