"""A worker's machine is cut off, so that nobody is told anything, and comes back."""

import asyncio
import time

import pytest

from tests.processes import wait_until
from tests.whole.figures import within
from tests.whole.readers import Readers
from tests.whole.test_kills import of_sessions
from tests.whole.three_machines import GRACE, ThreeMachines

pytestmark = pytest.mark.timeout(300)


async def test_a_machine_that_is_away_for_a_moment_costs_nothing(site: ThreeMachines) -> None:
    """15 s after it is back everybody goes on, with all of the output, once; nothing has run a second time."""
    async with Readers(6) as readers:
        site.switch.cut("left")
        await asyncio.sleep(GRACE / 3)
        site.switch.heal("left")
        within(15, f"left cut off for {GRACE / 3:.0f} s", await readers.until_all_evaluate(40))
    assert not readers.lost and not readers.refusals


async def test_cables_that_are_loose_cost_nothing(site: ThreeMachines) -> None:
    """One second with, two without, ten times: 15 s afterwards everybody goes on, with all output once."""
    async with Readers(6) as readers:
        for _ in range(10):
            site.switch.cut("left")
            await asyncio.sleep(2)
            site.switch.heal("left")
            await asyncio.sleep(1)
        within(15, "left on a loose cable", await readers.until_all_evaluate(40))
    assert not readers.lost


async def test_a_machine_that_stays_away_is_given_up(site: ThreeMachines) -> None:
    """Readers are told in 30 s that it is lost, and go on elsewhere; its sessions end by themselves, on the other side."""
    async with Readers(6) as readers:
        there = {each.session for each in readers.told if each.session.startswith("worker1-")}
        before = of_sessions(site.left)
        begun = time.monotonic()
        site.switch.cut("left")
        try:
            within(30, "left cut off: told, and on elsewhere", await readers.until_all_evaluate(60))
            lost = [each for each in readers.told if each.reason != "done"]
            assert {each.session for each in lost} <= there and {each.reason for each in lost} == {"worker_lost"}
            # Its own lease: the grace, and then it is at an end, whoever is away.

            def own_end() -> bool:
                return len(of_sessions(site.left)) <= len(before) - len(there) and len(there) >= 1

            await asyncio.to_thread(wait_until, own_end, 3 * GRACE, "sessions on left have ended by themselves")
            within(3 * GRACE, "left's sessions have ended by themselves", time.monotonic() - begun)
        finally:
            site.switch.heal("left")
        healed = time.monotonic()
        await asyncio.to_thread(site.await_health, 60)
        within(30, "left is back", time.monotonic() - healed)
        within(15, "readers, once left is back", await readers.until_all_evaluate(30))
        assert readers.lost == len(there)
    async with Readers(4) as readers:
        pass
    assert {each.session.partition("-")[0] for each in readers.told} == {"worker1", "worker2"}
