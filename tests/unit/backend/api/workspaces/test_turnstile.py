"""Places for what takes memory or disk: nobody has all of them, and who waits is let in."""

import asyncio

import pytest

from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.refusal import Refusal


async def test_who_has_two_waits_and_others_come_in() -> None:
    places, leave = Turnstile(4), asyncio.Event()
    inside: list[str] = []

    async def come(whose: str) -> None:
        async with places.one(whose):
            inside.append(whose)
            await leave.wait()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for whose in ("slow", "slow", "slow", "slow", "quick", "other", "third"):
            group.create_task(come(whose))
        while len(inside) < 4:
            await asyncio.sleep(0)
        assert inside == ["slow", "slow", "quick", "other"]
        leave.set()
    assert sorted(inside) == ["other", "quick", "slow", "slow", "slow", "slow", "third"]


async def test_nobody_waits_without_end_and_nothing_is_left_of_who_goes() -> None:
    places = Turnstile(1, patience=0.01)
    async with asyncio.timeout(10):
        async with places.one("one"):
            with pytest.raises(Refusal, match="in too great a number") as refused:
                async with places.one("two"):
                    pass
            waiting = asyncio.create_task(places.one("three").__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
        assert refused.value.status == 503
        async with places.one("four"):
            pass
