"""The cache of a site on three machines goes, freezes, is emptied: answers are the same, and hardly slower."""

import asyncio
import statistics
import time

import pytest

from tests.whole.figures import within
from tests.whole.readers import Readers, browser
from tests.whole.three_machines import NAME, ThreeMachines

pytestmark = pytest.mark.timeout(240)
ADDED = 0.1
"""Seconds that an answer may take longer."""
CODE = "print(sum(range(1000)))"
ASKED = 20


async def ask(count: int) -> tuple[set[bytes], float]:
    """Have the same code evaluated again and again; return what came, and how long the middle one took."""
    answers, seconds = set(), []
    async with browser() as http:
        for _ in range(count):
            begun = time.monotonic()
            async with http.post(f"https://{NAME}/service", data={"code": CODE}) as answer:
                assert answer.status == 200, await answer.text()
                answers.add((await answer.json())["stdout"].encode())
            seconds.append(time.monotonic() - begun)
            await asyncio.sleep(0.05)
    return answers, statistics.median(seconds)


async def test_a_cache_that_is_gone_or_frozen_is_only_slower(site: ThreeMachines) -> None:
    """No error that a reader sees; under 100 ms more with it frozen; the same answers byte for byte."""
    wanted, _ = await ask(3)
    # The session that each answer takes without a cache is not what is added by a cache that hangs.
    stopped = await asyncio.to_thread(site.admin, "stop", "memcached")
    assert stopped.status == 0, stopped
    async with Readers(2) as readers:
        without, plain = await ask(ASKED)
        assert (await asyncio.to_thread(site.admin, "start", "memcached")).status == 0
        process = site.pid("memcached1")
        await ask(3)
        site.front.signal(19, process)
        try:
            frozen, slow = await ask(ASKED)
            await readers.until_all_evaluate(10)
        finally:
            site.front.signal(18, process)
        back, _ = await ask(3)
    assert wanted == without == frozen == back == {b"499500\n"}
    assert not readers.lost and not readers.refusals
    within(plain + ADDED, "an answer while memcached is frozen", slow)
