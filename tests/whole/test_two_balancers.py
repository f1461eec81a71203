"""A site on three machines has two balancers, whose addresses DNS gives for its name: one is lost under load."""

import asyncio
import time

import pytest

from tests.processes import wait_until
from tests.whole.figures import within
from tests.whole.network import Machine
from tests.whole.readers import Readers
from tests.whole.three_machines import ThreeMachines, forked

pytestmark = pytest.mark.timeout(300)
HTTPS = ":01BB"
ESTABLISHED = "01"
READERS = 8
GRACE = 150
"""Seconds that sessions live on where nobody is told, who needs 45 s to find out."""


async def test_a_killed_balancer_of_two(site: ThreeMachines) -> None:
    """Readers go on by the other one in 10 s; none of their sessions is lost."""
    async with Readers(READERS, balancers=both(site)) as readers:
        assert connections(site.left) and connections(site.front)
        site.kill("haproxy2")
        within(10, "kill -9 of one balancer of two", await readers.until_all_evaluate(30))
    assert not readers.lost


async def test_a_balancer_that_is_cut_off_is_left_for_the_other_one(site: ThreeMachines) -> None:
    """Its readers find out by its silence and go on by the other one, in 60 s; 30 s after it is back, so do all.

    On the machine is a worker, too: its sessions are away meanwhile. None is lost, and nothing is left at the end.
    """
    site.write(grace=GRACE)
    assert (await asyncio.to_thread(site.admin, "start")).status == 0
    try:
        before = {machine.name: len(forked(machine)) for machine in (site.left, site.right)}
        async with Readers(READERS, balancers=both(site)) as readers:
            on_left = range(0, READERS, 2)
            by_the_other = {each for each, session in readers.newest.items() if not session.startswith("worker1-")}
            assert connections(site.left) >= len(on_left) and by_the_other & set(on_left), readers.newest
            site.switch.cut("left")
            within(60, "a balancer's machine is cut off", await readers.until_all_evaluate(90, by_the_other))
            site.switch.heal("left")
            healed = time.monotonic()
            within(30, "a balancer's machine is back: readers", await readers.until_all_evaluate(60))
            await asyncio.to_thread(site.await_health, 60)
            within(30, "a balancer's machine is back: all is as the file says", time.monotonic() - healed)
        assert not readers.lost

        def is_over() -> bool:
            now = {machine.name: len(forked(machine)) for machine in (site.left, site.right)}
            return now == before and not connections(site.left, site.front)

        await asyncio.to_thread(wait_until, is_over, 30, "no connection and no session is left")
    finally:
        site.switch.heal("left")
        site.write()
        assert (await asyncio.to_thread(site.admin, "start")).status == 0


def both(site: ThreeMachines) -> tuple[str, str]:
    """Return the addresses of the balancers."""
    return site.left.address, site.front.address


def connections(*machines: Machine) -> int:
    """Return how many connections the balancers of machines have with readers (proc_net_tcp.txt)."""
    lines = [
        line.split()
        for machine in machines
        for line in machine.run("cat", "/proc/net/tcp", "/proc/net/tcp6").stdout.splitlines()
    ]
    return sum(line[1].endswith(HTTPS) and line[3] == ESTABLISHED for line in lines)
