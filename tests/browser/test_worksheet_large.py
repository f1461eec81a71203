"""A worksheet of a thousand cells, and one that somebody comes back to on a phone while it still runs."""

import time

from playwright.sync_api import expect

from tests.browser.sheet import Sheet
from tests.browser.test_sign_in import assert_clean
from tests.browser.test_worksheet import PHONE, People, people

__all__ = ["people"]  # a fixture
CELLS = 1000
OPENS_WITHIN = 2.0
"""Seconds until a reader sees the cells and may write in them."""
LONGEST_FRAME = 1000.0
"""Milliseconds for which a page may stand still while somebody scrolls: a second is noticed as a fault."""
SCROLLED = """async () => {
    // As a wheel does it: a screen at a time, to the end and back; what the page was longest without a frame.
    let longest = 0, last = performance.now(), goes = true;
    const look = () => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; if (goes) requestAnimationFrame(look); };
    requestAnimationFrame(look);
    const place = document.scrollingElement;
    for (const step of [600, -600]) {
        let before = -1;
        while (before !== place.scrollTop) {
            before = place.scrollTop;
            place.scrollBy(0, step * 8);
            await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
        }
    }
    goes = false;
    return longest;
}"""  # noqa: E501


def test_a_thousand_cells_open_and_scroll(people: People) -> None:
    cells = [("code", f"x = {n}\nprint(x)") if n % 5 else ("markdown", f"# Part {n}") for n in range(CELLS)]
    sheet = people.open(cells)
    page = sheet.page
    # The first time it is made of its file, and the browser learns the code of the page.
    begun = time.perf_counter()
    page.reload()
    sheet.await_open()
    assert time.perf_counter() - begun < OPENS_WITHIN
    expect(page.locator("sagews-worksheet-cell")).to_have_count(CELLS)
    assert page.evaluate(SCROLLED) < LONGEST_FRAME
    sheet.write("print('the first')", 1)
    sheet.await_saved()


def test_what_runs_is_shown_as_running_on_a_phone_later(people: People) -> None:
    actor = people.actor()
    sheet = people.open([("code", "6 * 7"), ("code", "import time\nprint('begun')\ntime.sleep(120)")], actor=actor)
    sheet.enter(0)
    sheet.press("Shift+Enter", "Shift+Enter")
    expect(sheet.outputs(0)).to_contain_text("42")
    expect(sheet.outputs(1)).to_contain_text("begun")
    # Nobody watches from here on.
    address = sheet.page.url
    sheet.page.context.close()
    phone = Sheet(people.context(actor, **PHONE).new_page(), address)
    expect(phone.outputs(0)).to_contain_text("42")
    expect(phone.outputs(1)).to_contain_text("begun")
    expect(phone.cell(1).locator(".standing")).to_contain_text("running")
    phone.await_status("Running")
    assert_clean(phone.page)
    phone.enter(1)
    phone.press("Escape", "i", "i")
    expect(phone.cell(1).locator(".standing")).to_contain_text("Interrupted")
