"""Counters: what expires is forgotten, and there are never more than so many."""

import pytest

from sagews.backend import counters
from sagews.backend.counters import MAX_COUNTERS, SWEEP_EVERY, Counters


class Clock:
    """The time, as a test sets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000_000.0
        monkeypatch.setattr(counters.time, "time", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_counting(clock: Clock) -> None:
    kept = Counters()
    assert [await kept.incr("a", 10), await kept.incr("a", 10, 3), await kept.incr("b", 10)] == [1, 4, 1]
    assert (await kept.decr("a"), await kept.decr("b", 5)) == (3, 0)
    clock.now += 9
    assert await kept.get("a") == 3
    clock.now += 1
    assert await kept.get("a") == 0
    assert await kept.incr("a", 10) == 1
    assert await kept.decr("unknown") == 0


async def test_what_has_expired_is_swept_away(clock: Clock) -> None:
    kept = Counters()
    for number in range(100):
        await kept.incr(f"short {number}", 10)
        await kept.incr(f"long {number}", 1000)
    clock.now += SWEEP_EVERY
    await kept.incr("one more", 10)
    assert len(kept.storage) == len(kept.expirations) == 101
    assert await kept.get("long 99") == 1


async def test_there_are_never_too_many(clock: Clock) -> None:
    kept = Counters()
    for number in range(MAX_COUNTERS + 10):
        await kept.incr(str(number), 1000)
        assert len(kept.storage) == len(kept.expirations) <= MAX_COUNTERS
    assert await kept.get("0") == 0
    assert await kept.get(str(MAX_COUNTERS + 9)) == 1
    # It keeps nothing else for each of them.
    assert not kept.locks and not kept.events and kept.timer is None
