"""matplotlib's own widgets in live figures (`%matplotlib widget`, by ipympl): a notebook of them, each used once."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FrameLocator, expect

from tests.browser.reader import Reader
from tests.browser.sheet import Sheet, workspace
from tests.browser.test_widgets import view
from tests.browser.test_widgets_notebook import run
from tests.browser.test_worksheet import People, people

__all__ = ["people"]

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "figures.ipynb"
Place = tuple[float, float]
"""In parts of the figure's width and height, from its lower left corner, as matplotlib has it."""
Play = Callable[[FrameLocator], None]


def on(frame: FrameLocator, place: Place) -> tuple[float, float]:
    """Return where a place of the figure is in its page."""
    canvas = frame.locator("canvas").last
    frame.owner.evaluate("frame => frame.scrollIntoView({ block: 'center' })")  # Not behind a bar of the page.
    before = None
    while (box := canvas.bounding_box()) != before:  # Its frame takes its height.
        before = box
        frame.owner.page.wait_for_timeout(200)
    assert box is not None and box["width"] > 300
    return box["x"] + box["width"] * place[0], box["y"] + box["height"] * (1 - place[1])


def click(place: Place, result: str, typed: str = "") -> Play:
    """Return what clicks into a figure, types, and waits for a text."""

    def play(frame: FrameLocator) -> None:
        page = frame.owner.page
        page.mouse.click(*on(frame, place))
        if typed:
            page.keyboard.press("Backspace")
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
        expect(frame.locator("body")).to_contain_text(result)

    return play


def drag(first: Place, last: Place, result: str) -> Play:
    """Return what drags over a figure, and waits for a text of this pattern: a pointer moves in steps."""

    def play(frame: FrameLocator) -> None:
        mouse = frame.owner.page.mouse
        mouse.move(*on(frame, first))
        mouse.down()
        mouse.move(*on(frame, last), steps=8)
        mouse.up()
        expect(frame.locator("body")).to_contain_text(re.compile(result))

    return play


PLAYS: dict[str, Play] = {
    "A slider": click((0.7, 0.125), "frequency 8"),
    "A slider with two ends": click((0.3 + 0.5 * 7 / 8, 0.125), "from -1 to 3"),
    "Buttons": click((0.5, 0.11), "2 Hz"),
    "Boxes to tick": click((0.08, 0.5), "shown: 1 Hz, 3 Hz"),
    "One of several": click((0.08, 0.4), "it is blue"),
    "A field for text": click((0.5, 0.11), "power 3", typed="3"),
    "A span": drag((0.125 + 0.775 * 0.195, 0.5), (0.125 + 0.775 * 0.405, 0.5), r"(1[4-9]|2[0-3]) points, mean [23]\."),
}


def test_every_widget_of_a_figure_is_used(people: People) -> None:
    actor = people.actor()
    made = workspace(people.site.url, actor.headers, "a.ipynb", NOTEBOOK.read_bytes())
    sheet = Sheet(people.context(actor).new_page(), people.address(made))
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    titles = ["".join(cell["source"]).splitlines()[0].removeprefix("## ") for cell in cells[1::2]]
    assert titles == list(PLAYS)
    for number, title in enumerate(titles):
        place = 2 + 2 * number
        run(sheet, place)
        outputs = sheet.outputs(place)
        PLAYS[title](view(outputs))
        expect(outputs.locator(".output.fault")).to_have_count(0)


def test_a_figure_is_shown_where_it_is_made(reader: Reader) -> None:
    outputs = reader.evaluate("%matplotlib widget\nimport matplotlib.pyplot as plt\n_ = plt.plot([1, 2])")
    frame = view(outputs)
    frame.locator("canvas").last.hover()
    expect(frame.get_by_role("button").first).to_be_visible()
