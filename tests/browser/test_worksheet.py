"""The page of a worksheet: written, read, moved, found and replaced in, by one person."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from sagews.config.database import Database as Settings
from tests.browser.conftest import watch
from tests.browser.sheet import Cells, Sheet, notebook, workspace
from tests.browser.test_sign_in import assert_clean
from tests.running import RunningSite
from tests.site.accounts.cast import Actor, Cast

Open = Callable[..., Sheet]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


class People:
    """Those who come to worksheets of one site, each with a browser's storage of their own."""

    def __init__(self, chromium: Browser, site: RunningSite) -> None:
        self._chromium = chromium
        self.site = site
        self.contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def actor(self) -> Actor:
        # Playwright occupies this thread's event loop.
        with ThreadPoolExecutor(1) as apart:
            return apart.submit(asyncio.run, Cast("open", self.site, Settings()).actor("account")).result(20)

    def context(self, actor: Actor, **options: object) -> BrowserContext:
        context = self._chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})  # type: ignore[arg-type]
        self.contexts.append(context)
        context.set_default_timeout(15_000)
        watch(context, self.faults, self.site.url)
        for name, _, value in [text.partition("=") for text in actor.headers.values()]:
            context.add_cookies([{"name": name, "value": value, "url": self.site.url}])
        return context

    def address(self, made: str, path: str = "a.ipynb") -> str:
        return f"{self.site.url}workspaces/{made}/worksheets/{path}"

    def open(self, cells: Cells, actor: Actor | None = None, **options: object) -> Sheet:
        """Let somebody open a worksheet of their own with these cells."""
        actor = actor or self.actor()
        made = workspace(self.site.url, actor.headers, "a.ipynb", notebook(cells))
        return Sheet(self.context(actor, **options).new_page(), self.address(made))


@pytest.fixture
def people(chromium: Browser, site: RunningSite) -> Iterator[People]:
    everybody = People(chromium, site)
    yield everybody
    for context in everybody.contexts:
        context.close()
    # What a test itself has cut off is told in the console.
    assert [each for each in everybody.faults if "ERR_INTERNET_DISCONNECTED" not in each] == []


def test_cells_are_written_and_there_again(people: People) -> None:
    sheet = people.open([("code", "x = 1"), ("markdown", "# Rings\nWith $x^2$."), ("raw", "raw")])
    expect(sheet.cell(1).get_by_role("heading", name="Rings")).to_be_visible()
    expect(sheet.cell(1).locator(".katex")).to_be_visible()
    sheet.enter()
    sheet.page.keyboard.type("0\ny = 'ü😀中'")
    sheet.await_sources("x = 10\ny = 'ü😀中'", "# Rings\nWith $x^2$.", "raw")
    sheet.await_saved()
    sheet.page.reload()
    sheet.await_open()
    assert sheet.source(0) == "x = 10\ny = 'ü😀中'"
    assert sheet.source(2) == "raw"


def test_every_command_of_cells(people: People) -> None:
    sheet = people.open([("code", "a"), ("code", "b"), ("code", "c")])
    sheet.enter(0)
    sheet.press("Escape")
    expect(sheet.cell(0)).to_be_focused()
    sheet.press("b")
    expect(sheet.cell(1)).to_be_focused()
    sheet.press("Enter")
    sheet.page.keyboard.type("new")
    sheet.press("Escape", "a")
    sheet.await_sources("a", "", "new", "b", "c")
    sheet.press("d", "d")
    sheet.await_sources("a", "new", "b", "c")
    sheet.press("z")
    sheet.await_sources("a", "", "new", "b", "c")
    sheet.press("Shift+Z")
    sheet.await_sources("a", "new", "b", "c")
    sheet.press("x")
    sheet.await_sources("a", "b", "c")
    sheet.press("j", "v")
    sheet.await_sources("a", "b", "c", "new")
    sheet.press("Control+Shift+ArrowUp")
    sheet.await_sources("a", "b", "new", "c")
    sheet.press("k", "Shift+J", "Shift+M")
    sheet.await_sources("a", "b\nnew", "c")
    sheet.press("m")
    expect(sheet.cell(1)).to_have_class(re.compile("markdown"))
    sheet.press("r")
    expect(sheet.cell(1)).to_have_class(re.compile("raw"))
    sheet.press("y")
    expect(sheet.cell(1)).to_have_class(re.compile("code"))
    sheet.press("Enter", "Control+Home", "ArrowDown", "Control+Shift+Minus")
    sheet.await_sources("a", "b", "new", "c")
    expect(sheet.editor(2)).to_be_focused()
    sheet.press("Escape", "2")
    sheet.await_sources("a", "b", "## new", "c")
    sheet.press("Escape", "Home", "Control+a", "d", "d")
    sheet.await_sources("")
    sheet.await_saved()


