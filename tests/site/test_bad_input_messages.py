"""Mutated messages on a socket: each is answered or does what it says, and no other session notices."""

import asyncio
import os
import random
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.mutation import mutated_message
from tests.running import running_site
from tests.site.client_end import DEADLINE, ClientEnd, Json, assert_serves, connected
from tests.site.neighbour import neighbour

PROVE = bool(os.environ.get("SAGEWS_PROVE"))
MUTATED = 200_000 if PROVE else 2_000
"""Messages of the fuzz."""
ON_ONE_CONNECTION = 250
LAST = 2**40
"""Id of the request that ends a connection's share: what was sent before is dealt with when it is answered."""
GROWTH = 100 << 20
"""Bytes by which the backend may grow, with all that its allocator keeps."""

CONFIG = """
[worker]
max_sessions = 300

[limits]
grace = 0.5
wall_time = 5
interrupt_pause = 0.5

[[environment]]
name = "python"
preload = []
spares = 2
"""


@pytest.mark.timeout(3600)
async def test_mutated_messages_disturb_no_other(tmp_path: Path) -> None:
    seed = int(os.environ.get("SAGEWS_SEED") or random.SystemRandom().randrange(2**32))
    print(f"SAGEWS_SEED={seed} makes these messages again")
    chance = random.Random(seed)
    with running_site(tmp_path, config=CONFIG) as site:
        backend = psutil.Process(site.service("backend").pid)
        async with neighbour(site.url) as other:
            await attack(site.url, chance, other.session, ON_ONE_CONNECTION)
            before = backend.memory_info().rss
            for _ in range(0, MUTATED, ON_ONE_CONNECTION):
                await attack(site.url, chance, other.session, ON_ONE_CONNECTION)
            assert backend.memory_info().rss - before < GROWTH
        await assert_serves(site.url)
        log = site.log()
        assert "Traceback" not in log and '"level": "error"' not in log, log[-5000:]


async def attack(url: str, chance: random.Random, foreign: str, count: int) -> None:
    """Send mutated messages about a session of one's own, and about a foreign one, on one connection after another."""
    while count > 0:
        async with connected(url) as client:
            session = await client.open(limits={"processes": 20, "memory": 300 << 20})
            seeds = messages(session, str(client.opened["token"]), foreign)
            answers = asyncio.create_task(hear(client.socket))
            try:
                while count > 0 and not client.socket.closed:
                    count -= 1
                    await send(client, mutated_message(chance, seeds))
                await client.socket.send_json({"kind": "open", "id": LAST, "environment": "fortran"})
            except (ConnectionError, aiohttp.ClientError):
                pass  # What is no UTF-8 ends a connection, by RFC 6455.
            await answers


async def send(client: ClientEnd, data: bytes) -> None:
    """Send a message as a frame of text, or of bytes if it is no text and does not happen to be sent all the same."""
    try:
        await client.socket.send_str(data.decode())
    except UnicodeDecodeError:
        kind = aiohttp.WSMsgType.BINARY if len(data) % 20 else aiohttp.WSMsgType.TEXT
        await client.socket.send_frame(data, kind)


async def hear(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Take what comes until all that was sent is dealt with, or the connection is closed."""
    while True:
        message = await socket.receive(DEADLINE)
        if message.type is not aiohttp.WSMsgType.TEXT:
            assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED}
            return
        event = message.json()
        assert event["kind"] != "failure" or event["what"], event
        if event["kind"] == "failure" and event.get("request") == LAST:
            return


def messages(session: str, token: str, foreign: str) -> list[Json]:
    """Return a good message of every kind; those about the foreign session have no right to it."""
    about = {"id": 1, "session": session}
    return [
        {"kind": "open", "id": 2, "environment": "python", "limits": {"wall_time": 2}},
        {"kind": "attach", **about, "token": token, "after_sequence": 0},
        {"kind": "attach", "id": 3, "session": foreign, "token": token, "after_sequence": 0},
        {"kind": "evaluate", **about, "evaluation": "e", "cell": "c", "code": "1+1", "limits": {"wall_time": 1}},
        {"kind": "evaluate", "id": 4, "session": foreign, "evaluation": "f", "code": "turns = 0"},
        {"kind": "interrupt", **about},
        {"kind": "input_reply", **about, "sequence": 3, "text": "yes"},
        {"kind": "complete", **about, "code": "pri", "cursor": 3},
        {"kind": "inspect", **about, "code": "print", "cursor": 2, "detail": 1},
        {"kind": "comm_message", **about, "comm_kind": "message", "body": "{}", "buffers": ["eA=="]},
        {"kind": "detach", **about},
        {"kind": "close", "id": 5, "session": foreign},
        {"kind": "hello", "id": 6, "ticket": "x"},
        {"kind": "run", "id": 7, "evaluation": "x" * 24, "environment": "", "code": "1+1"},
        {"kind": "withdraw", "id": 8, "request": 2},
    ]
