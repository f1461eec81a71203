"""Clients of whom nothing is heard any more, though nothing has closed: each is noticed, and let go."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aiohttp
import pytest

from tests.running import RunningSite
from tests.site.client_end import connected, fetch_ticket, hello
from tests.site.relay import relay

NOTICED = 45.0
"""Seconds within which a client that is gone is noticed."""


async def connections(url: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(url + "metrics") as response:
        text = await response.text()
    (line,) = [line for line in text.splitlines() if line.startswith("sagews_connections ")]
    return int(float(line.split()[1]))


@asynccontextmanager
async def clients_of_all_kinds(http: aiohttp.ClientSession, url: str) -> AsyncIterator[int]:
    """Connect in every way that there is, and leave it so; give how many they are."""
    greeting = hello(await fetch_ticket(http, url))
    framed = json.dumps([greeting])
    async with AsyncExitStack() as stack:
        for path in ("socket", "sockjs/websocket", "sockjs/0/half-open-0/websocket"):
            socket = await stack.enter_async_context(http.ws_connect(url + path))
            await socket.send_str(framed if "half-open" in path else greeting)
        for number, transport in enumerate(("xhr_streaming", "eventsource", "htmlfile?c=x", "xhr", "jsonp?c=x")):
            address = f"{url}sockjs/0/half-open-{number + 1}/"
            begun = http.request("POST" if "xhr" in transport else "GET", address + transport)
            if number < 3:
                await stack.enter_async_context(begun)
            else:
                async with begun as response:
                    assert response.status == 200
            async with http.post(address + "xhr_send", data=framed.encode()) as sent:
                assert sent.status == 204
        yield 8


@pytest.mark.timeout(180)
async def test_clients_that_a_network_has_forgotten_are_noticed_and_others_are_kept(quick: RunningSite) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        relay(quick.port) as way,
        aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=None)) as http,
        connected(quick.url) as kept,
        clients_of_all_kinds(http, f"http://127.0.0.1:{way.port}/") as count,
    ):
        assert await connections(quick.url) == count + 1
        way.hold()
        async with asyncio.timeout(NOTICED):
            while await connections(quick.url) > 1:
                # Reading, it answers pings.
                with suppress(TimeoutError):
                    assert (await kept.socket.receive(0.5)).type is aiohttp.WSMsgType.TEXT
        await kept.socket.ping()
        assert not kept.socket.closed and await connections(quick.url) == 1
        way.cut()
