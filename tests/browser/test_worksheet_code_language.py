"""The language of a worksheet's cell: chosen in the toolbar, said by its first line, and so kept and seen by all."""

from playwright.sync_api import Locator, expect

from tests.browser.sheet import Sheet
from tests.browser.test_sign_in import assert_clean
from tests.browser.test_worksheet import PHONE, People, people
from tests.browser.test_worksheet_people import two

__all__ = ["people"]  # a fixture
MARKUP = "<b>bold</b> 1 < 2"


def choice(sheet: Sheet) -> Locator:
    return sheet.page.get_by_role("combobox", name="Language of the cell")


def assert_chosen(sheet: Sheet, title: str) -> None:
    expect(choice(sheet).locator("option:checked")).to_have_text(title)


def test_chosen_by_keyboard_run_and_kept(people: People) -> None:
    sheet = people.open([("code", MARKUP), ("code", "6 * 7"), ("markdown", "text")])
    sheet.cell(0).focus()
    assert_chosen(sheet, "Python")
    sheet.press("l")
    expect(choice(sheet)).to_be_focused()
    sheet.page.keyboard.type("HT")
    assert_chosen(sheet, "HTML")
    sheet.press("Enter")
    expect(sheet.cell(0)).to_be_focused()
    sheet.await_sources(f"%%html\n{MARKUP}", "6 * 7", "text")
    sheet.press("Shift+Enter")
    expect(sheet.outputs(0).locator("b")).to_have_text("bold")
    # That of the next cell.
    assert_chosen(sheet, "Python")
    sheet.press("Control+Enter")
    expect(sheet.outputs(1)).to_have_text("42")
    sheet.press("j")
    expect(choice(sheet)).to_have_count(0)
    assert_clean(sheet.page)
    sheet.await_saved()
    sheet.page.reload()
    sheet.await_open()
    sheet.cell(0).focus()
    assert_chosen(sheet, "HTML")
    expect(sheet.cell(0).locator(".older")).to_have_count(0)
    sheet.press("c", "v")
    sheet.await_sources(f"%%html\n{MARKUP}", f"%%html\n{MARKUP}", "6 * 7", "text")


def test_the_other_sees_it_and_an_undo_takes_it_back(people: People) -> None:
    one, other = two(people, "editor", MARKUP, "2")
    one.cell(0).focus()
    other.cell(0).focus()
    choice(one).select_option("HTML")
    assert_chosen(other, "HTML")
    # What is typed says the same.
    other.write("%%r\nTRUE")
    other.press("Escape")
    assert_chosen(one, "R")
    # In Python, it is no word of the language.
    expect(one.cell(0).locator(".cm-line").nth(1).locator("span").first).to_have_text("TRUE")
    choice(one).select_option("Python")
    one.await_sources("TRUE", "2")
    one.cell(0).focus()
    one.press("z")
    one.await_sources("%%r\nTRUE", "2")


def test_several_cells_at_once_and_on_a_phone(people: People) -> None:
    sheet = people.open([("code", "<i>1</i>"), ("code", "<i>2</i>")], None, **PHONE)
    sheet.cell(0).focus()
    sheet.press("Shift+ArrowDown")
    choice(sheet).select_option("HTML")
    sheet.await_sources("%%html\n<i>1</i>", "%%html\n<i>2</i>")
    wide, seen = sheet.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= seen
    box = choice(sheet).bounding_box()
    assert box is not None and box["height"] >= 44 and box["x"] + box["width"] <= seen
