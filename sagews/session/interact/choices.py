"""Controls that choose: a box to tick, one value of a list."""

from collections.abc import Iterable, Mapping
from operator import index
from typing import Any

from sagews.session.interact.control import Control, InteractError, short, taken, within

BUTTON = "8em"
"""Width of a button where it must be known, since they stand in columns."""


class Checkbox(Control):
    """True or False."""

    def __init__(self, default: Any = True, label: str | None = None, raw: bool = True) -> None:
        """`raw` changes nothing here: the value is always True or False."""
        self.raw = raw
        super().__init__(default, label)

    def constrain(self, value: Any) -> bool:
        """Return whether it counts as true."""
        return bool(value)

    def make(self, label: str) -> Any:
        """Return a box to tick."""
        from ipywidgets import Checkbox as Box

        return Box(value=self._value, description=label, indent=False)


class Selector(Control):
    """One of some values, each of which may be a pair of it and its label; the wire has its index."""

    trait = "index"

    def __init__(
        self,
        values: Iterable[Any],
        default: Any = None,
        selector_type: str = "list",
        nrows: int | None = None,
        ncols: int | None = None,
        width: Any = "",
        label: str | None = None,
    ) -> None:
        """`selector_type`: "list", "button" or "radio"; `width` is that of a button, as CSS has it."""
        self.values, self.value_labels = pairs(values, "Selector")
        self.selector_type = selector_type if selector_type in ("button", "radio") else "list"
        self.nrows, self.ncols, self.width = nrows, ncols, css_width(width)
        if self.selector_type != "list":
            self.nrows, self.ncols = button_grid(len(self.values), nrows, ncols)
        super().__init__(0 if default is None else self._place(default), label)

    def _place(self, value: Any) -> int:
        try:
            return self.values.index(value)
        except ValueError:
            raise InteractError(f"{short(value)} is none of its values", "Selector", "let it begin with one") from None

    def constrain(self, value: Any) -> int:
        """Return an index."""
        return int(within(value, 0, len(self.values) - 1))

    def meant(self, value: Any) -> Any:
        """Return the value at an index."""
        return self.values[value]

    def make(self, label: str) -> Any:
        """Return a list that opens, or buttons."""
        from ipywidgets import Dropdown, Layout, RadioButtons, ToggleButtons

        fields = {
            "options": [(text, place) for place, text in enumerate(self.value_labels)],
            "index": self._value,
            "description": label,
        }
        style = {"description_width": "initial"}
        if self.selector_type == "list":
            return Dropdown(**fields, style=style, layout=Layout(width="auto", max_width="100%"))
        if self.selector_type == "radio":
            return RadioButtons(**fields, style=style)
        rows = self.nrows is not None and self.nrows > 1
        width = self.width or (BUTTON if rows else "")
        made = ToggleButtons(**fields, style={**style, "button_width": width})
        if rows:
            made.layout.max_width = f"calc({self.ncols} * ({width} + 4px) + {len(label) + 2}ch)"
        return made


def pairs(values: Iterable[Any], what: str) -> tuple[list[Any], list[str]]:
    """Return values and their labels: those of pairs, if all are pairs of both; of a mapping its keys."""
    if isinstance(values, Mapping):
        values = [(value, label) for label, value in values.items()]
    found = taken(values, what)
    if not found:
        raise InteractError("has no values", what, "give it some to choose from")
    if all(isinstance(each, tuple) and len(each) == 2 for each in found):
        return [each[0] for each in found], [short(each[1]) for each in found]
    return found, [short(each) for each in found]


def button_grid(size: int, nrows: Any = None, ncols: Any = None) -> tuple[int, int]:
    """Return the rows and columns in which so many buttons stand; the last row need not be full."""
    rows, columns = _positive("nrows", nrows), _positive("ncols", ncols)
    if rows is None and columns is None:
        return 1, size
    if rows is None:
        assert columns is not None
        return -(-size // columns), columns
    if columns is None:
        return rows, -(-size // rows)
    if rows * columns < size:
        raise InteractError(f"a {rows} by {columns} grid cannot hold {size} buttons", "buttons", "give it more rows")
    return rows, columns


def css_width(width: Any) -> str:
    """Return a width as CSS has it; a number counts as many times the height of an x."""
    if width is None:
        return ""
    return width if isinstance(width, str) else f"{width}ex"


def _positive(name: str, number: Any) -> int | None:
    if number is None:
        return None
    try:
        number = index(number)
    except TypeError:
        number = 0
    if number < 1:
        raise InteractError(f"{name} must be a positive integer", "buttons", "leave it out to have one row")
    return int(number)
