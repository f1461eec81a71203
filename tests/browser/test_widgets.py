"""Widgets in live cells: controls of ipywidgets and anywidget, in frames of their own, moved by readers."""

import re
from collections.abc import Callable

from playwright.sync_api import FrameLocator, Locator, Page, WebSocketRoute, expect

from tests.browser.reader import Reader
from tests.running import wait_until

SLIDER = (
    "import ipywidgets as w\n"
    "s = w.IntSlider(5, description='Speed')\n"
    "s.observe(lambda change: print('now', change['new']), 'value')\n"
    "s"
)
ENDLESS = SLIDER.replace("print('now', change['new'])", "print('now', change['new']) or spin(change['new'])").replace(
    "s = w", "def spin(n):\n    while n == 6: pass\ns = w", 1
)
COUNTER = '''
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = """
    function render({ model, el }) {
      const button = document.createElement("button");
      button.className = "counter";
      const bytes = () => model.get("count");
      const draw = () => { button.textContent = `count is ${bytes().getUint8(0)}`; };
      button.addEventListener("click", () => {
        model.set("count", new DataView(new Uint8Array([bytes().getUint8(0) + 1, 255]).buffer));
        model.save_changes();
      });
      model.on("change:count", draw);
      draw();
      el.append(button);
    }
    export default { render };
    """
    _css = ".counter { color: rgb(1, 2, 3) }"
    count = traitlets.Any(bytes([4, 0])).tag(sync=True)

c = Counter()
c.observe(lambda change: print(list(change['new'])), 'count')
c
'''


def view(outputs: Locator) -> FrameLocator:
    """Return what is in the frame of a view, once its widget is drawn."""
    frame = outputs.frame_locator("iframe")
    expect(frame.locator(".widgets > *").first).to_be_visible(timeout=30_000)
    return frame


def says(outputs: Locator, text: str) -> None:
    """Wait until an output says this."""
    expect(outputs.locator("sagews-stream").last).to_contain_text(text)


def drag(page: Page, outputs: Locator, by: int) -> None:
    """Drag the handle of a slider with a thumb, so many pixels to the right."""
    box = view(outputs).get_by_role("slider").bounding_box()
    assert box is not None
    assert box["width"] >= 24 and box["height"] >= 24
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        point = {"x": x + by * step / 10, "y": y + step}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def stop_it(outputs: Locator) -> None:
    """Begin what never ends, see that it is said, and stop it."""
    slider = view(outputs).get_by_role("slider")
    slider.press("ArrowRight")
    standing = outputs.locator(".widget-standing")
    expect(standing).to_contain_text("running")
    standing.get_by_role("button", name="Stop").click()
    expect(standing).to_be_hidden()
    expect(outputs.locator(".fault").last).to_contain_text("KeyboardInterrupt")
    slider.press("ArrowRight")
    expect(outputs.locator("sagews-stream").last).to_contain_text("now 7")
    expect(standing).to_be_hidden()


def test_a_callback_that_does_not_end_is_said_and_stopped(reader: Reader) -> None:
    stop_it(reader.evaluate(ENDLESS))
    reader.evaluate("s.value, 'goes on'")
    expect(reader.outputs()).to_contain_text("(7, 'goes on')")


def test_a_cell_that_waits_for_a_control_says_so_and_is_taken_back(reader: Reader) -> None:
    outputs = reader.evaluate(ENDLESS)
    view(outputs).get_by_role("slider").press("ArrowRight")
    says(outputs, "now 6")
    reader.add_cell()
    for code in ("print('never')", "print('waits')"):
        reader.begin(code, place=1)
        waits = reader.cell(1).locator(".standing").first
        expect(waits).to_have_text("waits for a control of cell 1")
        expect(reader.cell(1).locator(".cell")).to_have_attribute("data-state", "waiting")
        if "never" in code:
            reader.button("Stop", 1).click()
            reader.await_end(1)
            expect(reader.cell(1).locator(".cell")).to_have_attribute("data-reason", "not_run")
    standing = outputs.locator(".widget-standing")
    expect(standing).to_contain_text("running")
    expect(outputs.locator(".fault")).to_have_count(0)
    standing.get_by_role("button", name="Stop").click()
    reader.await_end(1)
    expect(reader.outputs(1)).to_contain_text("waits")
    expect(outputs.locator(".fault").last).to_contain_text("KeyboardInterrupt")
    expect(standing).to_be_hidden()


