"""Fixtures: `server`, the address of a conformance server; `http`, a client without cookies."""

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.conformance.running import running_server


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Give the address of a server with the default settings."""
    with running_server() as url:
        yield url


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client that keeps no cookies and waits 10 s at most."""
    limit = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=limit) as client:
        yield client
