"""One interact: its controls, its view, and the runs of its function.

What a run puts out takes the place of what the one before has put out, and
interacts that it makes that of those which that one has made; an error is
shown there, and the controls stay. So it is for the cell, too: evaluated
again, it has let go of the interacts that it had before.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from sagews.session.interact import boxes, described
from sagews.session.interact.area import Area
from sagews.session.interact.bookmarks import Bookmarks, parsed
from sagews.session.interact.control import Control, short
from sagews.session.interact.due import DUE
from sagews.session.interact.marking import LONGEST
from sagews.session.interact.plan import BOOKMARKS, OUTPUT, Plan
from sagews.session.interact.presses import Button, UpdateButton
from sagews.session.interact.proxy import Proxy
from sagews.session.interact.saved import METADATA, Keeper
from sagews.session.interact.signature import choose_triggers, control

MOST_NAMES = 5
"""Names that are told of values that were not taken."""

_running: list["Interact"] = []
"""Those whose function runs, the innermost last."""


class Interact:
    """A function with controls."""

    def __init__(
        self,
        function: Callable[..., Any],
        controls: dict[str, Control],
        plan: Plan,
        *,
        takes_proxy: bool,
        update: Iterable[str] | None,
        output: bool,
        readonly: bool,
        automatic_labels: bool,
        locations: Mapping[str, str],
    ) -> None:
        self.function, self.controls = function, controls
        self.name = str(getattr(function, "__name__", "interact"))
        self.changed_names = list(controls)
        self.proxy = Proxy(self)
        self._plan, self._locations = plan, dict(locations)
        self._takes_proxy, self._readonly, self._has_labels = takes_proxy, readonly, automatic_labels
        self._inner: list[Interact] = []
        self._labels: dict[str, str] = {}
        self._bookmarks = Bookmarks(self._wish, lambda: self.state, self._tell)
        choose_triggers(controls, update)
        for name, each in controls.items():
            self._show(name, each)
        self._output, self._has_output = Area(), output
        self._offer()
        self._box = boxes.View(self._rows())
        self._box.words = repr(self.proxy)
        self._box.sagews_places = self._places()
        self._keeper = Keeper(self._wish, lambda wanted: self._bookmarks.set(parsed(wanted)), self._take)
        self.is_closed = False
        self.is_inner = bool(_running)
        """Whether another interact has made it, which lets go of it."""
        if _running:
            _running[-1]._inner.append(self)

    # ---------------------------------------------------------------- view

    def show(self) -> None:
        """Show it, and run the function for the first time."""
        self._keeper.tell(self.state, self._bookmarks.states)
        about = {
            "function": self.name,
            "saved": self._keeper.widget.model_id,
            "state": self.state,
            "locations": self._locations,
            "sagecell": described.about(
                *(self.controls, self._labels, self._plan, self._output.model_id if self._has_output else ""),
                readonly=self._readonly,
            ),
        }
        display(self._box, metadata={METADATA: about})
        self.run()

    def _show(self, name: str, one: Control) -> None:
        label = one.label if one.label is not None else name if self._has_labels else ""
        self._labels[name] = label
        one.show(label, self, readonly=self._readonly)

    def _rows(self) -> tuple[Any, ...]:
        return boxes.arranged(self._plan, self._named())

    def _named(self) -> dict[str, Any]:
        """Return all that has a place, by its name."""
        views: dict[str, Any] = {name: each.view for name, each in self.controls.items() if each.view is not None}
        views[BOOKMARKS] = self._bookmarks.row
        if self._has_output:
            views[OUTPUT] = self._output
        return views

    def _places(self) -> dict[str, str]:
        views = self._named()
        return {views[name].model_id: place for name, place in self._locations.items() if name in views}

    def _arrange(self) -> None:
        """Show what there is now."""
        self._offer()
        before, self._box.children = self._box.children, self._rows()
        self._box.sagews_places = self._places()
        kept = [*self._views(), self._output, self._bookmarks.row]
        for row in before:
            boxes.close(row, kept)

    def _offer(self) -> None:
        """Let a reader keep values, where there are some that can be changed."""
        there = any(each.parts() and not isinstance(each, Button) for each in self.controls.values())
        self._bookmarks.offer(has_values=there and not self._readonly)

    def _views(self) -> list[Any]:
        return [each.view for each in self.controls.values() if each.view is not None]

    def close(self) -> None:
        """Take it from all pages."""
        self.is_closed = True
        DUE.forget(self)
        for one in self._inner:
            one.close()
        kept = [each.view for each in self.controls.values() if each.is_readers]
        for each in self.controls.values():
            each.let_go()
        for view in (self._box, self._output, self._keeper.widget):
            boxes.close(view, kept)

    # ------------------------------------------------------------ controls

    @property
    def state(self) -> dict[str, Any]:
        """The value of each control on the wire."""
        return {name: each.value for name, each in self.controls.items() if each.view is not None}

    def set(self, name: str, value: Any) -> None:
        """Set one."""
        one = self.controls[name]
        value = one.constrain(value)
        if one.value != value:
            self._note(name)
            one.value = value

    def set_element(self, name: str, place: list[int], value: Any) -> None:
        """Set one element of a value that is a list."""
        one = self.controls[name]
        whole = [list(each) if isinstance(each, list) else each for each in one.value]
        within = whole
        for index in place[:-1]:
            within = within[index]
        within[place[-1]] = one.constrain_element(value, place)
        self.set(name, whole)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Set those that are named."""
        for name, value in state.items():
            if name in self.controls:
                self.set(name, value)
            else:
                self.add(name, value)

    def add(self, name: str, value: Any) -> None:
        """Have one more, which runs the function when it changes, unless a button does that."""
        one = control(name, value)
        one.update = not any(isinstance(each, UpdateButton) for each in self.controls.values())
        self._show(name, one)
        self.controls[name] = one
        self._note(name)
        self._arrange()

    def remove(self, name: str) -> None:
        """Have one less."""
        one = self.controls.pop(name)
        self._note(name)
        one.let_go()
        self._arrange()
        if one.view is not None and not one.is_readers:
            boxes.close(one.view)

    def changed(self, control: Control) -> None:
        """Know that the reader has changed one."""
        name = next((name for name, each in self.controls.items() if each is control), None)
        if name is None:
            return
        self._note(name)
        if control.update:
            DUE.add(self)

    def catch_up(self, control: Control) -> None:
        """Run with the button that is pressed, before it is pressed again."""
        if DUE.has(self):
            self.run()

    def _note(self, name: str) -> None:
        if name not in self.changed_names:
            self.changed_names.append(name)

    # ------------------------------------------------------ what is kept

    def bookmark(self, name: str, state: Mapping[str, Any] | None = None) -> None:
        """Have a button that brings a state back; its name is cut to what a link carries."""
        name = name[:LONGEST]
        wanted = self.state if state is None else dict(state)
        known = {each: self.controls[each].constrain(value) for each, value in wanted.items() if each in self.controls}
        self._bookmarks.by_code.add(name)
        self._bookmarks.set({**self._bookmarks.states, name: known})
        self._tell()

    def _tell(self) -> None:
        self._keeper.tell(self.state, self._bookmarks.states)

    def set_bookmarks(self, bookmarks: Any) -> None:
        """Have buttons for these, beside those that there are."""
        for name, state in parsed(bookmarks).items():
            self.bookmark(name, state)

    def _wish(self, state: Mapping[str, Any]) -> None:
        """Be in a state that somebody wants, as far as the controls can; a value that none can have is said."""
        refused = [name for name, value in state.items() if not self._grant(name, value)]
        if refused:
            print(f"{self.name}: {_words(refused)}, and changes nothing", file=sys.stderr)
        DUE.add(self)

    def _take(self, changes: Mapping[str, Any]) -> None:
        """Have the values that a page's own controls have now, which run the function as those here would."""
        for name, value in changes.items():
            if (one := self.controls.get(name)) is not None:
                self.set(name, value)
                if one.update:
                    DUE.add(self)

    def _grant(self, name: str, value: Any) -> bool:
        """Set a control to a value that it can have; what code alone sets stays as it is."""
        one = self.controls.get(name)
        if one is None or not one.can_have(value):
            return one is not None and not one.parts()
        before = one.value
        try:
            self.set(name, value)
        except Exception:  # of a widget of somebody else's
            one.value = before
            return False
        return True

    # ---------------------------------------------------------------- runs

    def run(self) -> None:
        """Run the function, and show what comes of it instead of what came before."""
        DUE.forget(self)
        before, self._inner = self._inner, []
        stopped: BaseException | None = None
        _running.append(self)
        try:
            with self._output.replaced():
                try:
                    self._call()
                except BaseException as error:
                    if isinstance(error, Exception) or DUE.in_message:
                        InteractiveShell.instance().showtraceback()
                    else:
                        stopped = error  # The cell ends with it.
        finally:
            _running.remove(self)
            self._end(before)
        if stopped is not None:
            raise stopped

    def _call(self) -> None:
        values = {name: _given(name, each) for name, each in self.controls.items()}
        result = self.function(*([self.proxy] if self._takes_proxy else []), **values)
        if result is not None:
            display(result)

    def _end(self, before: "list[Interact]") -> None:
        for each in self.controls.values():
            each.reset()
        self.changed_names = []
        self._keeper.tell(self.state, self._bookmarks.states)
        for one in before:
            one.close()


def _words(refused: list[str]) -> str:
    """Return which names had a value that was not taken."""
    told = [short(name) for name in refused[:MOST_NAMES]] + ["…"] * (len(refused) > MOST_NAMES)
    return f"the value for {', '.join(told)} fits no control of this name"


def _given(name: str, one: Control) -> Any:
    try:
        return one.given()
    except Exception as error:
        error.add_note(f"This is in the control {name!r}.")
        raise
