"""Links that carry code."""

import base64
import random
import re
import zlib
from collections.abc import Callable
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.reader import Reader
from tests.running import RunningSite

CODE = "print('¡π ≈ 3!')\n2**10 + 1"


def packed(code: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(code.encode())).decode()


@pytest.mark.parametrize("query", [f"?c={quote(CODE)}", f"?z={packed(CODE)}", f"?z={packed(CODE).rstrip('=')}"])
def test_a_link_fills_the_cell_and_evaluates_nothing(enter: Callable[..., Reader], query: str) -> None:
    reader = enter(query)
    assert reader.code() == CODE
    reader.await_notice("came with the link")
    reader.await_status("No session yet")
    expect(reader.cell().locator(".cell")).to_have_attribute("data-state", "new")
    reader.button("Evaluate").click()
    expect(reader.outputs()).to_contain_text("1025")
    reader.reload()
    expect(reader.outputs()).to_contain_text("1025")


def test_a_link_leaves_the_reader_s_own_cells_alone(reader: Reader) -> None:
    reader.evaluate("own = 1")
    reader.open(f"?c={quote(CODE)}")
    assert reader.code() == CODE
    reader.open()
    assert reader.code() == "own = 1"


def assert_only_refused(reader: Reader) -> None:
    """The page comes with the status that SageMathCell gives, which the browser remarks upon."""
    assert [fault for fault in reader.faults if "400 (Bad Request)" not in fault] == []
    reader.faults.clear()


@pytest.mark.parametrize("query", ["?z=%25%25%25", "?z=AAAA", f"?z={packed(CODE)[:20]}"])
def test_a_damaged_link_is_told(enter: Callable[..., Reader], query: str) -> None:
    reader = enter(query)
    reader.await_notice("cannot be read")
    assert_only_refused(reader)


def test_a_link_that_unpacks_to_too_much_is_refused(enter: Callable[..., Reader]) -> None:
    reader = enter(f"?z={packed('x' * 3_000_000)}")
    reader.await_notice("cannot be read")
    assert_only_refused(reader)


def test_the_longest_link_that_is_offered_can_be_opened(enter: Callable[..., Reader], site: RunningSite) -> None:
    code = "1" * (60_000 - len(f"{site.url}?c="))
    assert enter(f"?c={code}").page.evaluate("document.querySelector('sagews-cell').cell.code") == code


def test_a_link_that_would_be_too_long_is_not_offered(reader: Reader) -> None:
    code = "#" + random.Random(1).randbytes(60_000).hex()
    reader.page.evaluate("code => { document.querySelector('sagews-cell').cell.code = code }", code)
    reader.page.get_by_role("button", name="Link", exact=True).click()
    dialog = reader.page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"too long for a link that carries it: it would have \d+,\d+ characters"))
    expect(dialog.get_by_role("textbox")).to_have_count(0)
    expect(dialog.get_by_role("button")).to_have_text(["Make a short link", "Close"])
    dialog.get_by_role("button", name="Close").click()
    reader.write("1+1")
    reader.page.get_by_role("button", name="Link", exact=True).click()
    expect(dialog.get_by_role("textbox")).to_be_focused()


def test_several_cells_travel_in_one_link(enter: Callable[..., Reader]) -> None:
    reader = enter()
    reader.write("a = 1")
    reader.add_cell()
    reader.write("a + 1", place=1)
    reader.page.get_by_role("button", name="Link", exact=True).click()
    link = reader.page.get_by_role("textbox", name="Link").input_value()
    text = zlib.decompress(base64.urlsafe_b64decode(parse_qs(urlsplit(link).query)["z"][0] + "==")).decode()
    assert text == "a = 1\n\n# %%\na + 1"
    other = enter("?" + urlsplit(link).query)
    assert [other.code(0), other.code(1)] == ["a = 1", "a + 1"]


# ---------------------------------------------------------------- short links


def short_link(reader: Reader) -> str:
    """Have a short link made, and return it."""
    reader.page.get_by_role("button", name="Link", exact=True).click()
    dialog = reader.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Make a short link").click()
    expect(dialog).to_contain_text("The server keeps the code")
    expect(dialog.get_by_role("button")).to_have_text(["Copy", "Close"])
    expect(dialog.get_by_role("textbox")).to_be_focused()
    link = dialog.get_by_role("textbox").input_value()
    assert re.fullmatch(re.escape(reader.url) + r"\?q=[A-Za-z0-9_-]{22}", link)
    return link


def test_a_short_link_fills_the_cells_and_evaluates_nothing(enter: Callable[..., Reader]) -> None:
    reader = enter()
    reader.write("a = '¡π ≈ 3!'")
    reader.add_cell()
    reader.write("a + '?'", place=1)
    link = short_link(reader)
    other = enter("?" + urlsplit(link).query)
    assert [other.code(0), other.code(1)] == ["a = '¡π ≈ 3!'", "a + '?'"]
    other.await_notice("came with the link")
    other.await_status("No session yet")
    expect(other.cell().locator(".cell")).to_have_attribute("data-state", "new")


def test_code_that_is_too_long_for_a_link_fits_a_short_one(reader: Reader) -> None:
    code = "#" + random.Random(2).randbytes(60_000).hex()
    reader.page.evaluate("code => { document.querySelector('sagews-cell').cell.code = code }", code)
    link = short_link(reader)
    reader.open("?" + urlsplit(link).query)
    assert reader.page.evaluate("document.querySelector('sagews-cell').cell.code") == code


def test_code_that_the_site_does_not_keep_is_told(reader: Reader) -> None:
    code = "#" + random.Random(3).randbytes(200_000).hex()
    reader.page.evaluate("code => { document.querySelector('sagews-cell').cell.code = code }", code)
    reader.page.get_by_role("button", name="Link", exact=True).click()
    dialog = reader.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Make a short link").click()
    expect(dialog).to_contain_text("No short link could be made: code of a permalink: is over 262,144 bytes")
    reader.faults.clear()  # Chromium notes every answer of 400 and above.


def test_a_short_link_that_leads_to_nothing_is_told(enter: Callable[..., Reader]) -> None:
    reader = enter("?q=0000000000000000000000")
    reader.await_notice("The code of this link cannot be had: permalink: is not known, or has expired; see that")
    reader.faults.clear()
