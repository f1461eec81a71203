"""Every control: its default, the values that it takes, its widget, and what the function gets."""

from collections.abc import Callable
from typing import Any

import pytest

from sagews.session.interact.choices import Checkbox, Selector, button_grid
from sagews.session.interact.colours import ColorSelector
from sagews.session.interact.control import Control, InteractError
from sagews.session.interact.multi_slider import MultiSlider
from sagews.session.interact.presses import Button, ButtonBar, UpdateButton
from sagews.session.interact.sliders import ContinuousSlider, DiscreteSlider
from sagews.session.interact.texts import ExpressionBox, HtmlBox, InputBox, InputGrid


class Told:
    """Stands where an interact does, and writes down what it is told."""

    def __init__(self) -> None:
        self.of: list[Any] = []

    def changed(self, control: Control) -> None:
        self.of.append(control.value)

    def catch_up(self, control: Control) -> None:
        self.of.append("caught up")


def shown(control: Control, label: str = "label") -> Told:
    told = Told()
    control.show(label, told)
    return told


def kind(control: Control) -> str:
    return type(control.view).__name__


ROWS: list[tuple[Callable[[], Control], Any, Any, str, dict[str, Any]]] = [
    # made of it               value on the wire, what the function gets, widget, its state
    (Checkbox, True, True, "Checkbox", {"value": True, "description": "label"}),
    (lambda: Checkbox(0), False, False, "Checkbox", {"value": False}),
    (InputBox, "", "", "Text", {"value": "", "continuous_update": False}),
    (lambda: InputBox(12, keypress=True), "12", "12", "Text", {"continuous_update": True}),
    (lambda: InputBox("a\nb", height=3), "a\nb", "a\nb", "Textarea", {"rows": 3}),
    (lambda: InputBox("a", adapter=str.upper), "a", "A", "Text", {}),
    (InputGrid, [["0"]], [["0"]], "HBox", {}),
    (lambda: InputGrid(2, 2, 7, evaluate=False), [["7", "7"]] * 2, [["7", "7"]] * 2, "HBox", {}),
    (lambda: InputGrid(2, 1, [1, 2], evaluate=False), [["1"], ["2"]], [["1"], ["2"]], "HBox", {}),
    (lambda: InputGrid(1, 2, (str(i) for i in range(9)), evaluate=False, adapter=len), [["0", "1"]], 1, "HBox", {}),
    (lambda: InputGrid(1, 2, 3, evaluate=False, element_adapter=int), [["3", "3"]], [[3, 3]], "HBox", {}),
    (lambda: Selector("abc"), 0, "a", "Dropdown", {"index": 0, "_options_labels": ("a", "b", "c")}),
    (lambda: Selector([1, 2, 3], default=2), 1, 2, "Dropdown", {"index": 1}),
    (lambda: Selector([(1, "one"), (2, "two")]), 0, 1, "Dropdown", {"_options_labels": ("one", "two")}),
    (lambda: Selector([(1, "one"), 2]), 0, (1, "one"), "Dropdown", {"_options_labels": ("(1, 'one')", "2")}),
    (lambda: Selector({"one": 1}), 0, 1, "Dropdown", {"_options_labels": ("one",)}),
    (lambda: Selector([1, 2], selector_type="button"), 0, 1, "ToggleButtons", {"index": 0}),
    (lambda: Selector([1, 2], selector_type="radio"), 0, 1, "RadioButtons", {"index": 0}),
    (lambda: Selector([1, 2], selector_type="strange"), 0, 1, "Dropdown", {}),
    (DiscreteSlider, 0, 0, "SelectionSlider", {"_options_labels": ("0", "1"), "readout": True}),
    (lambda: DiscreteSlider(range(0, 100, 10), 33), 3, 30, "SelectionSlider", {"index": 3}),
    (lambda: DiscreteSlider("abc", "c", display_value=False), 2, "c", "SelectionSlider", {"readout": False}),
    (lambda: DiscreteSlider([1, 5, 9], range_slider=True), (0, 2), (1, 9), "SelectionRangeSlider", {"index": (0, 2)}),
    (lambda: DiscreteSlider([1, 5, 9], (8, 4), True), (1, 2), (5, 9), "SelectionRangeSlider", {}),
    (ContinuousSlider, 0.0, 0.0, "FloatSlider", {"min": 0.0, "max": 100.0, "step": 0.4, "readout_format": ".1f"}),
    (lambda: ContinuousSlider((5, 1), 9), 5.0, 5.0, "FloatSlider", {"min": 1.0, "max": 5.0}),
    (lambda: ContinuousSlider((0, 1), stepsize=0.5), 0.0, 0.0, "FloatSlider", {"step": 0.5}),
    (lambda: ContinuousSlider((0, 1), stepsize=7, steps=10), 0.0, 0.0, "FloatSlider", {"step": 0.1}),
    (lambda: ContinuousSlider((0, 1), steps=-1), 0.0, 0.0, "FloatSlider", {"step": 0.004, "readout_format": ".3f"}),
    (lambda: ContinuousSlider((0, 9), range_slider=True), (0.0, 9.0), (0.0, 9.0), "FloatRangeSlider", {}),
    (lambda: ContinuousSlider((0, 9), (7, 3), range_slider=True), (3.0, 7.0), (3.0, 7.0), "FloatRangeSlider", {}),
    (lambda: ContinuousSlider((0, 9), 4, adapter=int), 4.0, 4, "FloatSlider", {}),
    (MultiSlider, [0.0], [0.0], "HBox", {}),
    (lambda: MultiSlider(2, interval=[(0, 4), (2, 6)], default=3), [3.0, 3.0], [3.0, 3.0], "HBox", {}),
    (lambda: MultiSlider(2, interval=[(0, 4)], default=[1, 9]), [1.0, 4.0], [1.0, 4.0], "HBox", {}),
    (lambda: MultiSlider(2, [["a", "b"]], slider_type="discrete", default="b"), [1, 1], ["b", "b"], "HBox", {}),
    (lambda: MultiSlider(2, [range(9), "xy"], slider_type="discrete"), [0, 0], [0, "x"], "HBox", {}),
    (ColorSelector, "#000000", "#000000", "ColorPicker", {"concise": False}),
    (lambda: ColorSelector("#AbC", hide_input=True), "#aabbcc", "#aabbcc", "ColorPicker", {"concise": True}),
    (lambda: ColorSelector("red"), "red", "red", "ColorPicker", {"value": "red"}),
    (lambda: ColorSelector(7), "#000000", "#000000", "ColorPicker", {}),
    (Button, False, "", "HBox", {}),
    (lambda: Button(default=1, value=2), False, 1, "HBox", {}),
    (ButtonBar, None, "", "HBox", {}),
    (lambda: ButtonBar([(1, "one"), 2], default=3, ncols=1), None, 3, "HBox", {}),
    (lambda: HtmlBox("<b>1</b>"), "<b>1</b>", "<b>1</b>", "HTMLMath", {"value": "<b>1</b>"}),
    (UpdateButton, False, "", "HBox", {}),
]  # fmt: skip


