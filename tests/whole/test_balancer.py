"""A site on three machines changes while it is used: its balancer is reloaded, its backends are restarted in turn."""

import asyncio
import time

import pytest

from tests.whole.figures import within
from tests.whole.readers import Readers, knocking
from tests.whole.three_machines import ThreeMachines

pytestmark = pytest.mark.timeout(300)
RELOADS = 10
HARD_STOP = 20
"""Seconds that an old process of the balancer has (`hard_stop_seconds`)."""


async def test_ten_reloads_of_the_balancer_refuse_nobody(site: ThreeMachines) -> None:
    """0 refused; no output is lost; old processes are gone by their hard stop."""
    before = {number for number, command in site.front.processes().items() if "haproxy" in command}
    async with Readers(4) as readers, knocking() as knocks:
        for _ in range(RELOADS):
            reloaded = await asyncio.to_thread(site.admin, "reload", "haproxy")
            assert reloaded.status == 0, reloaded
        begun = time.monotonic()
        within(10, "balancer reloaded ten times", await readers.until_all_evaluate(20))
    assert set(knocks.answers) == {"200"} and knocks.answers["200"] > 100, knocks
    assert not readers.lost and not readers.refusals

    def old() -> int:
        return len([command for command in site.front.processes().values() if "haproxy" in command]) - len(before)

    while old() > 0:
        assert time.monotonic() - begun < HARD_STOP + 10, site.front.processes()
        await asyncio.sleep(0.2)
    within(HARD_STOP + 10, "old processes of the balancer are gone", time.monotonic() - begun)


async def test_a_rolling_restart_of_the_backends_keeps_every_session(site: ThreeMachines) -> None:
    """No error that a reader sees, all sessions kept, no evaluation lost."""
    async with Readers(5) as readers, knocking("") as knocks:
        before = {name: site.pid(name) for name in ("backend1", "backend2")}
        restarted = await asyncio.to_thread(site.admin, "restart", "backend")
        assert restarted.status == 0, restarted
        within(5, "backends restarted in turn", await readers.until_all_evaluate(20))
        assert not {site.pid(name) for name in before} & set(before.values())
    assert set(knocks.answers) == {"200"}, knocks
    assert not readers.lost and not readers.refusals
