"""The notebook of widgets as a worksheet: each cell is evaluated, what it shows is used once, and it answers."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FrameLocator, expect

from tests.browser.sheet import Sheet, workspace
from tests.browser.test_widgets import says, view
from tests.browser.test_worksheet import People, people
from tests.processes import wait_until

__all__ = ["people"]

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "widgets.ipynb"
Play = Callable[[FrameLocator], None]


def right(name: str, result: str) -> Play:
    """Return what moves a slider one step to the right, and waits for a text."""

    def play(frame: FrameLocator) -> None:
        frame.get_by_role("slider", name=name, exact=True).press("ArrowRight")
        expect(frame.locator("body")).to_contain_text(result)

    return play


def press(name: str, result: str) -> Play:
    """Return what presses a button, and waits for a text."""

    def play(frame: FrameLocator) -> None:
        frame.get_by_role("button", name=name, exact=True).click()
        expect(frame.locator("body")).to_contain_text(result)

    return play


def order(frame: FrameLocator) -> None:
    expect(frame.locator("body")).to_contain_text("3 small tea for 9")
    frame.get_by_role("checkbox", name="loud").check()
    frame.get_by_role("combobox", name="cup").select_option("large")
    expect(frame.locator("body")).to_contain_text("3 LARGE TEA FOR 9")


def links(frame: FrameLocator) -> None:
    expect(frame.get_by_role("progressbar", name="Warmth")).to_have_attribute("aria-valuenow", "33")
    frame.get_by_role("spinbutton", name="Celsius").fill("100")
    frame.get_by_role("spinbutton", name="Celsius").press("Enter")
    expect(frame.get_by_role("spinbutton", name="Fahrenheit")).to_have_value("212")
    expect(frame.get_by_role("progressbar", name="Warmth")).to_have_attribute("aria-valuenow", "100")


def pages(frame: FrameLocator) -> None:
    expect(frame.get_by_text("the first page")).to_be_visible()
    frame.get_by_text("Two", exact=True).click()
    expect(frame.locator(".katex")).to_be_visible()
    frame.get_by_text("More", exact=True).click()
    expect(frame.get_by_text("what was folded")).to_be_visible()


def player(frame: FrameLocator) -> None:
    frame.get_by_role("button", name="Play", exact=True).click()
    expect(frame.get_by_role("slider", name="Step")).to_have_attribute("aria-valuenow", "5.0")


def choices(frame: FrameLocator) -> None:
    frame.get_by_role("listbox", name="Trees").select_option(["birch", "cedar"])
    frame.get_by_label("Day").fill("2026-02-28")
    frame.get_by_role("button", name="fast").click()
    expect(frame.locator("body")).to_contain_text("birch, cedar on 2026-02-28, fast")


def corner(frame: FrameLocator) -> None:
    frame.get_by_role("img").click(position={"x": 2, "y": 196})
    expect(frame.locator("polygon")).to_have_attribute("points", "50,10 1,98 90,90")


def curve(frame: FrameLocator) -> None:
    picture = frame.locator("img")
    expect(frame.locator("body")).to_contain_text("drawn with 3")
    first = picture.get_attribute("src")
    frame.get_by_role("slider", name="frequency").press("End")
    expect(frame.locator("body")).to_contain_text("drawn with 30")
    expect(picture).to_have_count(1)
    assert picture.get_attribute("src") != first


def curves(frame: FrameLocator) -> None:
    expect(frame.locator("body")).to_contain_text("2 curves, solid")
    frame.get_by_role("checkbox", name="3 Hz").check()
    frame.get_by_role("radio", name="dotted").check()
    expect(frame.locator("body")).to_contain_text("3 curves, dotted")
    expect(frame.locator("img")).to_have_count(1)


def power(frame: FrameLocator) -> None:
    picture = frame.locator("img")
    first = picture.get_attribute("src")
    frame.get_by_role("spinbutton", name="Power").fill("3")
    frame.get_by_role("spinbutton", name="Power").press("Enter")
    expect(frame.locator("body")).to_contain_text("x to the power of 3")
    wait_until(lambda: picture.get_attribute("src") != first, 10, "the picture is another one")
    assert picture.evaluate("each => each.naturalWidth") > 0


PLAYS: dict[str, Play] = {
    "A function with a slider": right("n", "121"),
    "Controls by kinds of values": order,
    "Only when it is asked for": press("Run Interact", "1000! has 2568 digits"),
    "Controls where one wants them": right("a", "3 x 3 = 9"),
    "Events": press("Say it", "it was said"),
    "What changes is seen": right("Level", "from 0.5 to 0.75"),
    "Links": links,
    "Tabs and an accordion": pages,
    "A grid": press("12", "pressed: 12"),
    "A player": player,
    "Choices": choices,
    "A widget of one's own": press("count is 41", "count is 42"),
    "A drawing of one's own": corner,
    "A curve with sliders": curve,
    "Curves to tick": curves,
    "A picture that is changed": power,
}
PRINTED = {"A widget of one's own": "python has 42", "A drawing of one's own": "area "}
"""What cells print beside their frames."""


def run(sheet: Sheet, place: int) -> None:
    sheet.cell(place).scroll_into_view_if_needed()
    sheet.editor(place).click()
    sheet.press("Control+Enter")
    sheet.await_end(place)


def test_every_cell_is_evaluated_and_used(people: People) -> None:
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
        if title in PRINTED:
            says(outputs, PRINTED[title])
        expect(outputs.locator("iframe")).to_have_count(1)
        expect(outputs.locator(".output.fault")).to_have_count(0)
