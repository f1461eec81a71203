"""A worker that dies, hangs, is cut off: who has a session there is told what is known of it, and loses no more."""

import asyncio
import shutil
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

from sagews.client import Client, Done, Output
from tests.running import running_site
from tests.site.backend_process import backend_process
from tests.site.client_end import ClientEnd, Json, connected, text_of
from tests.site.relay import relay
from tests.site.test_control_link import health, until_health
from tests.site.test_worker_tls import certify
from tests.site.two_backends import ENVIRONMENT, two_backends
from tests.site.worker_process import running_worker

LOST = 10.0
"""Seconds within which everybody must know."""


async def until_ended(client: ClientEnd) -> Json:
    async with asyncio.timeout(LOST):
        return (await client.until("ended"))[-1]


async def test_a_killed_worker_is_the_end_of_its_sessions_for_everybody_and_whoever_comes_later(tmp_path: Path) -> None:
    with two_backends(tmp_path) as site:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(connected(url)) for url in (*site.urls, *site.urls)]
            session = await clients[0].open()
            token = clients[0].opened["token"]
            for client in clients[1:]:
                await client.send("attach", session=session, token=token)
                await client.until("attached")
            await clients[0].send("evaluate", session=session, evaluation="e", code="while True: pass")
            await clients[-1].until("started")
            begun = time.monotonic()
            site.worker.process.kill()
            for client in clients:
                ended = await until_ended(client)
                assert (ended["reason"], ended["session"]) == ("worker_lost", session)
            assert time.monotonic() - begun < LOST
            for url in site.urls:
                async with connected(url) as late:
                    await late.send("attach", session=session, token=token)
                    failure = (await late.until("failure"))[-1]
                    assert failure["code"] == "unknown_session" and "lost" in failure["what"]


async def test_a_worker_that_is_started_again_does_not_know_them(tmp_path: Path) -> None:
    with running_site(tmp_path, config=ENVIRONMENT) as site:
        async with connected(site.url) as client, Client(site.url) as typed:
            session = await client.open()
            token = client.opened["token"]
            other = await typed.open()
            worker = site.service("worker")
            worker.kill()
            assert (await until_ended(client))["reason"] == "worker_lost"
            assert (await asyncio.wait_for(other.wait_ended(), LOST)).reason == "worker_lost"
            await until_health(site.url, 200, ["ready"], 30)
            await client.send("attach", session=session, token=token)
            assert (await client.failure())["code"] == "unknown_session"
            # And a new session is to be had.
            await client.open()


async def test_a_worker_that_hangs_is_away_and_comes_back_with_all_that_it_had(tmp_path: Path) -> None:
    with two_backends(tmp_path) as site:
        states: list[str] = []
        async with connected(site.one.url) as client, Client(site.two.url, on_state=states.append) as typed:
            other = await typed.open()
            session = await client.open()
            site.worker.process.send_signal(signal.SIGSTOP)
            try:
                away = (await client.until("away"))[-1]
                assert away["session"] == session and away["sequence"] == 0 and away["within_seconds"] > 60
                await until_health(site.one.url, 503, ["away"], 5)
                # What is asked meanwhile waits in the client.
                evaluating = asyncio.create_task(_output(other, "print(6 * 7)"))
                await asyncio.sleep(1)
                assert not evaluating.done()
            finally:
                site.worker.process.send_signal(signal.SIGCONT)
            assert (await client.until("away"))[-1]["within_seconds"] == 0
            assert await asyncio.wait_for(evaluating, 20) == "42\n"
            assert text_of(await client.evaluate(session, "print('lives')")) == "lives\n"
            name = other.name
            assert states == [
                f"session {name} cannot be reached; the server looks for it",
                f"session {name} is reached again",
            ]


async def _output(session: object, code: str) -> str:
    told = [event async for event in session.evaluate(code)]  # type: ignore[attr-defined]
    assert isinstance(told[-1], Done)
    return "".join(event.content.get("text", "") for event in told if isinstance(event, Output))


async def test_a_new_session_does_not_wait_for_a_worker_that_hangs(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    with (
        running_worker(one, ENVIRONMENT + "[worker]\nname = 'wa'\n", name="wa") as first,
        running_worker(two, ENVIRONMENT + "[worker]\nname = 'wb'\n", name="wb") as second,
        backend_process(one, f"[backend]\nworkers = ['unix:{first.socket}', 'unix:{second.socket}']\n") as backend,
    ):
        await until_health(backend.url, 200, ["ready", "ready"], 10)
        async with connected(backend.url) as client:
            first.process.send_signal(signal.SIGSTOP)
            try:
                # The one that hangs has not been missed yet: whoever is sent there is sent on when it is.
                for _ in range(4):
                    async with asyncio.timeout(10):
                        assert (await client.open()).startswith("wb-")
                assert (await health(backend.url))[1] == ["away", "ready"]
            finally:
                first.process.send_signal(signal.SIGCONT)
            await until_health(backend.url, 200, ["ready", "ready"], 15)
            for _ in range(8):
                if (await client.open()).startswith("wa-"):
                    break
            else:
                raise AssertionError("nobody is sent to the one that came back")


async def test_a_worker_that_was_cut_off_is_found_again_within_the_grace_of_its_sessions(tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    certify(near / "data")
    far.mkdir()
    shutil.copytree(near / "data", far / "data")
    config = ENVIRONMENT + "[limits]\ngrace = 40\n[worker]\nname = 'wb'\nlisten = '127.0.0.1:0'\n"
    with running_worker(far, config, name="wb") as worker:
        async with relay(int(worker.listen.rsplit(":", 1)[1])) as network:
            workers = f"[backend]\nworkers = ['127.0.0.1:{network.port}']\n"
            with backend_process(near, workers) as backend:
                await until_health(backend.url, 200, ["ready"], 10)
                async with connected(backend.url) as client:
                    session = await client.open()
                    code = "import time\nfor i in range(100): print(i, flush=True); time.sleep(0.1)"
                    await client.send("evaluate", session=session, evaluation="e", code=code)
                    seen = await client.until("output")
                    # Every connection breaks, and new ones lead nowhere: longer than any single attempt takes.
                    network.freeze()
                    network.cut()
                    seen += await client.until("away")
                    assert seen[-1]["within_seconds"] == 40
                    await asyncio.sleep(8)
                    network.thaw()
                    network.cut()
                    async with asyncio.timeout(20):
                        seen += await client.until("done")
                    assert text_of(seen).split() == [str(n) for n in range(100)]
                    numbered = [event["sequence"] for event in seen if event["sequence"]]
                    assert numbered == list(range(1, len(numbered) + 1))
                    assert [event["within_seconds"] for event in seen if event["kind"] == "away"][-1] == 0


async def test_a_session_whose_worker_stays_away_is_given_up_after_its_grace(tmp_path: Path) -> None:
    with two_backends(tmp_path, limits="grace = 5", backend="[limits]\ngrace = 5") as site:
        async with connected(site.one.url) as client:
            session = await client.open()
            token = client.opened["token"]
            site.worker.process.send_signal(signal.SIGSTOP)
            try:
                assert (await client.until("away"))[-1]["within_seconds"] == 5
                assert (await until_ended(client))["reason"] == "worker_lost"
                # So it is for whoever comes back to it only now.
                for url in site.urls:
                    async with connected(url) as late:
                        await late.send("attach", session=session, token=token)
                        failure = await late.failure()
                        assert failure["code"] == "unknown_session" and "lost" in failure["what"]
            finally:
                site.worker.process.send_signal(signal.SIGCONT)
