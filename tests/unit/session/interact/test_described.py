"""Controls in SageMathCell's terms."""

import json
from typing import Any

import pytest

from sagews.session.interact.choices import Checkbox, Selector
from sagews.session.interact.colours import ColorSelector
from sagews.session.interact.control import Control
from sagews.session.interact.described import described, layout
from sagews.session.interact.multi_slider import MultiSlider
from sagews.session.interact.plan import plan
from sagews.session.interact.presses import Button, ButtonBar, UpdateButton
from sagews.session.interact.sliders import ContinuousSlider, DiscreteSlider
from sagews.session.interact.texts import ExpressionBox, HtmlBox, InputBox, InputGrid

CONTROLS: list[tuple[Control, dict[str, Any]]] = [
    (Checkbox(False), {"control_type": "checkbox", "default": False}),
    (InputBox("a", width=9), {"control_type": "input_box", "subtype": "input", "evaluate": False, "width": 9}),
    (InputBox("a", height=3), {"subtype": "textarea", "height": 3}),
    (ExpressionBox(7), {"control_type": "input_box", "default": "7", "evaluate": True}),
    (InputGrid(1, 2, [1, 2]), {"control_type": "input_grid", "nrows": 1, "ncols": 2, "default": [["1", "2"]]}),
    (Selector([("a", "A"), ("b", "B")]), {"control_type": "selector", "subtype": "list", "values": 2}),
    (Selector([1, 2, 3], selector_type="button", ncols=2), {"subtype": "button", "nrows": 2, "ncols": 2}),
    (
        DiscreteSlider([1, 5, 9], default=5),
        {"subtype": "discrete", "default": 1, "range": [0, 2], "values": ["1", "5", "9"]},
    ),
    (DiscreteSlider([1, 5, 9], range_slider=True), {"subtype": "discrete_range", "default": [0, 2]}),
    (
        ContinuousSlider((0, 10), steps=5),
        {"control_type": "slider", "subtype": "continuous", "range": [0, 10], "step": 2},
    ),
    (ContinuousSlider((0, 10), range_slider=True), {"subtype": "continuous_range", "default": [0, 10]}),
    (MultiSlider(2, interval=[(0, 4)]), {"control_type": "multi_slider", "sliders": 2, "range": [[0, 4], [0, 4]]}),
    (
        MultiSlider(1, values=[[1, 2]], slider_type="discrete"),
        {"subtype": "discrete", "values": [["1", "2"]], "step": [1]},
    ),
    (ColorSelector("#abc"), {"control_type": "color_selector", "default": "#aabbcc", "hide_input": False}),
    (Button(text="Go"), {"control_type": "button", "text": "Go"}),
    (UpdateButton(), {"control_type": "button", "text": "Update"}),
    (
        ButtonBar([1, 2]),
        {"control_type": "button_bar", "values": 2, "value_labels": ["1", "2"], "nrows": 1, "ncols": 2},
    ),
    (HtmlBox("<b>"), {"control_type": "html_box", "value": "<b>"}),
    (Control("<b>"), {"control_type": "html_box", "value": "&lt;b&gt;"}),
]


@pytest.mark.parametrize(("control", "fields"), CONTROLS, ids=lambda each: type(each).__name__)
def test_each_control(control: Control, fields: dict[str, Any]) -> None:
    control.update = True
    found = json.loads(json.dumps(described(control, "Label")))
    assert found["label"] == "Label" and found["update"] is True
    assert {name: found[name] for name in fields} == fields


def test_layouts() -> None:
    names = ["a", "b", "c"]
    assert layout(plan(None, names), names, has_output=True) == [[("a", 1)], [("b", 1)], [("c", 1)], [("_output", 1)]]
    wished = {"top": [["b", "_output"]], "bottom": [[("a", 3), None, "_bookmarks"]]}
    assert layout(plan(wished, names), names, has_output=True) == [
        [("b", 1), ("_output", 1)],
        [("c", 1)],
        [("a", 3), ("", 1)],
    ]
    sides = plan({"left": [["a"]], "right": [["b"]]}, names)
    assert layout(sides, names, has_output=True) == [[("c", 1)], [("a", 1)], [("_output", 1)], [("b", 1)]]
    assert layout(plan(None, ["a"]), ["a"], has_output=False) == [[("a", 1)]]
