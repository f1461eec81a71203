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


@pytest.mark.parametrize("query", ["?z=%25%25%25", "?z=AAAA", f"?z={packed(CODE)[:20]}"])
def test_a_damaged_link_is_told(enter: Callable[..., Reader], query: str) -> None:
    reader = enter(query)
    reader.await_notice("cannot be read")


def test_a_link_that_unpacks_to_too_much_is_refused(enter: Callable[..., Reader]) -> None:
    reader = enter(f"?z={packed('x' * 3_000_000)}")
    reader.await_notice("cannot be read")


def test_the_longest_link_that_is_offered_can_be_opened(enter: Callable[..., Reader], site: RunningSite) -> None:
    code = "1" * (60_000 - len(f"{site.url}?c="))
    assert enter(f"?c={code}").page.evaluate("document.querySelector('sagews-cell').cell.code") == code


def test_a_link_that_would_be_too_long_is_not_offered(reader: Reader) -> None:
    code = "#" + random.Random(1).randbytes(60_000).hex()
    reader.page.evaluate("code => { document.querySelector('sagews-cell').cell.code = code }", code)
    reader.page.get_by_role("button", name="Link", exact=True).click()
    dialog = reader.page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"too long for a link: it would have \d+,\d+ characters"))
    expect(dialog.get_by_role("textbox")).to_have_count(0)
    expect(dialog.get_by_role("button")).to_have_text(["Close"])
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