@pytest.mark.parametrize(("made", "value", "given", "widget", "state"), ROWS)
def test_each_control(made: Callable[[], Control], value: Any, given: Any, widget: str, state: dict[str, Any]) -> None:
    control = made()
    assert (control.value, type(control.value)) == (value, type(value))
    if not isinstance(control, InputGrid) or not control.evaluate:
        assert control.given() == given
    copy = control.fresh()
    shown(copy)
    assert kind(copy) == widget
    assert {name: getattr(copy.view, name) for name in state} == state
    assert control.view is None


@pytest.mark.parametrize(
    ("made", "tried"),
    [
        (lambda: Selector([1, 2, 3]), [(1, 1), (99, 2), (-1, 0), (None, 0), ("x", 0)]),
        (lambda: DiscreteSlider([1, 2, 3]), [(2, 2), (99, 2), (None, 0), ([1], 0)]),
        (lambda: DiscreteSlider([1, 2, 3], None, True), [((2, 1), (1, 2)), (5, (0, 2)), ([-3, 99], (0, 2))]),
        (lambda: ContinuousSlider((1, 2)), [(1.5, 1.5), (9, 2.0), (None, 1.0), (float("nan"), 1.0), ("x", 1.0)]),
        (lambda: ContinuousSlider((1, 2), None, range_slider=True), [((2, 1.5), (1.5, 2.0)), (1, (1.0, 2.0))]),
        (lambda: MultiSlider(2), [([2, 0.5], [1.0, 0.5]), (0.25, [0.25, 0.25]), ([1], [0.0, 0.0])]),
        (lambda: InputGrid(1, 2), [([1, "x"], [["1", "x"]]), (3, [["3", "3"]]), ([["a", "b"]], [["a", "b"]])]),
        (Checkbox, [(1, True), ("", False)]),
        (InputBox, [(3, "3"), ("x", "x")]),
    ],
)
def test_a_value_is_brought_into_bounds_and_shown(made: Any, tried: list[tuple[Any, Any]]) -> None:
    control = made()
    told = shown(control)
    for value, expected in tried:
        control.value = value
        assert control.value == expected
        read = control.read()
        assert read == expected or tuple(read) == tuple(expected)
    assert told.of == [], "code that sets a control runs nothing"