def test_a_control_that_waits_for_a_cell_cannot_be_stopped_itself(reader: Reader) -> None:
    outputs = reader.evaluate(ENDLESS)
    reader.add_cell()
    reader.begin("import time\nwhile True: time.sleep(0.01)", place=1)
    expect(reader.cell(1).locator(".cell")).to_have_attribute("data-state", "running")
    view(outputs).get_by_role("slider").press("ArrowLeft")
    standing = outputs.locator(".widget-standing")
    expect(standing).to_have_text("waiting")
    reader.button("Stop", 1).click()
    says(outputs, "now 4")
    expect(standing).to_be_hidden()


def test_a_slider_is_moved_by_keyboard_and_by_mouse(reader: Reader) -> None:
    outputs = reader.evaluate(SLIDER)
    handle = view(outputs).get_by_role("slider")
    handle.focus()
    handle.press("ArrowRight")
    says(outputs, "now 6")
    handle.press("ArrowRight")
    says(outputs, "now 7")
    expect(view(outputs).locator(".widget-readout")).to_have_text("7")
    expect(outputs.locator(".late")).to_have_count(0)
    box, start = view(outputs).locator(".noUi-target").bounding_box(), handle.bounding_box()
    assert box is not None and start is not None
    reader.page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    reader.page.mouse.down()
    reader.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 4, steps=8)
    reader.page.mouse.move(box["x"] + box["width"] + 40, box["y"] + 4, steps=8)
    reader.page.mouse.up()
    says(outputs, "now 100")
    reader.add_cell()
    assert reader.evaluate("s.value", 1).locator("sagews-display").inner_text().strip() == "100"
    # What is printed belongs to the cell that shows the control, whichever ran last.
    handle.press("ArrowLeft")
    says(outputs, "now 99")
    expect(reader.outputs(1).locator("sagews-stream")).to_have_count(0)


def test_a_slider_is_moved_by_a_thumb(phone: Reader) -> None:
    outputs = phone.evaluate(SLIDER)
    view(outputs)
    outputs.scroll_into_view_if_needed()
    before = phone.page.evaluate("scrollY")
    drag(phone.page, outputs, 400)
    says(outputs, "now 100")
    assert phone.page.evaluate("scrollY") == before
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360
    # A page that is light has light controls, and what is in the frame is not wider than it.
    element = view(outputs).locator("html")
    assert element.evaluate("each => !each.classList.contains('dark') && each.scrollWidth <= innerWidth")


def test_interact_changes_its_picture_and_piles_up_nothing(reader: Reader) -> None:
    outputs = reader.evaluate(
        "import matplotlib.pyplot as plt\nfrom ipywidgets import interact\n"
        "@interact(n=(1, 9))\ndef plot(n=2):\n    plt.plot([0, n], [0, n * n]); plt.show(); print('n is', n)"
    )
    frame = view(outputs)
    picture = frame.locator("img")
    expect(frame.get_by_text("n is 2")).to_be_visible()
    first = picture.get_attribute("src")
    for n in (3, 4, 5):
        frame.get_by_role("slider").press("ArrowRight")
        expect(frame.get_by_text(f"n is {n}")).to_be_visible()
    expect(picture).to_have_count(1)
    assert picture.get_attribute("src") != first
    expect(outputs.locator(".output")).to_have_count(1)
    # An error is shown where the picture was, and the next picture in its place.
    reader.add_cell()
    broken = reader.evaluate("@interact(n=(0, 3))\ndef divide(n=1):\n    print(6 // n)", 1)
    view(broken).get_by_role("slider").press("ArrowLeft")
    expect(view(broken).get_by_text("ZeroDivisionError").first).to_be_visible()
    view(broken).get_by_role("slider").press("ArrowRight")
    expect(view(broken).get_by_text("6", exact=True)).to_be_visible()
    expect(view(broken).get_by_text("ZeroDivisionError")).to_have_count(0)


