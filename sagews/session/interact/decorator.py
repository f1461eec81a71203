"""`interact`: what was asked for becomes an Interact, shown where it was asked for."""

from collections.abc import Callable, Iterable, Mapping
from inspect import iscoroutinefunction
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from sagews.session.interact import signature
from sagews.session.interact.control import InteractError, short
from sagews.session.interact.due import DUE
from sagews.session.interact.plan import BOOKMARKS, OUTPUT, plan
from sagews.session.interact.proxy import Proxy
from sagews.session.interact.running import Interact

_of_cells: dict[str, tuple[int, list[Interact]]] = {}
"""The interacts that each cell has, and of which evaluation."""


def interact(
    function: Any = None,
    controls: Iterable[Any] | None = None,
    update: Iterable[str] | None = None,
    layout: Any = None,
    locations: Any = None,
    output: bool = True,
    readonly: bool = False,
    automatic_labels: bool = True,
    **named: Any,
) -> Any:
    """Show controls for a function, and run it each time they change.

        @interact
        def f(x=(0, 10), name="text", n=[1, 2, 3]): ...

    Each default stands for a control. Further arguments, `interact(f, x=(0, 10))`
    or `@interact(x=(0, 10))`, are controls by the names of parameters.

    controls:          names, or pairs ("name", control), that the function takes beside its parameters
    update:            names of those whose change runs the function; without it, all, or the UpdateButton
    layout:            rows of names, or of ("name", width), or {"top": rows, "left": ..., "right": ..., "bottom": ...};
                       "_output" and "_bookmarks" stand for these
    locations:         selectors of CSS by name, for HTML within the cell that has places for these; True: the id of
                       each place is the name; a text: with that before it
    output:            whether what the function puts out is shown
    readonly:          whether nobody can change the controls
    automatic_labels:  whether a control without a label has its name for one

    Returns a proxy. The function gets it, too, if it has a first parameter without default.
    """
    if function is not None and not callable(function):
        function, controls = None, function if controls is None else controls

    def decorated(function: Callable[..., Any]) -> Proxy:
        made = _made(function, controls, update, layout, locations, output, readonly, automatic_labels, named)
        _keep(made)
        made.show()
        return made.proxy

    return decorated if function is None else decorated(function)


def _made(
    function: Any,
    controls: Iterable[Any] | None,
    update: Iterable[str] | None,
    layout: Any,
    locations: Any,
    output: bool,
    readonly: bool,
    automatic_labels: bool,
    named: Mapping[str, Any],
) -> Interact:
    if isinstance(function, Proxy):
        function = function._interact.function
    if iscoroutinefunction(function):
        raise InteractError("is a coroutine", getattr(function, "__name__", ""), "write `def` instead of `async def`")
    takes_proxy, found = signature.wanted(function, controls or (), named)
    return Interact(
        function,
        found,
        plan(layout, found),
        takes_proxy=takes_proxy,
        update=update,
        output=output,
        readonly=readonly,
        automatic_labels=automatic_labels,
        locations=_places(locations, [*found, OUTPUT, BOOKMARKS]),
    )


def _places(locations: Any, names: Iterable[str]) -> dict[str, str]:
    """Return the selector of CSS by which each has its place: True: its name is its id; a text: with this before it."""
    if locations is True:
        locations = ""
    if isinstance(locations, str):
        return {name: f"#{locations}{name}" for name in names}
    if not isinstance(locations or {}, Mapping):
        hint = 'write True, a text, or {"name": "#selector"}'
        raise InteractError(f"{short(locations)} says no places", "locations", hint)
    return {str(name): str(place) for name, place in (locations or {}).items()}


def _keep(made: Interact) -> None:
    """Know which cell has it, if no other interact does; let go of those that the cell had before."""
    shell: Any = InteractiveShell.instance()
    if DUE.cell_begins not in shell.events.callbacks["pre_run_cell"]:
        shell.events.register("pre_run_cell", DUE.cell_begins)
        shell.events.register("post_run_cell", DUE.cell_ends)
        DUE.cell_begins()  # This very cell has begun.
    cell = getattr(shell.compile, "cell", "")
    if not cell or made.is_inner:
        return
    count, known = _of_cells.get(cell, (shell.execution_count, []))
    if count != shell.execution_count:
        for one in known:
            one.close()
        known = []
    _of_cells[cell] = shell.execution_count, [*known, made]
