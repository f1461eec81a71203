"""Every limit of a session and its reason, with a real worker: by the system's cgroups, and by looking at processes.

In each case a neighbour's evaluation goes on undisturbed.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.cgroups import Cgroups
from tests.site.worker_process import BackendEnd, RunningWorker, gone, link_to, running_worker, stdout_of, told

CONFIG = """
[worker]
cgroups = {cgroups}

[limits]
interrupt_pause = 0.5

[[environment]]
name = "python"
preload = []
spares = 1

[[environment]]
name = "strict"
preload = []
spares = 0
limits = {{ wall_time = 0.3, memory = 200_000_000 }}
"""
SPIN = "while True: pass"
MEGABYTE = 1 << 20


def may_make_cgroups() -> bool:
    """Whether the system lets this user make cgroups, found out by trying."""

    async def found() -> bool:
        if (cgroups := Cgroups.find("probe")) is None:
            return False
        await cgroups.close()
        return True

    return asyncio.run(found())


with_cgroups = pytest.mark.skipif(not may_make_cgroups(), reason="this user may make no cgroups")


@pytest.fixture(scope="module", params=[pytest.param("cgroups", marks=with_cgroups), "looking"])
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    """Give a worker whose limits are kept by the system, and one that looks after its processes itself."""
    config = CONFIG.format(cgroups="true" if request.param == "cgroups" else "false")
    with running_worker(tmp_path_factory.mktemp("worker"), config) as running:
        yield running


@pytest.fixture(scope="module")
def system_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    """Give a worker whose limits are kept by the system."""
    with running_worker(tmp_path_factory.mktemp("worker"), CONFIG.format(cgroups="true")) as running:
        yield running


@contextlib.asynccontextmanager
async def session(worker: RunningWorker, **limits: float) -> AsyncIterator[BackendEnd]:
    """Open a session with limits, beside a neighbour that computes; see that the neighbour did not notice."""
    async with link_to(worker) as neighbour, link_to(worker, opened=False) as link:
        code = "import time\nturns = 0\nwhile True:\n    turns += 1\n    time.sleep(0.001)"
        neighbour.send(evaluate=pb.Evaluate(evaluation="long", code=code))
        await neighbour.until("started")
        await link.open(limits=pb.Limits(**limits))  # type: ignore[arg-type]
        yield link
        neighbour.send(interrupt=pb.Interrupt())
        assert told(await neighbour.until("done", 5)) == ["output:error", "done:interrupted"]
        assert int(stdout_of(await neighbour.evaluate("print(turns)", deadline=5))) > 10


def stderr_of(events: list[pb.Event]) -> str:
    bodies = [json.loads(event.output.body) for event in events if event.output.kind == pb.OUTPUT_KIND_STREAM]
    return "".join(body["text"] for body in bodies if body["name"] == "stderr")


async def to_the_end(link: BackendEnd, code: str) -> list[pb.Event]:
    """Evaluate code that ends its session; return all events."""
    link.send(evaluate=pb.Evaluate(evaluation="last", code=code))
    return await link.until("ended")


# ------------------------------------------------------------ processor time


async def test_the_processor_time_of_an_evaluation_stops_it_and_the_session_lives(worker: RunningWorker) -> None:
    async with session(worker) as link:
        await link.evaluate("x = 5")
        events = await link.evaluate(SPIN, limits=pb.Limits(cpu_time=0.4))
        assert told(events)[-1] == "done:cpu_time"
        assert events[-1].done.text == "Stopped: it used 0.4 s of processor time, the limit of one evaluation."
        assert events[-1].done.cpu_seconds >= 0.4
        assert stdout_of(await link.evaluate("print(x)", limits=pb.Limits(cpu_time=0.4))) == "5\n"


async def test_the_processor_time_of_children_counts(worker: RunningWorker) -> None:
    code = "import os\nif os.fork() == 0:\n    while True: pass\nos.wait()"
    async with session(worker) as link:
        events = await link.evaluate(code, limits=pb.Limits(cpu_time=0.4))
        assert told(events)[-1] == "done:cpu_time"


async def test_what_ran_before_does_not_count_for_the_next(worker: RunningWorker) -> None:
    spin = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    async with session(worker) as link:
        for _ in range(3):
            events = await link.evaluate(spin, limits=pb.Limits(cpu_time=0.6))
            assert told(events)[-1] == "done:done"
            assert 0.25 < events[-1].done.cpu_seconds < 0.6


async def test_the_processor_time_of_a_session_ends_it(worker: RunningWorker) -> None:
    async with session(worker, session_cpu_time=0.5) as link:
        events = await to_the_end(link, SPIN)
        assert told(events)[-2:] == ["done:session_ended", "ended:cpu_time"]
        assert "used 0.5 s of processor time" in events[-1].ended.text
        assert events[-1].ended.cpu_seconds >= 0.5


# ------------------------------------------------------------------- memory


async def test_memory_ends_the_session_that_uses_it(worker: RunningWorker) -> None:
    async with session(worker, memory=300 * MEGABYTE) as link:
        await link.evaluate("kept = bytearray(100 << 20)")
        code = "import time\nmore = []\nwhile True:\n    more.append(bytearray(10 << 20))\n    time.sleep(0.01)"
        events = await to_the_end(link, code)
        assert told(events)[-2:] == ["done:session_ended", "ended:memory"]
        assert "more than 300 MiB of memory" in events[-1].ended.text
        assert 200 * MEGABYTE < events[-1].ended.memory_peak < 600 * MEGABYTE


async def test_memory_is_counted_of_all_processes_together(worker: RunningWorker) -> None:
    code = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = bytearray(60 << 20)
        time.sleep(60)
        os._exit(0)
    time.sleep(0.05)
time.sleep(1.5)
"""
    async with session(worker, memory=300 * MEGABYTE) as link:
        link.send(evaluate=pb.Evaluate(evaluation="last", code=code))
        events = [await link.event()]
        while events[-1].WhichOneof("kind") not in ("done", "ended"):
            events.append(await link.event())
        # The system kills one of them, and the reader is told; a worker that looks ends the session.
        told_so = "more than 300 MiB of memory" in stderr_of(events)
        assert told_so or told([*events, await link.event()])[-2:] == ["done:session_ended", "ended:memory"]


