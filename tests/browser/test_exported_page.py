"""The static page of a notebook in a browser: nothing of it runs or loads anything, and it is read without scripts."""

import json
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from sagews.backend.formats import html
from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook
from tests.unit.backend.formats import hostile

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy"[^>]*>')


def test_a_hostile_notebook_runs_and_loads_nothing_even_without_a_policy(chromium: Browser, tmp_path: Path) -> None:
    page_file = tmp_path / "page.html"
    page_file.write_bytes(POLICY.sub(b"", html.write(hostile.notebook())))
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    happened: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("page", lambda other: happened.append(f"a page opened: {other.url}"))
    page.on("dialog", lambda dialog: (happened.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    page.goto(page_file.as_uri())
    for summary in page.locator("summary").all():
        summary.click()
    for place in page.locator(".cell, .outputs > *").all():
        place.dispatch_event("mouseover")
    page.locator(".outputs").first.hover()
    page.wait_for_load_state("networkidle")
    assert happened == []
    assert [url for url in asked if url != page_file.as_uri() and not url.startswith("data:")] == []
    assert page.locator("script, iframe, object, embed, link, base, form, svg").count() == 0
    assert page.evaluate("document.querySelectorAll('.cell').length") == len(hostile.notebook().cells)
    context.close()


@pytest.fixture
def lesson(tmp_path: Path) -> str:
    """Give the address of an ordinary page."""
    table = {"text/html": "<table><tr>" + "".join(f"<td>{n}00000</td>" for n in range(40)) + "</tr></table>"}
    cells = (
        Cell("a", CellType.MARKDOWN, "# Groups\n\n" + "Some words. " * 200 + "$$\\sum_{n=1}^\\infty \\frac{1}{n^2}$$"),
        Cell("b", CellType.CODE, "x = 1  # " + "long " * 60, outputs=(hostile.output(table),), execution_count=3),
        Cell("c", CellType.MARKDOWN, "## Rings\n\n" + "More words. " * 200),
    )
    file = tmp_path / "lesson.html"
    file.write_bytes(html.write(Notebook(cells=cells, metadata=json.dumps({"title": "Algebra"}))))
    return file.as_uri()


def test_a_page_is_read_without_scripts_on_a_phone_in_the_dark(chromium: Browser, lesson: str) -> None:
    size = {"width": 360, "height": 740}
    context = chromium.new_context(java_script_enabled=False, color_scheme="dark", viewport=size)
    page = context.new_page()
    page.goto(lesson)
    expect(page).to_have_title("Algebra")
    expect(page.locator("body")).to_have_css("background-color", "rgb(13, 17, 23)")
    expect(page.get_by_role("heading", name="Groups")).to_be_visible()
    formula = page.locator(".formula math").bounding_box()
    assert formula is not None and formula["height"] > 30
    page.get_by_role("link", name="Rings").click()
    expect(page.get_by_role("heading", name="Rings")).to_be_in_viewport()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(chromium: Browser, lesson: str, scheme: Literal["light", "dark"]) -> None:
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(lesson)
    page.evaluate(AXE.read_text())
    found = json.loads(page.evaluate("async () => JSON.stringify((await axe.run()).violations)"))
    assert [each["id"] for each in found] == []
    context.close()


def test_nothing_sticks_out_of_a_phone_and_a_page_prints(chromium: Browser, lesson: str) -> None:
    context = chromium.new_context(color_scheme="light", viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(lesson)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    assert page.pdf(format="A4").startswith(b"%PDF")
    context.close()
