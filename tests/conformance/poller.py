"""A client of SockJS that speaks to the echo of a conformance server, request by request."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NOT_KEPT = "no-store, no-cache, no-transform, must-revalidate, max-age=0"


class Poller:
    """One SockJS session."""

    def __init__(self, http: aiohttp.ClientSession, server: str, base: str = "echo") -> None:
        self._http = http
        self.url = f"{server}/{base}/000/{secrets.token_hex(8)}"

    async def post(self, transport: str, body: str | bytes = b"", **fields: str) -> "Answer":
        data = body.encode() if isinstance(body, str) else body
        async with self._http.post(f"{self.url}/{transport}", data=data, headers=fields) as response:
            return Answer(response, await response.text())

    async def get(self, transport: str, **fields: str) -> "Answer":
        async with self._http.get(f"{self.url}/{transport}", headers=fields) as response:
            return Answer(response, await response.text())

    async def poll(self) -> str:
        answer = await self.post("xhr")
        assert answer.status == 200
        return answer.text

    @asynccontextmanager
    async def stream(self, transport: str) -> AsyncIterator["Stream"]:
        """Begin a response that streams."""
        method = "POST" if transport == "xhr_streaming" else "GET"
        async with self._http.request(method, f"{self.url}/{transport}") as response:
            assert response.status == 200
            yield Stream(response)


class Answer:
    """An answer that has ended."""

    def __init__(self, response: aiohttp.ClientResponse, text: str) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = text

    @property
    def kind(self) -> str:
        """The type of its content, spaces left out."""
        return self.headers.get("Content-Type", "").replace(" ", "")


class Stream:
    """An answer that has begun."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.headers = response.headers
        self._content = response.content

    async def until(self, end: str) -> str:
        """Return what comes, up to and with the first `end`."""
        return (await self._content.readuntil(end.encode())).decode()

    async def rest(self) -> str:
        return (await self._content.read()).decode()
