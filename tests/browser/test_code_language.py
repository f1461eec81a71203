"""The language of a cell: chosen, kept, sent along in links, and shown in the editor."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from sagews.session.languages.programs import PROGRAMS
from tests.browser.reader import Reader


def choice(reader: Reader, place: int = 0) -> Locator:
    return reader.cell(place).get_by_role("combobox", name=f"Language of cell {place + 1}")


def test_a_cell_of_html_is_chosen_by_keyboard_and_kept(reader: Reader) -> None:
    expect(choice(reader).locator("option:checked")).to_have_text("Python")
    choice(reader).focus()
    reader.page.keyboard.type("HT")
    expect(choice(reader).locator("option:checked")).to_have_text("HTML")
    expect(reader.cell().locator(".cm-placeholder")).to_have_text("Type HTML here.")
    outputs = reader.evaluate("<b>bold</b> 1 < 2")
    expect(outputs.locator("b")).to_have_text("bold")
    expect(reader.cell().locator(".cm-line span").first).to_have_text(re.compile("<|b"))
    reader.reload()
    expect(choice(reader).locator("option:checked")).to_have_text("HTML")
    expect(reader.outputs().locator("b")).to_have_text("bold")
    choice(reader).select_option("Python")
    expect(reader.cell().locator(".standing")).to_contain_text("edited since")


def test_a_cell_below_goes_on_in_the_language(reader: Reader) -> None:
    choice(reader).select_option("HTML")
    reader.add_cell()
    expect(choice(reader, 1).locator("option:checked")).to_have_text("HTML")
    choice(reader, 1).select_option("Python")
    assert "2" in reader.evaluate("1 + 1", 1).inner_text()


def test_each_cell_by_itself_has_one_too(reader: Reader) -> None:
    reader.page.get_by_role("combobox", name="What cells share").select_option("Each cell by itself")
    choice(reader).select_option("HTML")
    expect(reader.evaluate("<i>slanted</i>").locator("i")).to_have_text("slanted")
    reader.reload()
    expect(reader.outputs().locator("i")).to_have_text("slanted")


@pytest.mark.parametrize("short", [False, True], ids=["long", "short"])
def test_a_link_has_the_language_of_each_cell(reader: Reader, short: bool) -> None:
    choice(reader).select_option("HTML")
    reader.write("<b>1</b>")
    reader.add_cell()
    choice(reader, 1).select_option("Python")
    reader.write("2", 1)
    reader.page.get_by_role("button", name="Link", exact=True).click()
    dialog = reader.page.get_by_role("dialog")
    if short:
        dialog.get_by_role("button", name="Make a short link").click()
        expect(dialog.get_by_role("textbox")).to_have_value(re.compile(r"\?q="))
    link = dialog.get_by_role("textbox").input_value()
    reader.open(link.removeprefix(reader.url))
    reader.await_editor(1)
    assert (reader.code(0), reader.code(1)) == ("<b>1</b>", "2")
    expect(choice(reader, 0).locator("option:checked")).to_have_text("HTML")
    expect(choice(reader, 1).locator("option:checked")).to_have_text("Python")


@pytest.mark.parametrize("name", ["r", "octave", "gap"])
def test_a_link_may_bring_any_language(enter: Callable[..., Reader], name: str) -> None:
    reader = enter(f"?c={'%23'} note&lang={name}")
    title = {"r": "R", "octave": "Octave", "gap": "GAP"}[name]
    expect(choice(reader).locator("option:checked")).to_have_text(title)
    if name != "gap":
        expect(reader.cell().locator(".cm-line span")).to_have_text("# note")
    if PROGRAMS[name].path is None:
        reader.button("Evaluate").click()
        expect(reader.outputs()).to_contain_text("is not installed on this worker")
        expect(reader.outputs()).to_contain_text(PROGRAMS[name].package)
