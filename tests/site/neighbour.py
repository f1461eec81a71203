"""Somebody else's session, in which evaluations go on meanwhile: their answers are right, and come in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.site.client_end import DEADLINE, connected, text_of

PATIENCE = 5.0
"""Seconds within which each answer must come, whatever others do; how fast it is otherwise is measured elsewhere."""
PAUSE = 0.05
LONGEST = 3600.0
"""Seconds that a neighbour may be there."""


class Neighbour:
    """Counts how often it was served."""

    def __init__(self) -> None:
        self.session = ""
        self.turns = 0

    async def go_on(self, url: str, settled: asyncio.Event, stop: asyncio.Event) -> None:
        async with connected(url, within=LONGEST) as client:
            self.session = await client.open()
            sequence = (await client.evaluate(self.session, "turns = 0"))[-1]["sequence"]
            settled.set()
            while not stop.is_set():
                self.turns += 1
                async with asyncio.timeout(PATIENCE):
                    events = await client.evaluate(self.session, "turns += 1; print(turns)")
                assert text_of(events) == f"{self.turns}\n"
                # All that happened there belongs to it.
                assert {event["evaluation"] for event in events} == {events[-1]["evaluation"]}, events
                assert [event["sequence"] for event in events] == list(
                    range(sequence + 1, sequence + 1 + len(events))
                ), events
                sequence += len(events)
                await asyncio.sleep(PAUSE)
            await client.send("close", session=self.session)
            await client.until("ended")


@asynccontextmanager
async def neighbour(url: str) -> AsyncIterator[Neighbour]:
    """Have a neighbour beside what runs inside the `with`; it must have been served, rightly and in time.

    It closes its session also when something is wrong inside, so that the next test does not find that.
    """
    somebody, settled, stop = Neighbour(), asyncio.Event(), asyncio.Event()
    fault: Exception | None = None
    async with asyncio.TaskGroup() as group:
        group.create_task(somebody.go_on(url, settled, stop))
        try:
            async with asyncio.timeout(DEADLINE):
                await settled.wait()
            yield somebody
        except Exception as error:
            fault = error
        finally:
            stop.set()
    if fault is not None:
        raise fault
    assert somebody.turns > 0
