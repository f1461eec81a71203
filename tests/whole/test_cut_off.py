"""A worker's machine is cut off, so that nobody is told anything, and comes back."""

import asyncio
import socket
import time

import pytest

from sagews.service.keepalive import AGAIN, RTO_MAX_MS, UNANSWERED
from tests.processes import wait_until
from tests.whole.figures import within
from tests.whole.readers import Readers
from tests.whole.three_machines import GRACE, ThreeMachines, forked

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
    """One second with, two without, for a minute: 15 s afterwards everybody goes on, with all output once.

    Before Linux 6.15 nobody can tell TCP not to wait for as long as that again.
    """
    most = 15 if can_be_told() else 40
    async with Readers(6) as readers:
        for _ in range(20):
            site.switch.cut("left")
            await asyncio.sleep(2)
            site.switch.heal("left")
            await asyncio.sleep(1)
        within(most, "left on a loose cable", await readers.until_all_evaluate(60))
    assert not readers.lost


async def test_a_machine_that_is_away_for_a_minute_comes_back_with_all_that_it_has(site: ThreeMachines) -> None:
    """15 s after it is back everybody goes on, where sessions have the grace for it, and TCP would wait for longer."""
    site.write(grace=100)
    assert (await asyncio.to_thread(site.admin, "start")).status == 0
    try:
        async with Readers(6) as readers:
            site.switch.cut("left")
            await asyncio.sleep(60)
            site.switch.heal("left")
            within(15, "left cut off for 60 s", await readers.until_all_evaluate(60))
        assert not readers.lost
    finally:
        site.switch.heal("left")
        site.write()
        assert (await asyncio.to_thread(site.admin, "start")).status == 0


async def test_a_machine_that_stays_away_is_given_up(site: ThreeMachines) -> None:
    """Readers are told in 30 s that it is lost, and go on elsewhere; over there, its sessions end by themselves."""
    async with Readers(6) as readers:
        there = {each.session for each in readers.told if each.session.startswith("worker1-")}
        assert there
        before = len(forked(site.left))
        begun = time.monotonic()
        site.switch.cut("left")
        try:
            within(30, "left cut off: told, and on elsewhere", await readers.until_all_evaluate(60))
            lost = [each for each in readers.told if each.reason != "done"]
            assert {each.session for each in lost} <= there and {each.reason for each in lost} == {"worker_lost"}
            # Their own lease: when nobody has taken what they say for so long, their grace begins.
            lease = UNANSWERED / 1000 + GRACE
            await asyncio.to_thread(
                wait_until,
                lambda: len(forked(site.left)) <= before - len(there),
                lease + 40,
                "the sessions on the machine that is cut off have ended",
            )
            within(lease + 30, "left cut off: its sessions have ended", time.monotonic() - begun)
        finally:
            site.switch.heal("left")
        healed = time.monotonic()
        await asyncio.to_thread(site.await_health, 60)
        within(30, "left is back: all is as the file says", time.monotonic() - healed)
        within(15, "left is back: readers", await readers.until_all_evaluate(30))
    assert readers.lost == len(there)
    async with Readers(4) as others:
        pass
    assert {each.session.partition("-")[0] for each in others.told} == {"worker1", "worker2"}


def can_be_told() -> bool:
    """Whether this system lets a program say how long TCP waits at most before it sends again."""
    with socket.socket() as own:
        try:
            own.setsockopt(socket.IPPROTO_TCP, RTO_MAX_MS, AGAIN)
        except OSError:
            return False
    return True
