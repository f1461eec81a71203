"""Tiers C and D: what they hold without namespaces, and what is said to be open there."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sagews.protocol import sagews_pb2 as pb
from tests.sandbox.attack import Attack
from tests.sandbox.attacks import ATTACKS
from tests.sandbox.targets import Secret, targets_outside
from tests.sandbox.workers import Walled, walled_worker
from tests.sandbox.yard import Outcome, Yard
from tests.site.worker_process import alive, link_to, stdout_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.geteuid() != 0, reason="users of sessions need root"),
]
SECRET = Secret()
BY_NUMBER = {attack.number: attack for attack in ATTACKS}

DAEMON = """
import os, time
print(os.getcwd(), flush=True)
if not os.fork():
    os.setsid()
    time.sleep(999)
"""
HELD = [
    "1",
    "1b",
    "2",
    "2b",
    "12",
    "12b",
    "16",
    "17b",
    "19c",
    "20",
    "26",
    "27",
    "29",
    "30",
    "30b",
    "30c",
    "31",
    "33",
    "33b",
    "38",
    "42",
    "D6d",
    "D8",
]
"""Of the table, what the filter, the user and the limits hold by themselves."""
OF_ITS_OWN = [
    Attack(
        "C8",
        "read the operator's and a sibling's files",
        "another user",
        """
names = ("/etc/shadow", TARGET.config, TARGET.log, TARGET.token, TARGET.runtime + "/w1.sock",
         TARGET.sibling_home + "/planted", TARGET.shown + "/private", f"/proc/{TARGET.worker}/environ",
         f"/proc/{TARGET.sibling}/environ", f"/proc/{TARGET.sibling}/mem", "/root")
tell(**{name: attempt(lambda: _os.listdir(name) if _os.path.isdir(name) else read(name)) for name in names})
""",
    ),
    Attack(
        "C7",
        "signal and trace processes outside",
        "another user; landlock; filter",
        """
found = {f"{name} {number}": attempt(_os.kill, pid, number) for number in (0, 15, 9)
         for name, pid in (("worker", TARGET.worker), ("sibling", TARGET.sibling), ("test", TARGET.test))}
tell(**found, traced=call("ptrace", 16, TARGET.sibling, 0, 0))
""",
    ),
    Attack(
        "C17",
        "the network",
        "filter",
        """
import socket
tell(**{f"{family} {kind}": attempt(socket.socket, family, kind) for family in (2, 10) for kind in (1, 2, 3)})
""",
    ),
    Attack(
        "C11",
        "write outside its own directory",
        "landlock",
        """
places = ("/tmp", "/var/tmp", "/dev/shm", "/etc", "/usr", TARGET.runtime)
found = {place: attempt(lambda: _os.close(_os.open(f"{place}/sagews-test-c", _os.O_CREAT | _os.O_WRONLY)))
         for place in places}
tell(**found, sysctl=attempt(write, "/proc/sys/kernel/panic"), shared=attempt(write, TARGET.shared))
""",
    ),
    Attack(
        "C15",
        "abstract sockets of the machine",
        "landlock",
        """
import socket
tell(outside=attempt(socket.socket(socket.AF_UNIX).connect, "\\0" + TARGET.abstract))
""",
    ),
]


@pytest.fixture(scope="module")
def outside() -> Iterator[dict[str, Any]]:
    with targets_outside() as targets:
        yield targets


@pytest.fixture(scope="module")
def walled(outside: dict[str, Any]) -> Iterator[Walled]:
    with walled_worker("C", SECRET.text, outside["shown"]) as walled:
        yield walled


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def yard(walled: Walled, outside: dict[str, Any]) -> AsyncIterator[Yard]:
    async with Yard.open(walled, outside, SECRET) as yard:
        yield yard


@pytest.mark.parametrize("attack", [*(BY_NUMBER[number] for number in HELD), *OF_ITS_OWN], ids=str)
async def test_tier_c_holds(yard: Yard, attack: Attack, table: list[tuple[str, Outcome]]) -> None:
    if attack.number in ("C11", "C15", "C7") and yard.targets["landlock"] < 6:
        pytest.skip("this kernel's Landlock is too old")
    outcome = await yard.make(attack)
    table.append(("C", outcome))
    assert outcome.held, f"{outcome.words} {outcome.found} {outcome.text[-3000:]}"


async def test_what_tier_c_leaves_open(yard: Yard) -> None:
    """Others' process ids and command lines, and files that everybody may read."""
    code = "import os\nprint(len([n for n in os.listdir('/proc') if n.isdigit()]) > 3, open(PATH).read(5))"
    async with link_to(yard.walled.worker) as link:
        told = stdout_of(await link.evaluate(code.replace("PATH", repr(yard.targets["readable"]))))
    assert told == "True every\n"


async def test_tier_d_ends_a_session_whole() -> None:
    """Nothing else is promised there."""
    with walled_worker("D", SECRET.text, "/usr/share") as walled:
        async with link_to(walled.worker) as link:
            directory = stdout_of(await link.evaluate(DAEMON)).strip()
            pids = walled.worker.processes_of(link.session)
            link.send(close=pb.Close())
            await link.until("ended")
            assert not any(map(alive, pids))
            async with asyncio.timeout(20):
                while Path(directory).exists():
                    await asyncio.sleep(0.02)
        assert all(json.loads(line) for line in walled.worker.log.read_text().splitlines())
