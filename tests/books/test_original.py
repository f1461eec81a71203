"""SageMathCell's own library, built by its own recipe and pointed at a site of ours: its cells work as at home.

`SAGEWS_SAGECELL` names a folder with its `embedded_sagecell.js`.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.books.brought import served
from tests.books.conftest import brought
from tests.running import RunningSite

Show = Callable[[str], Page]


@pytest.fixture
def show(cells: RunningSite, visit: Callable[..., Page], tmp_path: Path) -> Iterator[Show]:
    """Give a function that opens a page with a body, below which the library is called with our site as its root."""
    folder = brought("SAGEWS_SAGECELL")
    (tmp_path / "book").mkdir()
    shutil.copy(folder / "embedded_sagecell.js", tmp_path / "book")
    site = cells.url.partition("?")[0]
    with served(tmp_path / "book", site) as url:

        def show(body: str) -> Page:
            head = f"<script>window.sagecell = {{root: '{site}'}};</script><script src='embedded_sagecell.js'></script>"
            text = f"<!DOCTYPE html><html><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"
            (tmp_path / "book" / "page.html").write_text(text)
            return visit(f"{url}page.html")

        yield show


def cell(code: str, options: str = "", name: str = "cell") -> str:
    call = f"sagecell.makeSagecell({{inputLocation: '#{name}', {options}}});"
    return f"<div id='{name}'><script type='text/x-sage'>{code}</script></div><script>{call}</script>"


def evaluated(page: Page, place: int = 0) -> Locator:
    page.locator(".sagecell_evalButton").nth(place).click()
    return page.locator(".sagecell_sessionOutput").nth(place)


def test_it_evaluates_and_shows_what_comes(show: Show) -> None:
    page = show(cell("print(factor(2^64 - 1))\nmatrix([[1, 2], [3, 4]]).det()"))
    outputs = evaluated(page)
    expect(outputs.locator(".sagecell_stdout")).to_have_text("3 * 5 * 17 * 257 * 641 * 65537 * 6700417\n")
    expect(outputs).to_contain_text("-2")


def test_an_error_is_shown_as_one(show: Show) -> None:
    outputs = evaluated(show(cell("1/0")))
    expect(outputs.locator(".sagecell_pyerr")).to_contain_text("ZeroDivisionError")


def test_a_plot_is_shown(show: Show) -> None:
    outputs = evaluated(show(cell("plot(sin(x), (x, 0, 6))")))
    expect(outputs.locator("img[src]:not(.sagecell_spinner)").first).to_be_visible()


def test_linked_cells_share_their_variables(show: Show) -> None:
    """The library's own page for it."""
    linked = "<div class='sage'><script type='text/x-sage'>{}</script></div>"
    page = show(
        f"{linked.format('x=3; print(x)')}{linked.format('print(x + 39)')}"
        "<script>sagecell.makeSagecell({inputLocation: 'div.sage', linked: true});</script>"
    )
    expect(evaluated(page).locator(".sagecell_stdout")).to_have_text("3\n")
    expect(evaluated(page, 1).locator(".sagecell_stdout")).to_have_text("42\n")


def test_a_file_that_code_writes_is_a_link(show: Show) -> None:
    page = show(cell("open('table.csv', 'w').write('1,2\\n'); print('written')"))
    expect(evaluated(page)).to_contain_text("written")
    link = page.locator(".sagecell_sessionFiles a", has_text="table.csv").first
    expect(link).to_be_visible()
    answer = page.request.get(str(link.get_attribute("href")))
    assert answer.status == 200 and answer.text() == "1,2\n"


def test_other_languages_are_wrapped_by_it(show: Show) -> None:
    page = show(cell("factor(2^32 + 1)", "languages: ['gp']"))
    expect(evaluated(page).locator(".sagecell_stdout")).to_contain_text("6700417")


def test_a_permalink_comes_back(show: Show) -> None:
    page = show(cell("print(6 * 7)", "languages: sagecell.allLanguages"))
    expect(evaluated(page)).to_contain_text("42")
    page.get_by_role("button", name="Share").first.click()
    link = page.locator(".sagecell_permalink_result a").first
    expect(link).to_have_attribute("href", re.compile("^http"))
    page.goto(str(link.get_attribute("href")))
    expect(page.locator(".cm-content").first).to_contain_text("print(6 * 7)")


def test_evaluating_again_replaces_what_was_there(show: Show) -> None:
    page = show(cell("import time\nprint(time.time_ns())"))
    first = evaluated(page).locator(".sagecell_stdout").text_content()
    page.locator(".sagecell_evalButton").click()
    expect(page.locator(".sagecell_stdout")).not_to_have_text(str(first))
    expect(page.locator(".sagecell_stdout")).to_have_count(1)
