"""The controls of an interact in a frame, and three ways to use them: by mouse, by thumb, by keyboard alone."""

import json
from collections.abc import Callable
from typing import Any, Protocol

from playwright.sync_api import Frame, FrameLocator, Locator, expect

from tests.browser.reader import Reader
from tests.browser.test_exported_page import AXE

EVERY = """
from sagews.session.interact.names import names
globals().update(names())
pressed = []

@interact
def every(
    tick=Checkbox(False, "Tick"),
    word=InputBox("old", "Word"),
    lines=InputBox("", "Lines", height=3),
    formula=ExpressionBox("1 + 1", "Formula"),
    grid=InputGrid(2, 2, [[1, 2], [3, 4]], label="Grid"),
    listed=Selector(["ash", "birch", "cedar", "elm"], label="Listed"),
    beside=Selector(["red", "green", "blue"], selector_type="button", label="Beside"),
    below=Selector(["low", "middle", "high"], selector_type="radio", label="Below"),
    steps=DiscreteSlider([1, 2, 4, 8], label="Steps"),
    between=ContinuousSlider((0, 10), 4, label="Between"),
    some=DiscreteSlider([1, 2, 4, 8, 16], [2, 8], range_slider=True, label="Some"),
    interval=ContinuousSlider((0, 10), [2, 8], range_slider=True, label="Interval"),
    bank=MultiSlider(2, interval=[(0, 10)], default=[3, 3], label="Bank"),
    colour=ColorSelector("#ff0000", label="Colour"),
    once=Button(0, 7, "Once", label="A button"),
    bar=ButtonBar([(10, "Ten"), (20, "Twenty")], 0, label="A bar"),
    words=HtmlBox("some <b>bold</b> words"),
    note=text_control("a note"),
):
    pressed.append(once + bar)
    values = dict(locals())
    for name, value in values.items():
        print(name, "is", repr(value))
    print("sum is", sum(pressed))

@interact
def waits(text=InputBox("old", "Waiting"), run=UpdateButton("Run it", True, False)):
    print("text is", text, run)
"""
"""Two interacts with every kind of control; what the function got is printed, a line each."""


class Hand(Protocol):
    """One way to use controls."""

    def press(self, target: Locator) -> None:
        """Press a button, tick a box, choose what is to be seen."""

    def write(self, field: Locator, text: str) -> None:
        """Replace a text, and leave its field."""

    def choose(self, field: Locator, option: str) -> None:
        """Choose of a list that opens."""

    def slide(self, knob: Locator, *, up: bool = True) -> None:
        """Move a handle as far as it goes."""


SMALL = """least => {
    const within = (element, x, y) => element.contains(document.elementFromPoint(x, y) ?? document);
    const named = (element) => element.getAttribute("aria-label") || element.textContent || element.id;
    const small = [];
    for (const handle of document.querySelectorAll(".noUi-handle")) {
        const box = handle.getBoundingClientRect(), reach = least / 2 - 1;
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        for (const [right, down] of [[-reach, 0], [reach, 0], [0, -reach], [0, reach]])
            if (!within(handle, x + right, y + down)) small.push(`${named(handle)} ${right} ${down}`);
    }
    const others = "button, select, label:has(input), .widget-input, .widget-readout[contenteditable=true]";
    for (const target of document.querySelectorAll(others))
        if (target.checkVisibility() && target.getBoundingClientRect().height < least) small.push(named(target));
    return small;
}"""
"""Names what can be touched and is smaller than so many pixels; a handle by where it takes a thumb."""


def small_targets(frame: Frame, least: int) -> list[str]:
    """Name the targets in a frame that are smaller than this, in pixels."""
    found = frame.evaluate(SMALL, least)
    assert isinstance(found, list)
    return found


def frame_of(outputs: Locator, place: int) -> FrameLocator:
    """Return what is in the frame of one interact, once it is drawn."""
    frame = outputs.locator("iframe").nth(place).content_frame
    expect(frame.locator(".widgets > *").first).to_be_visible(timeout=30_000)
    return frame


def inside(outputs: Locator, place: int) -> Frame:
    """Return that frame to evaluate in."""
    element = outputs.locator("iframe").nth(place).element_handle()
    assert element is not None
    frame = element.content_frame()
    assert frame is not None
    return frame


