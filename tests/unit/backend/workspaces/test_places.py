"""Who has a place in which git runs: nobody has all of them, and nobody waits without end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from sagews.backend.workspaces import places as module
from sagews.backend.workspaces.places import Places, Whose
from sagews.errors import ServiceError

READER, OTHER = Whose("a", "slow"), Whose("b", "w")


class Line:
    """Those who wait, in the order in which they are called."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.called: list[Whose] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, *each: Whose) -> None:
        """Wait in line, and have the place until all tasks are cancelled."""
        for whose in each:
            self.tasks.append(asyncio.create_task(self._have(whose)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _have(self, whose: Whose) -> None:
        async with self.places.one(whose):
            self.called.append(whose)
            await asyncio.Event().wait()


@asynccontextmanager
async def line(places: Places) -> AsyncIterator[Line]:
    made = Line(places)
    try:
        async with asyncio.timeout(20):
            yield made
    finally:
        await made.end()


async def test_slow_runs_of_one_leave_a_place_for_others() -> None:
    async with line(Places(4)) as slow:
        await slow.come(*[READER] * 10, *[Whose("a", f"slow {number}") for number in range(10)])
        assert len(slow.called) == 3 and slow.called.count(READER) == 2
        async with asyncio.timeout(5), slow.places.one(OTHER):
            assert len(slow.called) == 3


async def test_of_those_who_wait_whoever_has_fewest_is_next() -> None:
    places = Places(1)
    waiting: list[Whose] = []

    async def have(whose: Whose) -> None:
        async with places.one(whose):
            waiting.append(whose)

    many = [Whose("a", "1")] * 3 + [Whose("a", "2")] * 2 + [Whose("b", "1")] * 2 + [Whose("c", "1")]
    async with asyncio.timeout(20):
        async with places.one(Whose("a", "1")):
            having = [asyncio.create_task(have(whose)) for whose in many]
            await asyncio.sleep(0.01)
        await asyncio.gather(*having)
    # The accounts in turn, and of `a` its workspaces in turn.
    assert [f"{whose.account}{whose.workspace}" for whose in waiting] == [
        "b1",
        "c1",
        "a2",
        "b1",
        "a1",
        "a2",
        "a1",
        "a1",
    ]


async def test_nobody_waits_longer_than_may_be_nor_in_too_long_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    monkeypatch.setattr(module, "MOST_IN_LINE", 5)
    async with line(Places(1, patience=30.0)) as full:
        await full.come(READER, *[READER] * 3)
        with pytest.raises(ServiceError, match="git: has too much to do to begin with this now; try again in a while"):
            await full.places.one(READER).__aenter__()
        await full.come(*[OTHER] * 2)
        with pytest.raises(ServiceError, match="too much to do"):
            await full.places.one(Whose("c", "w")).__aenter__()
    hasty = Places(1, patience=0.05)
    async with asyncio.timeout(20), hasty.one(READER):
        with pytest.raises(ServiceError, match="too much to do"):
            async with hasty.one(OTHER):
                pass
    async with asyncio.timeout(20), hasty.one(OTHER):
        pass


async def test_whoever_goes_while_waiting_or_when_called_leaves_the_place_to_the_next() -> None:
    places = Places(1)
    async with asyncio.timeout(20), AsyncExitStack() as stack:
        await stack.enter_async_context(places.one(READER))
        async with line(places) as first, line(places) as second:
            await first.come(OTHER)
            await second.come(READER)
            # The place is free and the first one called, which is gone before it hears of it.
            await stack.aclose()
            await first.end()
            while not second.called:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0)
        assert not first.called
        # The next one goes in the very moment in which the place becomes free.
        async with line(places) as third:
            async with places.one(OTHER):
                await third.come(READER, OTHER)
                third.tasks[0].cancel()
            while not third.called:
                await asyncio.sleep(0.001)
            assert third.called == [OTHER]
        # Nothing is known of who is gone.
        assert not places._line and not +places._having and not places._served