def test_undo_takes_back_steps_in_their_order(people: People) -> None:
    sheet = people.open([("code", "a"), ("code", "b")])
    sheet.enter(0)
    sheet.page.keyboard.type("1")
    sheet.press("Escape", "j", "d", "d")
    sheet.await_sources("a1")
    sheet.press("Enter", "Control+z")
    sheet.await_sources("a1", "b")
    sheet.enter(0)
    sheet.press("Control+z")
    sheet.await_sources("a", "b")
    sheet.press("Control+y", "Control+Shift+Z")
    sheet.await_sources("a1")


def test_the_cursor_stays_where_it_was_put(people: People) -> None:
    sheet = people.open([("code", "ab"), ("code", "cd"), ("code", "ef")])
    sheet.enter(0)
    sheet.press("ArrowDown")
    expect(sheet.editor(1)).to_be_focused()
    sheet.page.keyboard.type("1")
    sheet.enter(2)
    sheet.page.keyboard.type("2")
    sheet.await_sources("ab", "1cd", "ef2")
    # Of another type the cell is written on in at the same place.
    sheet.press("ArrowLeft")
    sheet.page.get_by_role("combobox", name="Type of the cell").select_option("raw")
    expect(sheet.cell(2)).to_have_class(re.compile("raw"))
    expect(sheet.editor(2)).to_be_focused()
    sheet.page.keyboard.type("3")
    sheet.await_sources("ab", "1cd", "ef32")


def test_found_and_replaced(people: People) -> None:
    sheet = people.open([("code", "x = 1\nx"), ("markdown", "About x"), ("code", "y")])
    sheet.enter(2)
    sheet.press("Escape", "f")
    find = sheet.page.get_by_role("search")
    find.get_by_label("Find", exact=True).fill("x")
    expect(find.get_by_role("status")).to_have_text("3 places")
    sheet.press("Enter")
    expect(find.get_by_role("status")).to_have_text("1 of 3")
    find.get_by_label("Replace by").fill("zeta")
    find.get_by_role("button", name="Replace", exact=True).click()
    sheet.await_sources("zeta = 1\nx", "About x", "y")
    find.get_by_role("button", name="Replace all").click()
    sheet.await_sources("zeta = 1\nzeta", "About zeta", "y")
    sheet.press("Escape", "z")
    sheet.await_sources("zeta = 1\nx", "About x", "y")


def test_the_outline_leads_to_headings(people: People) -> None:
    cells = [("markdown", "# One\ntext\n## Two"), *[("code", f"{n}") for n in range(30)], ("markdown", "# Three")]
    sheet = people.open(cells)
    sheet.page.get_by_role("button", name="Outline").click()
    outline = sheet.page.get_by_role("navigation", name="Outline")
    expect(outline.get_by_role("listitem")).to_have_text(["One", "Two", "Three"])
    outline.get_by_role("button", name="Three").click()
    expect(sheet.cell(31)).to_be_in_viewport()
    expect(sheet.cell(31)).to_be_focused()


def test_folded_is_folded_for_all_and_again_later(people: People) -> None:
    sheet = people.open([("code", "first\nsecond")])
    sheet.page.get_by_role("button", name="More to do with cells").click()
    sheet.page.get_by_role("menuitem", name="Fold or unfold the source").click()
    expect(sheet.cell().get_by_role("button", name="first …")).to_be_visible()
    sheet.await_saved()
    sheet.page.reload()
    sheet.await_open()
    sheet.cell().get_by_role("button", name="first …").click()
    expect(sheet.editor()).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_with_axe(people: People, scheme: str, tmp_path: Path) -> None:
    sheet = people.open(
        [("markdown", "# Rings\nWith $x^2$."), ("code", "x = 1\n" + "y" * 300), ("raw", "r" * 200)],
        color_scheme=scheme,
        **PHONE,
    )
    expect(sheet.cell(0).locator(".katex")).to_be_visible()
    assert_clean(sheet.page)
    sheet.editor(1).tap()
    expect(sheet.page.get_by_role("toolbar", name="Keys")).to_be_visible()
    assert_clean(sheet.page)
    sheet.page.get_by_role("button", name="Find and replace").tap()
    expect(sheet.page.get_by_role("search")).to_be_visible()
    assert_clean(sheet.page)
    sheet.page.screenshot(path=tmp_path / f"{scheme}.png")
