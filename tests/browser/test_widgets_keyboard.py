"""Every control of ipywidgets: named, large enough, with enough contrast, and reached by Tab."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.controls import Keys, faults_of, frame_of, inside
from tests.browser.reader import Reader

EVERY = """
import ipywidgets as w
name = dict(description='Name')
two = dict(options=['a', 'b'], **name)
w.VBox([
    w.IntSlider(**name), w.FloatSlider(), w.FloatLogSlider(**name), w.IntRangeSlider(**name),
    w.FloatRangeSlider(**name),
    w.SelectionSlider(**two), w.SelectionRangeSlider(index=(0, 1), **two), w.IntSlider(orientation='vertical', **name),
    w.IntProgress(3, **name), w.BoundedFloatText(**name), w.IntText(**name),
    w.ToggleButton(**name), w.Checkbox(**name), w.Valid(value=True, **name),
    w.Dropdown(**two), w.RadioButtons(**two), w.Select(**two), w.ToggleButtons(**two), w.SelectMultiple(**two),
    w.Text(**name), w.Textarea(**name), w.Combobox(**two), w.Password(**name), w.Label('x'), w.HTML('x', **name),
    w.Button(icon='check', **name), w.DatePicker(**name), w.TimePicker(**name), w.NaiveDatetimePicker(**name),
    w.ColorPicker(**name), w.ColorPicker(concise=True, **name), w.FileUpload(**name),
    w.Play(**name), w.TagsInput(value=['x', 'y']), w.TagsInput(), w.ColorsInput(value=['red']),
    w.FloatsInput(value=[1.5]),
    w.Tab([w.Label('in one'), w.Label('in two')], titles=['One', 'Two']),
    w.Accordion([w.Text(description='within'), w.Label('more')], titles=['Fold', 'Other']),
])
"""
LEFT = """() => [...document.querySelectorAll(
    "button, select, textarea, input:not([type=file]), [role=slider], [role=textbox], [role=button], [role=tab]"
)].filter((each) => each.checkVisibility() && (each.type !== "radio" || each.checked) && !globalThis.reached.has(each))
  .filter((each) => each.role !== 'tab' || each.tabIndex >= 0)
  .map((each) => each.outerHTML.slice(0, 120))"""
"""Names what can be used and has not had the focus."""
NOTE = "() => { globalThis.reached = new Set(); addEventListener('focusin', (event) => reached.add(event.target)); }"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_in_any_control(enter: Callable[..., Reader], scheme: Literal["light", "dark"]) -> None:
    reader = enter(color_scheme=scheme, viewport={"width": 1000, "height": 3000})
    outputs = reader.evaluate(EVERY)
    expect(frame_of(outputs, 0).get_by_role("button", name="Fold", exact=True)).to_be_visible()
    assert faults_of(inside(outputs, 0)) == []


def test_tab_comes_to_every_control(reader: Reader) -> None:
    outputs = reader.evaluate(EVERY)
    view = frame_of(outputs, 0)
    fold = view.get_by_role("button", name="Fold", exact=True)
    expect(fold).to_have_attribute("aria-expanded", "false")
    frame = inside(outputs, 0)
    frame.evaluate(NOTE)
    keys = Keys(reader, view)
    keys.reach(view.get_by_role("tab", name="One"))
    reader.page.keyboard.press("ArrowRight")
    reader.page.keyboard.press("Enter")
    expect(view.get_by_text("in two")).to_be_visible()
    keys.press(fold)
    expect(fold).to_have_attribute("aria-expanded", "true")
    keys.reach(view.get_by_role("textbox", name="within"))
    keys.reach(view.get_by_role("button", name="Other"))
    assert frame.evaluate(LEFT) == []


def test_tags_are_written_by_keyboard(reader: Reader) -> None:
    outputs = reader.evaluate(
        "import ipywidgets as w\ntags = w.TagsInput(value=['x'])\nw.VBox([tags, w.Button(description='End')])"
    )
    view = frame_of(outputs, 0)
    keys = Keys(reader, view)
    keys.reach(view.locator(".jupyter-widget-taginput"))
    expect(view.get_by_role("combobox", name="Tag", exact=True)).to_be_focused()
    reader.page.keyboard.type("new")
    reader.page.keyboard.press("Enter")
    expect(view.get_by_text("new")).to_be_visible()
    keys.reach(view.get_by_role("button", name="End"))
    # And back: nobody is held within the tags.
    for _ in range(4):
        reader.page.keyboard.press("Shift+Tab")
    assert not inside(outputs, 0).evaluate("document.hasFocus()")
    reader.add_cell()
    assert reader.evaluate("tags.value", 1).locator("sagews-display").inner_text().strip() == "['x', 'new']"
