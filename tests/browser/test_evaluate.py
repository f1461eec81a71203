"""Evaluations: what a reader gets to see of them, and when."""

import re

from playwright.sync_api import expect

from tests.browser.reader import Reader
from tests.running import wait_until


def test_one_and_one(reader: Reader) -> None:
    expect(reader.evaluate("1+1")).to_have_text(re.compile(r"^\s*2\s*$"))
    reader.await_status("Ready")


def test_the_button_evaluates(reader: Reader) -> None:
    reader.write("6*7")
    reader.button("Evaluate").click()
    expect(reader.outputs()).to_contain_text("42")


def test_output_appears_before_the_end(reader: Reader) -> None:
    reader.begin("from time import sleep\nprint('first', flush=True)\nsleep(30)\nprint('last')")
    expect(reader.outputs()).to_contain_text("first")
    expect(reader.cell().locator(".cell")).to_have_attribute("data-state", "running")
    reader.await_status(r"Running · \d+ s")
    expect(reader.outputs()).not_to_contain_text("last")
    reader.button("Stop").click()
    reader.await_end(reason="interrupted")


def test_cells_share_the_session_and_keep_their_order(reader: Reader) -> None:
    reader.evaluate("x = 20")
    reader.add_cell()
    expect(reader.evaluate("x + 1", place=1)).to_contain_text("21")


def test_a_cell_that_waits_says_so_and_is_dropped_after_an_error(reader: Reader) -> None:
    reader.begin("from time import sleep\nsleep(1.5)\n1/0")
    reader.add_cell()
    reader.begin("print('never')", place=1)
    expect(reader.cell(1).locator(".standing")).to_have_text("waiting, 1 before it")
    reader.await_end(0, reason="error")
    reader.await_end(1, reason="not_run")
    expect(reader.cell(1).locator(".standing")).to_contain_text("Not run")


def test_an_endless_loop_stops(reader: Reader) -> None:
    reader.begin("while True:\n    pass")
    reader.await_status("Running")
    reader.page.locator(".status").get_by_role("button", name="Stop").click()
    reader.await_end(reason="interrupted")
    expect(reader.evaluate("1+1")).to_contain_text("2")


def test_a_flood_of_output_stops_and_leaves_the_page_quick(reader: Reader) -> None:
    reader.begin("n = 0\nwhile True:\n    n += 1\n    print(n)")
    expect(reader.outputs()).to_contain_text("more lines")
    reader.button("Stop").click()
    reader.await_end()
    assert reader.page.locator("sagews-outputs").inner_text().count("\n") < 1000
    expect(reader.evaluate("1+1")).to_contain_text("2")


def test_an_error_leads_to_its_line(reader: Reader) -> None:
    outputs = reader.evaluate("def f(x):\n    return 1 / x\n\nf(0)")
    reader.await_end(reason="error")
    expect(outputs).to_contain_text("ZeroDivisionError: division by zero")
    outputs.get_by_role("button", name=re.compile(r"In\s?\[1\], line 2")).click()
    expect(reader.editor()).to_be_focused()
    assert selected(reader) == "    return 1 / x"


def test_an_error_leads_to_a_line_of_another_cell(reader: Reader) -> None:
    reader.evaluate("def half(x):\n    return x / 0")
    reader.add_cell()
    outputs = reader.evaluate("half(1)", place=1)
    outputs.get_by_role("button", name=re.compile(r"In\s?\[1\], line 2")).click()
    expect(reader.editor(0)).to_be_focused()


def test_input_is_asked_for_and_answered(reader: Reader) -> None:
    reader.begin("name = input('Your name? ')\nprint('Hello,', name)")
    reader.await_status("Waiting for your input")
    field = reader.outputs().get_by_label("Your name?")
    expect(field).to_be_focused()
    field.fill("Emmy")
    reader.page.keyboard.press("Enter")
    expect(reader.outputs()).to_contain_text("Hello, Emmy")
    reader.await_end(reason="done")
    expect(reader.outputs().locator("input")).to_have_count(0)