def test_an_anywidget_with_a_binary_trait(reader: Reader) -> None:
    outputs = reader.evaluate(COUNTER)
    button = view(outputs).get_by_role("button")
    expect(button).to_have_text("count is 4")
    expect(button).to_have_css("color", "rgb(1, 2, 3)")
    button.click()
    says(outputs, "[5, 255]")
    button.click()
    says(outputs, "[6, 255]")
    expect(button).to_have_text("count is 6")
    reader.add_cell()
    reader.evaluate("c.count = bytes([40, 1])", 1)
    expect(button).to_have_text("count is 40")


def test_links_players_pictures_and_layouts(reader: Reader) -> None:
    outputs = reader.evaluate(
        "import ipywidgets as w, matplotlib.pyplot as plt, io\n"
        "a, b = w.IntSlider(3, description='Here'), w.IntText(description='There')\n"
        "link = w.jslink((a, 'value'), (b, 'value'))\n"
        "play = w.Play(min=0, max=4, interval=60)\n"
        "told = w.Label('idle')\n"
        "play.observe(lambda change: setattr(told, 'value', f'step {change[\"new\"]}'), 'value')\n"
        "file = io.BytesIO(); plt.figure(figsize=(1, 1)).savefig(file)\n"
        "out = w.Output()\n"
        "with out:\n    print('kept here')\n    display(w.HTMLMath('area $x^2$'))\n"
        "box = w.VBox([a, b, w.HBox([play, told]), w.Image(value=file.getvalue()), out])\n"
        "box.layout.border = '1px solid red'\n"
        "plt.close('all'); box"
    )
    frame = view(outputs)
    there = frame.get_by_role("spinbutton", name="There")
    expect(there).to_have_value("3")
    frame.get_by_role("slider", name="Here").press("ArrowRight")
    expect(there).to_have_value("4")
    frame.get_by_role("button", name=re.compile("Play", re.I)).first.click()
    expect(frame.get_by_text("step 4")).to_be_visible()
    picture = frame.locator("img").first
    wait_until(lambda: picture.evaluate("each => each.naturalWidth") > 0, 10, "the picture is drawn")
    expect(frame.get_by_text("kept here")).to_be_visible()
    expect(frame.locator(".katex").first).to_be_visible()
    expect(frame.locator(".widget-vbox").first).to_have_css("border-top-color", "rgb(255, 0, 0)")
    expect(outputs.locator(".output")).to_have_count(1)


def test_progress_is_seen_while_the_cell_runs(reader: Reader) -> None:
    reader.begin(
        "import ipywidgets as w, time\np = w.IntProgress(max=600)\ndisplay(p)\n"
        "for n in range(600):\n    p.value = n\n    time.sleep(0.05)"
    )
    bar = view(reader.outputs()).get_by_role("progressbar")
    wait_until(lambda: int(bar.get_attribute("aria-valuenow") or 0) > 0, 20, "it has moved")
    expect(reader.cell().locator(".cell")).to_have_attribute("data-state", "running")
    reader.button("Stop").click()
    reader.await_end(reason="interrupted")


def test_two_cells_show_one_model(reader: Reader) -> None:
    one = reader.evaluate(SLIDER)
    reader.add_cell()
    two = reader.evaluate("s", 1)
    view(two).get_by_role("slider").press("ArrowRight")
    says(two, "now 6")
    expect(view(one).locator(".widget-readout")).to_have_text("6")
    view(one).get_by_role("slider").press("ArrowRight")
    expect(view(two).locator(".widget-readout")).to_have_text("7")
    says(one, "now 7")


def test_a_reload_keeps_controls_and_their_state(reader: Reader) -> None:
    outputs = reader.evaluate(SLIDER)
    view(outputs).get_by_role("slider").press("ArrowRight")
    says(outputs, "now 6")
    reader.reload()
    expect(view(reader.outputs()).locator(".widget-readout")).to_have_text("6")
    view(reader.outputs()).get_by_role("slider").press("ArrowRight")
    says(reader.outputs(), "now 7")


