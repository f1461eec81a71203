"""Each process of a worker killed, while sessions burn: who ends with it, who does not, and that nothing is left."""

import asyncio
import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from sagews.protocol import sagews_pb2 as pb
from tests.processes import command, command_of
from tests.sandbox.targets import Secret
from tests.sandbox.workers import Walled, walled_worker
from tests.site.worker_process import BackendEnd, alive, gone, link_to, stdout_of, told

BURNERS = 8
DEADLINE = 20.0
BURN = """
import os, signal
for number in (2, 15, 1, 3):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    os.closerange(0, 3)
else:
    print("burning", flush=True)
while True:
    pass
"""


@pytest.fixture(params=["A", "B"])
def walled(request: pytest.FixtureRequest) -> Iterator[Walled]:
    with walled_worker(request.param, Secret().text, "/usr/share") as walled:
        yield walled


async def burn(link: BackendEnd) -> None:
    link.send(evaluate=pb.Evaluate(evaluation="burn", code=BURN))
    async with asyncio.timeout(DEADLINE):
        events: list[pb.Event] = []
        while "burning" not in stdout_of(events):
            events.append(await link.event())


def program(walled: Walled, name: str) -> psutil.Process:
    """Return the process of the worker's own that runs a program."""
    children = psutil.Process(walled.worker.process.pid).children()
    return next(child for child in children if f"sagews.session.{name}" in command(child))


async def assert_serves(walled: Walled) -> None:
    """Assert that a new session can be had, as soon as what was killed is back: one may go with it that stood ready."""
    async with asyncio.timeout(DEADLINE):
        while True:
            async with link_to(walled.worker, opened=False) as link:
                link.send(open=pb.Open())
                event = await link.event()
                if event.WhichOneof("kind") == "opened":
                    link.session = event.session
                    end = told(await link.evaluate("1+1"))[-1]
                    assert end in {"done:done", "done:session_ended"}
                    if end == "done:done":
                        return
            await asyncio.sleep(0.1)


async def test_s1_a_killed_worker_with_burning_sessions(walled: Walled) -> None:
    links = [link_to(walled.worker) for _ in range(BURNERS)]
    pids = {child.pid for child in walled.worker.tree}
    for link in links:
        opened = await link.__aenter__()
        await burn(opened)
        pids |= set(walled.worker.processes_of(opened.session))
    pids |= {child.pid for child in walled.worker.tree}
    assert len(pids) >= 3 * BURNERS
    walled.worker.process.kill()
    await gone(sorted(pids), deadline=10)
    for link in links:
        await link.__aexit__(None, None, None)


async def test_s2_a_killed_zygote(walled: Walled) -> None:
    async with link_to(walled.worker) as link, link_to(walled.worker) as burning:
        await link.evaluate("x = 7")
        await burn(burning)
        pids = walled.worker.processes_of(burning.session)
        program(walled, "zygote").kill()
        assert stdout_of(await link.evaluate("print(x)")) == "7\n"
        burning.send(close=pb.Close())
        await burning.until("ended")
        assert not any(map(alive, pids))
        await assert_serves(walled)


async def test_s2_a_killed_builder(walled: Walled) -> None:
    async with link_to(walled.worker) as link, link_to(walled.worker) as burning:
        await link.evaluate("x = 7")
        await burn(burning)
        pids = walled.worker.processes_of(burning.session)
        program(walled, "builder").kill()
        if walled.tier == "A":
            assert stdout_of(await link.evaluate("print(x)")) == "7\n"
            burning.send(close=pb.Close())
        # An ordinary user's builder is the first process of the namespace in which all sessions are.
        await burning.until("ended")
        await gone(pids)
        await assert_serves(walled)


async def test_s2_a_killed_init(walled: Walled) -> None:
    async with link_to(walled.worker) as link, link_to(walled.worker) as burning:
        await link.evaluate("x = 7")
        await burn(burning)
        pids = walled.worker.processes_of(burning.session)
        init = next(pid for pid in pids if "builder" in command_of(pid))
        os.kill(init, signal.SIGKILL)
        assert told(await burning.until("ended"))[-1] == "ended:killed"
        assert not any(map(alive, pids))
        assert stdout_of(await link.evaluate("print(x)")) == "7\n"
        await assert_serves(walled)
