"""Controls of interacts in places of their own: elements of HTML that the cell shows, found by selectors."""

from playwright.sync_api import FrameLocator, expect

from tests.browser.reader import Reader
from tests.browser.test_widgets import view

NAMES = "from sagews.session.interact.names import names; globals().update(names())"
TABLE = "<table><tr><td id='p_x'>first</td><td id='p_word'>second</td></tr></table><p id='p__output'>below</p>"


def is_in(frame: FrameLocator, place: str, text: str) -> None:
    """Wait until a place has a view that says this, which is seen nowhere else."""
    expect(frame.locator(place)).to_contain_text(text)
    expect(frame.get_by_text(text, exact=True).filter(visible=True)).to_have_count(1)


def test_html_among_the_controls_has_places(reader: Reader) -> None:
    outputs = reader.evaluate(
        f'{NAMES}\n@interact(locations="p_")\ndef f(h=HtmlBox("{TABLE}"), x=(0, 10, 1), word="text", other=[1, 2]):\n'
        '    print("f gets", x, word, other)'
    )
    frame = view(outputs)
    is_in(frame, "#p_x", "x")
    is_in(frame, "#p__output", "f gets 0 text 1")
    # What has no place stands where it would.
    expect(frame.locator("td").get_by_role("button", name="2")).to_have_count(0)
    frame.locator("#p_x").get_by_role("slider").press("ArrowRight")
    is_in(frame, "#p__output", "f gets 1 text 1")
    box = frame.locator("#p_word").get_by_role("textbox", name="word")
    box.fill("π")
    box.press("Enter")
    is_in(frame, "#p__output", "f gets 1 π 1")
    frame.get_by_role("button", name="2").filter(visible=True).click()
    is_in(frame, "#p__output", "f gets 1 π 2")


def test_html_of_the_function_has_places_that_come_and_go(phone: Reader) -> None:
    outputs = phone.evaluate(
        f"{NAMES}\nfrom IPython.display import HTML\n"
        "@interact(locations={'x': 'i.here, b.here', 'n': '((', 'm': '#no'})\n"
        "def f(x=(0, 3, 1), n=True, m=False):\n"
        "    print('x is', x)\n    if x < 2: display(HTML(f'<b class=\"here\">{x}: </b>'))"
    )
    frame = view(outputs)
    expect(frame.locator("b.here").get_by_role("slider")).to_be_visible()
    for x in (1, 2, 3):
        frame.get_by_role("slider").filter(visible=True).press("ArrowRight")
        expect(frame.get_by_text(f"x is {x}")).to_be_visible()
        expect(frame.get_by_role("slider").filter(visible=True)).to_have_count(1)
        expect(frame.locator("b.here").get_by_role("slider")).to_have_count(1 if x < 2 else 0)
    frame.get_by_role("slider").filter(visible=True).press("Home")
    expect(frame.locator("b.here").get_by_role("slider")).to_be_visible()
    expect(frame.get_by_role("checkbox").filter(visible=True)).to_have_count(2)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_inner_interacts_and_controls_that_are_taken_away(reader: Reader) -> None:
    outputs = reader.evaluate(
        f"{NAMES}\n@interact\ndef outer(n=[1, 2]):\n"
        "    @interact(locations=True)\n"
        "    def inner(h=HtmlBox('<div id=\"k\">here: </div>'), k=(0, n, 1)): print('inner', n, k)\n"
        "    global keep; keep = inner"
    )
    frame = view(outputs)
    expect(frame.locator("#k").get_by_role("slider")).to_be_visible()
    frame.locator("#k").get_by_role("slider").press("End")
    expect(frame.get_by_text("inner 1 1")).to_be_visible()
    frame.get_by_role("button", name="2").click()
    expect(frame.get_by_text("inner 2 0")).to_be_visible()
    expect(frame.locator("#k").get_by_role("slider")).to_be_visible()
    reader.add_cell()
    reader.evaluate("del keep.k", 1)
    expect(frame.locator("#k")).to_have_text("here: ")
    expect(frame.get_by_role("slider")).to_have_count(0)
