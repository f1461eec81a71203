"""How a session is stopped at a limit, who has which limits, and what is left, with a real worker."""

import asyncio
import contextlib
import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagews.protocol import sagews_pb2 as pb
from tests.site.limited_worker import (
    CONFIG,
    WAYS,
    limited_worker,
    session,
    stderr_of,
    with_cgroups,
)
from tests.site.worker_process import BackendEnd, RunningWorker, link_to, running_worker, stdout_of, told

SPIN = "while True: pass"


@pytest.fixture(scope="module", params=WAYS)
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    with limited_worker(tmp_path_factory.mktemp("worker"), request.param) as running:
        yield running


async def test_a_flood_of_reports_that_nothing_stops_keeps_no_neighbour_waiting(worker: RunningWorker) -> None:
    code = """
import faulthandler, os, signal, socket, struct
from sagews.protocol import sagews_pb2 as pb
faulthandler.unregister(signal.SIGQUIT)
for number in (signal.SIGINT, signal.SIGQUIT): signal.signal(number, signal.SIG_IGN)
output = pb.Report(output=pb.Output(kind=pb.OUTPUT_KIND_DISPLAY_DATA, body=b"{}")).SerializeToString()
channel = socket.socket(fileno=os.dup(200))
channel.setblocking(True)
while True: channel.sendall((struct.pack(">I", len(output)) + output) * 10_000)
"""
    async with session(worker) as link, link_to(worker) as other:
        link.send(evaluate=pb.Evaluate(evaluation="flood", code=code))
        await link.until("truncated")
        flooded = asyncio.create_task(link.until("ended"))
        turns = 0
        while not flooded.done():
            assert told(await other.evaluate("1+1", deadline=5))[-1] == "done:done"
            turns += 1
        assert told(await flooded) == ["done:event_rate", "ended:killed"]
        assert turns > 5, "in the second that killing it takes"


# ----------------------------------------------------------------- stopping


async def test_what_ignores_an_interrupt_shows_where_it_is_and_ends(worker: RunningWorker) -> None:
    code = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ndef lost():\n    while True: pass\nlost()"
    async with session(worker) as link:
        link.send(evaluate=pb.Evaluate(evaluation="last", code=code, limits=pb.Limits(wall_time=0.3)))
        events = await link.until("ended")
        assert told(events)[-2:] == ["done:wall_time", "ended:killed"]
        assert events[-1].ended.status == signal.SIGQUIT
        assert "did not stop" in events[-1].ended.text
        assert re.search(r"line 4 in lost\n", stderr_of(events))


async def test_what_ignores_everything_is_killed(worker: RunningWorker) -> None:
    code = """
import faulthandler, signal
faulthandler.unregister(signal.SIGQUIT)
for number in (signal.SIGINT, signal.SIGQUIT): signal.signal(number, signal.SIG_IGN)
while True: pass
"""
    async with session(worker) as link:
        link.send(evaluate=pb.Evaluate(evaluation="last", code=code, limits=pb.Limits(cpu_time=0.2)))
        events = await link.until("ended")
        assert told(events)[-2:] == ["done:cpu_time", "ended:killed"]
        assert events[-1].ended.status == signal.SIGKILL


async def test_two_interrupts_never_follow_each_other_quickly_and_never_kill(worker: RunningWorker) -> None:
    code = """
import signal, time
signal.signal(signal.SIGINT, lambda *_: print("interrupted"))
end = time.time() + 2.5
while time.time() < end: time.sleep(0.01)
"""
    async with session(worker) as link:
        link.send(evaluate=pb.Evaluate(evaluation="deaf", code=code))
        await link.until("started")
        await asyncio.sleep(0.2)
        for pause in (0, 0.05, 0.05, 0.6):
            await asyncio.sleep(pause)
            link.send(interrupt=pb.Interrupt())
        assert stdout_of(await link.until("done")) == "interrupted\n" * 2
        assert told(await link.evaluate("1+1"))[-1] == "done:done"


# ------------------------------------------------------- whose limits, whose


async def test_an_environment_lowers_and_nobody_raises(worker: RunningWorker) -> None:
    async with link_to(worker, opened=False) as link:
        link.send(open=pb.Open(environment="strict", limits=pb.Limits(wall_time=60, memory=100_000_000)))
        opened = (await link.until("opened"))[-1].opened
        assert (opened.limits.wall_time, opened.limits.memory) == (0.3, 100_000_000)
        assert told(await link.evaluate(SPIN, limits=pb.Limits(wall_time=60)))[-1] == "done:wall_time"


async def test_sessions_are_counted_by_account_and_address(tmp_path: Path) -> None:
    config = CONFIG.format(cgroups="false").replace(
        "[worker]", "[worker]\nsessions_per_account = 1\nsessions_per_address = 2"
    )
    with running_worker(tmp_path, config) as worker:
        async with contextlib.AsyncExitStack() as stack:

            async def asked(reader: str) -> tuple[BackendEnd, str]:
                link = await stack.enter_async_context(link_to(worker, opened=False))
                link.send(open=pb.Open(reader=reader))
                event = await link.event()
                return link, event.failure.what + " " + event.failure.noun if event.HasField("failure") else "opened"

            first, answer = await asked("account:7")
            assert answer == "opened"
            assert (await asked("account:7"))[1] == "has 1 session already, the most that it may have this account"
            assert (await asked("account:8"))[1] == "opened"
            for reader in ("address:2001:db8::1", "address:2001:db8:0:0:ffff::2", "address:2001:db8:0:1::1"):
                assert (await asked(reader))[1] == "opened"
            assert "has 2 sessions already" in (await asked("address:2001:db8::3"))[1]
            assert (await asked(""))[1] == "opened"
            first.send(close=pb.Close())
            await first.until("ended")
            assert (await asked("account:7"))[1] == "opened"


@with_cgroups
async def test_the_cgroups_of_a_killed_worker_are_removed_by_the_next(tmp_path: Path) -> None:
    def left() -> list[str]:
        return [str(path) for path in Path("/sys/fs/cgroup").glob("**/sagews-w1-*-*") if f"-{pid}-" in path.name]

    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with limited_worker(tmp_path / "first") as worker:
        pid = worker.process.pid
        async with link_to(worker) as link:
            await link.evaluate("1+1")
            assert left()
            os.kill(pid, signal.SIGKILL)
            worker.process.wait()
    assert left(), "nobody was there to remove them"
    with limited_worker(tmp_path / "second"):
        assert not left()


async def test_the_log_tells_what_was_used_and_not_what_was_run(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        await link.evaluate("secret = 'xyzzy'; sum(range(10**7))", "logged")
        link.send(close=pb.Close())
        await link.until("ended")
        lines: list[dict[str, Any]] = []
        async with asyncio.timeout(5):
            while not any(line["event"] == "session ended" for line in lines):
                await asyncio.sleep(0.02)
                lines = [json.loads(line) for line in worker.log.read_text().splitlines() if link.session in line]
    (evaluation,) = (line for line in lines if line["event"] == "evaluation ended")
    assert (evaluation["evaluation"], evaluation["code_bytes"]) == ("logged", 35)
    assert len(evaluation["code_sha256"]) == 64 and evaluation["cpu_seconds"] > 0
    (ended,) = (line for line in lines if line["event"] == "session ended")
    assert ended["reason"] == "SESSION_REASON_CLOSED" and ended["cpu_seconds"] > 0
    assert "xyzzy" not in worker.log.read_text()
