"""The whole life of a worksheet, as people live it: made, written, plotted, read again, written by two, its history,
published and read. At a desk, and on a phone in the dark; axe-core looks at every page on the way.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.sheet import Sheet
from tests.browser.test_sign_in import assert_clean
from tests.browser.test_workspaces import Come, come, make

__all__ = ["come"]
SHOTS = os.environ.get("SAGEWS_SHOTS", "")
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}
UNREADABLE = """() => [...document.querySelectorAll("button, a")]
    .filter((each) => each.checkVisibility() && getComputedStyle(each).color === getComputedStyle(each).backgroundColor)
    .map((each) => each.outerHTML)"""
PLOT = "import matplotlib.pyplot as plt\nplt.plot([n * n for n in range(9)])\nplt.show()"


class Walk:
    """Somebody on their way through the pages; each is looked at as it comes."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self._name = name
        self._number = 0

    def look(self, what: str) -> None:
        """Assert that a page has no serious fault."""
        self._number += 1
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"life-{self._name}-{self._number:02}-{what}.png")
        assert_clean(self.page)
        # Words in the colour of their ground: axe takes them for hidden ones.
        assert self.page.evaluate(UNREADABLE) == []

    def menu(self, name: str) -> None:
        """Choose something of the menu at the head of a worksheet."""
        self.page.get_by_role("button", name="More of this worksheet").click()
        self.page.get_by_role("menuitem", name=name, exact=True).click()


def plot(cell: Locator) -> Locator:
    return cell.locator("sagews-outputs img, sagews-outputs svg")


def begun(walk: Walk) -> None:
    """Make a workspace with a worksheet, from nothing."""
    page = walk.page
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    walk.look("nothing-yet")
    make(page, "Curves")
    expect(page).to_have_title("Curves: sagews")
    walk.look("empty-workspace")
    page.get_by_role("button", name="New worksheet").click()
    page.get_by_label("Name").fill("parabola")
    page.get_by_role("button", name="Make it").hover()
    walk.look("new-worksheet")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/worksheets/parabola.ipynb")
    expect(page).to_have_title("parabola.ipynb: sagews")
    expect(page.get_by_role("button", name="+ Code")).to_be_visible()
    walk.look("empty-worksheet")


def written(walk: Walk) -> Sheet:
    """Write text and code, and see a plot that a reload brings again."""
    page = walk.page
    page.get_by_role("button", name="+ Markdown").click()
    page.keyboard.type("# Parabolas\n$y = x^2$")
    page.get_by_role("button", name="+ Code").click()
    page.keyboard.insert_text(PLOT)
    page.keyboard.press("Control+Enter")
    expect(plot(page.locator("main"))).to_be_visible(timeout=60_000)
    expect(page.locator(".saved")).to_have_text("All saved")
    walk.look("plotted")
    # It is loaded anew.
    sheet = Sheet(page, page.url)
    expect(sheet.cell(0).locator(".katex").first).to_be_visible()
    expect(plot(sheet.cell(1))).to_be_visible()
    walk.look("reloaded")
    return sheet


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_from_an_empty_page_to_its_readers(come: Come, chromium: Browser, size: dict[str, object]) -> None:
    name = "phone" if size is PHONE else "desk"
    page, _ = come(**size)
    walk = Walk(page, name)
    begun(walk)
    sheet = written(walk)
    page.keyboard.press("Control+s")
    expect(page.get_by_text("the history has this version")).to_be_visible()
    # A second person, by a link, edits; both see it.
    page.get_by_role("link", name="Workspace", exact=True).click()
    page.get_by_label("For").select_option("editor")
    page.get_by_role("button", name="Make a link").click()
    way = page.get_by_role("dialog").locator("code").inner_text()
    page.keyboard.press("Escape")
    walk.look("workspace")
    friend, _ = come("anonymous", "#" + way.partition("#")[2], **size)
    friend.get_by_role("link", name="parabola.ipynb", exact=True).click()
    other = Sheet(friend, friend.url)
    page.get_by_role("link", name="parabola.ipynb", exact=True).click()
    sheet.await_open()
    other.enter(1)
    friend.keyboard.type("\n# by a friend")
    sheet.await_sources("# Parabolas\n$y = x^2$", PLOT + "\n# by a friend")
    expect(page.get_by_role("list", name="Who else is here")).to_be_visible()
    expect(sheet.cell(1)).to_contain_text("edited since")
    walk.look("two-people")
    other.await_saved()
    # Its history, reached from the page and left for it again.
    walk.menu("Save a version now")
    expect(page.get_by_text("the history has this version")).to_be_visible()
    walk.menu("History")
    expect(page).to_have_title("History of parabola.ipynb: sagews")
    expect(page.get_by_role("heading", name="What differs")).to_be_visible()
    expect(page.locator(".lines .added")).to_contain_text("# by a friend")
    walk.look("history")
    page.get_by_role("slider", name="Version").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Bring it back").click()
    walk.look("bring-back")
    page.get_by_role("dialog").get_by_role("button", name="Bring it back").click()
    expect(page.get_by_text("It is the newest version now.")).to_be_visible()
    other.await_sources("# Parabolas\n$y = x^2$", PLOT)
    page.get_by_role("link", name="Open the worksheet").click()
    sheet.await_open()
    sheet.await_sources("# Parabolas\n$y = x^2$", PLOT)
    # Taken out as a file of another format.
    walk.menu("Export")
    walk.look("export")
    page.get_by_role("dialog").get_by_label("Format").select_option("markdown")
    with page.expect_download() as taken:
        page.get_by_role("dialog").get_by_role("button", name="Export").click()
    assert "# Parabolas" in Path(taken.value.path()).read_text()
    # Published, with what was written just before.
    sheet.enter(1)
    page.keyboard.type("\n# at last")
    walk.menu("Publish")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill(f"Parabolas of a {name}")
    dialog.get_by_label("In the gallery").check()
    walk.look("publish")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("heading", name="It is published")).to_be_visible()
    walk.look("published")
    address = page.get_by_role("dialog").get_by_role("link").get_attribute("href") or ""
    page.keyboard.press("Escape")
    # Read by anybody, found in the gallery.
    context = chromium.new_context(bypass_csp=True, **size)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    reader = Walk(context.new_page(), f"{name}-reader")
    site = page.url.partition("/workspaces/")[0]
    reader.page.goto(f"{site}/published")
    reader.look("gallery")
    reader.page.get_by_role("link", name=f"Parabolas of a {name}").first.click()
    expect(reader.page).to_have_url(site + address)
    expect(reader.page.get_by_role("heading", name="Parabolas", exact=True)).to_be_visible()
    expect(reader.page.locator(".outputs img, .outputs svg").first).to_be_visible()
    expect(reader.page.locator("body")).to_contain_text("# at last")
    reader.look("page")
    context.close()
