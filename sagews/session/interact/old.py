"""The controls of older Sage by their names and arguments of that time, as SageMathCell has them, too."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from sagews.session.interact.choices import Checkbox as _Checkbox
from sagews.session.interact.choices import Selector
from sagews.session.interact.colours import ColorSelector, sage_color_class
from sagews.session.interact.control import Control, InteractError, taken
from sagews.session.interact.presses import Button
from sagews.session.interact.rules import steps
from sagews.session.interact.sliders import DiscreteSlider
from sagews.session.interact.texts import ExpressionBox, HtmlBox, InputBox, InputGrid

_PLACES = 500
"""Places of a slider: of more values, so many are taken at even distances."""


def slider(
    vmin: Any,
    vmax: Any = None,
    step_size: Any = None,
    default: Any = None,
    label: str | None = None,
    display_value: bool = True,
) -> Control:
    """Return a slider along the values of a list, from one number to another, or from 0 to the only one given."""
    return DiscreteSlider(_values(vmin, vmax, step_size), default, False, display_value, label)


def range_slider(
    vmin: Any,
    vmax: Any = None,
    step_size: Any = None,
    default: Any = None,
    label: str | None = None,
    display_value: bool = True,
) -> Control:
    """Return a slider like `slider` for two values; `default` is two of them."""
    return DiscreteSlider(_values(vmin, vmax, step_size), default, True, display_value, label)


def input_box(
    default: Any = None,
    label: str | None = None,
    type: Callable[[Any], Any] | None = None,
    width: int = 80,
    height: int = 1,
    **more: Any,
) -> Control:
    """Return a box for an expression, of which `type` is called; for text where that is `str`, or it has many lines."""
    if type is not None and type is sage_color_class():
        return color_selector(default, label, **more)
    if type is str or height > 1:
        return InputBox(default, label, width, height)
    return ExpressionBox(default, label, width, height, type)


def color_selector(
    default: Any = (0, 0, 1), label: str | None = None, widget: Any = None, hide_box: bool = False
) -> Control:
    """Return a control for a colour; there is one kind of these, whatever `widget` says."""
    if sage_color_class() is None and default == (0, 0, 1):
        default = "#0000ff"
    return ColorSelector(default, hide_box, label=label)


def selector(
    values: Iterable[Any],
    label: str | None = None,
    default: Any = None,
    nrows: int | None = None,
    ncols: int | None = None,
    width: Any = None,
    buttons: bool = False,
) -> Control:
    """Return a list that opens, or buttons where rows or columns are given; of one value it is a button to press."""
    found = taken(values, "selector")
    has_buttons = buttons or nrows is not None or ncols is not None
    if has_buttons and len(found) == 1:
        only = found[0]
        value, text = only if isinstance(only, list | tuple) and len(only) == 2 else (only, str(only))
        return Button(value, value, text, width, label)
    return Selector(found, default, "button" if has_buttons else "list", nrows, ncols, width, label)


def input_grid(
    nrows: int,
    ncols: int,
    default: Any = None,
    label: str | None = None,
    to_value: Callable[[Any], Any] | None = None,
    width: int = 4,
    type: Callable[[Any], Any] | None = None,
) -> Control:
    """Return a grid of boxes; `type` is called of each element, `to_value` of the rows."""
    is_text = type is str
    return InputGrid(nrows, ncols, default, width, label, not is_text, to_value, None if is_text else type)


def checkbox(default: Any = True, label: str | None = None) -> Control:
    """Return a box to tick."""
    return _Checkbox(default, label)


def text_control(value: Any = "") -> Control:
    """Return HTML to stand among the controls."""
    return HtmlBox(value)


def _values(vmin: Any, vmax: Any, size: Any) -> list[Any]:
    """Return what a slider slides along, its last value always among it."""
    if isinstance(vmin, Iterable):
        values = taken(vmin, "slider")
    else:
        if vmax is None:
            vmin, vmax = 0, vmin
        if size is None:
            size = (vmax - vmin) / (_PLACES - 1.0)
        elif size <= 0:
            raise InteractError("step_size must be positive", "slider", "let it be smaller than the range")
        if not vmax > vmin or math.ceil(float(vmax - vmin) / float(size)) <= 1:
            return [vmin, vmax]
        # No more values than that are made at once, however small the step: those left out would not be shown.
        size = max(size, (vmax - vmin) / (20.0 * _PLACES)) if (vmax - vmin) / size > 20 * _PLACES else size
        values = steps(vmin, vmax, size)
        if values[-1] != vmax:
            values.append(vmax)
    if len(values) <= _PLACES:
        return values
    return [values[int(place * (len(values) - 1) / (_PLACES - 1))] for place in range(_PLACES)]
