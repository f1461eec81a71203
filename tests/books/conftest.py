"""Fixtures: a site with Sage that lets any page have its cells, and a browser that asks nobody else."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from sagews.admin.environments.install import INSTALLED, settings
from sagews.admin.environments.recipe import SAGE, default_directory
from tests.browser.conftest import chromium as chromium
from tests.running import RunningSite, running_site

DIRECTORY = default_directory("sage")
CONFIG = f"""
{settings(SAGE, DIRECTORY)}
spares = 2

[embedding]
origins = ["*"]
"""
LOCAL = re.compile(r"http://(127\.0\.0\.1|localhost)[:/]")

THEIR_FAULTS = ("lunr is not defined",)
"""Of scripts that a page wants from hosts that are not asked here."""


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site with Sage, whose log must show no fault."""
    if not (DIRECTORY / INSTALLED).exists():
        pytest.skip("Sage is not installed here: `make sage`")
    with running_site(tmp_path_factory.mktemp("cells"), config=CONFIG) as running:
        yield running
        assert "Traceback" not in running.log(), running.log()


def brought(variable: str) -> Path:
    """Return the folder that a variable of the environment names; the test is skipped without it."""
    if not (name := os.environ.get(variable)):
        pytest.skip(f"no {variable}: `make test-conformance` takes a folder")
    return Path(name)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Give a function that opens a page; other hosts are those that `elsewhere` answers for, and else nowhere."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def visit(url: str, elsewhere: Callable[[Route], bool] = lambda _route: False) -> Page:
        context = chromium.new_context(viewport={"width": 1200, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))

        def answer(route: Route) -> None:
            if LOCAL.match(route.request.url):
                route.continue_()
            elif not elsewhere(route):
                route.abort()

        page.route("**/*", answer)
        page.goto(url)
        return page

    expect.set_options(timeout=30_000)
    yield visit
    expect.set_options(timeout=15_000)
    for context in contexts:
        context.close()
    assert [fault for fault in faults if fault not in THEIR_FAULTS] == []
