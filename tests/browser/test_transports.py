"""Networks that forget a connection, and balancers that lead astray: what the page does then."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Request, Route, WebSocketRoute, expect

from tests.browser.reader import Reader
from tests.site.backend_process import running_backend
from tests.site.worker_process import BARE, running_worker

NOTICED = 60_000
"""Milliseconds within which the page notices that nothing comes any more."""
SOCKET = re.compile("/socket$")


def test_networks_that_forget_a_connection_and_that_go_away(enter: Callable[..., Reader]) -> None:
    """Nothing comes and nothing closes, as behind a route that has gone; and a browser that has no network at all."""
    forgotten, offline = enter(opens=False), enter()
    sockets: list[WebSocketRoute] = []
    silent: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        sockets.append(socket)
        socket.on_message(lambda message: None if socket in silent else server.send(message))
        server.on_message(lambda message: None if socket in silent else socket.send(message))

    forgotten.page.route_web_socket(SOCKET, pass_on)
    forgotten.open()
    for reader in (forgotten, offline):
        reader.evaluate("x = 41")
    silent.append(sockets[0])
    offline.page.context.set_offline(True)
    for reader in (forgotten, offline):
        expect(reader.page.locator(".status.away")).to_be_visible(timeout=NOTICED)
    offline.page.context.set_offline(False)
    for reader in (forgotten, offline):
        reader.await_status("Ready")
        expect(reader.evaluate("x + 1")).to_contain_text("42")
    assert len(sockets) == 2
    offline.faults.clear()  # of attempts to connect


def test_a_balancer_without_stickiness_leaves_no_requests_behind(tmp_path: Path, enter: Callable[..., Reader]) -> None:
    """What is sent by SockJS goes to another backend than what receives, until the balancer is repaired."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    with running_worker(tmp_path, BARE) as worker:
        config = f"[backend]\nworkers = ['unix:{worker.socket}']\n"
        with running_backend(one, config) as first:
            # The browser believes that it speaks to the first one.
            config += f"origins = ['{first.rstrip('/')}']\n"
            with running_backend(two, config) as second:
                reader = enter(opens=False, url=first)
                under_way: set[Request] = set()
                most = 0

                def begun(request: Request) -> None:
                    nonlocal most
                    if "/sockjs/" in request.url:
                        under_way.add(request)
                        most = max(most, len(under_way))

                sent: list[str] = []

                def astray(route: Route) -> None:
                    sent.append(route.request.url)
                    route.continue_(url=route.request.url.replace(first, second))

                page = reader.page
                page.on("request", begun)
                page.on("requestfinished", lambda request: under_way.discard(request))
                page.on("requestfailed", lambda request: under_way.discard(request))
                page.route_web_socket(re.compile("."), lambda socket: socket.close())
                page.route("**/xhr_send*", astray)
                reader.open()
                reader.begin("print('once')")
                page.wait_for_timeout(15_000)
                expect(page.locator(".status.away")).to_be_visible()
                assert len(sent) >= 2 and most <= 2, (sent, most)
                page.unroute("**/xhr_send*")
                # By now it waits up to 15 s before it tries again, and asks for a WebSocket twice in between.
                expect(reader.outputs()).to_contain_text("once", timeout=NOTICED)
                reader.await_end(reason="done")
                assert reader.outputs().inner_text().strip() == "once"
                assert most <= 2
                page.close()
                reader.faults.clear()  # of the answers 404
