"""Each wall taken away, one at a time: what it alone had held succeeds then.

Without these, a test that an attack is held could pass for a reason of its own.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from sagews.session import landlock
from sagews.worker.tier import Tier
from tests.sandbox.ablations import IN_CGROUP, OUTSIDE, ROWS, Row, without
from tests.sandbox.attack import Attack
from tests.sandbox.ground import Ground
from tests.sandbox.targets import Secret, targets_outside

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.geteuid() != 0, reason="a builder of tier A needs root"),
]

ALONE = Attack("1c", "eight processes beside one of another session", "processor", "")
CPU = Row("cpu of the cgroup", ALONE, IN_CGROUP, IN_CGROUP)
BURN = """
import os, time
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
for _ in range({processes} - 1):
    if not os.fork():
        break
start = {start}
while time.time() < start:
    time.sleep(0.001)
before = time.process_time()
while time.time() < start + 1:
    pass
burned = time.process_time() - before
if _os.getpid() == {main}:
    for _ in range({processes} - 1):
        os.wait()
    children = os.times()
    tell(burned=burned + children.children_user + children.children_system)
"""
"""On one processor, from one moment on."""


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, Any]]:
    with targets_outside() as targets:
        yield {
            **targets,
            "sibling": os.getpid(),
            "worker": os.getpid(),
            "secret": Secret().sought,
            "runtime": "/nonexistent",
            "config": targets["readable"],
            "log": targets["readable"],
            "token": targets["readable"],
            "repository": "/nonexistent",
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def root(targets: dict[str, Any]) -> AsyncIterator[Ground]:
    async with Ground.open(Tier.A, targets) as ground:
        yield ground


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def user(targets: dict[str, Any]) -> AsyncIterator[Ground]:
    async with Ground.open(Tier.B, targets) as ground:
        yield ground


@pytest.mark.parametrize("row", [row for row in ROWS if row.tier is not Tier.B], ids=str)
async def test_a_wall_makes_the_difference(root: Ground, row: Row, ablated: list[tuple[Row, bool]]) -> None:
    await assert_differs(root, row, ablated)


@pytest.mark.parametrize("row", [row for row in ROWS if row.tier is Tier.B], ids=str)
async def test_a_wall_of_tier_b_makes_the_difference(user: Ground, row: Row, ablated: list[tuple[Row, bool]]) -> None:
    await assert_differs(user, row, ablated)


async def assert_differs(ground: Ground, row: Row, ablated: list[tuple[Row, bool]]) -> None:
    if "landlock" in (row.wall, row.held_by.split(" ")[0]) and not landlock.available():
        pytest.skip("this kernel has no Landlock")
    if row.attack is OUTSIDE and landlock.available() < landlock.SCOPES_SINCE:
        pytest.skip("this kernel's Landlock knows no abstract sockets")
    if row.before.cgroups and ground.cgroups is None:
        pytest.skip("here no cgroups can be made")
    before = await ground.make(row.attack, row.before)
    assert before.held(row.attack), f"not held with {row.wall}: {before.found}"
    after = await ground.make(row.attack, row.after)
    held = after.held(row.attack)
    ablated.append((row, held))
    assert held == bool(row.held_by), f"without {row.wall}: {after.found} {after.breach}"


async def test_every_wall_alone_holds_something() -> None:
    """Also those behind which another one stands: where that is gone too."""
    assert {row.wall for row in ROWS} == {row.wall for row in ROWS if not row.held_by}


async def test_no_session_gets_ready_that_could_gain_privileges(root: Ground) -> None:
    assert await root.is_ready(without())
    assert not await root.is_ready(without("no new privileges"))


async def test_processors_are_shared_evenly_among_sessions(root: Ground, ablated: list[tuple[Row, bool]]) -> None:
    """One process of a session beside eight of another, on one processor: half of it, or a ninth."""
    if root.cgroups is None or "cpu" not in root.cgroups.controllers:
        pytest.skip("here no cgroups share the processors")
    assert (apart := await share_beside_eight(root, apart=True)) > 0.3, apart
    together = await share_beside_eight(root, apart=False)
    ablated.append((CPU, together > 0.3))
    assert together < 0.3, together


async def share_beside_eight(ground: Ground, *, apart: bool) -> float:
    """Return the part of what both burn that is the one's; apart: each in a cgroup of its own."""
    async with (
        ground.session(IN_CGROUP) as (eight, eights),
        ground.session(IN_CGROUP, None if apart else eight) as (
            one,
            ones,
        ),
    ):
        start = time.time() + 1
        await asyncio.gather(
            ground.evaluate(eight, eights, BURN.format(processes=8, start=start, main="_os.getsid(0)")),
            ground.evaluate(one, ones, BURN.format(processes=1, start=start, main="_os.getsid(0)")),
        )
    return float(ones.found["burned"] / (ones.found["burned"] + eights.found["burned"]))
