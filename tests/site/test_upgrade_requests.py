"""Requests to become a WebSocket that are none, or go where none is: each is answered, and harms nobody."""

import asyncio
import os
import random
import re

from tests.running import RunningSite
from tests.site.client_end import assert_serves

VARIANTS = 10_000 if os.environ.get("SAGEWS_PROVE") else 100
TOGETHER = 20

ODD_PATHS = [
    *("/sockjs/upgrade", "/sockjs/x/y/z", "/sockjs/x/y/websocket/", "/sockjs/x/y/websocket/z", "/sockjs/x/websocket"),
    *("/sockjs//websocket", "/sockjs/x.y/z/websocket", "/sockjs/x/y/WEBSOCKET", "/sockjs/%2e%2e/y/websocket"),
    *("/socket/", "/Socket", "/socket/x", "/socketx", "/%73ocket/", "/sockjs/websocket/x", "/echo/upgrade", "/~"),
    "/sockjs/x/y/xhr%00",
]
SOCKETS = ["/socket", "/sockjs/websocket", "/sockjs/x/y/websocket"]
RIGHT = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
}
WRONG = {
    "Upgrade": [None, "", "WebSocket,foo", "foo", "h2c", "websocket websocket", "web\tsocket", "websocket/13", "\xff"],
    "Connection": [None, "", "close", "keep-alive", "Upgrades", "foo", "\xfe"],
    "Sec-WebSocket-Version": [None, "", "0", "12", "14", "13, 8", "x", "-13", "13.0"],
    "Sec-WebSocket-Key": [None, "", "=", "x3JJHMbDL1EzLkh9GBhXDw", "eA==", "!" * 24, "x" * 5000, "\xff\xfe"],
}
MORE = [
    (
        "Sec-WebSocket-Extensions",
        ["permessage-deflate", "permessage-deflate; server_max_window_bits=99", ";;;,", "x" * 999],
    ),
    ("Sec-WebSocket-Protocol", ["", "a, b", "\x80"]),
    ("Content-Length", ["0", "1"]),
    ("Expect", ["100-continue"]),
]


def variant(chance: random.Random, host: str) -> bytes:
    """Return a request that no server may take for a WebSocket: its path is odd, or a header is wrong or missing."""
    fields: dict[str, str | None] = dict(RIGHT)
    path = chance.choice(SOCKETS)
    flaws = chance.randint(1, 3)
    if odd := chance.random() < 0.5:
        path = chance.choice(ODD_PATHS) + chance.choice(["", "", "?x=1", f"/{chance.randrange(10**6)}"])
        flaws -= 1
    for name in chance.sample(sorted(WRONG), flaws):
        fields[name] = chance.choice(WRONG[name])
    for name, values in MORE:
        if chance.random() < 0.2:
            fields[name] = chance.choice(values)
    names = list(fields)
    chance.shuffle(names)
    method = chance.choice(["GET"] * 8 + ["POST", "HEAD", "OPTIONS", "BREW"]) if odd else "GET"
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {fields[name]}" for name in names if fields[name] is not None]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + chance.randbytes(chance.choice([0, 0, 5]))


async def status(port: int, request: bytes) -> int:
    """Return the status with which a request is answered."""
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            while (line := await reader.readline()).startswith(b"HTTP/1.1 100 ") or line == b"\r\n":
                pass
        finally:
            writer.transport.abort()
    found = re.fullmatch(rb"HTTP/1\.[01] (\d{3}) .*\r\n", line)
    assert found is not None, (request, line)
    return int(found[1])


async def test_what_is_no_websocket_is_answered_and_the_backend_lives(site: RunningSite) -> None:
    backend = site.service("backend").pid
    chance = random.Random(20_200_313)
    logged = len(site.log())
    for _ in range(VARIANTS // TOGETHER):
        requests = [variant(chance, f"127.0.0.1:{site.port}") for _ in range(TOGETHER)]
        answers = await asyncio.gather(*(status(site.port, request) for request in requests))
        for request, answer in zip(requests, answers, strict=True):
            assert answer in {400, 404, 405, 417}, (request, answer)
    assert site.service("backend").pid == backend
    assert "Traceback" not in site.log()[logged:]
    await assert_serves(site.url)
