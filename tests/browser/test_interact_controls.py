"""Every control of an interact by mouse, by thumb and by keyboard alone: the function gets what the reader chose."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.controls import EVERY, HANDS, Hand, faults_of, frame_of, inside, small_targets
from tests.browser.reader import Reader
from tests.processes import wait_until

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def got(frame: FrameLocator, *lines: str) -> None:
    """Wait until the function has got this."""
    for line in lines:
        expect(frame.locator("pre").last).to_contain_text(line)


def use_all(frame: FrameLocator, hand: Hand) -> None:
    """Use each control in the order of the page, and see what the function gets."""

    def field(name: str) -> Any:
        return frame.get_by_role("textbox", name=name, exact=True)

    def handle(name: str) -> Any:
        return frame.get_by_role("slider", name=name, exact=True)

    hand.press(frame.get_by_role("checkbox", name="Tick"))
    got(frame, "tick is True")
    hand.write(field("Word"), "new")
    got(frame, "word is 'new'")
    hand.write(field("Lines"), "one\ntwo")
    got(frame, r"lines is 'one\ntwo'")
    hand.write(field("Formula"), "6 * 7")
    got(frame, "formula is 42")
    hand.write(field("Grid 2,1"), "30")
    got(frame, "grid is [[1, 2], [30, 4]]")
    hand.choose(frame.get_by_role("combobox", name="Listed"), "elm")
    got(frame, "listed is 'elm'")
    hand.press(frame.get_by_role("group", name="Beside").get_by_role("button", name="blue"))
    got(frame, "beside is 'blue'")
    expect(frame.get_by_role("button", name="blue", pressed=True)).to_be_visible()
    hand.press(frame.get_by_role("radiogroup", name="Below").get_by_role("radio", name="high"))
    got(frame, "below is 'high'")
    hand.slide(handle("Steps"))
    got(frame, "steps is 8")
    expect(handle("Steps")).to_have_attribute("aria-valuetext", "8")
    hand.slide(handle("Between"))
    got(frame, "between is 10.0")
    hand.slide(handle("Some from"), up=False)
    hand.slide(handle("Some to"))
    got(frame, "some is (1, 16)")
    hand.slide(handle("Interval from"), up=False)
    hand.slide(handle("Interval to"))
    got(frame, "interval is (0.0, 10.0)")
    hand.slide(handle("Bank 1"), up=False)
    hand.slide(handle("Bank 2"))
    got(frame, "bank is [0.0, 10.0]")
    hand.write(field("Colour"), "#00ff00")
    got(frame, "colour is '#00ff00'")
    got(frame, "sum is 0")
    hand.press(frame.get_by_role("group", name="A button").get_by_role("button", name="Once"))
    got(frame, "sum is 7")
    hand.press(frame.get_by_role("group", name="A bar").get_by_role("button", name="Twenty"))
    got(frame, "sum is 27", "bar is 20", "once is 0")


def use_the_one_that_waits(frame: FrameLocator, hand: Hand) -> None:
    """Change what changes nothing before its button is pressed."""
    hand.write(frame.get_by_role("textbox", name="Waiting"), "new")
    got(frame, "text is old False")
    hand.press(frame.get_by_role("button", name="Run it"))
    got(frame, "text is new True")


@pytest.mark.parametrize("way", HANDS)
def test_every_control_arrives_in_the_function(enter: Callable[..., Reader], way: str) -> None:
    reader = enter(**(PHONE if way == "thumb" else {}))
    outputs = reader.evaluate(EVERY)
    every, waits = frame_of(outputs, 0), frame_of(outputs, 1)
    got(every, "note is 'a note'", "sum is 0")
    expect(every.locator("b")).to_have_text("bold")
    use_all(every, HANDS[way](reader, every))
    use_the_one_that_waits(waits, HANDS[way](reader, waits))
    # All is still where it was, once: what each run puts out takes the place of what was there.
    expect(every.locator("pre")).to_have_count(1)
    expect(outputs.locator("iframe")).to_have_count(2)


def test_controls_are_named_and_large_enough(enter: Callable[..., Reader]) -> None:
    for scheme, options, least in (("dark", PHONE, 40), ("light", {}, 24)):
        reader = enter(color_scheme=scheme, **options)
        outputs = reader.evaluate(EVERY)
        got(frame_of(outputs, 0), "sum is 0")
        height = "each => each.offsetHeight"
        # It has its height even where nobody has scrolled to it.
        expect(outputs.locator("iframe").last).not_to_be_in_viewport()
        wait_until(lambda: outputs.locator("iframe").first.evaluate(height) > 800, 10, "it has its height")  # noqa: B023
        reader.page.set_viewport_size({"width": options.get("viewport", {"width": 1280})["width"], "height": 3000})
        outputs.scroll_into_view_if_needed()
        frame = inside(outputs, 0)
        assert small_targets(frame, least) == []
        assert faults_of(frame) == []
        assert faults_of(inside(outputs, 1)) == []
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
