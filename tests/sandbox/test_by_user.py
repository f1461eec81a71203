"""Tier C where the system has neither descriptors of processes nor subreapers, as within gVisor: sessions are held by
their users, and all that they start ends with them.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.session import user_processes
from tests import like_gvisor
from tests.sandbox.targets import Secret
from tests.sandbox.test_ends import BURN, BURNERS, DEADLINE, assert_serves, burn, program
from tests.sandbox.workers import USERS, Walled, walled_worker
from tests.site.worker_process import BackendEnd, gone, link_to, stdout_of, told

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="users of sessions need root")
DAEMONS = """
import os, time
for _ in range(3):
    if (begun := os.fork()) == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 3)
            while True:
                os.fork() or os._exit(0)
                time.sleep(0.01)
        os._exit(0)
    os.waitpid(begun, 0)  # Its daemon is there now.
print(os.getuid(), flush=True)
"""
USER = "import os\nprint(os.getuid())"


@pytest.fixture
def walled() -> Iterator[Walled]:
    with walled_worker("C", Secret().text, "/usr/share", before=like_gvisor.become) as walled:
        yield walled
    assert not [user for user in USERS if user_processes.found(user)]


async def user_of(link: BackendEnd, code: str = USER) -> int:
    return int(stdout_of(await link.evaluate(code)))


async def close(link: BackendEnd) -> list[pb.Event]:
    link.send(close=pb.Close())
    return await link.until("ended")


def test_a_worker_says_why_it_has_no_other_tier(tmp_path: Path) -> None:
    (tmp_path / "sagews.toml").write_text('[[environment]]\nname = "python"\npreload = []\n')
    command = [sys.executable, "-m", "sagews", "doctor", "--json", "--config", str(tmp_path / "sagews.toml")]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, preexec_fn=like_gvisor.become)
    found = json.loads(done.stdout)
    tiers = {row["tier"]: row for row in found["tiers"]}
    assert {name for name, row in tiers.items() if row["reachable"]} <= {"C"}
    for tier in "AD":
        assert tiers[tier]["keeps"][:2] == [
            "process descriptors: Function not implemented",
            "orphans: PR_SET_CHILD_SUBREAPER: Invalid argument",
        ]
    assert not any("process descriptors" in why for why in tiers["C"]["keeps"])


async def test_daemons_end_with_their_session_and_a_sibling_lives(walled: Walled) -> None:
    async with link_to(walled.worker) as link, link_to(walled.worker) as sibling:
        user, other = await user_of(link, DAEMONS), await user_of(sibling)
        assert user != other and len(user_processes.found(user)) > 3
        await close(link)
        assert not user_processes.found(user)
        assert await user_of(sibling) == other


async def test_daemons_end_when_the_session_exits_by_itself(walled: Walled) -> None:
    async with link_to(walled.worker) as link:
        user = await user_of(link, DAEMONS)
        link.send(evaluate=pb.Evaluate(evaluation="end", code="import os\nos._exit(5)"))
        assert told(await link.until("ended"))[-1] == "ended:exited"
        assert not user_processes.found(user)


async def test_signals_come_through_the_zygote(walled: Walled) -> None:
    async with link_to(walled.worker) as link:
        link.send(evaluate=pb.Evaluate(evaluation="loop", code="x = 7\nprint('runs', flush=True)\nwhile True: pass"))
        events: list[pb.Event] = []
        while "runs" not in stdout_of(events):
            events.append(await link.event())
        link.send(interrupt=pb.Interrupt())
        assert told(await link.until("done"))[-1] == "done:interrupted"
        assert stdout_of(await link.evaluate("print(x)")) == "7\n"


async def test_the_wall_time_is_kept_against_code_that_hears_no_signal(walled: Walled) -> None:
    async with link_to(walled.worker, opened=False) as link:
        await link.open(limits=pb.Limits(wall_time=0.5))
        user = await user_of(link)
        begun = time.monotonic()
        link.send(evaluate=pb.Evaluate(evaluation="burn", code=BURN))
        await link.until("ended", deadline=20)
        assert time.monotonic() - begun < 15
        assert not user_processes.found(user)


async def test_what_a_daemon_uses_counts(walled: Walled) -> None:
    code = "import os, time\nif os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  while True: pass\n os._exit(0)"
    async with link_to(walled.worker, opened=False) as link:
        await link.open(limits=pb.Limits(cpu_time=1))
        link.send(evaluate=pb.Evaluate(evaluation="burn", code=f"{code}\ntime.sleep(60)"))
        assert told(await link.until("done", deadline=20))[-1] == "done:cpu_time"


async def test_a_killed_zygote_ends_its_sessions(walled: Walled) -> None:
    async with link_to(walled.worker) as link:
        user = await user_of(link, DAEMONS)
        program(walled, "zygote").kill()
        assert told(await link.until("ended"))[-1] == "ended:killed"
        assert not user_processes.found(user)
        await assert_serves(walled)


async def test_a_killed_worker_ends_burning_sessions(walled: Walled) -> None:
    links = [link_to(walled.worker) for _ in range(BURNERS)]
    users = []
    for link in links:
        opened = await link.__aenter__()
        users.append(await user_of(opened, DAEMONS))
        await burn(opened)
    pids = [pid for user in users for pid in user_processes.found(user)] + [each.pid for each in walled.worker.tree]
    assert len(set(users)) == BURNERS
    walled.worker.process.kill()
    await gone(pids, deadline=10)
    assert not any(map(user_processes.found, users))
    for link in links:
        await link.__aexit__(None, None, None)


async def test_a_session_outlives_the_renewal_of_its_zygote() -> None:
    often = "renew_after_sessions = 1"
    with walled_worker("C", Secret().text, "/usr/share", before=like_gvisor.become, more=often) as walled:
        async with link_to(walled.worker) as link:
            first = program(walled, "zygote")
            async with asyncio.timeout(DEADLINE):
                while '"zygote renewed"' not in walled.worker.log.read_text():
                    await asyncio.sleep(0.05)
            assert stdout_of(await link.evaluate("print(7)")) == "7\n" and first.is_running()
            user = await user_of(link, DAEMONS)
            await close(link)
            assert not user_processes.found(user)
            async with link_to(walled.worker) as last:
                await close(last)  # It was the spare, which the first zygote had forked too.
            async with asyncio.timeout(DEADLINE):
                while first.is_running():
                    await asyncio.sleep(0.05)
            await assert_serves(walled)


async def test_a_user_whom_somebody_runs_something_as_is_not_handed_out(walled: Walled) -> None:
    taken = subprocess.Popen(["sleep", "60"], user=USERS[2], group=USERS[2], extra_groups=[])
    try:
        async with link_to(walled.worker) as one, link_to(walled.worker) as two, link_to(walled.worker) as three:
            users = {await user_of(link) for link in (one, two, three)}
        assert len(users) == 3 and USERS[2] not in users
        assert taken.poll() is None
    finally:
        taken.kill()
        taken.wait()


async def test_a_child_of_the_worker_that_is_no_sessions_lives(tmp_path: Path) -> None:
    def before() -> None:
        if (pid := os.fork()) == 0:
            os.execv("/bin/sleep", ["sleep", "60"])
        (tmp_path / "pid").write_text(str(pid))
        like_gvisor.become()

    with walled_worker("C", Secret().text, "/usr/share", before=before) as walled:
        await asyncio.sleep(2.5)  # It is collecting its children every second.
        assert Path(f"/proc/{(tmp_path / 'pid').read_text()}/comm").read_text() == "sleep\n"
        await assert_serves(walled)
