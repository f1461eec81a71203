"""The page on a site that is full, whose backend is emptied, whose worker hangs: what it says, and what it keeps."""

import json
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.reader import Reader
from tests.processes import wait_until
from tests.running import RunningSite, running_site
from tests.site.backend_process import RunningBackend
from tests.site.balancer import balancer
from tests.site.two_backends import two_backends

ONE_PLACE = "[[environment]]\nname = 'python'\npreload = []\nspares = 0\n[worker]\nmax_sessions = 1\n"
COUNTING = "from time import sleep\nfor n in range(80):\n    print('line', n)\n    sleep(0.1)"
WATCH = """() => {
    const texts = window.texts = [];
    const look = () => {
        const text = document.querySelector(".status-text")?.textContent ?? "";
        if (text !== texts.at(-1)) texts.push(text);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    look();
}"""
"""Keeps all that the status line says."""


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site with one place."""
    with running_site(tmp_path_factory.mktemp("narrow"), config=ONE_PLACE) as running:
        yield running


def test_a_reader_without_a_place_sees_how_many_stand_before(enter: Callable[..., Reader], narrow: RunningSite) -> None:
    holds, first, second = (enter(url=narrow.url) for _ in range(3))
    holds.evaluate("1")
    first.begin("6 * 7")
    first.await_status("Waiting for a free place: 1 of 1")
    second.begin("6 * 8")
    second.await_status("Waiting for a free place: 2 of 2")
    holds.page.get_by_role("button", name="New", exact=True).click()
    first.await_end(reason="done")
    expect(first.outputs()).to_contain_text("42")
    second.await_status("Waiting for a free place: 1 of")
    # Who has enough of it presses Stop, and is told how to wait anew.
    second.page.locator(".status").get_by_role("button", name="Stop").click()
    second.await_notice("the wait for a place was ended")
    expect(second.cell().locator(".cell")).to_have_attribute("data-reason", "refused")
    first.page.get_by_role("button", name="New", exact=True).click()
    expect(second.evaluate("6 * 9")).to_contain_text("54")
    second.page.get_by_role("button", name="New", exact=True).click()


def test_a_page_moves_to_another_backend_and_nobody_sees_it(enter: Callable[..., Reader], tmp_path: Path) -> None:
    with (
        two_backends(tmp_path, backend="drain_seconds = 4") as site,
        balancer(tmp_path, [site.one.port, site.two.port]) as before,
    ):
        wait_until(lambda: answers(before.url), 20, "the balancer has found the backends")
        reader = enter(url=before.url)
        reader.begin(COUNTING)
        expect(reader.outputs()).to_contain_text("line 3")
        reader.page.evaluate(WATCH)
        backend = next(one for one in (site.one, site.two) if connections(one))
        backend.process.send_signal(signal.SIGTERM)
        wait_until(lambda: backend.process.poll() is not None, 10, "the backend has ended")
        reader.await_end(reason="done")
        assert reader.outputs().inner_text().strip().splitlines() == [f"line {n}" for n in range(80)]
        said = reader.page.evaluate("() => window.texts")
        assert said and all(text.startswith(("Running", "Ready")) for text in said), said
        reader.page.close()  # Or Chromium would tell that the site, which ends now, refuses connections.


def test_a_session_that_cannot_be_reached_is_said_to_be_so_and_found(
    enter: Callable[..., Reader], tmp_path: Path
) -> None:
    with two_backends(tmp_path) as site:
        reader = enter(url=site.one.url)
        reader.begin(COUNTING.replace("80", "30"))
        expect(reader.outputs()).to_contain_text("line")
        site.worker.process.send_signal(signal.SIGSTOP)
        try:
            reader.await_status("The session cannot be reached; looking for it")
            # What is asked for meanwhile is done when it is found.
            reader.add_cell()
            reader.begin("print('asked', 'meanwhile')", place=1)
        finally:
            site.worker.process.send_signal(signal.SIGCONT)
        reader.await_end(place=1, reason="done")
        assert reader.outputs().inner_text().strip().splitlines() == [f"line {n}" for n in range(30)]
        expect(reader.outputs(1)).to_contain_text("asked meanwhile")
        reader.await_status("Ready")
        reader.page.close()


def test_a_worker_that_is_lost_is_told_in_time(enter: Callable[..., Reader], tmp_path: Path) -> None:
    with two_backends(tmp_path) as site:
        reader = enter(url=site.one.url)
        reader.begin("while True: pass")
        reader.await_status("Running")
        begun = time.monotonic()
        site.worker.process.kill()
        reader.await_notice("its worker was lost")
        assert time.monotonic() - begun < 10
        reader.page.close()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "healthz", timeout=2) as answer:
            return bool(json.load(answer)["status"] == "ok")
    except OSError:
        return False


def connections(backend: RunningBackend) -> int:
    """Return how many connections a backend has."""
    with urllib.request.urlopen(backend.url + "metrics", timeout=5) as answer:
        text = answer.read().decode()
    return int(float(next(line for line in text.splitlines() if line.startswith("sagews_connections ")).split()[1]))
