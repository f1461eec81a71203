"""Faults of every kind, one after the other, at random moments under load: readers lose what the fault may cost."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable

import pytest

from tests.whole.figures import within
from tests.whole.keepers import Keepers
from tests.whole.readers import Readers
from tests.whole.three_machines import ThreeMachines

TIMES = 60 if os.environ.get("SAGEWS_PROVE") else 8
KILLED = (
    "backend1",
    "backend2",
    "haproxy1",
    "haproxy2",
    "nginx1",
    "memcached1",
    "postgresql1",
    "logwatch1",
    "logwatch3",
)
Fault = Callable[[ThreeMachines, random.Random], Awaitable[str]]


async def kill(site: ThreeMachines, chance: random.Random) -> str:
    name = chance.choice(KILLED)
    # One that was killed a moment ago may be about to start.
    async with asyncio.timeout(20):
        while not site.pid(name):
            await asyncio.sleep(0.1)
    site.kill(name)
    return f"kill -9 of {name}"


async def cut(site: ThreeMachines, chance: random.Random) -> str:
    name, seconds = chance.choice(("left", "right")), chance.uniform(0.5, 8)
    site.switch.cut(name)
    await asyncio.sleep(seconds)
    site.switch.heal(name)
    return f"{name} cut off for {seconds:.1f} s"


async def freeze(site: ThreeMachines, chance: random.Random) -> str:
    name, seconds = chance.choice(("memcached1", "backend1", "worker2")), chance.uniform(0.5, 5)
    machine, process = site.where(name), site.pid(name)
    machine.signal(19, process)
    await asyncio.sleep(seconds)
    machine.signal(18, process)
    return f"{name} frozen for {seconds:.1f} s"


async def end_connections(site: ThreeMachines, chance: random.Random) -> str:
    return f"{await site.database.end_connections()} connections of the database ended"


async def reload(site: ThreeMachines, chance: random.Random) -> str:
    done = await asyncio.to_thread(site.admin, "reload", "haproxy")
    assert done.status == 0, done
    return "balancer reloaded"


@pytest.mark.timeout(3000 if TIMES > 8 else 400)
async def test_faults_one_after_the_other(site: ThreeMachines) -> None:
    """Each recovers in 15 s; no session is lost, since no worker ends."""
    seed = int(os.environ.get("SAGEWS_SEED", "0")) or random.randrange(1, 1 << 32)
    print(f"SAGEWS_SEED={seed}")
    chance = random.Random(seed)
    faults: list[Fault] = [kill, kill, cut, freeze, end_connections, reload]
    async with Readers(4) as readers, Keepers() as keepers:
        for _ in range(TIMES):
            await asyncio.sleep(chance.uniform(0, 1.5))
            what = await chance.choice(faults)(site, chance)
            within(15, f"seed {seed}: {what}", await readers.until_all_evaluate(40))
            await keepers.until_kept(1)
    assert not readers.lost, (seed, readers.refusals)
