"""A reader: what somebody does at the page and sees there."""

import re

from playwright.sync_api import Locator, Page, expect

DRAWN = """async (outputs) => {
    const drawn = async () => {
        await outputs.updateComplete;
        await Promise.all([...outputs.querySelectorAll("*")].map((element) => element.updateComplete));
    };
    await Promise.race([drawn(), new Promise((resolve) => setTimeout(resolve, 5000))]);
}"""
"""Waits until what has come is to be seen; a tab in the background may draw nothing."""


class Reader:
    """Somebody at one tab of the page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        """What the page did and should not have done; a test that provokes it clears it."""

    def open(self, query: str = "") -> None:
        self.page.goto(self.url + query)
        self.await_editor()

    def reload(self) -> None:
        self.page.reload()
        self.await_editor()

    def await_editor(self, place: int = 0) -> None:
        expect(self.cell(place).locator("sagews-editor[data-ready]")).to_be_visible()

    def cell(self, place: int = 0) -> Locator:
        return self.page.locator("sagews-cell").nth(place)

    def editor(self, place: int = 0) -> Locator:
        return self.cell(place).locator(".cm-content")

    def code(self, place: int = 0) -> str:
        lines = self.cell(place).locator(".cm-line").all_text_contents()
        return "\n".join(lines)

    def write(self, code: str, place: int = 0) -> None:
        """Replace the code of a cell."""
        self.editor(place).click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)

    def begin(self, code: str, place: int = 0) -> None:
        """Write code and evaluate it, without waiting for the end."""
        self.write(code, place)
        self.page.keyboard.press("Shift+Enter")

    def evaluate(self, code: str, place: int = 0) -> Locator:
        """Write code, evaluate it, and wait for the end; return the outputs."""
        self.begin(code, place)
        self.await_end(place)
        return self.outputs(place)

    def await_end(self, place: int = 0, reason: str = "") -> None:
        section = self.cell(place).locator(".cell")
        expect(section).to_have_attribute("data-state", "ended")
        if reason:
            expect(section).to_have_attribute("data-reason", reason)
        # The end is shown at once, outputs with the next frame.
        self.outputs(place).evaluate(DRAWN)

    def outputs(self, place: int = 0) -> Locator:
        return self.cell(place).locator("sagews-outputs")

    def add_cell(self, place: int = 0) -> None:
        self.cell(place).get_by_role("button", name="Add cell").click()
        self.await_editor(place + 1)

    def button(self, name: str, place: int = 0) -> Locator:
        return self.cell(place).get_by_role("button", name=name, exact=True)

    def await_status(self, words: str) -> None:
        expect(self.page.locator(".status-text")).to_contain_text(re.compile(words))

    def await_notice(self, words: str) -> None:
        expect(self.page.locator(".notice")).to_contain_text(re.compile(words))
