"""A worksheet whose cells are evaluated: outputs, plots, questions, interrupts; seen by all, and there again later."""

import re

from playwright.sync_api import expect

from tests.browser.sheet import Sheet
from tests.browser.test_sign_in import assert_clean
from tests.browser.test_worksheet import PHONE, People, people
from tests.browser.test_worksheet_people import two

__all__ = ["people"]  # a fixture
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);"


def test_written_plotted_and_there_after_a_reload(people: People) -> None:
    sheet = people.open([("code", "x = 6"), ("code", "print('six times'); x * 7"), ("code", PLOT)])
    sheet.enter(0)
    sheet.press("Shift+Enter", "Shift+Enter", "Shift+Enter")
    expect(sheet.outputs(1)).to_contain_text("42")
    expect(sheet.outputs(2).locator("img")).to_be_visible()
    expect(sheet.cell(1).locator(".ordinal")).to_have_text("[2]")
    sheet.await_status("Session ready")
    sheet.await_sources("x = 6", "print('six times'); x * 7", PLOT, "")
    assert_clean(sheet.page)
    sheet.page.reload()
    sheet.await_open()
    expect(sheet.outputs(1)).to_contain_text("six times")
    expect(sheet.outputs(2).locator("img")).to_be_visible()
    # Variables are there, too.
    sheet.write("x", 3)
    sheet.press("Control+Enter")
    expect(sheet.outputs(3)).to_have_text("6")


def test_a_source_that_is_newer_than_its_output_is_marked(people: People) -> None:
    sheet = people.open([("code", "1 + 1")])
    sheet.enter(0)
    sheet.press("Control+Enter")
    expect(sheet.outputs()).to_contain_text("2")
    expect(sheet.cell().locator(".older")).to_have_count(0)
    sheet.enter(0)
    sheet.page.keyboard.type("0")
    expect(sheet.cell().locator(".older")).to_be_visible()
    sheet.await_saved()
    sheet.page.reload()
    sheet.await_open()
    expect(sheet.cell().locator(".older")).to_be_visible()
    sheet.enter(0)
    sheet.press("Backspace")
    expect(sheet.cell().locator(".older")).to_have_count(0)


def test_what_one_runs_the_other_sees(people: People) -> None:
    one, other = two(people, "editor", "print('seen'); input('Well? ')", "2 + 2")
    one.enter(0)
    one.press("Control+Enter")
    expect(other.outputs(0)).to_contain_text("seen")
    other.outputs(0).get_by_label("Well?").fill("yes")
    other.press("Enter")
    expect(one.outputs(0)).to_contain_text("'yes'")
    other.enter(1)
    other.press("Control+Enter")
    expect(one.outputs(1)).to_contain_text("4")


def test_interrupted_and_restarted(people: People) -> None:
    sheet = people.open([("code", "y = 1"), ("code", "while True: pass"), ("code", "y")])
    sheet.enter(0)
    sheet.press("Shift+Enter", "Shift+Enter")
    expect(sheet.cell(1)).to_have_attribute("data-state", "running")
    expect(sheet.cell(1).locator(".ordinal")).to_have_text("[*]")
    sheet.press("Escape", "i", "i")
    expect(sheet.cell(1)).to_have_attribute("data-reason", "interrupted")
    sheet.press("0", "0")
    sheet.page.get_by_role("dialog").get_by_role("button", name="Restart").click()
    sheet.await_status("No session|Session ended|Session ready")
    expect(sheet.cell(2)).to_be_focused()
    sheet.press("Control+Enter")
    expect(sheet.outputs(2)).to_contain_text("NameError")


def test_all_above_all_and_all_anew(people: People) -> None:
    sheet = people.open([("code", "n = 1"), ("markdown", "text"), ("code", "n += 1; n"), ("code", "n * 10")])
    sheet.enter(3)

    def choose(name: str) -> None:
        sheet.page.get_by_role("button", name="More to do with cells").click()
        sheet.page.get_by_role("menuitem", name=name, exact=True).click()

    choose("Run all cells above")
    expect(sheet.outputs(2)).to_contain_text("2")
    expect(sheet.outputs(3)).to_have_count(0)
    choose("Run all cells")
    expect(sheet.outputs(3)).to_contain_text("20")
    choose("Restart the session and run all cells")
    sheet.page.get_by_role("dialog").get_by_role("button", name="Restart").click()
    expect(sheet.cell(3).locator(".ordinal")).to_have_text(re.compile(r"\[[89]\]"))
    expect(sheet.outputs(3)).to_contain_text("20")
    sheet.enter(2)
    choose("Clear the outputs")
    expect(sheet.outputs(2)).to_have_count(0)
    expect(sheet.outputs(3)).to_contain_text("20")
    choose("Clear all outputs")
    sheet.page.get_by_role("dialog").get_by_role("button", name="Clear", exact=True).click()
    expect(sheet.outputs(3)).to_have_count(0)
    # For everybody, and for good.
    sheet.page.reload()
    sheet.await_open()
    expect(sheet.cell(3)).to_be_visible()
    expect(sheet.page.locator("sagews-outputs")).to_have_count(0)


def test_by_keyboard_alone_on_a_phone_too(people: People) -> None:
    for options in ({}, PHONE):
        sheet = people.open([("code", "")], **options)
        page = sheet.page
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('section.cell')"):
                break
        sheet.press("Enter")
        page.keyboard.type("6 * 7")
        sheet.press("Shift+Enter")
        expect(sheet.outputs(0)).to_contain_text("42")
        expect(sheet.editor(1)).to_be_focused()
        page.keyboard.type("# Title")
        sheet.press("Escape", "m", "Control+Enter")
        expect(sheet.cell(1).get_by_role("heading", name="Title")).to_be_visible()
        sheet.press("h")
        expect(page.get_by_role("dialog")).to_contain_text("Run and go to the next cell")
        assert_clean(page)
        sheet.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert_clean(page)


def test_the_life_of_a_worksheet_from_the_page_of_workspaces(people: People) -> None:
    page = people.context(people.actor()).new_page()
    page.goto(f"{people.site.url}workspaces")
    page.get_by_role("button", name="New workspace").click()
    page.get_by_label("Name").fill("Rings")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("button", name="New worksheet").click()
    page.get_by_label("Name").fill("first steps")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/worksheets/first%20steps.ipynb")
    expect(page.get_by_role("button", name="+ Code")).to_be_visible()
    page.get_by_role("button", name="+ Code").click()
    page.keyboard.type("2 ** 10")
    page.keyboard.press("Control+Enter")
    expect(page.locator("sagews-outputs")).to_contain_text("1024")
    page.get_by_role("link", name="Workspace").click()
    page.get_by_role("link", name="first steps.ipynb", exact=True).click()
    again = Sheet(page, page.url)
    again.await_sources("2 ** 10")
    expect(again.outputs()).to_contain_text("1024")
