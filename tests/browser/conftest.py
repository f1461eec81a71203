"""Fixtures of the browser tests.

chromium  one browser for the tests of a file; where it is missing they are skipped, see browsers.py
reader    a reader at a fresh page (no storage), on a desktop; afterwards the page must have been silent:
          no error in the console, no breach of its policy, no request to anybody but the site
phone     the same on a phone of 360 x 740
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.browser.browsers import CHROMIUM, browser_path
from tests.browser.reader import Reader
from tests.running import RunningSite

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give a browser. Not for the whole run: Playwright occupies the thread's event loop while it is open."""
    path = browser_path(CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def enter(chromium: Browser, site: RunningSite) -> Iterator[Callable[..., Reader]]:
    """Give a function that lets one more reader in, each with a storage of their own."""
    contexts: list[BrowserContext] = []
    readers: list[Reader] = []

    def enter(query: str = "", opens: bool = True, url: str = site.url, **options: Any) -> Reader:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        reader = Reader(context.new_page(), url)
        readers.append(reader)
        watch(context, reader.faults, url)
        if opens:
            reader.open(query)
        return reader

    yield enter
    for context in contexts:
        context.close()
    for reader in readers:
        assert reader.faults == []


@pytest.fixture
def reader(enter: Callable[..., Reader]) -> Reader:
    return enter()


@pytest.fixture
def phone(enter: Callable[..., Reader]) -> Reader:
    return enter(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, device_scale_factor=2)


def watch(context: BrowserContext, faults: list[str], own: str) -> None:
    """Note what a page should never do."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((own, "data:", "blob:")):
            faults.append(f"request: {request.url}")

    def on_page(page: Page) -> None:
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))

    context.on("console", on_console)
    context.on("request", on_request)
    context.on("page", on_page)
    for page in context.pages:
        on_page(page)
