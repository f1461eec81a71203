"""matplotlib's own widgets in live figures (`%matplotlib widget`, by ipympl): a notebook of them, each used once."""

import json
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


def on(frame: FrameLocator, *places: Place) -> list[tuple[float, float]]:
    """Return where places of the figure are in its page."""
    canvas = frame.locator("canvas").last
    before, box = None, canvas.bounding_box()
    while box is None or box != before:  # Its frame takes its height, and the page what is above and below it.
        frame.owner.evaluate("frame => frame.scrollIntoView({ block: 'center' })")  # Not behind a bar of the page.
        frame.owner.page.wait_for_timeout(200)
        before, box = box, canvas.bounding_box()
    assert box["width"] > 300
    return [(box["x"] + box["width"] * x, box["y"] + box["height"] * (1 - y)) for x, y in places]


def click(place: Place, result: str, typed: str = "") -> Play:
    """Return what clicks into a figure, types, and waits for a text."""

    def play(frame: FrameLocator) -> None:
        page = frame.owner.page
        page.mouse.click(*on(frame, place)[0])
        if typed:
            page.keyboard.press("Backspace")
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
        expect(frame.locator("body")).to_contain_text(result)

    return play


def drag(first: Place, last: Place, result: str) -> Play:
    """Return what drags over a figure as quickly as can be, and waits for a text."""

    def play(frame: FrameLocator) -> None:
        mouse = frame.owner.page.mouse
        begin, end = on(frame, first, last)
        mouse.move(*begin)
        mouse.down()
        mouse.move(*end, steps=2)
        mouse.up()
        expect(frame.get_by_text(result, exact=True)).to_be_visible()

    return play


def across(x: float, y: float) -> Place:
    """Return where a place of axes is that go from 0 to 10, as matplotlib puts them."""
    return 0.125 + 0.775 * x / 10, 0.11 + 0.77 * y / 10


def rectangles(frame: FrameLocator) -> None:
    """Draw twenty over points that are 1 apart; each is far from the handles of the one before it."""
    for number in range(20):
        left, low = (0.5, 0.5) if number % 2 == 0 else (5.5, 5.5)
        wide, high = 1 + number % 3, 1 + number % 4
        drag(across(left, low), across(left + wide, low + high), f"{wide * high} points inside")(frame)


PLAYS: dict[str, Play] = {
    "A slider": click((0.7, 0.125), "frequency 8"),
    "A slider with two ends": click((0.3 + 0.5 * 7 / 8, 0.125), "from -1 to 3"),
    "Buttons": click((0.5, 0.11), "2 Hz"),
    "Boxes to tick": click((0.08, 0.5), "shown: 1 Hz, 3 Hz"),
    "One of several": click((0.08, 0.4), "it is blue"),
    "A field for text": click((0.5, 0.11), "power 3", typed="3"),
    "A span": drag(across(1.95, 5), across(4.05, 5), "21 points, mean 3.0"),
    "A rectangle": rectangles,
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
