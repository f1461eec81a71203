"""Widgets: controls of ipywidgets and anywidget, shown in frames of their own, moved by readers."""

import re
from typing import Any

from playwright.sync_api import FrameLocator, Locator, expect

from tests.browser.reader import Reader
from tests.running import wait_until

SLIDER = (
    "import ipywidgets as w\n"
    "s = w.IntSlider(5, description='Speed')\n"
    "s.observe(lambda change: print('now', change['new']), 'value')\n"
    "s"
)


def view(outputs: Locator) -> FrameLocator:
    """Return what is in the frame of a view, once its widget is drawn."""
    frame = outputs.frame_locator("iframe")
    expect(frame.locator(".widgets > *").first).to_be_visible(timeout=30_000)
    return frame


def said(outputs: Locator, text: str) -> None:
    """Wait until an output says this."""
    expect(outputs.locator("sagews-stream").last).to_contain_text(text)


def test_a_slider_is_moved_by_keyboard_and_by_mouse(reader: Reader) -> None:
    outputs = reader.evaluate(SLIDER)
    handle = view(outputs).get_by_role("slider")
    handle.focus()
    handle.press("ArrowRight")
    said(outputs, "now 6")
    handle.press("ArrowRight")
    said(outputs, "now 7")
    expect(view(outputs).locator(".widget-readout")).to_have_text("7")
    box = view(outputs).locator(".noUi-target").bounding_box()
    assert box is not None
    reader.page.mouse.move(box["x"] + 0.07 * box["width"], box["y"] + box["height"] / 2)
    start = handle.bounding_box()
    assert start is not None
    reader.page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    reader.page.mouse.down()
    reader.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 4, steps=8)
    reader.page.mouse.move(box["x"] + box["width"] + 40, box["y"] + 4, steps=8)
    reader.page.mouse.up()
    said(outputs, "now 100")
    assert reader.evaluate("s.value", 0).locator("sagews-display").inner_text().strip() == "100"
