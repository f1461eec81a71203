"""The proof that nothing is lost: a client that loses its connection at random, again and again, on two backends."""

import asyncio
import os
import random
import secrets
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sagews.client import Client, Done, Event, Output
from tests.site.relay import relay
from tests.site.two_backends import two_backends

DROPS, OUTPUTS = (100, 10_000) if os.environ.get("SAGEWS_PROVE") else (5, 500)
PACE = 0.02
"""Seconds between two outputs."""

CODE = f"""
import time
for number in range({OUTPUTS}):
    if number % 2:
        print(number, flush=True)
    else:
        display(number)
    time.sleep({PACE})
"""


def numbers(events: list[Event]) -> list[int]:
    """Return the numbers that were put out, in the order in which they came."""
    found: list[int] = []
    for event in events:
        if isinstance(event, Output):
            content = event.content
            found += map(int, (content.get("text") or content["data"]["text/plain"]).split())
    return found


@pytest.mark.timeout(3600)
async def test_a_hundred_losses_of_the_connection_lose_double_and_disorder_nothing(tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    limits = "event_rate = 0\nwall_time = 0\ngrace = 60"
    with two_backends(tmp_path, limits=limits) as site:
        async with AsyncExitStack() as stack:
            relays = [await stack.enter_async_context(relay(backend.port)) for backend in (site.one, site.two)]
            client = await stack.enter_async_context(Client([one.url for one in relays]))
            session = await client.open()
            drops = 0

            async def drop() -> None:
                nonlocal drops
                while drops < DROPS:
                    await asyncio.sleep(chance.uniform(0.0, 0.5))
                    drops += sum(one.cut() for one in relays)

            dropping = asyncio.create_task(drop())
            told = [event async for event in session.evaluate(CODE)]
            await asyncio.wait_for(dropping, 3000)
            # What is sent while it goes on being dropped is done once.
            await session.close()
        assert drops >= DROPS and all(one.accepted > DROPS // 4 for one in relays)
    assert numbers(told) == list(range(OUTPUTS))
    assert [event.sequence for event in told] == list(range(1, len(told) + 1))
    assert isinstance(told[-1], Done) and told[-1].reason == "done"
