"""Control links: what a worker says of itself, and what a backend makes of it."""

import asyncio
import json
import signal
from pathlib import Path

import aiohttp

from sagews.backend.control import SILENCE
from sagews.protocol import LINK_HEARTBEAT
from sagews.protocol import sagews_pb2 as pb
from tests.running import running_site
from tests.site.client_end import assert_serves
from tests.site.worker_process import BackendEnd, link_to, running_worker

QUICK = "[[environment]]\nname = 'python'\npreload = []\nspares = 0\n"


async def status(link: BackendEnd, state: str) -> pb.Status:
    """Return the first status with this state."""
    while True:
        event = (await link.until("status"))[-1]
        if pb.WorkerState.Name(event.status.state) == f"WORKER_STATE_{state.upper()}":
            return event.status


async def test_states_loads_and_free_places_are_pushed(tmp_path: Path) -> None:
    config = QUICK + "[worker]\nmax_sessions = 1\nmetrics = '127.0.0.1:0'\n"
    with running_worker(tmp_path, config) as worker:
        async with link_to(worker, control=True) as control, link_to(worker, opened=False) as link:
            first = await status(control, "ready")
            assert (first.load.sessions, first.load.places) == (0, 1)
            request = link.send(open=pb.Open(reader="192.0.2.7\n\x1b[31m"))
            assert (await status(control, "full")).load.sessions == 1
            opened = (await link.until("opened"))[-1]
            assert opened.request == request and opened.opened.load.sessions == 1
            link.session, link.token = opened.session, opened.opened.token
            async with link_to(worker, opened=False) as other:
                # A full worker refuses at once, with its load, and lets those in who have a session.
                other.send(open=pb.Open())
                failure = (await other.until("failure"))[-1].failure
                assert failure.code == pb.FAILURE_CODE_FULL
                assert (failure.load.sessions, failure.load.places) == (1, 1)
                other.send(attach=pb.Attach(session=link.session, token=link.token))
                await other.until("attached")
                assert (await get(worker.metrics, "healthz"))[0] == 200
                text = (await get(worker.metrics, "metrics"))[1]
                for line in (
                    'sagews_worker_sessions{doing="idle"} 1.0',
                    'sagews_worker_state{state="full"} 1.0',
                    'sagews_worker_links{role="control"} 1.0',
                    'sagews_worker_links{role="session"} 2.0',
                    'sagews_worker_opens_total{outcome="ok"} 1.0',
                    'sagews_worker_opens_total{outcome="full"} 1.0',
                ):
                    assert line in text
            link.send(close=pb.Close())
            freed = await status(control, "ready")
            assert freed.place_free and freed.load.sessions == 0
            assert not (await status(control, "ready")).place_free
            text = (await get(worker.metrics, "metrics"))[1]
            assert 'sagews_worker_ends_total{reason="closed"} 1.0' in text
        lines = [json.loads(line) for line in worker.log.read_text().splitlines()]
        told = {line["event"]: line for line in lines}
        for event in ("session opened", "session ended"):
            assert (told[event]["session"], told[event]["reader"]) == (link.session, "192.0.2.7\n\x1b[31m")
        assert told["control link opened"]["backend"] == "test"
        assert "\x1b" not in worker.log.read_text()


async def get(address: str, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(f"http://{address}/{path}") as response:
        return response.status, await response.text()


async def test_a_heartbeat_comes_without_any_change_and_no_session_is_carried(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker, control=True) as control:
            begun = asyncio.get_running_loop().time()
            for _ in range(3):
                await status(control, "ready")
            assert asyncio.get_running_loop().time() - begun >= 2 * LINK_HEARTBEAT - 0.5
            control.send(open=pb.Open())
            assert (await control.until("failure"))[-1].failure.code == pb.FAILURE_CODE_OUT_OF_ORDER


async def health(url: str) -> tuple[int, list[str]]:
    async with aiohttp.ClientSession() as http, http.get(url + "healthz") as response:
        return response.status, [worker["state"] for worker in (await response.json())["workers"]]


async def until_health(url: str, status: int, states: list[str], deadline: float) -> None:
    async with asyncio.timeout(deadline):
        while await health(url) != (status, states):
            await asyncio.sleep(0.1)


async def test_a_worker_that_is_frozen_is_away_until_it_goes_on(tmp_path: Path) -> None:
    with running_site(tmp_path, config=QUICK) as site:
        assert await health(site.url) == (200, ["ready"])
        worker = site.service("worker")
        worker.send_signal(signal.SIGSTOP)
        try:
            await until_health(site.url, 503, ["away"], SILENCE + 8)
            async with aiohttp.ClientSession() as http, http.get(site.url + "metrics") as response:
                assert 'sagews_workers{state="away"} 1.0' in await response.text()
        finally:
            worker.send_signal(signal.SIGCONT)
        await until_health(site.url, 200, ["ready"], 15)
        await assert_serves(site.url)
        lines = [json.loads(line) for line in (site.data / "logs" / "backend.log").read_text().splitlines()]
        away = [line for line in lines if line["event"] == "worker away" and line.get("worker")]
        assert any("has said nothing for 6 s" in line["error"] for line in away)
