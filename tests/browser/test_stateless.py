"""Cells by themselves: each is evaluated without a session, and what is known already is shown at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.apart import apart, choose, once, printed, second_tab, standing
from tests.browser.reader import Reader
from tests.browser.test_look import POOR
from tests.browser.test_phone import assert_narrow, small_targets

# ------------------------------------------------------------------- the choice


def test_a_cell_by_itself_knows_nothing_of_others(reader: Reader) -> None:
    reader.evaluate("x = 1")
    apart(reader).await_notice("evaluated by itself")
    reader.add_cell()
    expect(reader.evaluate("'x' in globals()", place=1)).to_contain_text("False")
    reader.await_status("Ready; each cell by itself")
    for name in ("Restart", "Files"):
        expect(reader.page.get_by_role("button", name=name)).to_have_count(0)
    choose(reader, "Cells share variables")
    expect(reader.evaluate("x + 41", place=1)).to_contain_text("42")


def test_no_session_is_opened(reader: Reader) -> None:
    said: list[str] = []
    reader.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: said.append(str(frame))))
    reader.reload()
    apart(reader)
    reader.write("")
    reader.page.keyboard.type("import os; os.pat")
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.insert_text("h")
    reader.page.keyboard.press("Shift+Enter")
    reader.await_end(reason="done")
    kinds = [re.search(r'"kind":"(\w+)"', frame) for frame in said]
    assert [kind and kind[1] for kind in kinds] == ["hello", "run"], said
    name = re.search(r'"evaluation":"([\w-]+)"', said[-1])
    assert name is not None and len(name[1]) == 24


def test_the_choice_is_kept_and_other_tabs_follow(reader: Reader) -> None:
    other = second_tab(reader)
    apart(reader)
    expect(other.page.get_by_role("combobox", name="What cells share")).to_have_value("Each cell by itself")
    reader.reload()
    expect(reader.page.get_by_role("combobox", name="What cells share")).to_have_value("Each cell by itself")
    choose(other, "Cells share variables")
    expect(reader.page.get_by_role("combobox", name="What cells share")).to_have_value("Cells share variables")


def test_both_ways_of_a_cell_come_back_in_order(reader: Reader) -> None:
    """A session that is joined again tells of what it ran: no cell shows that which was evaluated by itself since."""
    reader.evaluate("print('in the session')")
    reader.add_cell()
    reader.evaluate("print('second')", place=1)
    apart(reader).evaluate(once("print('by itself')"))
    for _ in range(2):
        reader.reload()
        expect(reader.outputs(0)).to_contain_text("by itself")
        expect(reader.outputs(1)).to_contain_text("second")
    choose(reader, "Cells share variables")
    reader.evaluate("print('again in the session')", place=0)
    reader.reload()
    expect(reader.outputs(0)).to_contain_text("again in the session")


def test_a_part_that_cannot_be_loaded_is_said(enter: Callable[..., Reader]) -> None:
    """It stays said, whatever of less weight is loaded later."""
    reader = enter(opens=False)
    later: list[Route] = []

    def hold(route: Route) -> None:
        later.append(route)

    reader.page.route(re.compile("/static/runs-"), lambda route: route.abort())
    reader.page.route(re.compile("/static/sharing-"), hold)
    reader.open()
    apart(reader).await_notice("could not be loaded")
    with reader.page.expect_response(re.compile("/static/sharing-")) as answer:
        later[0].continue_()
    answer.value.finished()
    reader.page.evaluate("(url) => import(url)", answer.value.url)  # It has acted when it has been loaded.
    reader.await_notice("could not be loaded")
    reader.faults.clear()


# ------------------------------------------------------------------ kept results


def test_a_result_that_was_kept_says_so(reader: Reader) -> None:
    code = once("print('computed'); 2**100 + 1")
    apart(reader).evaluate(code)
    expect(standing(reader)).to_have_text(re.compile(r"^[0-9.]+ m?s$"))
    reader.evaluate("0")
    expect(reader.evaluate(code)).to_contain_text("1267650600228229401496703205377")
    expect(standing(reader)).to_contain_text(re.compile(r"kept, from \d\d:\d\d"))
    expect(standing(reader).locator("time")).to_have_attribute("title", re.compile(r"^It ran on \w+.*\d:\d\d.* took"))
    expect(reader.page.locator(".announcer")).to_contain_text(re.compile(r"Cell 1: kept, from .* computed"))
    reader.button("Run again").click()
    expect(standing(reader)).to_have_text(re.compile(r"^[0-9.]+ m?s$"))
    expect(reader.outputs()).to_contain_text("computed")
    reader.evaluate(code + "\n")
    reader.evaluate(code)
    reader.write("1")
    expect(standing(reader)).to_contain_text("edited since")
    expect(reader.button("Run again")).to_have_count(0)


def test_a_kept_result_comes_back_as_one(reader: Reader) -> None:
    code = once("print('computed')")
    apart(reader).evaluate(code)
    reader.evaluate("0")
    reader.evaluate(code)
    reader.reload()
    expect(reader.outputs()).to_contain_text("computed")
    expect(standing(reader)).to_contain_text("kept, from")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import time; time.time()", "it read the clock"),
        ("import random; random.random()", "it drew random numbers without a seed"),
        ("import os; os.system('true')", "it started another program"),
    ],
)
def test_what_is_not_kept_says_why(reader: Reader, code: str, why: str) -> None:
    apart(reader).evaluate(code)
    expect(standing(reader).locator("span")).to_have_attribute("title", f"Not kept for the next time: {why}.")


# --------------------------------------------------------- one after the other


def test_the_same_cell_again_replaces_what_runs(reader: Reader) -> None:
    apart(reader).begin("print('first')\nwhile True: pass")
    expect(reader.outputs()).to_contain_text("first")
    reader.evaluate(once("print('second')"))
    assert printed(reader) == ["second"]
    reader.await_status("Ready")


def test_all_cells_run_one_after_the_other(reader: Reader) -> None:
    apart(reader)
    codes = [once("import time; time.sleep(1); print('one')"), "1/0", once("print('three')")]
    for place, code in enumerate(codes):
        if place:
            reader.add_cell(place - 1)
        reader.write(code, place)
    reader.button("More for this cell").click()
    reader.page.get_by_role("menuitem", name="Evaluate all").click()
    expect(standing(reader, 2)).to_contain_text("waiting, 2 before it")
    # An error keeps nothing from running: no cell needs another.
    for place, reason in enumerate(("done", "error", "done")):
        reader.await_end(place, reason)
    expect(reader.outputs(0)).to_contain_text("one")
    expect(reader.outputs(1)).to_contain_text("ZeroDivisionError")
    expect(reader.outputs(2)).to_contain_text("three")
    # The line of the traceback leads to the cell.
    reader.outputs(1).locator(".place").click()
    expect(reader.editor(1)).to_be_focused()


def test_stop_drops_what_waits(reader: Reader) -> None:
    apart(reader).begin("print('runs')\nwhile True: pass")
    reader.add_cell()
    reader.begin(once("print('never')"), place=1)
    expect(standing(reader, 1)).to_contain_text("waiting, 1 before it")
    expect(reader.outputs(0)).to_contain_text("runs")
    reader.page.locator("sagews-status").get_by_role("button", name="Stop").click()
    reader.await_end(0, "interrupted")
    reader.await_end(1, "not_run")
    expect(reader.outputs(1).locator(".output")).to_have_count(0)
    reader.await_status("Ready")
    expect(reader.evaluate(once("print('afterwards')"), place=1)).to_contain_text("afterwards")


def test_what_does_not_stop_is_ended_by_a_second_stop(reader: Reader) -> None:
    code = "import time\nprint('stubborn')\nwhile True:\n    try: time.sleep(9)\n    except KeyboardInterrupt: "
    apart(reader).begin(once(code + "print('no')"))
    expect(reader.outputs()).to_contain_text("stubborn")
    stop = reader.page.locator("sagews-status").get_by_role("button", name="Stop")
    stop.click()
    expect(reader.outputs()).to_contain_text("no")
    expect(reader.page.locator(".warning")).to_contain_text("Stop it once more to end it")
    stop.click()
    reader.await_end(reason="replaced")
    expect(standing(reader)).to_contain_text("Ended: it did not stop.")


def test_what_one_tab_ends_is_ended_in_all(reader: Reader) -> None:
    code = "import time\nprint('stubborn')\nwhile True:\n    try: time.sleep(9)\n    except KeyboardInterrupt: "
    apart(reader).begin(once(code + "print('no')"))
    other = second_tab(reader)
    expect(other.outputs()).to_contain_text("stubborn")
    stop = other.page.locator("sagews-status").get_by_role("button", name="Stop")
    stop.click()
    for tab in (other, reader):
        expect(tab.outputs()).to_contain_text("no")
    stop.click()
    for tab in (other, reader):
        tab.await_end(reason="replaced")
    reader.reload()
    expect(standing(reader)).to_contain_text("Ended: it did not stop.")


def test_a_new_page_leaves_nothing_running(reader: Reader) -> None:
    apart(reader).begin("print('runs')\nwhile True: pass")
    expect(reader.outputs()).to_contain_text("runs")
    reader.page.get_by_role("button", name="New", exact=True).click()
    reader.await_status("Ready; each cell by itself")
    expect(reader.outputs()).to_have_count(0)
    expect(reader.evaluate(once("print('new')"))).to_contain_text("new")


def test_input(reader: Reader) -> None:
    apart(reader).begin("name = input('Who? ')\nprint('Hello', name)")
    reader.await_status("Waiting for your input")
    field = reader.outputs().locator("input")
    field.fill("Emmy")
    field.press("Enter")
    reader.await_end(reason="done")
    expect(reader.outputs()).to_contain_text("Hello Emmy")
    expect(standing(reader).locator("span")).to_have_attribute("title", re.compile("it asked for input"))
    # Also where it was asked in an earlier life of the page.
    reader.begin("name = input('And who? ')\nprint('Hello', name)")
    expect(reader.outputs().locator("input")).to_be_visible()
    reader.reload()
    reader.outputs().locator("input").fill("Sofia")
    reader.outputs().get_by_role("button", name="Send").click()
    expect(reader.outputs()).to_contain_text("Hello Sofia")


# --------------------------------------------------------------- for everybody


def test_a_phone(phone: Reader) -> None:
    phone.page.get_by_role("combobox", name="What cells share").tap()
    code = once("print('x' * 500)")
    apart(phone).evaluate(code)
    phone.evaluate("0")
    phone.evaluate(code)
    expect(standing(phone)).to_contain_text("kept, from")
    assert_narrow(phone)
    assert small_targets(phone) == []
    phone.button("Run again").tap()
    expect(standing(phone)).to_have_text(re.compile(r"^[0-9.]+ m?s$"))


def test_by_keyboard_alone(reader: Reader) -> None:
    page = reader.page
    # After the links of the head, however many there are.
    page.get_by_role("navigation").get_by_role("link").last.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="What cells share")).to_be_focused()
    page.keyboard.press("ArrowDown")
    reader.await_notice("evaluated by itself")
    reader.editor().focus()
    code = once("2**10")
    for text in (code, "0", code):
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(text)
        page.keyboard.press("Control+Enter")
        reader.await_end()
    expect(standing(reader)).to_contain_text("kept, from")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(reader.button("Run again")).to_be_focused()
    page.keyboard.press("Enter")
    expect(standing(reader)).to_have_text(re.compile(r"^[0-9.]+ m?s$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_stands_out_from_its_background(enter: Callable[..., Reader], scheme: str) -> None:
    reader = apart(enter(color_scheme=scheme, reduced_motion="reduce"))
    assert reader.page.evaluate(POOR, "sagews-page") == []
    code = once("1/1")
    for text in (code, "0", code):
        reader.evaluate(text)
    expect(standing(reader)).to_contain_text("kept, from")
    assert reader.page.evaluate(POOR, "sagews-page") == []
