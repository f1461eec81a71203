"""A reader who does not read: others go on, Stop works, memory is bounded, who comes back gets the rest or a gap."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.site.backend_process import resident
from tests.site.client_end import ClientEnd, Json, connected, text_of
from tests.site.two_backends import TwoBackends, two_backends

FLOOD = "while True: print('x' * 50_000)"
FLOODED = 200_000_000
"""Bytes after which the flood is stopped: far more than a connection may be behind, and than a process may grow."""
ROOM = 100 << 20
"""Bytes by which a process may grow."""
STOPS = 2.0
LIMITS = "output_bytes = 10_000_000_000\nevent_rate = 0"


class Memory:
    """The most that backend and worker had, beyond what they had before."""

    def __init__(self, site: TwoBackends) -> None:
        self._pids = {"backend": site.one.process.pid, "worker": site.worker.process.pid}
        self._before = {name: resident(pid) for name, pid in self._pids.items()}
        self.growth = dict.fromkeys(self._pids, 0)

    async def watch(self) -> None:
        while True:
            for name, pid in self._pids.items():
                self.growth[name] = max(self.growth[name], resident(pid) - self._before[name])
            await asyncio.sleep(0.05)


@asynccontextmanager
async def watched(site: TwoBackends) -> AsyncIterator[Memory]:
    """Give the growth of the processes of a site, looked at all the time."""
    memory = Memory(site)
    watching = asyncio.create_task(memory.watch())
    try:
        yield memory
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def join(client: ClientEnd, session: str, token: str, after: int = 0) -> list[Json]:
    await client.send("attach", session=session, token=token, after_sequence=after)
    return await client.until("attached")


async def read(client: ClientEnd, size: int) -> int:
    """Read outputs until so many characters have come; return the last number."""
    while size > 0:
        event = await client.next()
        size -= len(event.get("body", ""))
    return int(event["sequence"])


async def read_what_is_left(client: ClientEnd, last: int) -> int:
    """Read, in order, until the server closes the socket; return the last number."""
    while (message := await client.socket.receive(60)).type is aiohttp.WSMsgType.TEXT:
        event = message.json()
        if event.get("sequence"):
            assert event["sequence"] == last + 1
            last = event["sequence"]
    return last


async def test_one_of_three_does_not_read(tmp_path: Path) -> None:
    with two_backends(tmp_path, limits=LIMITS) as site:
        async with (
            connected(site.one.url) as first,
            connected(site.one.url) as slow,
            connected(site.two.url) as elsewhere,
            watched(site) as memory,
        ):
            session = await first.open()
            token = first.opened["token"]
            for client in (slow, elsewhere):
                await join(client, session, token)
            await first.send("evaluate", session=session, evaluation="e", code=FLOOD)
            reading = asyncio.create_task(read(elsewhere, FLOODED))
            await read(first, FLOODED)
            await asyncio.wait_for(reading, 60)
            begun = time.monotonic()
            await first.send("interrupt", session=session)
            done = (await first.until("done"))[-1]
            assert done["reason"] == "interrupted" and time.monotonic() - begun < STOPS
            await elsewhere.until("done")
            # A new reader is served as ever.
            async with connected(site.one.url) as late:
                other = await late.open()
                assert text_of(await late.evaluate(other, "print('served')")) == "served\n"
            assert text_of(await first.evaluate(session, "print('goes on')")) == "goes on\n"
            assert max(memory.growth.values()) < ROOM, memory.growth
            # It was cut off, and comes back for what it did not get.
            last = await read_what_is_left(slow, 0)
            assert last < done["sequence"]
            async with connected(site.one.url) as back:
                replayed = await join(back, session, token, last)
                if replayed[0]["kind"] == "gap":
                    assert replayed[0]["sequence"] - replayed[0]["events"] == last and replayed[0]["bytes"] > 0
                    last = replayed.pop(0)["sequence"]
                numbered = [event["sequence"] for event in replayed[:-1]]
                assert numbered == list(range(last + 1, last + 1 + len(numbered)))
                assert text_of(replayed).endswith("goes on\n")
        print(memory.growth)


async def test_the_only_one_does_not_read_and_stops_it(tmp_path: Path) -> None:
    with two_backends(tmp_path, limits=LIMITS) as site:
        async with connected(site.one.url) as slow, watched(site) as memory:
            session = await slow.open()
            token = slow.opened["token"]
            await slow.send("evaluate", session=session, evaluation="e", code=FLOOD)
            await asyncio.sleep(4)  # it reads nothing
            async with connected(site.two.url) as other:
                # What the session no longer keeps is a gap; then the flood, live.
                await join(other, session, token)
                begun = time.monotonic()
                await slow.send("interrupt", session=session)
                await other.until("done")
                assert time.monotonic() - begun < STOPS
            assert max(memory.growth.values()) < ROOM, memory.growth
            # It reads on, and has all of it: what it did not get is a gap.
            last, gaps = 0, 0
            while True:
                event = await slow.next()
                if event["sequence"]:
                    lost = event["events"] if event["kind"] == "gap" else 0
                    gaps += lost
                    assert event["sequence"] == last + (lost or 1)
                    last = event["sequence"]
                if event["kind"] == "done":
                    break
            assert gaps > 0
        print(memory.growth)


async def test_many_that_do_not_read_one_session_cost_its_events_once(tmp_path: Path) -> None:
    with two_backends(tmp_path, limits=LIMITS) as site:
        async with contextlib.AsyncExitStack() as stack:
            memory = await stack.enter_async_context(watched(site))
            first = await stack.enter_async_context(connected(site.one.url))
            session = await first.open()
            for _ in range(20):
                slow = await stack.enter_async_context(connected(site.one.url))
                await join(slow, session, first.opened["token"])
            await first.send("evaluate", session=session, evaluation="e", code=FLOOD)
            await read(first, FLOODED)
            await first.send("interrupt", session=session)
            await first.until("done")
            assert max(memory.growth.values()) < ROOM, memory.growth
        print(memory.growth)
