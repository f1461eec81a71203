"""A book that PreTeXt made, with nothing changed but the address: each cell gives its result.

`SAGEWS_PRETEXT` names the folder of its pages, in which `cells.html` holds, in this order: two linked cells of Sage,
one of Python, one that is evaluated by itself, one to practise, one in a hint that is opened.
`book.ptx` here is its source: `xsltproc pretext-html.xsl book.ptx` in an empty folder makes the pages.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.books.brought import served
from tests.books.conftest import brought
from tests.running import RunningSite

MATHJAX = re.compile(r"https://cdn\.jsdelivr\.net/npm/mathjax@[^/]+/(?P<path>[\w./-]+)$")


@pytest.fixture
def book(cells: RunningSite, visit: Callable[..., Page]) -> Iterator[Page]:
    folder = brought("SAGEWS_PRETEXT")

    def elsewhere(route: Route) -> bool:
        """MathJax, which the page loads from its host, lies in the folder `mathjax`, if somebody put it there."""
        found = MATHJAX.match(route.request.url)
        if found is None or not (path := folder / "mathjax" / found["path"]).is_file():
            return False
        route.fulfill(path=path, headers={"Access-Control-Allow-Origin": "*"})
        return True

    with served(folder, cells.url.partition("?")[0]) as url:
        yield visit(f"{url}cells.html", elsewhere)


def evaluated(cell: Locator) -> Locator:
    cell.locator(".sagecell_evalButton").click()
    return cell.locator(".sagecell_stdout")


def test_each_cell_of_a_book_gives_its_result(book: Page) -> None:
    sage = book.locator("div.sagecell-sage")
    expect(book.locator("div.sagecell-sage-autoeval .sagecell_stdout")).to_have_text("by itself 1024\n")
    expect(evaluated(sage.nth(0))).to_have_text("first 3\n")
    expect(evaluated(sage.nth(1))).to_have_text("second 42\n")
    expect(evaluated(book.locator("div.sagecell-python"))).to_have_text("python 3.5\n")
    expect(sage.nth(0).locator(".sagecell_evalButton")).to_have_text("Evaluate (Sage)")


def test_a_cell_to_practise_has_all_languages(book: Page) -> None:
    practice = book.locator("div.sagecell-practice")
    languages = practice.locator(".sagecell_language select option")
    expect(languages).to_have_count(10)
    practice.locator(".sagecell_language select").select_option("gp")
    practice.locator(".CodeMirror").evaluate("(element) => element.CodeMirror.setValue('factor(2^16+1)')")
    expect(evaluated(practice)).to_contain_text("65537")


def test_a_cell_in_a_hint_is_there_when_it_is_opened(book: Page) -> None:
    around = book.locator("details:has(div.sagecell-sage)")
    for place in range(around.count()):
        if around.nth(place).get_attribute("open") is None:
            around.nth(place).locator("summary").first.click()
    inside = around.last.locator("div.sagecell-sage")
    expect(inside.locator(".sagecell_evalButton")).to_be_visible()
    expect(evaluated(inside)).to_have_text("in a hint 5\n")
