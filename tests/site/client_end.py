"""The browser's end of a connection, for tests that speak to a running site over `/socket`."""

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

Json = dict[str, Any]

DEADLINE = 20.0
"""Seconds in which any awaited message must come."""


class ClientEnd:
    """One WebSocket, its messages as JSON objects."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._ids = itertools.count(1)
        # A session runs no name twice, whoever sends it.
        self._prefix = secrets.token_hex(4)
        self._names = itertools.count(1)
        self.opened: Json = {}

    async def send(self, kind: str, **fields: Any) -> int:
        """Send a request and return its id."""
        identifier = next(self._ids)
        await self.socket.send_str(json.dumps({"kind": kind, "id": identifier, **fields}))
        return identifier

    async def next(self) -> Json:
        """Return the next message that is no heartbeat."""
        while True:
            message = await self.socket.receive(DEADLINE)
            assert message.type is aiohttp.WSMsgType.TEXT, message
            event: Json = json.loads(message.data)
            if event["kind"] != "heartbeat":
                return event

    async def until(self, kind: str, **fields: Any) -> list[Json]:
        """Return all messages up to the first of this kind with these fields."""
        events = []
        while True:
            events.append(event := await self.next())
            if event["kind"] == kind and all(event.get(name) == value for name, value in fields.items()):
                return events

    async def greet(self, ticket: str) -> Json:
        """Say hello with a ticket and return the welcome."""
        await self.socket.send_str(hello(ticket))
        welcome = await self.next()
        assert welcome["kind"] == "welcome", welcome
        return welcome

    async def open(self, **fields: Any) -> str:
        """Open a session and return its id."""
        request = await self.send("open", **fields)
        while (event := await self.next()).get("request") != request or event["kind"] not in ("opened", "failure"):
            pass
        assert event["kind"] == "opened", event
        self.opened = event
        return str(self.opened["session"])

    async def evaluate(self, session: str, code: str, **fields: Any) -> list[Json]:
        """Evaluate and return the events up to its end."""
        name = f"{self._prefix}-{next(self._names)}"
        await self.send("evaluate", session=session, evaluation=name, code=code, **fields)
        return await self.until("done", evaluation=name)

    async def run(self, code: str, **fields: Any) -> list[Json]:
        """Evaluate in a session of its own, and return the events up to the end."""
        name = fields.pop("evaluation", None) or secrets.token_hex(16)
        await self.send("run", evaluation=name, code=code, **fields)
        return await self.until("done", evaluation=name)

    async def failure(self) -> Json:
        """Return the next message, which must be a failure."""
        event = await self.next()
        assert event["kind"] == "failure", event
        assert event["hint"], event
        assert event["what"] and "Traceback" not in json.dumps(event)
        return event


async def fetch_ticket(http: aiohttp.ClientSession, url: str, headers: dict[str, str] | None = None) -> str:
    """Return a new ticket of the site."""
    async with http.post(url + "ticket", headers=headers) as response:
        assert response.status == 200, await response.text()
        return str((await response.json())["ticket"])


def hello(ticket: str) -> str:
    """Return the first message of a connection."""
    return json.dumps({"kind": "hello", "ticket": ticket})


@asynccontextmanager
async def connected(
    url: str, *, within: float = 60.0, connector: aiohttp.TCPConnector | None = None, **options: Any
) -> AsyncIterator[ClientEnd]:
    """Connect to a site, with a ticket fetched by the same headers, and close afterwards, `within` seconds in all."""
    async with aiohttp.ClientSession(connector=connector) as http, asyncio.timeout(within):
        ticket = await fetch_ticket(http, url, options.get("headers"))
        async with http.ws_connect(url + "socket", max_msg_size=0, **options) as socket:
            client = ClientEnd(socket)
            await client.greet(ticket)
            yield client


def result_of(events: list[Json]) -> str:
    """Return the text of the execute_result among events."""
    for event in events:
        if event["kind"] == "output" and event["output_kind"] == "execute_result":
            return str(json.loads(event["body"])["data"]["text/plain"])
    raise AssertionError(f"no result in {events}")


def text_of(events: list[Json]) -> str:
    """Return what was written to the streams."""
    return "".join(
        json.loads(event["body"])["text"]
        for event in events
        if event["kind"] == "output" and event["output_kind"] == "stream"
    )


async def assert_serves(url: str) -> None:
    """Assert that a new reader gets 1+1 in under 2 s."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with connected(url) as client:
        session = await client.open()
        assert result_of(await client.evaluate(session, "1+1")) == "2"
        await client.send("close", session=session)
        await client.until("ended")
    assert loop.time() - begun < 2.0
