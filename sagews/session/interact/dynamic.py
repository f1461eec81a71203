"""`dynamic`: controls of the session's variables, and expressions that are shown anew when variables change.

A control that is moved sets its variable. A variable that a cell sets moves
its control when the cell is done, if that is a value which the control can
have; the variable keeps what the cell gave it, whatever the control shows.
"""

import ast
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from sagews.session.interact.control import Control, InteractError, short
from sagews.session.interact.decorator import interact
from sagews.session.interact.evaluation import evaluated, preparsed
from sagews.session.interact.multi_slider import MultiSlider
from sagews.session.interact.proxy import Proxy
from sagews.session.interact.sliders import ContinuousSlider
from sagews.session.interact.texts import ExpressionBox, InputGrid

_MISSING = object()


class Followed:
    """Variables that something shown depends on."""

    def __init__(self, names: Iterable[str], follow: Callable[[list[str]], None]) -> None:
        self.proxy: Proxy | None = None
        """What shows it; None until it is shown."""
        self._known = {name: _space().get(name, _MISSING) for name in names}
        self._follow = follow

    def catch_up(self) -> None:
        """Follow those that have changed."""
        space = _space()
        changed = [name for name, value in self._known.items() if space.get(name, _MISSING) is not value]
        self._known |= {name: space.get(name, _MISSING) for name in changed}
        if changed:
            self._follow(changed)

    def know(self, name: str, value: Any) -> None:
        """Know a value that came from here."""
        self._known[name] = value


_followed: list[Followed] = []


def dynamic(*variables: Any, **controls: Any) -> None:
    """Show controls of variables: `dynamic("t")`, or `dynamic(t=(0, 10), x=[1, 2, 3])` with what stands for controls.

    A variable that has a value keeps it, and its control begins there; one that has none gets its control's.
    A variable may be given by itself, `dynamic(t)`, which stands for each name that it has.
    Raises InteractError for what is no variable of the session.
    """
    space = _space()
    wanted = {name: space.get(name, "") for each in variables for name in _names_of(each)} | controls
    for name in wanted:
        if not name.isidentifier():
            raise InteractError("is no name of a variable", repr(name), "give a name, such as 't'")
    followed = Followed(wanted, lambda changed: _show(followed.proxy, changed))
    begun = [name for name in wanted if name in space]

    def variables_of_session(me: Any, **values: Any) -> None:
        if followed.proxy is None:
            followed.proxy = me
            _show(me, begun)
        for name in me._changed:
            if name not in begun:
                space[name] = values[name]
                followed.know(name, values[name])
        begun.clear()
        _catch_up()

    interact(variables_of_session, controls=list(wanted.items()))
    _watch(followed)


def dynamic_expression(expression: str, variables: Iterable[str] | None = None) -> None:
    """Show the value of an expression, anew whenever one of the variables has changed; None: all that it names.

    `variables` are names, or a text of names between commas or blanks.
    """
    if isinstance(variables, str):
        variables = variables.replace(",", " ").split()
    names = list(_named(expression) if variables is None else variables)
    followed = Followed(names, lambda _changed: followed.proxy._update() if followed.proxy else None)

    def value_of_expression() -> Any:
        return evaluated(expression)

    followed.proxy = interact(value_of_expression)
    _watch(followed)


def on_wire(control: Control, value: Any) -> Any:
    """Return the value on the wire that shows a value which the function could get. Raises ValueError for none."""
    values = getattr(control, "values", None)
    is_range = bool(getattr(control, "range_slider", False))
    if isinstance(control, MultiSlider):
        wire = value
    elif values is not None:
        wire = [values.index(each) for each in value] if is_range else values.index(value)
    elif isinstance(control, ContinuousSlider):
        lowest, highest = control.interval
        if not all(lowest <= each <= highest for each in (value if is_range else [value])):
            raise ValueError(f"{short(value)} is beyond the ends of its slider")
        wire = value
    elif isinstance(control, InputGrid):
        wire = [list(row) for row in value]
    else:
        wire = repr(value) if isinstance(control, ExpressionBox) else value
    return control.constrain(wire)


def _show(proxy: Proxy | None, names: Iterable[str]) -> None:
    """Have controls show the values that their variables have, where they can."""
    for name in names:
        control = proxy._interact.controls.get(name) if proxy is not None else None
        if control is None or name not in _space():
            continue
        # Whatever fails, this control cannot show it: the reader's own classes are asked here.
        with suppress(Exception):
            control.value = on_wire(control, _space()[name])


def _watch(followed: Followed) -> None:
    _followed.append(followed)
    events = InteractiveShell.instance().events
    if _catch_up not in events.callbacks["post_run_cell"]:
        events.register("post_run_cell", _catch_up)


def _catch_up(_result: object = None) -> None:
    """Have all that is still shown follow its variables."""
    _followed[:] = [each for each in _followed if each.proxy is None or not each.proxy._interact.is_closed]
    for each in list(_followed):
        each.catch_up()


def _names_of(variable: Any) -> list[str]:
    if isinstance(variable, str):
        return [variable]
    found = [name for name, value in _space().items() if value is variable and not name.startswith("_")]
    if not found:
        raise InteractError("is the value of no variable", short(variable), 'give the name, as in dynamic("t")')
    return found


def _named(expression: str) -> list[str]:
    """Return the names in an expression."""
    tree = ast.parse(preparsed(expression), mode="eval")
    return sorted({each.id for each in ast.walk(tree) if isinstance(each, ast.Name)})


def _space() -> dict[str, Any]:
    space: dict[str, Any] = InteractiveShell.instance().user_ns
    return space
