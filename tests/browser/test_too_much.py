"""A reader who asks for too much, or for a place where all are taken: the page says what to wait for, and goes on."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.apart import apart, once, standing
from tests.browser.reader import Reader
from tests.running import RunningSite, running_site

QUICK = """
[limits]
grace = 5.0

[[environment]]
name = "python"
preload = []
spares = 0
"""
RATES = """
[rates]
owner = true
evaluations_per_address = "3 per 6 seconds"
"""


ONE_PLACE = """
[worker]
max_sessions = 1

[backend]
waiting = 3
waiting_seconds = 60
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


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site with one place, and a line of three."""
    with running_site(tmp_path_factory.mktemp("narrow"), config=QUICK + ONE_PLACE) as running:
        yield running


def stop(reader: Reader) -> None:
    reader.page.locator("sagews-status").get_by_role("button", name="Stop").click()


def test_the_place_in_line_is_shown_and_can_be_given_up(enter: Callable[..., Reader], narrow: RunningSite) -> None:
    holds, waits = apart(enter(url=narrow.url)), apart(enter(url=narrow.url))
    holds.begin("print('holds')\nwhile True: pass")
    expect(holds.outputs()).to_contain_text("holds")
    waits.begin(once("print('had a place')"))
    expect(standing(waits)).to_have_text("1st in line for a free place")
    waits.await_status("1st in line for a free place")
    expect(waits.page.locator(".announcer")).to_contain_text("Cell 1: 1st in line for a free place")
    # Also after a reload, and in a second tab.
    waits.reload()
    expect(standing(waits)).to_have_text("1st in line for a free place")
    stop(waits)
    waits.await_end(reason="interrupted")
    third = enter(url=narrow.url)
    third.begin("print('in a session')")
    expect(standing(third)).to_have_text("1st in line for a free place")
    waits.button("Evaluate").click()
    expect(standing(waits)).to_have_text("2nd in line for a free place")
    stop(third)
    third.await_end(reason="refused")
    expect(standing(waits)).to_have_text("1st in line for a free place")
    stop(holds)
    holds.await_end(reason="interrupted")
    waits.await_end(reason="done")
    expect(waits.outputs()).to_contain_text("had a place")
