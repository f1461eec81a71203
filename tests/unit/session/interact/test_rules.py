"""The control that a value stands for, and that of the older names."""

from typing import Any

import ipywidgets
import pytest

from sagews.session.interact import old
from sagews.session.interact.control import Control, InteractError
from sagews.session.interact.rules import automatic_control, steps
from sagews.session.interact.sliders import ContinuousSlider


def said(control: Control) -> tuple[str, Any, str | None]:
    return type(control).__name__, control.value, control.label


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", ("InputBox", "text", None)),
        (True, ("Checkbox", True, None)),
        ([5], ("Button", False, None)),
        ([1, 2], ("Selector", 0, None)),
        (range(7), ("Selector", 0, None)),
        ({"one": 1, "two": 2}, ("Selector", 0, None)),
        ((i for i in range(3)), ("DiscreteSlider", 0, None)),
        (iter([1, 2]), ("DiscreteSlider", 0, None)),
        ((1, 10), ("ContinuousSlider", 1.0, None)),
        ((1, 10, 2), ("DiscreteSlider", 0, None)),
        ((1, 2, 4, 8), ("DiscreteSlider", 0, None)),
        (17, ("ExpressionBox", "17", None)),
        (2.5, ("ExpressionBox", "2.5", None)),
        (None, ("ExpressionBox", "None", None)),
        (("label", 1), ("ExpressionBox", "1", "label")),
        (("label", (0, 9)), ("ContinuousSlider", 0.0, "label")),
        ((3, (0, 9)), ("ContinuousSlider", 3.0, None)),
        (("label", (3, (0, 9))), ("ContinuousSlider", 3.0, "label")),
        ((3, ("label", (0, 9))), ("ContinuousSlider", 3.0, "label")),
        ((2, [1, 2, 3]), ("Selector", 1, None)),
        ((2, range(5)), ("Selector", 2, None)),
        ((4, (i for i in range(9))), ("DiscreteSlider", 4, None)),
        (("label", "text"), ("InputBox", "text", "label")),
        (("label", True), ("Checkbox", True, "label")),
        (("label", ContinuousSlider()), ("ContinuousSlider", 0.0, "label")),
        (("", ContinuousSlider(label="own")), ("ContinuousSlider", 0.0, "")),
        (ContinuousSlider(label="own"), ("ContinuousSlider", 0.0, "own")),
        (ipywidgets.IntSlider(4), ("WidgetControl", 4, None)),
        (ipywidgets.fixed(4), ("Fixed", 4, "")),
    ],
)
def test_the_rules_in_order(value: Any, expected: tuple[str, Any, str | None]) -> None:
    assert said(automatic_control(value)) == expected


def test_how_many_choices_are_buttons() -> None:
    kinds = {size: automatic_control(list(range(size))).selector_type for size in (2, 5, 6)}
    assert kinds == {2: "button", 5: "button", 6: "list"}
    one = automatic_control([("value", "text")])
    assert (one.given(), one.text) == ("value", "text")


def test_auto_update() -> None:
    assert said(automatic_control(False, "auto_update"))[0] == "UpdateButton"
    assert said(automatic_control(False, "other"))[0] == "Checkbox"


def test_a_control_is_copied_for_each_interact() -> None:
    control = ContinuousSlider()
    copy = automatic_control(control)
    copy.value = 3
    assert (control.value, copy.value) == (0.0, 3.0)


def test_steps_reach_the_end_where_one_leads_there() -> None:
    assert steps(1, 10, 3) == [1, 4, 7, 10]
    assert steps(1, 10, 4) == [1, 5, 9]
    assert len(steps(0, 1, 0.1)) == 11
    assert steps(3, 0, -1) == [3, 2, 1, 0]
    assert len(steps(0, 10**12, 1)) == 10_000
    with pytest.raises(InteractError):
        steps(0, 1, 0)


@pytest.mark.parametrize(
    ("control", "expected", "given"),
    [
        (old.slider(5, 20, 5, 11, "label"), ("DiscreteSlider", 1, "label"), 10),
        (old.slider(10, 0), ("DiscreteSlider", 0, None), 10),
        (old.slider([1, "x", "abc"], None, None, "x"), ("DiscreteSlider", 1, None), "x"),
        (old.slider(0, 1, 0.3), ("DiscreteSlider", 0, None), 0),
        (old.range_slider(1, 10, 1, (3, 7)), ("DiscreteSlider", (2, 6), None), (3, 7)),
        (old.input_box("text", type=str), ("InputBox", "text", None), "text"),
        (old.input_box("a\nb", height=2), ("InputBox", "a\nb", None), "a\nb"),
        (old.color_selector(), ("ColorSelector", "#0000ff", None), "#0000ff"),
        (old.color_selector("#112233", "label", "jpicker", True), ("ColorSelector", "#112233", "label"), "#112233"),
        (old.selector([1, 2, 3], "label", 2), ("Selector", 1, "label"), 2),
        (old.selector([(1, "one"), (2, "two")]), ("Selector", 0, None), 1),
        (old.selector([1], buttons=True), ("Button", False, None), 1),
        (old.checkbox(False, "label"), ("Checkbox", False, "label"), False),
        (old.text_control("<b>a</b>"), ("HtmlBox", "<b>a</b>", ""), "<b>a</b>"),
        (old.input_grid(1, 2, [[1, 2]], type=str, to_value=list), ("InputGrid", [["1", "2"]], None), [["1", "2"]]),
    ],
)
def test_the_older_names(control: Control, expected: tuple[str, Any, str | None], given: Any) -> None:
    assert (said(control), control.given()) == (expected, given)


def test_what_the_older_names_ask_for() -> None:
    assert old.selector([1, 2, 3], nrows=2).selector_type == "button"
    assert old.selector([1, 2, 3], width=10).width == "10ex"
    assert old.slider(0, 1).values[-1] == 1
    assert len(old.slider(range(5000)).values) == 500
    assert old.slider(0, 1, 0.3).values == [0, 0.3, 0.6, pytest.approx(0.9), 1]
    assert old.slider(0, 10**9, 1).values[-1] == 10**9
    assert old.input_box(5, type=float, width=20).width == 20
    with pytest.raises(InteractError):
        old.slider(0, 1, -1)
