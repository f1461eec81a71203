"""A worksheet in a browser: what somebody does at its page and sees there."""

import json
import re
import urllib.request
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator, Page, expect

Cells = list[tuple[str, str]]


def notebook(cells: Cells) -> bytes:
    """Return a notebook with cells of these types and sources."""
    made: list[dict[str, Any]] = [
        {
            "id": f"cell-{number}",
            "cell_type": kind,
            "metadata": {},
            "source": source,
            **({"outputs": [], "execution_count": None} if kind == "code" else {}),
        }
        for number, (kind, source) in enumerate(cells)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def ask(
    url: str, method: str, headers: Mapping[str, str], body: bytes, kind: str = "application/json"
) -> dict[str, Any]:
    request = urllib.request.Request(url, body, {**headers, "Content-Type": kind}, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def workspace(url: str, headers: Mapping[str, str], name: str, content: bytes) -> str:
    """Make a workspace with one file; return its id."""
    own = {**headers, "Origin": url.rstrip("/")}
    made = str(ask(f"{url}api/v1/workspaces", "POST", own, json.dumps({"name": "Rings"}).encode())["id"])
    ask(f"{url}api/v1/workspaces/{made}/files/{name}?base=&message=x", "PUT", own, content, "octet-stream")
    return made


class Sheet:
    """Somebody at the page of a worksheet."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        page.goto(url)
        self.await_open()

    def await_open(self) -> None:
        expect(self.page.get_by_role("main", name="Cells")).to_have_attribute("aria-busy", "false")
        expect(self.page.locator("sagews-worksheet-cell .cell.near").first).to_be_visible()

    def cell(self, place: int = 0) -> Locator:
        return self.page.locator("sagews-worksheet-cell > .cell").nth(place)

    def source(self, place: int = 0) -> str:
        """Return what the editor of a cell has, which is to be what the cell has."""
        self.editor(place).wait_for()
        view = "cell => cell.querySelector('sagews-source').view.state.doc.toString()"
        return str(self.cell(place).evaluate(view))

    def sources(self) -> list[str]:
        """Return the sources of all cells, from the page's own model."""
        found = self.page.evaluate(
            "[...document.querySelectorAll('sagews-worksheet-cell')].map(each => each.cell.text)"
        )
        assert isinstance(found, list)
        return found

    def editor(self, place: int = 0) -> Locator:
        return self.cell(place).locator(".cm-content")

    def enter(self, place: int = 0) -> None:
        """Write in a cell, at its end."""
        self.editor(place).click()
        self.page.keyboard.press("Control+End")

    def write(self, text: str, place: int = 0) -> None:
        """Replace what a cell has."""
        self.editor(place).click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def outputs(self, place: int = 0) -> Locator:
        return self.cell(place).locator("sagews-outputs")

    def await_end(self, place: int = 0) -> None:
        expect(self.cell(place)).to_have_attribute("data-state", "ended")

    def await_saved(self) -> None:
        expect(self.page.locator(".saved")).to_have_text("All saved")

    def await_sources(self, *wanted: str) -> None:
        for _ in range(300):
            if self.sources() == list(wanted):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{self.sources()}, and not {list(wanted)}")

    def await_status(self, words: str) -> None:
        expect(self.page.locator("sagews-worksheet-status")).to_contain_text(re.compile(words))
