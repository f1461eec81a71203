"""Each wall taken away, one at a time: what it alone had held succeeds then.

Without these, a test that an attack is held could pass for a reason of its own.
"""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sagews.session import landlock
from sagews.worker.tier import Tier
from tests.sandbox.attack import Attack
from tests.sandbox.attacks import ATTACKS
from tests.sandbox.ground import BARE_USER, Ground, Without
from tests.sandbox.targets import Secret, targets_outside

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.geteuid() != 0, reason="a builder of tier A needs root"),
]
BY_NUMBER = {attack.number: attack for attack in ATTACKS}

DISK = Attack(
    "3", "64 megabytes of files", "size", "tell(written=attempt(lambda: open('x', 'wb').write(b'x' * (64 << 20))))"
)
FILES = Attack(
    "4", "3000 files", "number", "tell(made=attempt(lambda: [open(f'x{n}', 'w').close() for n in range(3000)]))"
)
FORKS = Attack(
    "1",
    "200 forks",
    "threads",
    """
def fork():
    for _ in range(200):
        if not _os.fork():
            _signal.pause()
tell(forked=attempt(fork))
""",
)
"""As 3, 4 and 1 of the table, in the measure of a test that is to succeed."""
SYSRQ = replace(BY_NUMBER["11b"], held=lambda found: "/proc/sys/kernel/panic" not in found["opened"])
SERVERS = replace(BY_NUMBER["17"], held=lambda found: "done" not in (found["tcp"], found["udp"]))
OUTSIDE = replace(BY_NUMBER["15"], held=lambda found: found["outside"] != "done" and found["own"] == "done")
ENVIRON = replace(BY_NUMBER["5"], held=lambda found: found["environ"] != "done")
"""As 11b, 15, 17 and 5, judged by one of the things that they try."""

NO_FILTER = Without({"seccomp": False})
NO_LANDLOCK = Without({"landlock": False})
NO_USER = Without({"uid": 0, "gid": 0})
NO_USER_NOR_LANDLOCK = Without({"uid": 0, "gid": 0, "landlock": False})
NO_NAMESPACES = Without({"uid": BARE_USER, "gid": BARE_USER}, namespaces=False)
NO_FILTER_NOR_LANDLOCK = Without({"seccomp": False, "landlock": False})
NETWORK = Without({"network": True}, machine_network=True)
NETWORK_WITHOUT_LANDLOCK = Without({"network": True, "landlock": False}, machine_network=True)
ONLY_FILTER_AGAINST_NETWORK = Without({"landlock": False}, machine_network=True)
NOTHING_AGAINST_NETWORK = Without({"seccomp": False, "landlock": False}, machine_network=True)
SMALL_DISK, LARGE_DISK = Without({}, disk=1 << 24), Without({}, disk=1 << 29)
FEW_THREADS = Without({}, threads=90)
FEW_FILES, MANY_FILES = Without({}, files=2000), Without({}, files=1 << 17)
NO_LIMIT_OF_ADDRESSES = Without({}, address_space=0)
ALL: Without = Without({})


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, Any]]:
    with targets_outside() as targets:
        yield {
            **targets,
            "sibling": os.getpid(),
            "worker": os.getpid(),
            "secret": Secret().sought,
            "runtime": "/nonexistent",
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground(targets: dict[str, Any]) -> AsyncIterator[Ground]:
    async with Ground.open(Tier.A, targets, [Path(targets["shown"])]) as ground:
        yield ground


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bare_ground(targets: dict[str, Any]) -> AsyncIterator[Ground]:
    """Another zygote: one whose sessions have sandboxes lacks the right to remove what others leave."""
    async with Ground.open(Tier.A, targets, []) as ground:
        yield ground


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground_in_user_namespace(targets: dict[str, Any]) -> AsyncIterator[Ground]:
    async with Ground.open(Tier.B, targets, []) as ground:
        yield ground


@pytest.mark.parametrize(
    ("attack", "held", "opened"),
    [
        *((BY_NUMBER[number], ALL, NO_FILTER) for number in ("16", "17b", "29", "30", "30c", "31")),
        (BY_NUMBER["8d"], ALL, NO_USER),
        (SYSRQ, NO_LANDLOCK, NO_USER_NOR_LANDLOCK),
        (SYSRQ, NO_USER, NO_USER_NOR_LANDLOCK),
        (SERVERS, NO_FILTER_NOR_LANDLOCK, NOTHING_AGAINST_NETWORK),
        (SERVERS, ONLY_FILTER_AGAINST_NETWORK, NOTHING_AGAINST_NETWORK),
        (OUTSIDE, NETWORK, NETWORK_WITHOUT_LANDLOCK),
        (BY_NUMBER["2"], ALL, NO_LIMIT_OF_ADDRESSES),
        (DISK, SMALL_DISK, LARGE_DISK),
        (FILES, FEW_FILES, MANY_FILES),
        (FORKS, FEW_THREADS, ALL),
    ],
    ids=lambda value: str(value) if isinstance(value, Attack) else "",
)
async def test_a_wall_makes_the_difference(ground: Ground, attack: Attack, held: Without, opened: Without) -> None:
    if attack.number == "15" and landlock.available() < landlock.SCOPES_SINCE:
        pytest.skip("this kernel's Landlock knows no abstract sockets")
    assert attack.held(found := await ground.make(attack, held)), found
    assert not attack.held(found := await ground.make(attack, opened)), found


@pytest.mark.parametrize(
    ("attack", "held", "opened"),
    [
        (ENVIRON, NO_LANDLOCK, Without({"landlock": False, "user_namespace": False})),
        (ENVIRON, Without({"user_namespace": False}), Without({"landlock": False, "user_namespace": False})),
        (BY_NUMBER["43"], ALL, Without({"no_memory_files": False})),
    ],
)
async def test_a_wall_of_tier_b_makes_the_difference(
    ground_in_user_namespace: Ground, attack: Attack, held: Without, opened: Without
) -> None:
    assert attack.held(found := await ground_in_user_namespace.make(attack, held)), found
    assert not attack.held(found := await ground_in_user_namespace.make(attack, opened)), found


@pytest.mark.parametrize("number", ["9", "13", "14", "17c"])
async def test_namespaces_make_the_difference(ground: Ground, bare_ground: Ground, number: str) -> None:
    attack = BY_NUMBER[number]
    assert attack.held(found := await ground.make(attack)), found
    assert not attack.held(found := await bare_ground.make(attack, NO_NAMESPACES)), found
