"""A document is fetched once for all who wait for it, and anew when it is old, or at most once a minute when asked."""

import asyncio

import pytest

from sagews.backend.sign_in.cached import AFTER_FAILURE, LIFE, PAUSE, Cached
from sagews.backend.sign_in.refused import Refused, Why


class Source:
    """A document that tells how often it was fetched, and the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.fetched = 0
        self.fails = False
        self.cached = Cached(self._fetch, lambda: self.now)

    async def _fetch(self) -> list[int]:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.fails:
            raise Refused(Why.AWAY, "no answer")
        return [self.fetched]


async def test_it_is_fetched_once_for_all() -> None:
    source = Source()
    assert await asyncio.gather(*(source.cached.get() for _ in range(50))) == [[1]] * 50
    source.now += LIFE - 1
    assert await source.cached.get() == [1]
    source.now += 2
    assert await source.cached.get() == [2]


async def test_newer_than_what_somebody_has_seen() -> None:
    source = Source()
    first = await source.cached.get()
    assert await source.cached.get_newer(first) is None
    source.now += PAUSE
    assert await asyncio.gather(*(source.cached.get_newer(first) for _ in range(50))) == [[2]] * 50
    assert source.fetched == 2


async def test_a_stranger_has_it_fetched_once_a_minute_at_most() -> None:
    source = Source()
    seen = await source.cached.get()
    for _ in range(600):
        source.now += 1
        seen = await source.cached.get_newer(seen) or seen
    assert source.fetched == 1 + 600 // PAUSE


async def test_a_failure_stands_for_those_who_wait_and_for_a_moment() -> None:
    source = Source()
    source.fails = True
    outcomes = await asyncio.gather(*(source.cached.get() for _ in range(50)), return_exceptions=True)
    assert all(isinstance(outcome, Refused) and outcome.why is Why.AWAY for outcome in outcomes)
    assert source.fetched == 1
    source.fails = False
    with pytest.raises(Refused):
        await source.cached.get()
    source.now += AFTER_FAILURE
    assert await source.cached.get() == [2]
