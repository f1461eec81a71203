"""A caller of the API of a running site, for tests."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.running import RunningSite

Json = dict[str, Any]

SENT, LINES = "text/event-stream", "application/x-ndjson"
DEADLINE = aiohttp.ClientTimeout(total=60, sock_read=30)


class Caller:
    """A program that speaks to the API."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.base = base

    async def ask(
        self, method: str, path: str, status: int, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Json:
        """Ask, and return the answer, which must have this status."""
        url = self.base + path if path.startswith("/") else f"{self.base}/api/v1/{path}"
        async with self.http.request(method, url, headers=headers, **more) as response:
            text = await response.text()
            assert response.status == status, (response.status, text)
            if status == 204:
                assert not text
                return {}
            assert response.content_type == "application/json", response.headers
            answer: Json = json.loads(text)
            if status >= 400:
                failure = answer["error"]
                assert set(failure) == {"code", "what", "noun", "hint"} and all(failure.values()), failure
                assert ("Retry-After" in response.headers) == (status in (429, 503))
                assert ("WWW-Authenticate" in response.headers) == (status == 401)
                return dict(failure)
            return answer

    async def evaluate(self, code: str, **fields: Any) -> Json:
        return await self.ask("POST", "evaluate", 200, json={"code": code, **fields})

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, form: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> AsyncIterator[AsyncIterator[Json]]:
        """Give the events of a stream, as they come."""
        whole = {"Accept": form, **(headers or {})}
        async with self.http.request(method, f"{self.base}/api/v1/{path}", headers=whole, **more) as response:
            assert response.status == 200, await response.text()
            assert response.content_type == form
            assert response.headers["Cache-Control"] == "no-store"
            yield sent_events(response) if form == SENT else lines(response)

    async def all_of(self, method: str, path: str, form: str, **more: Any) -> list[Json]:
        async with self.stream(method, path, form, **more) as events:
            return [event async for event in events]

    async def open(self, **fields: Any) -> "Room":
        """Open a session."""
        return Room(self, await self.ask("POST", "sessions", 201, json=fields))


class Room:
    """A session of a caller's."""

    def __init__(self, caller: Caller, opened: Json) -> None:
        self.caller = caller
        self.opened = opened
        self.path = f"sessions/{opened['id']}"
        self.token = {"Sagews-Session-Token": str(opened["token"])}

    async def ask(self, method: str, path: str, status: int, **more: Any) -> Json:
        headers = self.token | more.pop("headers", {})
        return await self.caller.ask(method, self.path + path, status, headers=headers, **more)

    async def evaluate(self, code: str, **fields: Any) -> list[Json]:
        """Evaluate and return all events of it."""
        return await self.caller.all_of(
            "POST", f"{self.path}/evaluations", SENT, headers=self.token, json={"code": code, **fields}
        )

    async def queue(self, code: str, **fields: Any) -> Json:
        return await self.ask("POST", "/evaluations", 202, json={"code": code, **fields})

    async def events(self, after: int = 0, **query: Any) -> Json:
        return await self.ask("GET", "/events", 200, params={"after": after, **query})

    def listen(self, after: int = 0, form: str = SENT, **headers: str) -> Any:
        return self.caller.stream("GET", f"{self.path}/events?after={after}", form, headers=self.token | headers)


async def sent_events(response: aiohttp.ClientResponse) -> AsyncIterator[Json]:
    """Yield the events of a stream of server-sent events, whose ids must be their numbers (HTML standard, 9.2.6)."""
    fields: dict[str, str] = {}
    async for raw in response.content:
        line = raw.decode().removesuffix("\n")
        if line:
            name, colon, value = line.partition(":")
            assert colon
            if name:
                fields[name] = value.removeprefix(" ")
        elif fields:
            event = json.loads(fields.pop("data"))
            assert fields == {"id": str(event["sequence"])}
            yield event
            fields = {}


async def lines(response: aiohttp.ClientResponse) -> AsyncIterator[Json]:
    """Yield the events of a stream of JSON lines."""
    async for line in response.content:
        if line.strip():
            yield json.loads(line)


@asynccontextmanager
async def calling_at(base: str, **headers: str) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(timeout=DEADLINE, headers=headers, read_bufsize=1 << 24) as http:
        yield Caller(base, http)


@asynccontextmanager
async def calling(site: RunningSite, **headers: str) -> AsyncIterator[Caller]:
    async with calling_at(f"http://127.0.0.1:{site.port}", **headers) as caller:
        yield caller
