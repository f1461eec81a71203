"""The cache of results: what is in memory, what lies behind it, and what is not kept."""

import asyncio
import random
import time

from sagews.backend.cache import INLINE, Cache, Memory
from sagews.backend.metrics import Metrics
from sagews.backend.record import Record
from sagews.config.cache import Cache as Settings
from sagews.protocol import sagews_pb2 as pb

KEYS = [bytes([number]) * 32 for number in range(100)]


def events(text: bytes = b"1") -> list[pb.Event]:
    return [
        pb.Event(sequence=1, started=pb.Started(attempt="a")),
        pb.Event(sequence=2, output=pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=text)),
        pb.Event(sequence=3, done=pb.Done(reason=pb.EVALUATION_REASON_DONE)),
    ]


def record(text: bytes = b"1", age: float = 0) -> Record:
    """Return the record of a run that ended so many seconds ago."""
    made = Record()
    for event in events(text):
        event.time = round(time.time() - age, 3)
        made.add(event)
    return made


async def test_memory_is_bounded_by_bytes_and_keeps_what_was_used() -> None:
    memory = Memory(10_000)
    for key in KEYS[:8]:
        memory.put(key, b"x" * 1000)
    assert await memory.get(KEYS[0]) is not None
    memory.put(KEYS[8], b"x" * 1000)
    memory.put(KEYS[9], b"x" * 1000)
    have = [number for number in range(10) if await memory.get(KEYS[number]) is not None]
    assert 0 in have and 1 not in have and have[-2:] == [8, 9]
    memory.put(KEYS[10], b"x" * 9_900)
    assert [number for number in range(11) if await memory.get(KEYS[number]) is not None] == have
    memory.put(KEYS[10], b"x" * 9_800)
    assert [number for number in range(11) if await memory.get(KEYS[number]) is not None] == [10]


async def test_many_small_values_do_not_take_more_than_they_may() -> None:
    memory = Memory(10_000)
    for key in KEYS:
        memory.put(key, b"")
    assert sum([await memory.get(key) is not None for key in KEYS]) == 50


async def test_a_value_that_is_too_large_does_not_leave_the_old_one() -> None:
    memory = Memory(1000)
    memory.put(KEYS[0], b"old")
    memory.put(KEYS[0], b"x" * 1000)
    assert await memory.get(KEYS[0]) is None


async def test_what_lies_behind_comes_to_the_front() -> None:
    metrics = Metrics()
    front, behind = Memory(1 << 20), Memory(1 << 20)
    assert await Cache(Settings(), [behind], metrics).keep(KEYS[0], record()) == ""
    cache = Cache(Settings(), [front, behind], metrics)
    assert await front.get(KEYS[0]) is None
    found = await cache.find([KEYS[1], KEYS[0]])
    assert found is not None
    assert [event.WhichOneof("kind") for event in found.record.events()] == ["started", "output", "done"]
    assert found.record.events()[-1].done.kept_since == found.record.since
    assert await front.get(KEYS[0]) == await behind.get(KEYS[0]) is not None
    assert await cache.find([KEYS[1]]) is None
    text = metrics.exposition().decode()
    assert 'sagews_cache_hits_total{store="memory"} 1.0' in text
    assert "sagews_cache_misses_total 1.0" in text
    assert "sagews_cache_stored_total 1.0" in text
    await cache.close()
    assert await cache.find([KEYS[0]]) is None


async def test_what_nobody_put_there_is_a_miss() -> None:
    store = Memory(1 << 20)
    cache = Cache(Settings(), [store], Metrics())
    store.put(KEYS[0], b"what is this?")
    await cache.keep(KEYS[1], record())
    stranger = await store.get(KEYS[1])
    assert stranger is not None
    store.put(KEYS[2], stranger)
    assert await cache.find([KEYS[0], KEYS[2]]) is None
    assert await cache.find(KEYS[:3]) is not None


async def test_old_results_are_not_given() -> None:
    store = Memory(1 << 20)
    await Cache(Settings(), [store], Metrics()).keep(KEYS[0], record(age=100))
    assert await Cache(Settings(seconds=99), [store], Metrics()).find(KEYS[:1]) is None
    found = await Cache(Settings(seconds=200), [store], Metrics()).find(KEYS[:1])
    assert found is not None and found.ttl is not None and 90 < found.ttl <= 100
    for_ever = await Cache(Settings(seconds=0), [store], Metrics()).find(KEYS[:1])
    assert for_ever is not None and for_ever.ttl is None


async def test_large_results_are_not_kept() -> None:
    store = Memory(1 << 20)
    cache = Cache(Settings(max_value=50_000), [store], Metrics())
    for size in (60_000, INLINE + 1):
        assert await cache.keep(KEYS[0], record(random.Random(1).randbytes(size))) == "size"
        assert await store.get(KEYS[0]) is None
    # What compresses well may be larger than its value.
    assert await cache.keep(KEYS[0], record(b"x" * 1_000_000)) == ""
    found = await cache.find(KEYS[:1])
    assert found is not None and found.record.events()[1].output.body == b"x" * 1_000_000
    assert await cache.keep(KEYS[1], record(b"x" * (4 << 20))) == "size"
    assert await Cache(Settings(), [Memory(100)], Metrics()).keep(KEYS[1], record()) == "away"


async def test_large_values_come_back_too() -> None:
    cache = Cache(Settings(), [Memory(1 << 20)], Metrics())
    noise = random.Random(1).randbytes(2 * INLINE)
    assert await cache.keep(KEYS[0], record(noise)) == ""
    found = await cache.find(KEYS[:1])
    assert found is not None and found.record.events()[1].output.body == noise


async def test_without_a_store_nothing_is_kept() -> None:
    cache = Cache(Settings(memory=0), [], Metrics())
    assert await cache.keep(KEYS[0], record()) == "away"
    assert await cache.find(KEYS[:1]) is None


async def test_what_was_asked_for_stands_ready_until_it_is_renewed_or_old() -> None:
    cache = Cache(Settings(), [Memory(1 << 20)], Metrics())
    await cache.keep(KEYS[0], record(b"old"))
    assert cache.at_hand(KEYS[:2]) is None
    await cache.find(KEYS[:1])
    found = cache.at_hand([KEYS[1], KEYS[0]])
    assert found is not None and found.store == "memory" and found.record.events()[1].output.body == b"old"
    await cache.keep(KEYS[0], record(b"new"))
    assert cache.at_hand(KEYS[:1]) is None
    again = await cache.find(KEYS[:1])
    assert again is not None and again.record.events()[1].output.body == b"new"
    brief = Cache(Settings(seconds=0.05), [Memory(1 << 20)], Metrics())
    await brief.keep(KEYS[0], record())
    assert await brief.find(KEYS[:1]) is not None
    await asyncio.sleep(0.06)
    assert brief.at_hand(KEYS[:1]) is None and await brief.find(KEYS[:1]) is None


async def test_what_stands_ready_is_bounded_too() -> None:
    cache = Cache(Settings(memory=80_000), [Memory(1 << 20)], Metrics())
    for key in KEYS:
        await cache.keep(key, record())
        await cache.find([key])
    assert 2 <= sum(cache.at_hand([key]) is not None for key in KEYS) <= 10
    none = Cache(Settings(memory=0), [Memory(1 << 20)], Metrics())
    await none.keep(KEYS[0], record())
    assert await none.find(KEYS[:1]) is not None and none.at_hand(KEYS[:1]) is None