async def test_memory_that_is_shared_with_the_zygote_does_not_count(worker: RunningWorker) -> None:
    code = "import os, time\nfor _ in range(20):\n    if os.fork() == 0: time.sleep(1); os._exit(0)\ntime.sleep(0.8)"
    async with session(worker, memory=150 * MEGABYTE) as link:
        assert told(await link.evaluate(code))[-1] == "done:done"
        assert told(await link.evaluate("1+1"))[-1] == "done:done"


async def test_a_child_that_is_killed_for_its_memory_is_told_and_the_session_lives(
    system_worker: RunningWorker,
) -> None:
    code = "import os\nif os.fork() == 0:\n    x = bytearray(500 << 20); os._exit(0)\nprint(os.wait()[1])"
    async with session(system_worker, memory=200 * MEGABYTE) as link:
        events = await link.evaluate(f"{code}\nimport time; time.sleep(1.5)")
        assert stdout_of(events) == f"{int(signal.SIGKILL)}\n"
        assert "A process of this session was killed" in stderr_of(events)
        assert told(await link.evaluate("1+1"))[-1] == "done:done"


async def test_a_session_that_kills_itself_was_not_killed_for_memory(system_worker: RunningWorker) -> None:
    async with session(system_worker) as link:
        events = await to_the_end(link, "import os\nos.kill(os.getpid(), 9)")
        assert told(events)[-1] == "ended:killed"


# ---------------------------------------------------------------- processes


BOMB = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"


