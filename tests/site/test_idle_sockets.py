"""What a socket costs that does nothing, once it has been used."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import psutil

from tests.running import running_site
from tests.site.client_end import fetch_ticket, hello
from tests.site.desk import LOW

SOCKETS = 1000
MEMORY = 300_000_000
"""Bytes that the backend may have in all."""


async def test_a_thousand_idle_sockets_fit(tmp_path: Path) -> None:
    """On a site that a network can reach, whose sockets compress; each has sent and received something large."""
    with running_site(tmp_path, "--host", "0.0.0.0", config=LOW) as site:
        backend = psutil.Process(site.service("backend").pid)
        headers = {"Authorization": f"Bearer {(site.data / 'access-token').read_text().strip()}"}
        http = aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0))
        async with http, AsyncExitStack() as stack, asyncio.timeout(100):
            greeting = hello(await fetch_ticket(http, f"http://127.0.0.1:{site.port}/"))
            large = json.dumps({"kind": "x" * 50_000, "id": 1})
            for _ in range(SOCKETS):
                url = f"http://127.0.0.1:{site.port}/socket"
                socket = await stack.enter_async_context(http.ws_connect(url, compress=15))
                assert socket.compress
                await socket.send_str(greeting)
                await socket.send_str(large)
                while json.loads((await socket.receive(10)).data)["kind"] != "failure":
                    pass
            assert backend.memory_info().rss < MEMORY
