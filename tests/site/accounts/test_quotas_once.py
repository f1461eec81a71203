"""Quotas over what goes wrong: each evaluation counts once, also for who comes back, and none that is refused."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import aiohttp
import pytest

from tests.site.backend_process import RunningBackend, backend_process
from tests.site.client_end import Json, connected, result_of
from tests.site.worker_process import QUICK, running_worker

MOST = 2
CONFIG = f"""
[backend]
workers = ['unix:SOCKET']
waiting = 0
[quotas.anonymous]
evaluations = {MOST}
[rates]
owner = true
"""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBackend]:
    folder = tmp_path_factory.mktemp("once")
    with ExitStack() as stack:
        worker = stack.enter_context(running_worker(folder, f"{QUICK}[worker]\nmax_sessions = 1\n"))
        config = QUICK + CONFIG.replace("SOCKET", str(worker.socket))
        backend = stack.enter_context(backend_process(folder, config))
        yield backend
        assert "Traceback" not in backend.log.read_text(), backend.log.read_text()


def come(address: str) -> aiohttp.TCPConnector:
    """Come from an address of one's own, which has a count of its own."""
    return aiohttp.TCPConnector(local_addr=(address, 0))


async def answered(http: aiohttp.ClientSession, url: str, body: Json, **headers: str) -> int:
    async with http.post(url, json=body, headers=headers) as answer:
        return answer.status


async def test_a_run_goes_on_for_who_comes_back_at_the_limit(backend: RunningBackend) -> None:
    name, code = secrets.token_hex(16), "import time\nprint(1)\ntime.sleep(1.5)\n6 * 7"
    async with connected(backend.url, connector=come("127.0.0.51")) as one:
        assert result_of(await one.run("1", fresh=True)) == "1"
        await one.send("run", evaluation=name, code=code)
        first = (await one.until("output"))[-1]
    for _ in range(2):  # while it runs, and when it has ended
        async with connected(backend.url, connector=come("127.0.0.51")) as again:
            events = await again.run(code, evaluation=name)
            assert result_of(events) == "42" and events[-1]["reason"] == "done"
            assert not [event for event in events if event["kind"] == "failure"]
            kept = [event for event in events if event.get("sequence") == first["sequence"]]
            assert [event["body"] for event in kept] == [first["body"]]
            await again.send("run", evaluation=secrets.token_hex(16), code="another")
            assert (await again.until("failure"))[-1]["code"] == "too_many"


async def test_an_evaluation_sent_again_at_the_limit_runs_on(backend: RunningBackend) -> None:
    async with connected(backend.url, connector=come("127.0.0.52")) as one:
        session = await one.open()
        await one.evaluate(session, "1")
        for _ in range(2):
            await one.send("evaluate", session=session, evaluation="again", code="import time\ntime.sleep(0.5)\n43 - 1")
        events = await one.until("done", evaluation="again")
        assert result_of(events) == "42"
        assert not [event for event in events if event["kind"] == "failure"]
        await one.send("evaluate", session=session, evaluation="another", code="1")
        assert (await one.until("failure"))[-1]["code"] == "too_many"
        await one.send("close", session=session)
        await one.until("ended")


async def test_what_the_full_site_refuses_is_not_counted(backend: RunningBackend) -> None:
    async with connected(backend.url, connector=come("127.0.0.53")) as other:
        session = await other.open()
        async with (
            connected(backend.url, connector=come("127.0.0.54")) as one,
            aiohttp.ClientSession(connector=come("127.0.0.54")) as http,
        ):
            for _ in range(MOST + 1):
                await one.send("run", evaluation=secrets.token_hex(16), code="x = 1")
                assert (await one.until("failure"))[-1]["code"] == "full"
                await asyncio.sleep(0.1)
                assert await answered(http, backend.url + "service", {"code": "x = 2"}) == 503
                await asyncio.sleep(0.1)
                assert await answered(http, backend.url + "api/v1/evaluate", {"code": "x = 3"}) == 503
                await asyncio.sleep(0.1)
                unknown = backend.url + "api/v1/sessions/none-1/evaluations"
                assert await answered(http, unknown, {"code": "x = 4"}, **{"Sagews-Session-Token": "t"}) == 404
                await one.send("evaluate", session="none-1", evaluation="e", code="1")
                assert (await one.until("failure"))[-1]["code"] == "unknown_session"
                await asyncio.sleep(0.1)
            await other.send("close", session=session)
            await other.until("ended")
            async with asyncio.timeout(10):
                statuses: list[int] = []
                while statuses.count(200) < MOST:
                    statuses.append(await answered(http, backend.url + "service", {"code": f"{len(statuses)}"}))
                    await asyncio.sleep(0.1)
            assert set(statuses) <= {200, 503}
            assert await answered(http, backend.url + "service", {"code": "another"}) == 429
