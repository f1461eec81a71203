"""A backend that is emptied: balancers hear of it at once, clients move on and lose nothing, then it ends."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from sagews.client import Client, Done, Event, Output, Session
from tests.site.backend_process import RunningBackend, backend_process
from tests.site.client_end import connected, result_of, text_of
from tests.site.two_backends import two_backends

COUNTING = "import time\nfor i in range(100): print(i, flush=True); time.sleep(0.05)"


async def ends(backend: RunningBackend, deadline: float) -> int:
    """Return the exit status of a backend that ends by itself."""
    async with asyncio.timeout(deadline):
        while (status := backend.process.poll()) is None:
            await asyncio.sleep(0.02)
    return status


async def status_of(backend: RunningBackend) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(backend.url + "healthz") as answer:
        return answer.status, (await answer.json())["status"]


async def evaluate(session: Session, code: str) -> list[Event]:
    return [event async for event in session.evaluate(code)]


def printed(events: list[Event]) -> str:
    return "".join(event.content["text"] for event in events if isinstance(event, Output))


async def test_clients_move_to_another_backend_and_lose_nothing(tmp_path: Path) -> None:
    with two_backends(tmp_path, backend="drain_seconds = 6") as site:
        async with AsyncExitStack() as stack:
            states: list[str] = []
            clients = [await stack.enter_async_context(Client(site.urls, on_state=states.append)) for _ in range(5)]
            sessions = [await client.open() for client in clients]
            running = [asyncio.create_task(evaluate(session, COUNTING)) for session in sessions]
            queued = [asyncio.create_task(evaluate(session, "print('queued')")) for session in sessions]
            await asyncio.sleep(0.5)
            site.one.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(2):
                while await status_of(site.one) != (503, "draining"):
                    await asyncio.sleep(0.01)
            assert await status_of(site.two) == (200, "ok")
            # Who comes all the same, before the balancers know, is served.
            async with connected(site.one.url) as late:
                session = await late.open()
                assert result_of(await late.evaluate(session, "1+1")) == "2"
                await late.send("close", session=session)
                await late.until("ended")
            assert await ends(site.one, 8) == 0
            for counting, waiting in zip(running, queued, strict=True):
                told = await asyncio.wait_for(counting, 30)
                assert printed(told).split() == [str(number) for number in range(100)]
                assert isinstance(told[-1], Done) and told[-1].reason == "done"
                after = await asyncio.wait_for(waiting, 30)
                assert printed(after) == "queued\n"
                sequences = sorted(event.sequence for event in told + after)
                assert sequences == list(range(1, len(sequences) + 1))
            for session_ in sessions:
                await session_.close()
            assert not states, "somebody was not connected for a while"
        assert "Traceback" not in site.one.log.read_text() + site.two.log.read_text()


async def test_clients_are_told_one_after_the_other_and_in_time(tmp_path: Path) -> None:
    with two_backends(tmp_path, backend="drain_seconds = 4") as site:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(connected(site.one.url)) for _ in range(20)]
            begun = time.monotonic()
            site.one.process.send_signal(signal.SIGTERM)

            async def told(number: int) -> float:
                moving = (await clients[number].until("moving"))[-1]
                when = time.monotonic() - begun
                assert abs(when + moving["within_seconds"] - 4) < 1
                await clients[number].socket.close()
                return when

            moments = sorted(await asyncio.gather(*map(told, range(20))))
            assert moments[0] > 0.8 and moments[-1] < 4
            assert moments[-1] - moments[0] > 1
            # With the last of them gone, it ends without using up its time.
            assert await ends(site.one, 2) == 0


async def test_who_does_not_move_is_closed_at_the_end(tmp_path: Path) -> None:
    with two_backends(tmp_path, backend="drain_seconds = 1") as site:
        async with connected(site.one.url) as client:
            session = await client.open()
            token = client.opened["token"]
            await client.send("evaluate", session=session, evaluation="e", code="print('goes on')")
            site.one.process.send_signal(signal.SIGTERM)
            await client.until("moving")
            while (message := await client.socket.receive(10)).type is aiohttp.WSMsgType.TEXT:
                pass
            assert message.type is aiohttp.WSMsgType.CLOSE and message.data == aiohttp.WSCloseCode.GOING_AWAY
        assert await ends(site.one, 3) == 0
        async with connected(site.two.url) as client:
            await client.send("attach", session=session, token=token)
            assert text_of(await client.until("attached")) == "goes on\n"


async def test_a_call_of_the_service_is_finished(tmp_path: Path) -> None:
    with two_backends(tmp_path, backend="drain_seconds = 20") as site:
        async with aiohttp.ClientSession() as http:
            data = {"code": "import time; time.sleep(4); print('finished')"}
            calling = asyncio.create_task(http.post(site.one.url + "service", data=data))
            await asyncio.sleep(0.5)
            site.one.process.send_signal(signal.SIGTERM)
            async with await calling as answer:
                assert (await answer.json())["stdout"] == "finished\n"
            assert await ends(site.one, 5) == 0


async def test_a_second_sigterm_ends_it_at_once(tmp_path: Path) -> None:
    with two_backends(tmp_path) as site:
        async with connected(site.one.url):
            site.one.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(2):
                while (await status_of(site.one))[1] != "draining":
                    await asyncio.sleep(0.01)
            site.one.process.send_signal(signal.SIGTERM)
            assert await ends(site.one, 3) == 0


async def test_sigint_ends_it_at_once(tmp_path: Path) -> None:
    with two_backends(tmp_path) as site:
        async with connected(site.one.url):
            site.one.process.send_signal(signal.SIGINT)
            assert await ends(site.one, 3) == 0


async def test_where_there_is_no_other_backend_a_client_comes_back_when_there_is(tmp_path: Path) -> None:
    with two_backends(tmp_path, backend="drain_seconds = 1") as site:
        async with Client(site.one.url) as client:
            session = await client.open()
            evaluating = asyncio.create_task(evaluate(session, COUNTING))
            site.one.process.send_signal(signal.SIGTERM)
            assert await ends(site.one, 4) == 0
            assert not evaluating.done()
            with backend_process(tmp_path, site.config, name="again", port=site.one.port):
                told = await asyncio.wait_for(evaluating, 30)
                assert printed(told).split() == [str(number) for number in range(100)]
                await session.close()
