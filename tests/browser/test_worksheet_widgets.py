"""Widgets in worksheets and in published pages: live for all who have it open, there again after a reload."""

from playwright.sync_api import Browser, expect

from sagews.backend.formats import notebook
from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook
from tests.browser.conftest import watch
from tests.browser.sheet import Sheet
from tests.browser.test_published import publish
from tests.browser.test_widgets import ENDLESS, SLIDER, says, stop_it, view
from tests.browser.test_worksheet import People, people
from tests.browser.test_worksheet_people import two
from tests.browser.test_workspaces import Come, add, come, make
from tests.running import RunningSite

__all__ = ["come", "people"]


def run(sheet: Sheet, place: int = 0) -> None:
    sheet.enter(place)
    sheet.press("Control+Enter")
    sheet.await_end(place)


def test_a_slider_is_shared_and_there_after_a_reload(people: People) -> None:
    one, other = two(people, "editor", SLIDER)
    run(one)
    view(one.outputs()).get_by_role("slider").press("ArrowRight")
    says(one.outputs(), "now 6")
    says(other.outputs(), "now 6")
    expect(view(other.outputs()).locator(".widget-readout")).to_have_text("6")
    view(other.outputs()).get_by_role("slider").press("ArrowRight")
    says(one.outputs(), "now 7")
    expect(view(one.outputs()).locator(".widget-readout")).to_have_text("7")
    one.page.reload()
    one.await_open()
    expect(view(one.outputs()).locator(".widget-readout")).to_have_text("7")
    view(one.outputs()).get_by_role("slider").press("ArrowLeft")
    says(other.outputs(), "now 6")


def test_a_viewer_sees_and_changes_nothing(people: People) -> None:
    one, other = two(people, "viewer", SLIDER)
    run(one)
    view(one.outputs()).get_by_role("slider").press("ArrowRight")
    expect(view(other.outputs()).locator(".widget-readout")).to_have_text("6")
    watched = view(other.outputs()).get_by_role("slider")
    expect(watched).to_have_attribute("aria-disabled", "true")
    expect(other.outputs()).to_contain_text("its controls are moved by those who may edit it")
    expect(one.outputs()).not_to_contain_text("its controls are moved by")
    watched.press("ArrowRight")
    box = watched.bounding_box()
    assert box is not None
    other.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    other.page.mouse.down()
    other.page.mouse.move(box["x"] + 200, box["y"], steps=4)
    other.page.mouse.up()
    view(other.outputs()).locator(".widget-readout").press_sequentially("9")
    view(other.outputs()).locator(".widget-readout").press("Enter")
    expect(view(other.outputs()).locator(".widget-readout")).to_have_text("6")
    view(one.outputs()).get_by_role("slider").press("ArrowLeft")
    says(one.outputs(), "now 5")
    expect(one.outputs().locator("sagews-stream")).not_to_contain_text("now 7")
    expect(view(other.outputs()).locator(".widget-readout")).to_have_text("5")


def test_a_callback_that_does_not_end_is_said_and_stopped(people: People) -> None:
    sheet = people.open([("code", ENDLESS)])
    run(sheet)
    stop_it(sheet.outputs())


def test_a_cell_that_waits_for_a_control_is_taken_back_and_what_it_waits_for_goes_on(people: People) -> None:
    sheet = people.open([("code", ENDLESS), ("code", "print('ran')")])
    run(sheet)
    outputs = sheet.outputs()
    view(outputs).get_by_role("slider").press("ArrowRight")
    says(outputs, "now 6")
    sheet.enter(1)
    sheet.press("Control+Enter")
    waits = sheet.cell(1).locator(".standing")
    expect(waits).to_have_text("waits for a control of cell 1")
    sheet.page.get_by_role("button", name="Interrupt what runs").click()
    expect(waits).to_contain_text("Not run")
    standing = outputs.locator(".widget-standing")
    expect(standing).to_contain_text("running")
    expect(outputs.locator(".fault")).to_have_count(0)
    sheet.enter(1)
    sheet.press("Control+Enter")
    expect(waits).to_have_text("waits for a control of cell 1")
    standing.get_by_role("button", name="Stop").click()
    expect(outputs.locator(".fault").last).to_contain_text("KeyboardInterrupt")
    sheet.cell(1).scroll_into_view_if_needed()  # Below a long traceback.
    expect(sheet.outputs(1)).to_contain_text("ran")


def test_interact_piles_up_nothing_and_a_session_that_is_gone_is_said(people: People) -> None:
    cell = "from ipywidgets import interact\n@interact(n=(1, 9))\ndef show(n=2):\n    print('n is', n)"
    sheet = people.open([("code", cell)])
    run(sheet)
    frame = view(sheet.outputs())
    for n in (3, 4):
        frame.get_by_role("slider").press("ArrowRight")
        expect(frame.get_by_text(f"n is {n}")).to_be_visible()
    expect(sheet.outputs().locator(".output")).to_have_count(1)
    sheet.enter(0)
    sheet.press("Escape", "0", "0")
    sheet.page.get_by_role("button", name="Restart", exact=True).last.click()
    sheet.await_status("No session|Session ended|ended")
    sheet.page.reload()
    sheet.await_open()
    expect(sheet.outputs()).to_contain_text("Run the cell again")
    run(sheet)
    expect(view(sheet.outputs()).get_by_text("n is 2")).to_be_visible()


def test_a_published_cell_that_is_made_live_has_its_controls(come: Come, site: RunningSite, chromium: Browser) -> None:
    page, _ = come()
    make(page, "Lessons")
    lesson = notebook.write(Notebook(cells=(Cell("a", CellType.CODE, SLIDER),)))
    add(page, one__ipynb=lesson)
    address = site.url + publish(page, "one.ipynb", "Moving")
    reader = chromium.new_page()
    faults: list[str] = []
    watch(reader.context, faults, site.url)
    reader.goto(address)
    reader.get_by_role("link", name="Run this live").click()
    live = reader.frame_locator("iframe[title='Live cell']")
    frame = live.frame_locator("iframe")
    frame.get_by_role("slider").press("ArrowRight")
    expect(live.locator("sagews-stream").last).to_contain_text("now 6")
    reader.close()
    assert faults == []


MANY = '''
import anywidget, ipywidgets
class Many(anywidget.AnyWidget):
    _esm = """export default { render({ model, el }) {
        const button = document.createElement("button");
        button.textContent = "Say 400";
        const say = (n) => { model.send({ n }, undefined, [new Uint8Array([n, n >> 8])]); };
        button.onclick = () => { for (let n = 0; n < 400; n += 1) say(n); };
        el.append(button);
    } };"""
heard, said = [], ipywidgets.Label("nothing heard")
def hear(_, content, buffers):
    heard.append(content["n"] if int.from_bytes(buffers[0], "little") == content["n"] else None)
    said.value = f"heard {len(heard)}, in order: {heard == list(range(len(heard)))}"
many = Many()
many.on_msg(hear)
ipywidgets.VBox([many, said])
'''


def test_what_a_widget_says_at_once_is_heard_whole_and_in_order(people: People) -> None:
    sheet = people.open([("code", MANY)])
    run(sheet)
    view(sheet.outputs()).get_by_role("button", name="Say 400").click()
    expect(view(sheet.outputs()).get_by_text("heard 400, in order: True")).to_be_visible(timeout=20_000)
