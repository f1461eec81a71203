"""A SockJS client that polls, for tests that speak to a running site over `/sockjs`."""

import asyncio
import io
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.site.client_end import Json, fetch_ticket, hello

_numbers = itertools.count(1)


class Poller:
    """A SockJS client that polls."""

    def __init__(self, http: aiohttp.ClientSession, url: str, name: str = "") -> None:
        self.http = http
        self.base = f"{url}sockjs/000/{name or f'poller{next(_numbers):03}'}"
        self.waiting: list[Json] = []

    async def poll(self) -> str:
        async with self.http.post(self.base + "/xhr") as response:
            assert response.status == 200, await response.text()
            return (await response.text()).rstrip("\n")

    async def send(self, *messages: Any) -> tuple[int, str]:
        return await self.send_raw(json.dumps([json.dumps(message) for message in messages]))

    async def send_raw(self, body: str | bytes) -> tuple[int, str]:
        data = io.BytesIO(body.encode() if isinstance(body, str) else body)
        async with self.http.post(self.base + "/xhr_send", data=data) as response:
            return response.status, await response.text()

    async def until(self, kind: str) -> list[Json]:
        events: list[Json] = []
        while True:
            while self.waiting:
                events.append(event := self.waiting.pop(0))
                if event["kind"] == kind:
                    return events
            frame = await self.poll()
            assert frame[0] in "ah", frame
            if frame[0] == "a":
                self.waiting += [json.loads(text) for text in json.loads(frame[1:])]


@asynccontextmanager
async def browser(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Give the HTTP side of a client that has SockJS's cookie."""
    # Cookies of an IP address are kept only by a jar that is told to.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http, asyncio.timeout(60):
        async with http.get(url + "sockjs/info") as response:
            info = await response.json()
            assert info["websocket"] is True
            assert isinstance(info["entropy"], int)
        yield http


@asynccontextmanager
async def polling(url: str) -> AsyncIterator[Poller]:
    """Give a client that polls and has its welcome."""
    async with browser(url) as http:
        poller = Poller(http, url)
        assert await poller.poll() == "o"
        await poller.send_raw(json.dumps([hello(await fetch_ticket(http, url))]))
        assert (await poller.until("welcome"))[-1]["access"] == "loopback"
        yield poller
