"""Fixtures of the tests of pages that embed SageMathCell.

cells   a site whose cells any page may have
book    an author's server, of another origin
show    opens a page of the book with the library of the site in it
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.book import Book, book_for, reads
from tests.browser.reader import Reader
from tests.running import RunningSite, running_site

CONFIG = """
[embedding]
origins = ["*"]
[sagecell]
autoeval = "always"
[worker]
max_sessions = 200
"""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with running_site(tmp_path_factory.mktemp("cells"), config=CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def book(cells: RunningSite) -> Iterator[Book]:
    with book_for(cells.url) as one:
        yield one


@pytest.fixture
def show(chromium: Browser, book: Book) -> Iterator[Open]:
    """Give a function that opens a page with a body; afterwards it must have been silent, and asked nobody else."""
    contexts: list[BrowserContext] = []
    readers: list[Reader] = []

    def show(
        body: str, head: str = "", script: str = "", policy: str = "", language: str = "en", **context: Any
    ) -> Page:
        one = chromium.new_context(**{"viewport": {"width": 1000, "height": 800}, **context})
        one.set_default_timeout(15_000)
        contexts.append(one)
        reader = reads(one, one.new_page(), book)
        readers.append(reader)
        library = script or f'<script src="{book.site}static/embedded_sagecell.js"></script>'
        address = book.put("page.html", body, head=head, policy=policy, script=library, language=language)
        reader.page.goto(address)
        return reader.page

    yield show
    for one in contexts:
        one.close()
    assert [fault for reader in readers for fault in reader.faults] == []


def cell(page: Page, place: int = 0) -> Locator:
    return page.locator(".sagecell:has(> .sagecell_input)").nth(place)


def evaluate(page: Page, place: int = 0) -> Locator:
    """Press the button of a cell, wait for the end, and return what came of it."""
    cell(page, place).locator(".sagecell_evalButton").click()
    return outputs(page, place)


def outputs(page: Page, place: int = 0) -> Locator:
    output = cell(page, place).locator(".sagecell_sessionOutput").first
    expect(output).to_be_visible()
    expect(output.locator(".sagecell_spinner")).to_be_hidden()
    return output


def make(options: str) -> str:
    return f"<script>sagecell.makeSagecell({{{options}}});</script>"


PYTHON = 'languages: ["python"]'
