"""A reader who asks for too much, or for a place where all are taken: the page says what to wait for, and goes on."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.apart import apart, once, standing
from tests.browser.reader import Reader
from tests.running import RunningSite, running_site

QUICK = """
[[environment]]
name = "python"
preload = []
"""
RATES = """
[rates]
owner = true
evaluations_per_address = "3 per 6 seconds"
"""


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site where one address may evaluate three times in six seconds."""
    with running_site(tmp_path_factory.mktemp("rated"), config=QUICK + RATES) as running:
        yield running


def test_cells_by_themselves_wait_and_go_on(enter: Callable[..., Reader], rated: RunningSite) -> None:
    reader = apart(enter(url=rated.url))
    for place in range(5):
        if place:
            reader.add_cell(place - 1)
        reader.write(once(f"print('cell', {place})"), place)
    reader.button("More for this cell").click()
    reader.page.get_by_role("menuitem", name="Evaluate all").click()
    expect(standing(reader, 3)).to_contain_text(re.compile(r"too much was asked for: goes on in \d s"))
    reader.await_status(r"Too much was asked for: goes on in \d s")
    for place in range(5):
        reader.await_end(place, "done")
        expect(reader.outputs(place)).to_contain_text(f"cell {place}")


def test_in_a_session_the_page_says_how_long(enter: Callable[..., Reader], rated: RunningSite) -> None:
    reader = enter(url=rated.url)
    for number in range(20):
        reader.begin(f"print({number})")
        section = reader.cell().locator(".cell")
        expect(section).to_have_attribute("data-state", "ended")
        if section.get_attribute("data-reason") == "refused":
            break
    expect(standing(reader)).to_contain_text(re.compile(r"past its limit of 3 per 6 second.*; try again in \d+ s"))
    reader.page.wait_for_timeout(6_000)
    reader.button("Evaluate").click()
    reader.await_end(reason="done")
