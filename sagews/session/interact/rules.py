"""The control that a plain value stands for, by the first rule that fits.

    ("label", x), (default, x)   the control of x, with that label, or beginning there; both may be given
    a control, a widget          that
    text                         InputBox
    True, False                  Checkbox
    range, list                  of 1: Button; of up to 5: buttons; of more: a list that opens
    dict                         the same, of values by their labels
    generator, iterator          DiscreteSlider, cut at 10,000
    (a, b)                       ContinuousSlider
    (a, b, step)                 DiscreteSlider from a to b, with b if a step leads there
    a longer tuple               DiscreteSlider
    matrix, vector               InputGrid
    Color                        ColorSelector
    anything else                ExpressionBox

`auto_update=False` is an UpdateButton.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sagews.session.interact.choices import Checkbox, Selector
from sagews.session.interact.colours import ColorSelector, sage_color_class
from sagews.session.interact.control import MOST, Control, InteractError, short
from sagews.session.interact.foreign import Fixed, WidgetControl
from sagews.session.interact.presses import Button, UpdateButton
from sagews.session.interact.sliders import ContinuousSlider, DiscreteSlider
from sagews.session.interact.texts import ExpressionBox, InputBox, InputGrid

AUTO_UPDATE = "auto_update"
_BUTTONS = 5
"""Choices that are buttons; more are a list that opens."""
_ELEMENT = "sage.structure.element"


def automatic_control(value: Any, name: str = "") -> Control:
    """Return the control that a value stands for, as that of a parameter of this name."""
    if name == AUTO_UPDATE and value is False:
        return UpdateButton()
    label, default = None, None
    for _ in range(2):
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            label, value = value
        if isinstance(value, tuple) and len(value) == 2 and _may_begin(value[1]):
            default, value = value
    control = _control(value, default, label)
    if label is not None:
        control.label = label
    return control


def begun(value: Any, default: Any) -> Any:
    """Return what stands for the control of a value that begins at a default, where it can be told where to begin."""
    return (default, value) if _may_begin(value) else value


def _may_begin(value: Any) -> bool:
    return isinstance(value, tuple | list | range | Mapping | Iterator)


def _control(value: Any, default: Any, label: str | None) -> Control:
    if isinstance(value, Control):
        return value.fresh()
    if (control := _of_ipywidgets(value)) is not None:
        return control
    if isinstance(value, str):
        return InputBox(value, label)
    if isinstance(value, bool):
        return Checkbox(value, label)
    if isinstance(value, list | range | Mapping):
        return _choice(list(value) if isinstance(value, range) else value, default, label)
    if isinstance(value, Iterator):
        return DiscreteSlider(value, default, label=label)
    if isinstance(value, tuple):
        return _slider(value, default, label)
    return _of_sage(value, label) or ExpressionBox(value, label)


def _choice(values: Any, default: Any, label: str | None) -> Control:
    if len(values) == 1 and not isinstance(values, Mapping):
        only = values[0]
        value, text = only if isinstance(only, list | tuple) and len(only) == 2 else (only, str(only))
        return Button(value, value, text, label=label)
    return Selector(values, default, "button" if len(values) <= _BUTTONS else "list", label=label)


def _slider(value: tuple[Any, ...], default: Any, label: str | None) -> Control:
    if len(value) == 2:
        return ContinuousSlider(value, default, label=label)
    return DiscreteSlider(steps(*value) if len(value) == 3 else list(value), default, label=label)


def steps(first: Any, last: Any, size: Any) -> list[Any]:
    """Return the values from the first to the last, that too if a step leads there, MOST of them at most.

    They are Sage's (`srange`) where Sage is loaded.
    """
    if "sage.all" in sys.modules:
        from sage.arith.srange import xsrange

        return list(islice(xsrange(first, last, size, include_endpoint=True), MOST))
    if not size:
        raise InteractError(
            f"{short((first, last, size))} has steps of nothing", "a slider", "let its step be positive"
        )
    count = min(int((last - first) / size + 1e-9), MOST - 1)
    return [first + place * size for place in range(count + 1)]


def _of_ipywidgets(value: Any) -> Control | None:
    """Return the control for a widget that has a value, or for a value that is to be fixed."""
    if "ipywidgets" not in sys.modules:
        return None
    from ipywidgets import ValueWidget, fixed

    if isinstance(value, fixed):
        return Fixed(value.value)
    return WidgetControl(value) if isinstance(value, ValueWidget) or hasattr(value, "get_interact_value") else None


def _of_sage(value: Any, label: str | None) -> Control | None:
    """Return the control for a matrix, a vector or a colour of Sage."""
    if (color := sage_color_class()) is not None and isinstance(value, color):
        return ColorSelector(value, label=label)
    element: Any = sys.modules.get(_ELEMENT)
    if element is not None and isinstance(value, element.Matrix):
        parent = value.parent()
        return InputGrid(value.nrows(), value.ncols(), list(_rows(value)), label=label, adapter=parent)
    if element is not None and isinstance(value, element.Vector):
        parent = value.parent()
        return InputGrid(1, len(value), list(value), label=label, adapter=lambda rows: parent(rows[0]))
    return None


def _rows(matrix: Any) -> Iterable[list[Any]]:
    return (list(row) for row in matrix.rows())
