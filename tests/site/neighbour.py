"""Somebody else's session, in which evaluations go on meanwhile: their answers are right, and come in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.site.client_end import connected, result_of

PATIENCE = 5.0
"""Seconds within which each answer must come, whatever others do; how fast it is otherwise is measured elsewhere."""
PAUSE = 0.05


class Neighbour:
    """Counts how often it was served."""

    def __init__(self) -> None:
        self.turns = 0

    async def go_on(self, url: str, stop: asyncio.Event) -> None:
        async with connected(url) as client:
            session = await client.open()
            await client.evaluate(session, "turns = 0")
            while not stop.is_set():
                self.turns += 1
                async with asyncio.timeout(PATIENCE):
                    events = await client.evaluate(session, "turns += 1; turns")
                assert result_of(events) == str(self.turns)
                await asyncio.sleep(PAUSE)
            await client.send("close", session=session)
            await client.until("ended")


@asynccontextmanager
async def neighbour(url: str) -> AsyncIterator[Neighbour]:
    """Have a neighbour beside what runs inside the `with`; it must have been served, rightly and in time."""
    somebody, stop = Neighbour(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(somebody.go_on(url, stop))
        try:
            yield somebody
        finally:
            stop.set()
    assert somebody.turns > 0
