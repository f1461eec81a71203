"""Every attack, in a session of a real worker, with root and as an ordinary user."""

import asyncio
from dataclasses import replace

import psutil
import pytest

from sagews.protocol import sagews_pb2 as pb
from tests.sandbox.attack import Attack
from tests.sandbox.attacks import ATTACKS
from tests.sandbox.yard import Outcome, Yard
from tests.site.worker_process import link_to, stdout_of, told

pytestmark = pytest.mark.asyncio(loop_scope="module")

FLOOD = "import sys, time\nfor _ in range(70): sys.stdout.write('x' * 100_000); sys.stdout.flush(); time.sleep(0.01)"
SLOW = Attack(
    "18b",
    "read nothing of a session's output",
    "a bound on what waits for a link; it is cut off",
    FLOOD,
    held=lambda found: bool(found["cut off"] and found["read by another"] == 7_000_000 and found["goes on"]),
)
MOST_FOR_A_LINK = 24 << 20
"""Bytes of the worker's memory that a link may cost that reads nothing: its buffer, and room for a frame or two."""


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
async def test_held(yard: Yard, attack: Attack, table: list[tuple[str, Outcome]]) -> None:
    if yard.walled.tier not in attack.tiers:
        pytest.skip(f"not for tier {yard.walled.tier}")
    outcome = await yard.make(attack)
    table.append((yard.walled.tier, outcome))
    assert outcome.held, f"{outcome.words} {outcome.found} {outcome.text[-3000:]}"


async def test_18b_a_link_that_reads_nothing(yard: Yard, table: list[tuple[str, Outcome]]) -> None:
    """The session goes on, who else is attached to it gets everything, and so does the sibling."""
    worker = yard.walled.worker
    outcome = Outcome(SLOW)
    memory = psutil.Process(worker.process.pid).memory_info
    async with yard.beside(outcome), yard.session(outcome) as reader, link_to(worker, opened=False) as slow:
        # What the events themselves take, which are kept for those who come back, is there before.
        assert len(stdout_of(await reader.evaluate(FLOOD))) == 7_000_000
        before = memory().rss
        slow.send(attach=pb.Attach(session=reader.session, token=reader.token))
        events = await reader.evaluate(SLOW.code)
        cost = memory().rss - before
        cut_off = f'"session": "{reader.session}"'
        async with asyncio.timeout(20):
            while not any(cut_off in line and '"link cut off"' in line for line in worker.log.read_text().splitlines()):
                await asyncio.sleep(0.1)
        goes_on = told(await reader.evaluate("1+1"))[-1] == "done:done"
        outcome.found = {"cut off": True, "read by another": len(stdout_of(events)), "goes on": goes_on}
        outcome.words = told(events)
        await yard.close(reader, outcome)
    outcome.attack = replace(
        SLOW, layer=f"{SLOW.layer}; cost {max(cost, 0) / (1 << 20):.1f} MiB of the worker's memory"
    )
    table.append((yard.walled.tier, outcome))
    assert outcome.held, outcome.found
    assert cost < MOST_FOR_A_LINK + 7_000_000