async def test_a_fork_bomb_ends_its_session(worker: RunningWorker) -> None:
    async with session(worker, processes=40) as link:
        pid = int(stdout_of(await link.evaluate("import os; print(os.getpid())")))
        events = await to_the_end(link, BOMB)
        assert told(events)[-2:] == ["done:session_ended", "ended:processes"]
        assert "more processes or threads than it may have (40 and 512)" in events[-1].ended.text
        await gone([pid])


@with_cgroups
async def test_a_fork_beyond_the_threads_fails_and_the_session_lives(system_worker: RunningWorker) -> None:
    code = """
import os, time
for turn in range(30):
    if os.fork() == 0: time.sleep(60)
"""
    async with session(system_worker, threads=10) as link:
        events = await link.evaluate(code)
        assert told(events)[-1] == "done:error"
        assert json.loads(events[-2].output.body)["ename"] == "BlockingIOError"
        assert told(await link.evaluate("1+1"))[-1] == "done:done"


@with_cgroups
async def test_what_fails_to_fork_without_end_is_ended(system_worker: RunningWorker) -> None:
    code = "import os, time\nwhile True:\n    try:\n        if os.fork() == 0: time.sleep(60)\n    except OSError: pass"
    async with session(system_worker, threads=10) as link:
        events = await to_the_end(link, code)
        assert told(events)[-1] == "ended:processes"


async def test_threads_beyond_the_limit(worker: RunningWorker) -> None:
    code = "import threading, time\nfor _ in range(60): threading.Thread(target=time.sleep, args=(2,)).start()\n"
    async with session(worker, threads=30) as link:
        link.send(evaluate=pb.Evaluate(evaluation="last", code=code + "time.sleep(1)"))
        events = await link.until("done")
        # The system refuses one, which is an error of the code; a worker that looks ends the session.
        if told(events)[-1] == "done:error":
            assert json.loads(events[-2].output.body)["evalue"] == "can't start new thread"
        else:
            assert told(await link.until("ended")) == ["ended:processes"]


# ------------------------------------------------------------- files, disk


async def test_open_files_and_the_size_of_a_file_are_limited(worker: RunningWorker) -> None:
    code = (
        "kept = []\ntry:\n    while True: kept.append(open('/dev/null'))\nexcept OSError as error: print(error.errno)"
    )
    big = "with open('x', 'wb') as file:\n    file.truncate(2 << 20)"
    async with session(worker, open_files=300, disk=MEGABYTE) as link:
        assert stdout_of(await link.evaluate(f"{code}\nprint(len(kept) < 300)\nkept.clear()")) == "24\nTrue\n"
        events = await link.evaluate(big)
        assert json.loads(events[-2].output.body)["evalue"].startswith("[Errno 27]")
        assert told(await link.evaluate("1+1"))[-1] == "done:done"


# ------------------------------------------------------------------ outputs


async def test_outputs_that_come_too_fast_are_cut_with_a_mark(worker: RunningWorker) -> None:
    async with session(worker) as link:
        code = "for number in range(100_000): display(number)"
        events = await link.evaluate(code, limits=pb.Limits(event_rate=20))
        assert told(events)[-1] == "done:event_rate"
        assert events[-1].done.text == "Stopped: it put out more than 20 pieces a second, the limit of one evaluation."
        (mark,) = (event.truncated for event in events if event.WhichOneof("kind") == "truncated")
        assert (mark.limit, mark.event_rate) == (0, 20)
        assert 100 <= told(events).count("output:display_data") < 120
        assert told(await link.evaluate("display(1); display(2)"))[-1] == "done:done"


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
    with running_worker(tmp_path / "first", CONFIG.format(cgroups="true")) as worker:
        pid = worker.process.pid
        async with link_to(worker) as link:
            await link.evaluate("1+1")
            assert left()
            os.kill(pid, signal.SIGKILL)
            worker.process.wait()
    assert left(), "nobody was there to remove them"
    with running_worker(tmp_path / "second", CONFIG.format(cgroups="true")):
        assert not left()


async def test_the_log_tells_what_was_used_and_not_what_was_run(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        await link.evaluate("secret = 'xyzzy'; sum(range(10**6))", "logged")
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