def test_states_are_asked_for_where_the_messages_are_kept_no_more(reader: Reader) -> None:
    outputs = reader.evaluate(SLIDER)
    view(outputs)
    reader.add_cell()
    # More than the server keeps of a session's events: the widget's own are gone, when the page comes back.
    for _ in range(3):
        reader.evaluate("for n in range(7): print('x' * 1_000_000)", 1)
    reader.evaluate("display(s)", 1)
    reader.reload()
    expect(view(reader.outputs(1)).locator(".widget-readout")).to_have_text("5")


def test_a_lost_connection_loses_no_change(enter: Callable[..., Reader]) -> None:
    reader = enter(opens=False)
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    reader.page.route_web_socket(re.compile("/socket$"), pass_on)
    reader.open()
    outputs = reader.evaluate(SLIDER)
    handle = view(outputs).get_by_role("slider")
    sockets[-1].close(code=1012, reason="the service restarts")
    expect(reader.page.locator(".status.away")).to_be_visible()
    handle.press("ArrowRight")
    says(outputs, "now 6")
    handle.press("ArrowRight")
    says(outputs, "now 7")


def test_controls_of_a_session_that_has_ended_say_so(reader: Reader) -> None:
    reader.evaluate(SLIDER)
    view(reader.outputs())
    reader.page.get_by_role("button", name="Restart").first.click()
    reader.await_notice("The session is new")
    reader.reload()
    reader.evaluate(SLIDER)
    view(reader.outputs()).get_by_role("slider").press("ArrowRight")
    says(reader.outputs(), "now 6")


def test_a_hostile_frame_reaches_nothing_but_its_own_models(reader: Reader) -> None:
    reader.evaluate("import ipywidgets as w\nother = w.IntText(1)\nother")
    view(reader.outputs())
    reader.add_cell()
    refused: list[str] = []
    reader.page.on("requestfailed", lambda request: refused.append(f"{request.failure} {request.url}"))
    attack = '''
import anywidget
class Attack(anywidget.AnyWidget):
    _esm = """
    async function attack({ model, el }) {
      const say = (fields) => parent.postMessage({ kind: "comm", message: "m", buffers: [], ...fields }, "*");
      const update = JSON.stringify({ method: "update", state: { value: 666 }, buffer_paths: [] });
      say({ comm: OTHER, data: update });
      say({ comm: [OTHER], data: update });
      say({ comm: model.model_id, data: { method: "update" } });
      say({ comm: model.model_id, data: "{" });
      say({ comm: "jupyter.widget.control", data: '{"method": "request_states"}' });
      say({ comm: model.model_id, data: update, buffers: [{}, 1] });
      say({ comm: model.model_id, data: "x".repeat(5000000) });
      parent.postMessage({ kind: "show", widget: OTHER }, "*");
      parent.postMessage({ kind: "height", height: 1e9 }, "*");
      for (let n = 0; n < 3000; n += 1) say({ comm: OTHER, data: update, message: "m" + n });
      const tried = [];
      for (const attempt of [
        () => fetch("https://example.org/"),
        () => fetch("/api/v1/sessions"),
        () => import("https://example.org/x.js"),
        () => Promise.resolve(parent.document.title),
        () => Promise.resolve(localStorage.length),
      ]) tried.push(await attempt().then(() => "reached", () => "refused").catch(() => "refused"));
      el.textContent = tried.join(" ");
    }
    const render = (all) => attack(all).catch(() => { all.el.textContent = "refused"; });
    export default { render };
    """.replace("OTHER", repr(other.model_id))
Attack()
'''
    frame = view(reader.evaluate(attack, 1))
    expect(frame.get_by_text("refused").first).to_be_visible()
    expect(frame.locator("body")).not_to_contain_text("reached")
    reader.add_cell(1)
    assert reader.evaluate("other.value", 2).locator("sagews-display").inner_text().strip() == "1"
    expect(view(reader.outputs(0)).get_by_role("spinbutton")).to_have_value("1")
    assert reader.outputs(1).locator("iframe").evaluate("frame => frame.offsetHeight") <= 3000
    # What the browser refuses, it says in the console; of what a module asks for the policy is asked later.
    for fault in reader.faults:
        url = fault.removeprefix("request: ")
        assert url == fault or f"csp {url}" in refused, (url, refused)
    reader.faults.clear()
