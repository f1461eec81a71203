"""Cells by themselves come back: after a reload, in a second tab, after the connection was lost. Nothing runs twice."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.apart import apart, assert_counted, begun, counting, once, printed, second_tab, standing
from tests.browser.reader import Reader
from tests.browser.test_backends import answers, connections
from tests.processes import wait_until
from tests.running import RunningSite
from tests.site.balancer import balancer
from tests.site.two_backends import two_backends


def test_reloads_within_a_running_cell_lose_nothing_and_run_nothing(reader: Reader, site: RunningSite) -> None:
    before = begun(site)
    apart(reader).begin(counting())
    expect(reader.outputs()).to_contain_text("line")
    first = printed(reader)[0]
    for _ in range(3):
        reader.reload()
        expect(reader.outputs()).to_contain_text("line")
        expect(reader.cell().locator(".cell")).to_have_attribute("data-state", re.compile("running|ended"))
    reader.await_end(reason="done")
    assert_counted(reader)
    reader.reload()
    reader.await_end(reason="done")
    assert_counted(reader)
    assert printed(reader)[0] == first
    assert begun(site) == before + 1


def test_what_the_server_has_forgotten_is_not_run_again(reader: Reader, site: RunningSite) -> None:
    apart(reader).evaluate(once("import time; print(time.time())"))
    before = begun(site)
    reader.page.evaluate(
        """() => {
            const stored = JSON.parse(localStorage.getItem("sagews.document"));
            stored.cells[0].evaluation.id = "a-name-that-nobody-knows";
            const text = JSON.stringify(stored);
            addEventListener("pagehide", () => localStorage.setItem("sagews.document", text));
        }"""
    )
    reader.reload()
    reader.await_end(reason="gone")
    expect(standing(reader)).to_contain_text("Its outputs cannot be had any more")
    assert begun(site) == before
    expect(reader.evaluate(once("print('anew')"))).to_contain_text("anew")


def test_a_reload_while_others_wait_runs_none_of_them(reader: Reader, site: RunningSite) -> None:
    apart(reader).evaluate(once("import time; print('was', time.time_ns())"))
    was = printed(reader)
    before = begun(site)
    for place, code in ((1, counting()), (2, once("print('never')"))):
        reader.add_cell(place - 1)
        reader.begin(code, place)
    expect(reader.outputs(1)).to_contain_text("line")
    reader.reload()
    # What has ended is there at once, though another one runs.
    expect(reader.outputs(0)).to_contain_text("was")
    assert printed(reader, 0) == was
    expect(standing(reader, 2)).to_contain_text("Not run")
    reader.await_end(1, "done")
    assert_counted(reader, 1)
    reader.await_end(2, "not_run")
    assert begun(site) == before + 1


def test_two_tabs_show_the_same(reader: Reader, site: RunningSite) -> None:
    apart(reader).begin(counting())
    expect(reader.outputs()).to_contain_text("line")
    before = begun(site)
    other = second_tab(reader)
    expect(other.outputs()).to_contain_text("line")
    # What waits in one tab waits in the other, too.
    reader.add_cell()
    reader.begin(once("print('from the first tab')"), place=1)
    expect(standing(other, 1)).to_contain_text("waiting in another tab")
    # One that is opened meanwhile disturbs nothing.
    third = second_tab(reader)
    for tab in (reader, other, third):
        tab.await_end(0, "done")
        assert_counted(tab)
        tab.await_end(1, "done")
        expect(tab.outputs(1)).to_contain_text("from the first tab")
    other.evaluate(once("import time; print('from the second', time.time_ns())"), place=0)
    expect(reader.outputs(0)).to_contain_text("from the second")
    assert printed(reader) == printed(other)
    assert begun(site) == before + 2


def test_another_tab_replaces_and_stops(reader: Reader) -> None:
    apart(reader).begin("print('first')\nwhile True: pass")
    expect(reader.outputs()).to_contain_text("first")
    other = second_tab(reader)
    expect(other.outputs()).to_contain_text("first")
    other.begin(once("print('second')\nwhile True: pass"))
    for tab in (other, reader):
        expect(tab.outputs()).to_contain_text("second")
        expect(tab.outputs()).not_to_contain_text("first")
    reader.add_cell()
    reader.begin(once("print('never')"), place=1)
    expect(standing(other, 1)).to_contain_text("waiting in another tab")
    other.page.locator("sagews-status").get_by_role("button", name="Stop").click()
    for tab in (other, reader):
        tab.await_end(0, "interrupted")
        tab.await_end(1, "not_run")


def route(page: Page) -> list[WebSocketRoute]:
    """Stand between the page and the site; return its sockets, which can be closed."""
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    page.route_web_socket(re.compile("/socket$"), pass_on)
    return sockets


def test_a_lost_connection_is_repaired_and_nothing_is_lost(enter: Callable[..., Reader], site: RunningSite) -> None:
    reader = enter(opens=False)
    sockets = route(reader.page)
    reader.open()
    before = begun(site)
    apart(reader).begin(counting())
    reader.add_cell()
    reader.begin(once("print('afterwards')"), place=1)
    for count in range(1, 4):
        expect(reader.outputs()).to_contain_text("line")
        sockets[-1].close(code=1012, reason="the service restarts")
        expect(reader.page.locator(".status.away")).to_be_visible()
        reader.await_status("Running|Ready")
        assert len(sockets) == count + 1
    reader.await_end(reason="done")
    assert_counted(reader)
    expect(reader.outputs(1)).to_contain_text("afterwards")
    assert begun(site) == before + 2


def test_what_was_asked_for_while_away_is_done_once(enter: Callable[..., Reader], site: RunningSite) -> None:
    reader = enter(opens=False)
    sockets: list[WebSocketRoute] = []

    def swallow_run(socket: WebSocketRoute) -> None:
        """The first connection loses what the page sends."""
        server = socket.connect_to_server()
        if not sockets:
            socket.on_message(lambda message: None if '"run"' in str(message) else server.send(message))
        sockets.append(socket)

    reader.page.route_web_socket(re.compile("/socket$"), swallow_run)
    reader.open()
    before = begun(site)
    apart(reader).begin(once("print('once')"))
    expect(standing(reader)).to_contain_text("sending")
    sockets[0].close(code=1012, reason="the service restarts")
    reader.await_end(reason="done")
    assert printed(reader) == ["once"]
    assert begun(site) == before + 1


def test_where_no_websocket_passes_sockjs_does(enter: Callable[..., Reader]) -> None:
    reader = enter(opens=False)
    reader.page.route_web_socket(re.compile("/socket$"), lambda socket: socket.close())
    reader.open()
    apart(reader)
    expect(reader.evaluate(once("1+1"))).to_contain_text("2")
    reader.reload()
    expect(reader.outputs()).to_contain_text("2")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_its_backend_ends(enter: Callable[..., Reader], tmp_path: Path, number: signal.Signals) -> None:
    with (
        two_backends(tmp_path, backend="drain_seconds = 10") as site,
        balancer(tmp_path, [site.one.port, site.two.port]) as before,
    ):
        wait_until(lambda: answers(before.url), 20, "the balancer has found the backends")
        reader = apart(enter(url=before.url))
        reader.begin(counting())
        reader.add_cell()
        reader.begin(once("print('afterwards')"), place=1)
        expect(reader.outputs()).to_contain_text("line 3")
        first = printed(reader)[0]
        backend = next(one for one in (site.one, site.two) if connections(one))
        backend.process.send_signal(number)
        reader.await_end(reason="done")
        assert_counted(reader)
        # One that is emptied lets it come to its end; after one that was killed it is begun anew, and shown once.
        assert (printed(reader)[0] == first) == (number == signal.SIGTERM)
        reader.await_end(1, "done")
        expect(reader.outputs(1)).to_contain_text("afterwards")
        wait_until(lambda: backend.process.poll() is not None, 15, "the backend has ended")
        reader.await_status("Ready")
        reader.page.close()
        reader.faults.clear()  # Chromium tells of connections that could not be opened.