def test_what_the_reader_does_is_told() -> None:
    slider = ContinuousSlider((0, 10))
    told = shown(slider)
    slider.view.value = 4
    grid = InputGrid(2, 2, evaluate=False)
    of_grid = shown(grid)
    grid.parts()[2].value = "x"
    bank = MultiSlider(2, interval=[(0, 3)])
    of_bank = shown(bank)
    bank.parts()[1].value = 2
    assert (told.of, of_grid.of, of_bank.of) == ([4.0], [[["0", "0"], ["x", "0"]]], [[0.0, 2.0]])
    assert [part.tooltip for part in grid.parts()] == ["label 1,1", "label 1,2", "label 2,1", "label 2,2"]


def test_a_press_lasts_until_the_run() -> None:
    bar = ButtonBar([(1, "one"), (2, "two")], default=0)
    told = shown(bar)
    bar.parts()[1].click()
    assert bar.given() == 2
    bar.parts()[0].click()
    assert (bar.given(), told.of) == (1, [1, "caught up", 0])
    bar.reset()
    assert bar.given() == 0
    button = Button("none", "pressed")
    shown(button)
    button.parts()[0].click()
    assert (button.value, button.given()) == (True, "pressed")
    button.reset()
    assert button.given() == "none"


def test_readonly_controls_are_disabled_and_presses_without_effect() -> None:
    for control in (Checkbox(), InputGrid(2, 2), Button(), ButtonBar([1, 2]), Selector([1, 2]), MultiSlider(2)):
        told = Told()
        control.show("", told, readonly=True)
        assert all(part.disabled for part in control.parts())
        if isinstance(control, Button | ButtonBar):
            control.parts()[0].click()
        assert told.of == []


def test_generators_are_cut_and_longer_lists_refused() -> None:
    assert len(DiscreteSlider(i for i in range(10**9)).values) == 10_000
    assert len(DiscreteSlider(range(10_000)).values) == 10_000
    for made in (DiscreteSlider, Selector, ButtonBar):
        with pytest.raises(InteractError, match="more than 10,000 values"):
            made(range(10_001))


def test_button_grids_hold_their_buttons() -> None:
    assert button_grid(100, nrows=3) == (3, 34)
    assert button_grid(100, ncols=3) == (34, 3)
    assert button_grid(4) == (1, 4)
    for fields, message in [
        ({"nrows": -2}, "nrows must be a positive integer"),
        ({"nrows": 1.5}, "nrows must be a positive integer"),
        ({"ncols": 0}, "ncols must be a positive integer"),
        ({"nrows": 2, "ncols": 2}, "2 by 2 grid cannot hold 5 buttons"),
    ]:
        with pytest.raises(InteractError, match=message):
            Selector([1, 2, 3, 4, 5], selector_type="button", **fields)


@pytest.mark.parametrize(
    "made",
    [
        lambda: Selector([]),
        lambda: Selector([1], default=2),
        lambda: ButtonBar([]),
        lambda: DiscreteSlider([1]),
        lambda: DiscreteSlider([1, 2], 1, range_slider=True),
        lambda: ContinuousSlider((1, 1)),
        lambda: ContinuousSlider((1, 2, 3)),
        lambda: ContinuousSlider(("a", "b")),
        lambda: ContinuousSlider((0, float("inf"))),
        lambda: ContinuousSlider((0, float("nan"))),
        lambda: MultiSlider(0),
        lambda: MultiSlider(3, interval=[(0, 1), (0, 1)]),
        lambda: MultiSlider(1, [[1]], slider_type="discrete"),
        lambda: InputGrid(0, 1),
        lambda: InputGrid(2, 2, [1, 2, 3]),
        lambda: InputGrid(2, 2, [[1, 2], [3]]),
    ],
)
def test_what_cannot_be_is_refused(made: Callable[[], Control]) -> None:
    with pytest.raises(InteractError):
        made()


def test_expressions_are_evaluated_in_a_session_only() -> None:
    assert ExpressionBox().value == "0"
    assert ExpressionBox(3, adapter=str).value == "3"
