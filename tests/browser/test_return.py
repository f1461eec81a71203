"""Coming back: after a reload, in a second tab, after the connection was lost."""

import re
from collections.abc import Callable

from playwright.sync_api import WebSocketRoute, expect

from tests.browser.reader import Reader

COUNTING = "from time import sleep\nfor n in range(30):\n    print('line', n)\n    sleep(0.1)"


def test_a_reload_keeps_outputs_and_variables(reader: Reader) -> None:
    reader.evaluate("x = 41\nprint('printed')\nx + 1")
    reader.reload()
    expect(reader.outputs()).to_contain_text("printed")
    expect(reader.outputs()).to_contain_text("42")
    assert reader.code().startswith("x = 41")
    reader.add_cell()
    expect(reader.evaluate("x", place=1)).to_contain_text("41")


def test_a_reload_shows_the_latest_evaluation(reader: Reader) -> None:
    reader.evaluate("print('earlier')")
    reader.evaluate("print('later')")
    for _ in range(2):
        reader.reload()
        expect(reader.outputs()).to_contain_text("later")
        expect(reader.outputs()).not_to_contain_text("earlier")


def test_the_latest_evaluation_is_shown_also_where_frames_are_slow(reader: Reader) -> None:
    slow = "const draw = requestAnimationFrame; window.requestAnimationFrame = (f) => setTimeout(() => draw(f), 500)"
    reader.page.add_init_script(slow)
    reader.reload()
    reader.page.evaluate("""async () => {
        const view = document.querySelector("sagews-cell");
        for (const word of ["earlier", "later"]) {
            view.cell.code = `print("${word}")`;
            view.evaluate();
            await new Promise((resolve) => setTimeout(resolve, 250));
        }
    }""")
    expect(reader.outputs()).to_contain_text("later")


def test_reloads_within_a_running_cell_lose_nothing(reader: Reader) -> None:
    reader.begin(COUNTING)
    for _ in range(3):
        expect(reader.outputs()).to_contain_text("line")
        reader.reload()
        expect(reader.cell().locator(".cell")).to_have_attribute("data-state", re.compile("running|ended"))
    reader.await_end(reason="done")
    assert printed(reader) == [f"line {n}" for n in range(30)]


def test_a_second_tab_shows_the_same(reader: Reader) -> None:
    reader.evaluate("x = 1\nprint('one')")
    other = Reader(reader.page.context.new_page(), reader.url)
    other.open()
    expect(other.outputs()).to_contain_text("one")
    other.add_cell()
    other.evaluate("print('two', x)", place=1)
    expect(reader.outputs(1)).to_contain_text("two 1")
    assert reader.code(1) == "print('two', x)"
    reader.evaluate("print('three')", place=0)
    expect(other.outputs(0)).to_contain_text("three")
    assert other.code(0) == "print('three')"


def test_a_restart_in_one_tab_reaches_the_other(reader: Reader) -> None:
    reader.evaluate("x = 1")
    other = Reader(reader.page.context.new_page(), reader.url)
    other.open()
    other.await_status("Ready")
    other.page.get_by_role("button", name="Restart").click()
    other.await_status("Ready")
    reader.evaluate("'x' in globals()")
    expect(reader.outputs()).to_contain_text("False")
    expect(other.outputs()).to_contain_text("False")


def test_a_session_that_has_ended_is_said_to_have_ended(reader: Reader) -> None:
    reader.evaluate("x = 1")
    page = reader.page
    page.evaluate(
        """() => {
            const stored = JSON.parse(localStorage.getItem("sagews.document"));
            stored.ticket.session = "w1-gone";
            localStorage.setItem("sagews.document", JSON.stringify(stored));
        }"""
    )
    page.evaluate(
        "() => { const kept = localStorage.getItem('sagews.document');"
        " addEventListener('pagehide', () => localStorage.setItem('sagews.document', kept)); }"
    )
    reader.reload()
    reader.await_notice("has ended: its variables and outputs are gone")
    assert reader.code() == "x = 1"
    reader.evaluate("1+1")
    expect(reader.outputs()).to_contain_text("2")


def test_a_lost_connection_is_repaired_and_nothing_is_lost(enter: Callable[..., Reader]) -> None:
    reader = enter(opens=False)
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    reader.page.route_web_socket(re.compile("/socket$"), pass_on)
    reader.open()
    reader.begin(COUNTING)
    for count in range(1, 4):
        expect(reader.outputs()).to_contain_text("line")
        expect(reader.page.locator(".dot")).to_be_visible()
        sockets[-1].close(code=1012, reason="the service restarts")
        expect(reader.page.locator(".status.away")).to_be_visible()
        reader.await_status("Running|Ready|Joining")
        assert len(sockets) == count + 1
    reader.await_end(reason="done")
    assert printed(reader) == [f"line {n}" for n in range(30)]


def test_what_was_asked_for_while_away_is_done_once(enter: Callable[..., Reader]) -> None:
    reader = enter(opens=False)
    sockets: list[WebSocketRoute] = []

    def swallow_evaluate(socket: WebSocketRoute) -> None:
        """The first connection loses what the page sends, once the session is open."""
        server = socket.connect_to_server()
        if not sockets:
            socket.on_message(lambda message: None if '"evaluate"' in str(message) else server.send(message))
        sockets.append(socket)

    reader.page.route_web_socket(re.compile("/socket$"), swallow_evaluate)
    reader.open()
    reader.begin("print('once')")
    reader.await_status("About to run")
    sockets[0].close(code=1012, reason="the service restarts")
    reader.await_end(reason="done")
    assert printed(reader) == ["once"]


def test_where_no_websocket_passes_sockjs_does(enter: Callable[..., Reader]) -> None:
    reader = enter(opens=False)
    reader.page.route_web_socket(re.compile("/socket$"), lambda socket: socket.close())
    reader.open()
    expect(reader.evaluate("1+1")).to_contain_text("2")
    reader.reload()
    expect(reader.outputs()).to_contain_text("2")


def test_new_starts_afresh(reader: Reader) -> None:
    reader.evaluate("x = 1\nprint('old')")
    reader.page.get_by_role("button", name="New", exact=True).click()
    assert reader.code().strip() in ("", "Type Python here. Shift-Enter evaluates.")
    expect(reader.outputs()).to_have_count(0)
    reader.evaluate("'x' in globals()")
    expect(reader.outputs()).to_contain_text("False")


def printed(reader: Reader) -> list[str]:
    return reader.outputs().inner_text().strip().splitlines()
