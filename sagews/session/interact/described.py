"""Controls in SageMathCell's terms, for pages that show them as its library does. Thinking only."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from sagews.session.interact.choices import Checkbox, Selector
from sagews.session.interact.colours import ColorSelector
from sagews.session.interact.control import Control, short
from sagews.session.interact.multi_slider import MultiSlider
from sagews.session.interact.plan import BOOKMARKS, OUTPUT, Plan, Row
from sagews.session.interact.presses import Button, ButtonBar
from sagews.session.interact.sliders import ContinuousSlider, DiscreteSlider
from sagews.session.interact.texts import ExpressionBox, HtmlBox, InputBox, InputGrid

Json = dict[str, Any]


def described(one: Control, label: str) -> Json:
    """Return what SageMathCell's library is told of a control."""
    return {**_kind(one), "label": label, "update": one.update}


def layout(plan: Plan, names: Iterable[str], *, has_output: bool) -> list[list[tuple[str, int]]]:
    """Return rows of names, each with its share of the width: what stands beside the output by a plan, above and below.

    Of pages that show controls so, each has its own place for bookmarks.
    """
    rest: list[Row] = [[(name, 1)] for name in names if name not in plan.placed]
    has_place = OUTPUT in plan.placed
    output: list[Row] = [[(OUTPUT, 1)]] if has_output and not has_place else []
    rows = [*plan.top, *rest, *plan.left, *output, *plan.right, *plan.bottom]
    found = [[("" if name is None else name, share) for name, share in row if name != BOOKMARKS] for row in rows]
    return [row for row in found if row]


def _kind(one: Control) -> Json:
    value = one.value
    match one:
        case Checkbox():
            return {"control_type": "checkbox", "default": value, "raw": one.raw}
        case InputBox():
            return {
                "control_type": "input_box",
                "subtype": "textarea" if one.height > 1 else "input",
                "default": value,
                "width": one.width or (60 if one.height > 1 else 20),
                "height": one.height,
                "evaluate": isinstance(one, ExpressionBox),
                "keypress": one.keypress,
            }
        case InputGrid():
            size = {"nrows": one.nrows, "ncols": one.ncols, "width": one.width}
            return {"control_type": "input_grid", "default": value, "evaluate": one.evaluate, "raw": True, **size}
        case Selector():
            grid = {"nrows": one.nrows, "ncols": one.ncols, "width": one.width}
            labels = {"values": len(one.values), "value_labels": one.value_labels}
            return {"control_type": "selector", "subtype": one.selector_type, "default": value, **labels, **grid}
        case DiscreteSlider():
            return {
                "control_type": "slider",
                "subtype": "discrete_range" if one.range_slider else "discrete",
                "default": value,
                "range": [0, len(one.values) - 1],
                "values": [short(each) for each in one.values],
                "step": 1,
                "display_value": one.display_value,
            }
        case ContinuousSlider():
            return {
                "control_type": "slider",
                "subtype": "continuous_range" if one.range_slider else "continuous",
                "default": value,
                "range": list(one.interval),
                "step": one.stepsize,
                "display_value": one.display_value,
            }
        case MultiSlider():
            kind = {"control_type": "multi_slider", "subtype": one.slider_type, "sliders": one.sliders}
            fields = {**kind, "default": value, "display_values": one.display_values}
            if one.slider_type == "continuous":
                return {**fields, "range": [list(each) for each in one.interval], "step": one.stepsize}
            values = [[short(each) for each in own] for own in one.values]
            return {
                **fields,
                "range": [[0, len(own) - 1] for own in values],
                "step": [1] * one.sliders,
                "values": values,
            }
        case ColorSelector():
            return {"control_type": "color_selector", "default": value, "hide_input": one.hide_input}
        case ButtonBar():
            grid = {"nrows": one.nrows, "ncols": one.ncols, "width": one.width}
            return {"control_type": "button_bar", "values": len(one.values), "value_labels": one.value_labels, **grid}
        case Button():
            return {"control_type": "button", "text": one.text, "width": one.width}
        case HtmlBox():
            return {"control_type": "html_box", "value": value}
    # A widget of the reader's own, which that library cannot show.
    return {"control_type": "html_box", "value": escape(short(value))}


def about(
    controls: Mapping[str, Control], labels: Mapping[str, str], plan: Plan, output: str, *, readonly: bool
) -> Json:
    """Return what SageMathCell's library is told of an interact; `output`: the model of its area, empty for none."""
    shown = {name: each for name, each in controls.items() if each.view is not None}
    return {
        "controls": {name: described(each, labels.get(name, "")) for name, each in shown.items()},
        "layout": layout(plan, shown, has_output=bool(output)),
        "output": output,
        "readonly": readonly,
    }
