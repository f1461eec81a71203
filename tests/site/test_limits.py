"""Every limit of a session and its reason, with a real worker: by the system's cgroups, and by looking at processes.

In each case a neighbour's evaluation goes on undisturbed.
"""

import json
import signal
from collections.abc import Iterator

import pytest

from sagews.protocol import sagews_pb2 as pb
from tests.site.limited_worker import WAYS, limited_worker, session, stderr_of, to_the_end, with_cgroups
from tests.site.worker_process import RunningWorker, gone, stdout_of, told

SPIN = "while True: pass"
MEGABYTE = 1 << 20


@pytest.fixture(scope="module", params=WAYS)
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    with limited_worker(tmp_path_factory.mktemp("worker"), request.param) as running:
        yield running


@pytest.fixture(scope="module")
def system_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    with limited_worker(tmp_path_factory.mktemp("worker")) as running:
        yield running


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


@with_cgroups
async def test_a_child_that_is_killed_for_its_memory_is_told_and_the_session_lives(
    system_worker: RunningWorker,
) -> None:
    code = "import os\nif os.fork() == 0:\n    x = bytearray(500 << 20); os._exit(0)\nprint(os.wait()[1])"
    async with session(system_worker, memory=200 * MEGABYTE) as link:
        events = await link.evaluate(f"{code}\nimport time; time.sleep(1.5)")
        assert stdout_of(events) == f"{int(signal.SIGKILL)}\n"
        assert "A process of this session was killed" in stderr_of(events)
        assert told(await link.evaluate("1+1"))[-1] == "done:done"


@with_cgroups
async def test_a_session_that_kills_itself_was_not_killed_for_memory(system_worker: RunningWorker) -> None:
    async with session(system_worker) as link:
        events = await to_the_end(link, "import os\nos.kill(os.getpid(), 9)")
        assert told(events)[-1] == "ended:killed"


# ---------------------------------------------------------------- processes


BOMB = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"


async def test_a_fork_bomb_ends_its_session(worker: RunningWorker) -> None:
    async with session(worker, processes=40) as link:
        pids = worker.processes_of(link.session)
        events = await to_the_end(link, BOMB)
        assert told(events)[-2:] == ["done:session_ended", "ended:processes"]
        assert "more processes or threads than it may have (40 and 256)" in events[-1].ended.text
        await gone(pids)


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
