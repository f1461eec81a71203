"""How a backend is emptied: who is told to move when, and when it is over."""

import asyncio

import pytest

from sagews.backend.drain import Drain


class Tab:
    """A connection that leaves as soon as it is told to, or does not."""

    def __init__(self, drain: Drain, *, leaves: bool = True) -> None:
        self._drain = drain
        self._leaves = leaves
        self.told: list[tuple[float, float]] = []
        """When, and within how many seconds."""
        drain.enter(self)

    def move(self, within_seconds: float) -> None:
        self.told.append((asyncio.get_running_loop().time(), within_seconds))
        if self._leaves:
            self._drain.leave(self)


async def took(drain: Drain) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.wait_for(drain.run(), 20)
    return loop.time() - begun


async def test_nobody_is_told_before_and_all_are_told_spread_over_the_time() -> None:
    drain = Drain(2.0)
    tabs = [Tab(drain) for _ in range(400)]
    assert not drain.begun
    begun = asyncio.get_running_loop().time()
    running = asyncio.create_task(drain.run())
    await asyncio.sleep(0)
    assert drain.begun
    await asyncio.wait_for(running, 20)
    moments = sorted(when - begun for tab in tabs for when, _ in tab.told)
    assert len(moments) == 400
    assert moments[0] >= 0.5 and moments[-1] < 2.0
    # Of 400 told over 1.1 s, a fifth of a second has 73 of them in the mean.
    assert max(sum(start <= moment < start + 0.2 for moment in moments) for start in moments) < 200
    assert all(when - begun + within == pytest.approx(2.0, abs=0.2) for tab in tabs for when, within in tab.told)


async def test_who_does_not_leave_is_waited_for_until_the_time_is_up() -> None:
    drain = Drain(1.0)
    stays = Tab(drain, leaves=False)
    assert await took(drain) > 0.9
    assert len(stays.told) == 1


async def test_an_empty_one_still_gives_balancers_their_time() -> None:
    assert 0.2 < await took(Drain(1.0)) < 0.9


async def test_an_answer_that_is_being_given_is_waited_for() -> None:
    drain = Drain(10.0)
    with drain.request():
        running = asyncio.create_task(drain.run())
        await asyncio.sleep(3.0)
        assert not running.done()
    await asyncio.wait_for(running, 5)


async def test_who_comes_late_is_told_too() -> None:
    drain = Drain(2.0)
    running = asyncio.create_task(drain.run())
    await asyncio.sleep(0.2)
    late = Tab(drain)
    await asyncio.wait_for(running, 5)
    assert len(late.told) == 1


async def test_who_has_left_before_is_not_told() -> None:
    drain = Drain(1.0)
    gone = Tab(drain, leaves=False)
    running = asyncio.create_task(drain.run())
    await asyncio.sleep(0.05)
    drain.leave(gone)
    await asyncio.wait_for(running, 5)
    assert not gone.told


async def test_no_time_at_all() -> None:
    assert await took(Drain(0.0)) < 0.5
