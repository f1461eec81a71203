"""The end of a session over the worker's Unix socket: nothing of it is left, and nobody else notices."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from sagews.protocol import sagews_pb2 as pb
from tests.processes import command, command_of
from tests.site.worker_process import (
    BARE,
    QUICK,
    BackendEnd,
    RunningWorker,
    alive,
    gone,
    link_to,
    running_worker,
    stdout_of,
    told,
)

DAEMON = """
import os, sys, time
print(os.getpid(), flush=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        for fd in (0, 1, 2): os.close(fd)
        while True: pass
    os._exit(0)
time.sleep(1)
"""


async def daemon(worker: RunningWorker, link: BackendEnd) -> list[int]:
    """Leave a spinning daemon behind; return the process ids of all of the session."""
    await link.evaluate(DAEMON)
    pids = worker.processes_of(link.session)
    assert len(pids) >= 2
    return pids


async def test_close_ends_the_whole_tree(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        pids = await daemon(worker, link)
        link.send(close=pb.Close())
        assert told(await link.until("ended"))[-1] == "ended:closed"
        assert not any(alive(pid) for pid in pids), "when the end is told, all is dead"


async def test_the_exit_of_the_main_process_ends_the_whole_tree(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        pids = await daemon(worker, link)
        link.send(evaluate=pb.Evaluate(evaluation="exit", code="import os; os._exit(5)"))
        ended = (await link.until("ended"))[-1].ended
        assert (ended.reason, ended.status) == (pb.SESSION_REASON_EXITED, 5)
        assert not any(alive(pid) for pid in pids)


async def test_the_end_of_the_grace_ends_the_whole_tree(worker: RunningWorker) -> None:
    async with link_to(worker, opened=False) as link:
        await link.open(limits=pb.Limits(grace=0.2))
        pids = await daemon(worker, link)
    await gone(pids)


@pytest.mark.parametrize("config", [QUICK, BARE], ids=["walls", "bare"])
async def test_a_reader_who_is_gone_in_the_middle_of_a_frame(tmp_path: Path, config: str) -> None:
    with running_worker(tmp_path, f"{config}\n[limits]\ngrace = 0\n") as worker:
        async with link_to(worker) as sibling, link_to(worker) as link:
            pids = await daemon(worker, link)
            link.writer.write(b"\0\0\1\0half of it")
            await link.writer.drain()
            link.writer.transport.abort()
            await gone(pids)
            assert told(await sibling.evaluate("1+1"))[-1] == "done:done"
        assert "link ended in the middle of a frame" in worker.log.read_text()


async def test_a_session_cannot_stop_what_ends_it(worker: RunningWorker) -> None:
    code = "import os, signal\nos.kill(0, signal.SIGSTOP)"
    async with link_to(worker) as link:
        pids = worker.processes_of(link.session)
        link.send(evaluate=pb.Evaluate(evaluation="a", code=code))
        await link.until("started")
        await asyncio.sleep(0.2)
        link.send(close=pb.Close())
        assert told(await link.until("ended"))[-1] == "ended:closed"
        assert not any(alive(pid) for pid in pids)


async def test_deep_directories_are_removed(tmp_path: Path) -> None:
    code = "import os\nprint(os.path.dirname(os.getcwd()))\nfor _ in range(1200): os.mkdir('d'); os.chdir('d')"
    with running_worker(tmp_path, BARE) as worker:
        async with link_to(worker) as link:
            directory = Path(stdout_of(await link.evaluate(code)).strip())
            assert directory.name.startswith("sagews-") and directory.exists()
            link.send(close=pb.Close())
            await link.until("ended")
            async with asyncio.timeout(20):
                while directory.exists():
                    await asyncio.sleep(0.02)


@pytest.mark.parametrize("config", [QUICK, BARE], ids=["walls", "bare"])
async def test_nothing_is_left_of_a_session_whose_zygote_died_before_it(tmp_path: Path, config: str) -> None:
    with running_worker(tmp_path, config) as worker:
        async with link_to(worker) as link:
            pids = await daemon(worker, link)
            zygote_of(worker).kill()
            link.send(close=pb.Close())
            assert told(await link.until("ended"))[-1] == "ended:closed"
            await gone(pids)


async def test_a_killed_init_ends_its_session_alone(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker) as link, link_to(worker) as sibling:
            pids = await daemon(worker, link)
            init = next(pid for pid in pids if "builder" in command_of(pid))
            os.kill(init, signal.SIGKILL)
            assert told(await link.until("ended"))[-1] == "ended:killed"
            assert not any(alive(pid) for pid in pids)
            assert told(await sibling.evaluate("1+1"))[-1] == "done:done"


async def test_a_killed_builder_ends_no_session_and_is_started_again(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker) as link:
            builder = next(child for child in worker.tree if "session.builder" in command(child))
            builder.kill()
            assert told(await link.evaluate("1+1"))[-1] == "done:done"
            for _ in range(5):
                async with link_to(worker) as other:
                    assert told(await other.evaluate("1+1"))[-1] == "done:done"


async def test_a_stopped_zygote_keeps_no_session_from_ending(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker) as link:
            pids = await daemon(worker, link)
            zygote_of(worker).suspend()
            link.send(close=pb.Close())
            assert told(await link.until("ended"))[-1] == "ended:closed"
            await gone(pids)


def zygote_of(worker: RunningWorker) -> psutil.Process:
    return next(
        child for child in psutil.Process(worker.process.pid).children() if "sagews.session.zygote" in command(child)
    )


async def test_a_killed_zygote_ends_no_session_and_is_started_again(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker) as link:
            await link.evaluate("x = 1")
            zygote_of(worker).kill()
            assert stdout_of(await link.evaluate("print(x)")) == "1\n"
            async with link_to(worker) as other:
                assert told(await other.evaluate("1+1"))[-1] == "done:done"


@pytest.mark.parametrize("config", [QUICK, BARE], ids=["walls", "bare"])
async def test_a_zygote_is_renewed_and_its_sessions_live_on(tmp_path: Path, config: str) -> None:
    settings = "[worker]\nrenew_after_sessions = 3\n" if config == QUICK else "renew_after_sessions = 3\n"
    with running_worker(tmp_path, config + settings) as worker:
        async with link_to(worker) as link:
            await link.evaluate("x = 1")
            pids = await daemon(worker, link)
            first = zygote_of(worker).pid
            async with link_to(worker), link_to(worker), asyncio.timeout(20):
                while psutil.pid_exists(first):
                    await asyncio.sleep(0.1)
            assert stdout_of(await link.evaluate("print(x)")) == "1\n"
            async with link_to(worker) as other:
                assert told(await other.evaluate("1+1"))[-1] == "done:done"
            link.send(evaluate=pb.Evaluate(evaluation="exit", code="import os; os._exit(7)"))
            ended = (await link.until("ended"))[-1].ended
            assert (ended.reason, ended.status) == (pb.SESSION_REASON_EXITED, 7)
            await gone(pids)


async def test_a_killed_worker_leaves_nothing(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker) as link:
            pids = await daemon(worker, link)
            pids += [child.pid for child in worker.tree]
            worker.process.kill()
            await gone(pids)


def test_no_process_of_these_tests_is_left(worker: RunningWorker) -> None:
    """What a session started is gone from the worker's tree; only the worker's own programs and their forks remain."""
    names = [name for child in worker.tree if (name := command(child))]
    assert all("sagews.session." in name for name in names)
