"""Published worksheets in a browser: read without scripts, whatever is in them; made live, copied, withdrawn."""

import json
import os
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from sagews.backend.formats import notebook
from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook
from tests.browser.conftest import watch
from tests.browser.test_sign_in import assert_clean
from tests.browser.test_workspaces import Come, add, come, make
from tests.running import RunningSite
from tests.unit.backend.formats import hostile

__all__ = ["come"]
SHOTS = os.environ.get("SAGEWS_SHOTS", "")


def lesson() -> bytes:
    table = {"text/html": "<table><tr>" + "".join(f"<td>{n}00000</td>" for n in range(40)) + "</tr></table>"}
    two = json.dumps({"output_type": "stream", "name": "stdout", "text": "as it was\n"})
    cells = (
        Cell("a", CellType.MARKDOWN, "# Groups\n\n" + "Some words. " * 60 + "$$\\sum_{n=1}^\\infty \\frac{1}{n^2}$$"),
        Cell("b", CellType.CODE, "print('live', 6 * 7)", outputs=(two,), execution_count=3),
        Cell("c", CellType.MARKDOWN, "## Rings\n\n" + "More words. " * 60),
        Cell("d", CellType.CODE, "x = 1  # " + "long " * 60, outputs=(hostile.output(table),), execution_count=4),
    )
    return notebook.write(Notebook(cells=cells))


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def publish(page: Page, name: str, title: str, *, listed: bool = False) -> str:
    """Publish a worksheet on the page of its workspace; return its address."""
    page.get_by_role("button", name=f"Publish {name}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill(title)
    dialog.get_by_label("Authors").fill("Emmy Noether")
    if listed:
        dialog.get_by_label("In the gallery").check()
    assert_clean(page)
    shot(page, "dialog")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("heading", name="It is published")).to_be_visible()
    address = page.get_by_role("dialog").get_by_role("link").get_attribute("href") or ""
    page.get_by_role("button", name="Close").click()
    return address.lstrip("/")


