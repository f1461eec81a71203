"""Clocks that differ: between backends that take each other's tickets, and between a backend and a worker."""

import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.site.backend_process import running_backend
from tests.site.client_end import ClientEnd, assert_serves, connected, fetch_ticket, hello, result_of
from tests.site.worker_process import QUICK, running_worker

CONNECTIONS = 1_000 if os.environ.get("SAGEWS_PROVE") else 20

CLOCK = """
import os, time
_exact, _ahead = time.time, float(os.environ.get("SAGEWS_CLOCK_AHEAD", "0"))
time.time = lambda: _exact() + _ahead
"""
"""The module `sitecustomize` of a service whose clock is so many seconds ahead."""


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """Leave the check to the services that each test starts: they assert that nothing of them is left."""
    yield


@contextlib.contextmanager
def backend_ahead(folder: Path, seconds: float) -> Iterator[str]:
    """Start a backend whose clock is ahead, or behind, on the worker of this folder; give its address."""
    (folder / "clock").mkdir(exist_ok=True)
    (folder / "clock" / "sitecustomize.py").write_text(CLOCK)
    config = f"[backend]\nworkers = ['unix:{folder}/run/w1.sock']\n"
    environment = {"PYTHONPATH": str(folder / "clock"), "SAGEWS_CLOCK_AHEAD": str(seconds)}
    with running_backend(folder, config, environment) as url:
        yield url


async def test_backends_whose_clocks_differ_take_each_others_tickets(tmp_path: Path) -> None:
    """Fetch tickets from a backend 2.5 s ahead and one 2.5 s behind, use each at the other, again and again.

    None is refused, and a session that was opened by one goes on at the other. Source: reported of libraries of
    tokens, where one second was too much, and of a site behind a balancer, which signed people out.
    """
    with (
        running_worker(tmp_path, QUICK),
        backend_ahead(tmp_path, 2.5) as ahead,
        backend_ahead(tmp_path, -2.5) as behind,
    ):
        async with connected(ahead) as first, connected(behind) as second:
            assert 4 < await time_at(first) - await time_at(second) < 6
            session = await first.open()
            await first.evaluate(session, "kept = 41")
            await second.send("attach", session=session, token=first.opened["token"])
            await second.until("attached")
            assert result_of(await second.evaluate(session, "kept + 1")) == "42"
            async with aiohttp.ClientSession() as http:
                for number in range(CONNECTIONS):
                    fetched, used = (ahead, behind) if number % 2 else (behind, ahead)
                    assert await answer_to(http, used, await fetch_ticket(http, fetched)) == "welcome"
            await second.send("close", session=session)
            await second.until("ended")
        for url in (ahead, behind):
            await assert_serves(url)


async def test_a_clock_beyond_the_leeway_is_told(tmp_path: Path) -> None:
    """Use a ticket at a backend whose clock is two minutes off: it is refused, with the age that is the reason."""
    with (
        running_worker(tmp_path, QUICK),
        backend_ahead(tmp_path, 0) as right,
        backend_ahead(tmp_path, 120) as ahead,
    ):
        async with aiohttp.ClientSession() as http:
            for fetched, used in ((right, ahead), (ahead, right)):
                answer = await answer_to(http, used, await fetch_ticket(http, fetched))
                assert answer == "is not of the last 60 s"
        for url in (right, ahead):
            await assert_serves(url)


async def test_a_worker_an_hour_ahead_ends_nothing_early(tmp_path: Path) -> None:
    """Evaluate on a worker whose clock is an hour ahead of the backend's: limits of time are kept as they are."""
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK)
    skewed = {"PYTHONPATH": str(tmp_path / "clock"), "SAGEWS_CLOCK_AHEAD": "3600"}
    with running_worker(tmp_path, QUICK, environment=skewed), backend_ahead(tmp_path, 0) as url:
        async with connected(url) as client:
            session = await client.open(limits={"idle": 60, "lifetime": 60, "wall_time": 30})
            events = await client.evaluate(session, "1+1")
            assert 3500 < events[-1]["time"] - await time_at(client) < 3700
            assert (result_of(events), events[-1]["wall_seconds"] < 30) == ("2", True)
            await client.send("close", session=session)
            assert (await client.until("ended"))[-1]["reason"] == "closed"
        await assert_serves(url)


async def time_at(client: ClientEnd) -> float:
    """Return the time by the clock of the backend of a connection."""
    await client.send("detach", session="w1-none")
    return float((await client.failure())["time"])


async def answer_to(http: aiohttp.ClientSession, url: str, ticket: str) -> str:
    """Say hello with a ticket; return `welcome`, or what is wrong with it."""
    async with http.ws_connect(url + "socket") as socket:
        await socket.send_str(hello(ticket))
        answer = json.loads((await socket.receive(10)).data)
        return str(answer["what"] if answer["kind"] == "failure" else answer["kind"])
