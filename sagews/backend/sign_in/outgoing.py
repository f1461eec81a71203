"""Requests to providers: each to one address, within a time, and for an answer of a bounded size.

Nothing that a provider says leads anywhere else: redirects are not followed,
no cookie is kept, and no proxy or password is taken from the environment.
What is compressed is not taken, since it says nothing of its true size.
"""

import asyncio
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec
from yarl import URL

from sagews.backend.sign_in.grant import FORM
from sagews.backend.sign_in.refused import Refused, Why

DEADLINE = 10.0
"""Seconds for a request with its whole answer. A person waits for it."""
CONNECT_SECONDS = 4.0
LONGEST = 1 << 18
"""Bytes of an answer: a set of keys with certificates has some ten thousand."""
MOST_CONNECTIONS = 64
"""At once, to all providers together."""
_AGENT = "sagews"

T = TypeVar("T")


class Outgoing:
    """The connections to providers of one backend."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._client: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """End them."""
        if self._client is not None:
            await self._client.close()

    async def get(self, address: str, shape: type[T], headers: Mapping[str, str] | None = None) -> T:
        """Return the JSON at an address. Raises Refused."""
        status, body = await self.request("GET", address, headers or {})
        if status != 200:
            raise Refused(Why.GARBAGE, f"status {status} of {_host(address)}")
        return decoded(body, shape, address)

    async def post(self, address: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send a form, and return the answer with its status, whatever it is. Raises Refused."""
        return await self.request("POST", address, {**headers, "Content-Type": FORM}, urlencode(fields).encode())

    async def request(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Ask once. Raises Refused for what cannot be reached in time, or answers at too great length."""
        try:
            async with (
                asyncio.timeout(self._deadline),
                self._connections().request(
                    method,
                    URL(address, encoded=True),
                    data=body,
                    headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
                    allow_redirects=False,
                ) as answer,
            ):
                if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
                    raise Refused(Why.GARBAGE, f"{_host(address)} compresses, though it was asked not to")
                return answer.status, await _read(answer, address)
        except TimeoutError as error:
            raise Refused(Why.AWAY, f"no answer of {_host(address)} within {self._deadline:.0f} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # The words of the error may hold what the provider said.
            raise Refused(Why.AWAY, f"{_host(address)}: {type(error).__name__}") from error

    def _connections(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=self._deadline, connect=CONNECT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": _AGENT},
                auto_decompress=False,
                trust_env=False,
            )
        return self._client


def decoded(body: bytes, shape: type[T], address: str) -> T:
    """Return the JSON of an answer, as far as it is of use here. Raises Refused for what has not its shape."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Why.GARBAGE, f"no {shape.__name__} at {_host(address)}") from error


async def _read(answer: aiohttp.ClientResponse, address: str) -> bytes:
    parts, size = [], 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > LONGEST:
            raise Refused(Why.GARBAGE, f"over {LONGEST:,} bytes from {_host(address)}")
        parts.append(part)
    return b"".join(parts)


def _host(address: str) -> str:
    return URL(address, encoded=True).host or ""