def faults_of(frame: Frame) -> list[str]:
    """Return what axe-core finds badly wrong in a frame, where it can fetch nothing: rules and what breaks them."""
    frame.evaluate(AXE.read_text())
    look = "async () => JSON.stringify((await axe.run({ preload: false })).violations)"
    found: list[dict[str, Any]] = json.loads(frame.evaluate(look))
    return [
        f"{each['id']}: {place['html']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for place in each["nodes"]
    ]


class Mouse:
    """Clicks and drags."""

    def __init__(self, reader: Reader, frame: FrameLocator) -> None:
        self.page, self.frame = reader.page, frame

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, field: Locator, text: str) -> None:
        field.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.frame.locator("pre").last.click()

    def choose(self, field: Locator, option: str) -> None:
        field.select_option(option)  # What the browser opens is its own.

    def slide(self, knob: Locator, *, up: bool = True) -> None:
        x, y, to_x, to_y = way(knob, up=up)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(to_x, to_y, steps=6)
        self.page.mouse.up()


class Thumb:
    """Taps, and moves over a screen of 360 px."""

    def __init__(self, reader: Reader, frame: FrameLocator) -> None:
        self.page, self.frame = reader.page, frame
        self.touch = self.page.context.new_cdp_session(self.page)

    def press(self, target: Locator) -> None:
        target.tap()

    def write(self, field: Locator, text: str) -> None:
        field.tap()
        field.select_text()
        self.page.keyboard.insert_text(text)
        self.frame.locator("pre").last.tap()

    def choose(self, field: Locator, option: str) -> None:
        field.select_option(option)

    def slide(self, knob: Locator, *, up: bool = True) -> None:
        x, y, to_x, to_y = way(knob, up=up)
        self._send("touchStart", x, y)
        for step in range(1, 7):
            self._send("touchMove", x + (to_x - x) * step / 6, y + (to_y - y) * step / 6)
        self.touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _send(self, kind: str, x: float, y: float) -> None:
        self.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})


class Keys:
    """The keyboard alone: what Tab does not reach cannot be used."""

    def __init__(self, reader: Reader, frame: FrameLocator) -> None:
        self.page, self.frame = reader.page, frame
        self.page.keyboard.press("Escape")  # So that Tab leaves the editor.

    def reach(self, target: Locator) -> None:
        """Go on with Tab until the target has the focus."""
        wanted = target.element_handle()
        for _ in range(120):
            if wanted.evaluate("each => document.hasFocus() && document.activeElement === each"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {target}")

    def press(self, target: Locator) -> None:
        if target.get_attribute("type") == "radio":
            self.reach(target.locator("xpath=ancestor::*[@role='radiogroup']").get_by_role("radio", checked=True))
            for _ in range(10):
                if not target.is_checked():
                    self.page.keyboard.press("ArrowDown")
            return
        self.reach(target)
        self.page.keyboard.press("Space")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Tab")

    def choose(self, field: Locator, option: str) -> None:
        self.reach(field)
        self.page.keyboard.type(option[0])

    def slide(self, knob: Locator, *, up: bool = True) -> None:
        self.reach(knob)
        self.page.keyboard.press("End" if up else "Home")


HANDS: dict[str, Callable[[Reader, FrameLocator], Hand]] = {"mouse": Mouse, "thumb": Thumb, "keyboard": Keys}
"""The three ways by their names."""


def way(knob: Locator, *, up: bool) -> tuple[float, float, float, float]:
    """Bring a handle to the middle of the page; return where it is, and a point beyond the end of its slider."""
    where = knob.bounding_box()
    assert where is not None
    # To the middle: what floats at the page's foot covers what is below.
    knob.page.evaluate("y => scrollBy({ top: y - innerHeight / 2, behavior: 'instant' })", where["y"])
    handle, whole = (
        knob.bounding_box(),
        knob.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]").bounding_box(),
    )
    assert handle is not None and whole is not None
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    if knob.get_attribute("aria-orientation") == "vertical":
        return x, y, x, whole["y"] - 16 if up else whole["y"] + whole["height"] + 16
    return x, y, whole["x"] + whole["width"] + 16 if up else whole["x"] - 16, y
