"""A network that drops every packet: run in a network namespace of its own, `python -m tests.conformance.blackout`.

Clients of the conformance server stream there; then the only interface goes down, which neither end is told of. It
prints, as JSON, after how many seconds the server has let go of the last of them.
"""

import asyncio
import fcntl
import json
import socket
import struct
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from tests.conformance.running import running_server

_IFREQ = struct.Struct("16sh14x")
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_ESTABLISHED = "01"
PATIENCE = 100.0


def switch(*, on: bool) -> None:
    """Take the loopback interface up or down (netdevice(7))."""
    with socket.socket() as any_socket:
        _, flags = _IFREQ.unpack(fcntl.ioctl(any_socket, _SIOCGIFFLAGS, _IFREQ.pack(b"lo", 0)))
        flags = flags | _IFF_UP if on else flags & ~_IFF_UP
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, _IFREQ.pack(b"lo", flags))


def held(port: int) -> int:
    """Return how many connections the server's end of them holds open (proc(5), /proc/net/tcp)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == _ESTABLISHED for row in rows)


async def last_seconds(url: str) -> dict[str, float]:
    """Connect, take the network away, and return how long the server held on."""
    port = int(url.rsplit(":", 1)[1])
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http, AsyncExitStack() as stack:
        for path in ("socket", "echo/0/black-0/websocket"):
            await stack.enter_async_context(http.ws_connect(f"{url}/{path}"))
        await stack.enter_async_context(http.post(f"{url}/echo/0/black-1/xhr_streaming"))
        await stack.enter_async_context(http.get(f"{url}/echo/0/black-2/eventsource"))
        polling = asyncio.create_task(http.post(f"{url}/echo/0/black-3/xhr").__aenter__())
        await polling
        count = held(port)
        begun = loop.time()
        switch(on=False)
        while held(port) and loop.time() < begun + PATIENCE:
            await asyncio.sleep(0.2)
        seconds = loop.time() - begun
        switch(on=True)
    return {"connections": count, "seconds": seconds}


def main() -> None:
    switch(on=True)
    with running_server() as url:
        print(json.dumps(asyncio.run(last_seconds(url))))


if __name__ == "__main__":
    main()