def test_a_password_is_not_shown(reader: Reader) -> None:
    reader.begin("from getpass import getpass\nprint(len(getpass('Secret: ')))")
    field = reader.outputs().get_by_label("Secret:")
    expect(field).to_have_attribute("type", "password")
    field.fill("hush!")
    reader.outputs().get_by_role("button", name="Send").click()
    expect(reader.outputs()).to_contain_text("5")
    reader.await_end()
    assert "hush" not in reader.outputs().inner_html()


def test_an_interrupt_ends_a_question(reader: Reader) -> None:
    reader.begin("input('Well? ')")
    expect(reader.outputs().get_by_label("Well?")).to_be_visible()
    reader.button("Stop").click()
    reader.await_end(reason="interrupted")
    expect(reader.outputs().locator("input")).to_have_count(0)


def test_the_end_of_a_session_is_told(reader: Reader) -> None:
    reader.evaluate("x = 1\nprint('kept')")
    reader.add_cell()
    reader.begin("import os\nos._exit(3)", place=1)
    reader.await_notice("exit status 3")
    reader.await_end(1, reason="session_ended")
    expect(reader.outputs(0)).to_contain_text("kept")
    reader.await_status("No session yet")
    expect(reader.evaluate("'x' in globals()", place=1)).to_contain_text("False")


def test_restart_forgets_variables(reader: Reader) -> None:
    reader.evaluate("x = 1")
    reader.page.get_by_role("button", name="Restart").click()
    reader.await_notice("session is new")
    reader.await_status("Ready")
    reader.evaluate("x")
    reader.await_end(reason="error")


def test_completion_and_signature(reader: Reader) -> None:
    reader.evaluate("import math")
    reader.write("")
    reader.page.keyboard.type("math.fact")
    expect(reader.page.locator(".status-text")).to_have_text("Ready")
    expect(reader.cell().locator(".cm-tooltip-autocomplete")).to_contain_text("factorial")
    # A list that has only just appeared is not accepted from, so that a fast typist is not surprised.
    expect(reader.cell().locator("[aria-selected=true]")).to_contain_text("factorial")
    wait_until(lambda: press(reader, "Tab") == "math.factorial", 5, "Tab has accepted the completion")
    reader.page.keyboard.type("(")
    expect(reader.cell().locator(".cm-explanation")).to_contain_text("factorial")
    reader.page.keyboard.press("Escape")
    expect(reader.cell().locator(".cm-explanation")).to_have_count(0)
    reader.page.keyboard.press("Shift+Tab")
    expect(reader.cell().locator(".cm-explanation")).to_contain_text("factorial")


def test_several_cells_are_added_moved_and_removed(reader: Reader) -> None:
    reader.write("a")
    reader.add_cell()
    reader.write("b", place=1)
    reader.button("More for this cell", place=1).click()
    reader.page.get_by_role("menuitem", name="Move up").click()
    assert [reader.code(0), reader.code(1)] == ["b", "a"]
    reader.button("More for this cell", place=0).click()
    reader.page.get_by_role("menuitem", name="Remove cell").click()
    expect(reader.page.locator("sagews-cell")).to_have_count(1)
    reader.page.get_by_role("button", name="Undo").click()
    expect(reader.page.locator("sagews-cell")).to_have_count(2)


def test_every_example_ends_well(reader: Reader) -> None:
    reader.page.get_by_role("button", name="Examples").click()
    titles = reader.page.get_by_role("menuitem").all_text_contents()
    reader.page.keyboard.press("Escape")
    assert len(titles) >= 5
    for title in titles:
        reader.page.get_by_role("button", name="New", exact=True).click()
        reader.page.get_by_role("button", name="Examples").click()
        reader.page.get_by_role("menuitem", name=title).click()
        reader.button("Evaluate").click()
        if title == "Ask the reader":
            reader.outputs().locator("input").fill("360")
            reader.page.keyboard.press("Enter")
        reader.await_end(reason="done")
        expect(reader.outputs().locator(".output").first).to_be_visible()


def press(reader: Reader, key: str) -> str:
    reader.page.keyboard.press(key)
    return reader.editor().inner_text()


def selected(reader: Reader) -> str:
    text = reader.page.evaluate(
        """() => {
            const editor = [...document.querySelectorAll("sagews-editor")].find((one) => one.view.hasFocus);
            const { from, to } = editor.view.state.selection.main;
            return editor.view.state.sliceDoc(from, to);
        }"""
    )
    assert isinstance(text, str)
    return text