def test_a_worksheet_is_published_read_made_live_copied_and_withdrawn(
    come: Come, site: RunningSite, chromium: Browser
) -> None:
    page, _ = come()
    make(page, "Lessons")
    add(page, one__ipynb=lesson())
    address = site.url + publish(page, "one.ipynb", "Lesson one", listed=True)
    # Without scripts, on a phone, in the dark.
    size = {"width": 360, "height": 740}
    context = chromium.new_context(java_script_enabled=False, color_scheme="dark", viewport=size)
    phone = context.new_page()
    phone.goto(address)
    expect(phone).to_have_title("Lesson one")
    expect(phone.get_by_role("heading", name="Groups")).to_be_visible()
    expect(phone.get_by_text("as it was")).to_be_visible()
    assert (phone.locator(".formula math").bounding_box() or {"height": 0})["height"] > 30
    expect(phone.get_by_role("contentinfo")).to_contain_text(
        re.compile(r"Emmy Noether\. Lesson one\. \d{4}-\d\d-\d\d\.")
    )
    expect(phone.get_by_role("contentinfo")).to_contain_text("CC BY 4.0")
    shot(phone, "phone-dark")
    phone.get_by_role("link", name="Rings").click()
    expect(phone.get_by_role("heading", name="Rings")).to_be_in_viewport()
    phone.goto(site.url + "published?search=LESSON")
    phone.get_by_role("link", name="Lesson one").first.click()
    expect(phone).to_have_url(address)
    context.close()
    # With scripts, a cell becomes live, and goes back to what it was.
    reader = chromium.new_page()
    faults: list[str] = []
    watch(reader.context, faults, site.url)
    reader.goto(address)
    reader.get_by_role("link", name="Run this live").first.click()
    frame = reader.frame_locator("iframe[title='Live cell']")
    expect(frame.locator("pre", has_text="live 42")).to_be_visible()
    expect(reader.get_by_text("as it was")).to_be_hidden()
    inside = frame.locator("body").evaluate("body => body.offsetHeight")
    assert abs(reader.locator("iframe").evaluate("frame => frame.clientHeight") - inside) <= 4
    shot(reader, "live")
    reader.get_by_role("button", name="Show as published").click()
    expect(reader.get_by_text("as it was")).to_be_visible()
    expect(reader.locator("iframe")).to_have_count(0)
    assert faults == []
    # To copy it, one signs in, and is led back.
    reader.get_by_role("link", name="Copy to my workspace").click()
    way = reader.get_by_role("link", name="Sign in, and go on here").get_attribute("href") or ""
    assert way.startswith("/sign-in?next=%2Fworkspaces%23copy%3D")
    friend, _ = come()
    friend.goto(address)
    friend.get_by_role("link", name="Copy to my workspace").click()
    expect(friend.get_by_label("Into")).to_be_visible()
    assert_clean(friend)
    shot(friend, "copy")
    friend.get_by_role("button", name="Copy").click()
    expect(friend.get_by_role("heading", name="Copied worksheets")).to_be_visible()
    expect(friend.get_by_role("button", name="Look one.ipynb")).to_be_visible()
    # Published again, it has the same address; withdrawn, the address says so.
    assert site.url + publish(page, "one.ipynb", "Lesson two", listed=True) == address
    reader.goto(address)
    expect(reader).to_have_title("Lesson two")
    page.get_by_role("button", name="Published").click()
    page.get_by_role("button", name="Withdraw Lesson two").click()
    expect(page.get_by_text("Lesson two is withdrawn")).to_be_visible()
    answer = reader.goto(address)
    assert answer is not None and answer.status == 410
    expect(reader.get_by_role("heading", name="Withdrawn")).to_be_visible()
    reader.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(
    come: Come, site: RunningSite, chromium: Browser, scheme: Literal["light", "dark"]
) -> None:
    page, _ = come()
    make(page, "Lessons")
    add(page, one__ipynb=lesson())
    address = publish(page, "one.ipynb", "Lesson one", listed=True)
    for size in ({"width": 1280, "height": 800}, {"width": 360, "height": 740}):
        context = chromium.new_context(color_scheme=scheme, viewport=size, bypass_csp=True)
        reader = context.new_page()
        for path in (address, "published"):
            reader.goto(site.url + path)
            assert_clean(reader)
            shot(
                reader,
                f"{path.partition('/')[0].partition('?')[0]}-{'page' if '/' in path else ''}-{scheme}-{size['width']}",
            )
        reader.goto(site.url + address)
        assert reader.pdf(format="A4").startswith(b"%PDF")
        context.close()


def test_a_hostile_worksheet_harms_no_reader(come: Come, site: RunningSite, chromium: Browser) -> None:
    page, _ = come()
    make(page, "Traps")
    add(page, one__ipynb=notebook.write(hostile.notebook()))
    name = publish(page, "one.ipynb", "<script>alert(1)</script>", listed=True)
    address = site.url + name
    for more in ({}, {"bypass_csp": True}):
        context = chromium.new_context(**more)  # type: ignore[arg-type]
        reader = context.new_page()
        asked: list[str] = []
        happened: list[str] = []
        context.on("request", lambda request, asked=asked: asked.append(request.url))
        context.on("page", lambda other, happened=happened: happened.append(f"a page opened: {other.url}"))
        reader.on("dialog", lambda dialog, happened=happened: (happened.append(dialog.message), dialog.dismiss()))
        reader.goto(address)
        for summary in reader.locator("summary").all():
            summary.click()
        for place in reader.locator(".cell, .outputs > *").all():
            place.dispatch_event("mouseover")
        reader.wait_for_load_state("networkidle")
        assert happened == [] and reader.url == address
        own = {address, f"{site.url}static/published.js", f"{site.url}favicon.ico"}
        assert [url for url in asked if url not in own and not url.startswith("data:")] == []
        assert reader.locator("iframe, object, embed, link, base, form, svg").count() == 0
        assert reader.locator("script").evaluate_all("all => all.map(each => each.getAttribute('src'))") == [
            "/static/published.js"
        ]
        # Its language is none that is known: no cell of it is made live.
        assert reader.locator("a.live").count() == 0
        reader.goto(f"{site.url}published")
        expect(reader.get_by_role("link", name="<script>alert(1)</script>").first).to_be_visible()
        assert happened == []
        context.close()
