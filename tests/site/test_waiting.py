"""A site without a free place: readers wait in a line, are told their place in it, and get the next one."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from sagews.client import Client
from sagews.errors import ServiceError
from tests.running import RunningSite, running_site
from tests.site.client_end import ClientEnd, connected, result_of

ONE_PLACE = """
[[environment]]
name = "python"
preload = []
spares = 0
[worker]
max_sessions = 1
[backend]
waiting = 3
waiting_seconds = 4
"""


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site with one place, and a line of three."""
    with running_site(tmp_path_factory.mktemp("narrow"), config=ONE_PLACE) as running:
        yield running
        assert "Traceback" not in running.log(), running.log()


async def line_up(client: ClientEnd) -> int:
    """Ask for a session where there is none; return the id of the request, which stands in line."""
    request = await client.send("open")
    waiting = (await client.until("waiting", request=request))[-1]
    assert waiting["sequence"] == 0 and waiting["place"] >= 1
    return request


async def close(client: ClientEnd, session: str) -> None:
    await client.send("close", session=session)
    await client.until("ended")


async def test_the_next_in_line_gets_the_place_at_once(narrow: RunningSite) -> None:
    async with connected(narrow.url) as holds, connected(narrow.url) as first, connected(narrow.url) as second:
        session = await holds.open()
        one, two = await line_up(first), await line_up(second)
        await close(holds, session)
        begun = time.monotonic()
        opened = (await first.until("opened", request=one))[-1]
        # It is told of the place; nobody looks every few seconds.
        assert time.monotonic() - begun < 2.0
        assert (await second.until("waiting", request=two, place=1))[-1]["waiting"] == 1
        await close(first, opened["session"])
        opened = (await second.until("opened", request=two))[-1]
        assert result_of(await second.evaluate(opened["session"], "6 * 7")) == "42"
        await close(second, opened["session"])


async def test_who_has_waited_long_enough_is_told_when_to_try_again(narrow: RunningSite) -> None:
    async with connected(narrow.url) as holds, connected(narrow.url) as client:
        session = await holds.open()
        request = await line_up(client)
        failure = (await client.until("failure", request=request))[-1]
        assert failure["code"] == "full" and failure["retry_after"] == 15
        assert failure["hint"] == "try again in 15 s"
        await close(holds, session)


async def test_a_full_line_says_so_at_once(narrow: RunningSite) -> None:
    async with AsyncExitStack() as stack:
        holds, *others, late = [await stack.enter_async_context(connected(narrow.url)) for _ in range(5)]
        session = await holds.open()
        for client in others:
            await line_up(client)
        request = await late.send("open")
        failure = (await late.until("failure", request=request))[-1]
        assert failure["code"] == "full" and "no room in the line" in failure["what"]
        async with aiohttp.ClientSession() as http:
            async with http.get(narrow.url + "healthz") as answer:
                assert (await answer.json())["waiting"] == 3
            async with http.get(narrow.url + "metrics") as answer:
                assert "sagews_waiting 3.0" in await answer.text()
        # Those who go away, or withdraw, leave it.
        await others[0].socket.close()
        await others[1].send("withdraw", request=1)
        assert (await others[1].until("failure"))[-1]["request"] == 1
        await late.send("open")
        waiting = (await late.until("waiting"))[-1]
        assert waiting["waiting"] == 2
        await close(holds, session)


async def test_a_call_of_the_service_waits_for_some_seconds_only(narrow: RunningSite) -> None:
    async with connected(narrow.url) as holds, aiohttp.ClientSession() as http:
        session = await holds.open()
        begun = time.monotonic()
        async with http.post(narrow.url + "service", data={"code": "1+1"}) as answer:
            assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
            assert (await answer.json())["error"]["code"] == "full"
        assert time.monotonic() - begun < 10
        calling = asyncio.create_task(http.post(narrow.url + "service", data={"code": "1+1"}))
        await asyncio.sleep(0.5)
        await close(holds, session)
        async with await calling as answer:
            assert answer.status == 200 and (await answer.json())["result"] == "2"


async def test_the_python_client_waits_and_says_so(narrow: RunningSite) -> None:
    states: list[str] = []
    async with Client(narrow.url) as holds, Client(narrow.url, on_state=states.append) as client:
        session = await holds.open()
        opening = asyncio.create_task(client.open())
        async with asyncio.timeout(10):
            while not states:
                await asyncio.sleep(0.02)
        assert states == ["the site is full; waiting for a place: 1 of 1"]
        await session.close()
        await (await asyncio.wait_for(opening, 10)).close()
        # Whoever wants no session any more holds nobody up.
        session = await holds.open()
        opening = asyncio.create_task(client.open())
        async with asyncio.timeout(10):
            while len(states) < 2:
                await asyncio.sleep(0.02)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        with pytest.raises(ServiceError, match="try again in 15 s"):
            await client.open()
        await session.close()


async def test_a_worker_that_is_started_again_is_waited_for(tmp_path: Path) -> None:
    config = ONE_PLACE.replace("waiting_seconds = 4", "waiting_seconds = 30")
    with running_site(tmp_path, config=config) as site:
        async with connected(site.url) as client:
            site.service("worker").kill()
            session = await client.open()
            assert result_of(await client.evaluate(session, "1+1")) == "2"
            await close(client, session)
