"""What a socket costs that does nothing, once it has been used."""

import asyncio
import json
import resource
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.running import running_site
from tests.site.client_end import fetch_ticket, hello
from tests.site.desk import LOW

SOCKETS = 1000
MEMORY = 300_000_000
"""Bytes that the backend may have in all."""
FEW = 512


@contextmanager
def few_open_files() -> Iterator[None]:
    """Let what is started now have few open files, unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 3 * SOCKETS:
        pytest.skip(f"this machine allows no more than {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_thousand_idle_sockets_fit(tmp_path: Path) -> None:
    """On a site that a network can reach, whose sockets compress; each has sent something large."""
    async with AsyncExitStack() as stack:
        with few_open_files():
            site = stack.enter_context(running_site(tmp_path, "--host", "0.0.0.0", config=LOW))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3 * SOCKETS), hard))
        backend = psutil.Process(site.service("backend").pid)
        headers = {"Authorization": f"Bearer {(site.data / 'access-token').read_text().strip()}"}
        connector = aiohttp.TCPConnector(limit=0)
        http = await stack.enter_async_context(aiohttp.ClientSession(headers=headers, connector=connector))
        await stack.enter_async_context(asyncio.timeout(100))
        url = f"http://127.0.0.1:{site.port}/"
        greeting = hello(await fetch_ticket(http, url))
        large = json.dumps({"kind": "x" * 50_000, "id": 1})
        for _ in range(SOCKETS):
            socket = await stack.enter_async_context(http.ws_connect(url + "socket", compress=15))
            assert socket.compress
            await socket.send_str(greeting)
            await socket.send_str(large)
            while json.loads((await socket.receive(10)).data)["kind"] != "failure":
                pass
        assert backend.memory_info().rss < MEMORY
