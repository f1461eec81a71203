"""A session of a running site, and the HTTP side of its files."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote_from_bytes

import aiohttp
from yarl import URL

from tests.running import RunningSite
from tests.site.client_end import ClientEnd, Json, connected

LOW = """
[limits]
file_bytes = 3000000

[[environment]]
name = "python"
preload = []
spares = 1
"""
"""Configuration of a site that starts quickly and has a low limit on files."""


class Desk:
    """A session, and the HTTP side of its files."""

    def __init__(self, site: RunningSite, http: aiohttp.ClientSession, client: ClientEnd, session: str) -> None:
        self.http = http
        self.client = client
        self.session = session
        self.token = {"Sagews-Session-Token": str(client.opened["token"])}
        self.base = f"{site.url}api/v1/sessions/{session}/files/"

    def url(self, path: bytes | str) -> URL:
        """Return the address of a path, as it is given if it is text."""
        return URL(self.base + (quote_from_bytes(path) if isinstance(path, bytes) else path), encoded=True)

    async def evaluate(self, code: str) -> list[Json]:
        """Evaluate code that runs to its end; return the events."""
        events = await self.run(code)
        assert events[-1]["reason"] == "done", events
        return events

    async def run(self, code: str, **fields: Any) -> list[Json]:
        """Evaluate code that may end in any way; return the events, `done` last."""
        return await self.client.evaluate(self.session, code, **fields)

    async def begin(self, name: str, code: str, **fields: Any) -> None:
        """Send an evaluation of this name, and do not wait."""
        await self.client.send("evaluate", session=self.session, evaluation=name, code=code, **fields)

    async def end_of(self, name: str) -> list[Json]:
        """Return the events up to the end of an evaluation that was begun."""
        return await self.client.until("done", evaluation=name)

    async def interrupt(self) -> None:
        await self.client.send("interrupt", session=self.session)

    async def list(self, path: str = "") -> Json:
        async with self.http.get(self.url(path), headers=self.token) as response:
            assert response.status == 200, await response.text()
            assert response.content_type == "application/json"
            listed: Json = await response.json()
            return listed

    async def get(self, path: bytes | str, status: int = 200) -> bytes:
        async with self.http.get(self.url(path), headers=self.token) as response:
            assert response.status == status, await response.text()
            return await response.read()

    async def put(self, path: bytes | str, data: object, status: int = 201, **headers: str) -> str:
        if isinstance(data, bytes):
            data = io.BytesIO(data)
        async with self.http.put(self.url(path), data=data, headers=self.token | headers) as response:
            assert response.status == status, await response.text()
            return await response.text()


@asynccontextmanager
async def desk_at(site: RunningSite, *, within: float = 60.0, **fields: Any) -> AsyncIterator[Desk]:
    """Open a session, with these fields of `open`, and close it afterwards, `within` seconds in all."""
    async with connected(site.url, within=within) as client, aiohttp.ClientSession() as http:
        yield Desk(site, http, client, await client.open(**fields))
        await client.send("close", session=client.opened["session"])
