"""Two backends behind a real HAProxy: one is killed, one is emptied, the balancer is reloaded; readers lose nothing."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sagews.client import Client, Done, Event, Output, Session
from tests.site.balancer import HARD_STOP, Balancer, balancer
from tests.site.two_backends import TwoBackends, two_backends

RELOADS, READERS, SECONDS = (10, 20, 60) if os.environ.get("SAGEWS_PROVE") else (1, 4, 4)
COUNT = 20
"""Outputs a second of each reader."""


@asynccontextmanager
async def behind_haproxy(folder: Path, **tables: str) -> AsyncIterator[tuple[TwoBackends, Balancer]]:
    """Give two backends and the HAProxy before them, which has found both."""
    with two_backends(folder, **tables) as site, balancer(folder, [site.one.port, site.two.port]) as one:
        async with asyncio.timeout(20), aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(one.url + "healthz") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        yield site, one


async def count(session: Session, seconds: float) -> list[Event]:
    numbers = round(COUNT * seconds)
    code = f"import time\nfor n in range({numbers}): print(n, flush=True); time.sleep({1 / COUNT})"
    return [event async for event in session.evaluate(code)]


def assert_complete(told: list[Event], seconds: float) -> None:
    text = "".join(event.content["text"] for event in told if isinstance(event, Output))
    assert text.split() == [str(number) for number in range(round(COUNT * seconds))]
    assert [event.sequence for event in told] == list(range(1, len(told) + 1))
    assert isinstance(told[-1], Done) and told[-1].reason == "done"


@asynccontextmanager
async def readers(url: str | Sequence[str], number: int, seconds: float, states: list[str]) -> AsyncIterator[None]:
    """Have so many readers count for so long; at the end each of them must have all of it, once and in order."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(url, on_state=states.append)) for _ in range(number)]
        sessions = [await client.open() for client in clients]
        running = [asyncio.create_task(count(session, seconds)) for session in sessions]
        yield
        for task in running:
            assert_complete(await asyncio.wait_for(task, seconds + 60), seconds)
        for session in sessions:
            await session.close()


async def test_a_backend_is_killed(tmp_path: Path) -> None:
    async with behind_haproxy(tmp_path) as (site, one):
        states: list[str] = []
        async with readers(one.url, 4, 5, states):
            await asyncio.sleep(1)
            site.one.process.kill()
        # Those who were there, and no others.
        assert 1 <= states.count("the connection is back") <= 3


async def test_a_backend_is_emptied(tmp_path: Path) -> None:
    async with behind_haproxy(tmp_path, backend="drain_seconds = 6") as (site, one):
        states: list[str] = []
        async with readers(one.url, 4, 10, states):
            await asyncio.sleep(1)
            site.one.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                while site.one.process.poll() is None:
                    await asyncio.sleep(0.05)
        assert not states


async def test_one_of_two_balancers_is_killed(tmp_path: Path) -> None:
    """As with a name that has the addresses of both: who does not reach one asks the other."""
    for name in ("left", "right"):
        (tmp_path / name).mkdir()
    async with behind_haproxy(tmp_path / "left") as (site, left):
        with balancer(tmp_path / "right", [site.one.port, site.two.port]) as right:
            states: list[str] = []
            async with readers([left.url, right.url], 4, 5, states), asyncio.timeout(60):
                await asyncio.sleep(1)
                left.kill()
            # The first name is tried first: all were there.
            assert states.count("the connection is back") == 4
            async with Client([left.url, right.url]) as late:
                session = await late.open()
                assert_complete(await count(session, 0.5), 0.5)
                await session.close()


@pytest.mark.timeout(300)
async def test_the_balancer_is_reloaded(tmp_path: Path) -> None:
    async with behind_haproxy(tmp_path, worker="max_sessions = 40") as (_, one):
        refused: list[str] = []
        stop = asyncio.Event()

        async def come() -> int:
            """Come as a new reader again and again; return how often."""
            times = 0
            while not stop.is_set():
                try:
                    async with Client(one.url):
                        times += 1
                except Exception as error:
                    refused.append(repr(error))
                await asyncio.sleep(0.05)
            return times

        coming = asyncio.create_task(come())
        async with readers(one.url, READERS, SECONDS, []):
            for _ in range(RELOADS):
                await asyncio.sleep(SECONDS / (RELOADS + 1))
                one.reload()
        stop.set()
        assert await asyncio.wait_for(coming, 30) > 10 and not refused, refused[:5]
        await one.until_one_is_left(HARD_STOP + 10)
