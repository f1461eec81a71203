"""A worker that is emptied: no session is opened any more, and those that live go on until their time is over."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from sagews.protocol import sagews_pb2 as pb
from tests.site.test_control_link import get, status
from tests.site.worker_process import RunningWorker, link_to, running_worker, stdout_of, told

QUICK = "[[environment]]\nname = 'python'\npreload = []\nspares = 1\n[worker]\nmetrics = '127.0.0.1:0'\n"


async def ends(worker: RunningWorker, deadline: float = 5.0) -> int:
    """Return the exit status of a worker that ends by itself."""
    async with asyncio.timeout(deadline):
        while (status := worker.process.poll()) is None:
            await asyncio.sleep(0.02)
    return status


async def test_the_first_sigterm_drains_and_the_worker_ends_with_its_last_session(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker) as link, link_to(worker, control=True) as control:
            await link.evaluate("x = 6")
            os.kill(worker.process.pid, signal.SIGTERM)
            assert (await status(control, "draining")).load.sessions == 1
            async with link_to(worker, opened=False) as other:
                other.send(open=pb.Open())
                failure = (await other.until("failure"))[-1].failure
                assert failure.code == pb.FAILURE_CODE_DRAINING
                assert (failure.load.sessions, failure.load.places) == (1, 100)
                # Who has a session here comes to it still.
                other.send(attach=pb.Attach(session=link.session, token=link.token))
                await other.until("attached")
                assert stdout_of(await other.evaluate("print(7 * x)", "e")) == "42\n"
            code, text = await get(worker.metrics, "healthz")
            assert code == 503 and '"draining"' in text
            link.send(close=pb.Close())
            await link.until("ended")
            assert await ends(worker) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_sigterm_or_sigint_ends_it_at_once(tmp_path: Path, number: int) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker) as link, link_to(worker, control=True) as control:
            link.send(evaluate=pb.Evaluate(evaluation="e", code="while True: pass"))
            await link.until("started")
            os.kill(worker.process.pid, signal.SIGTERM)
            await status(control, "draining")
            os.kill(worker.process.pid, number)
            assert told(await link.until("ended"))[-1] == "ended:shutdown"
            await status(control, "stopping")
            assert await ends(worker) == 0


async def test_the_end_of_its_lifeline_ends_it_in_the_middle_of_a_drain(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker) as link:
            os.kill(worker.process.pid, signal.SIGTERM)
            assert worker.process.stdin is not None
            worker.process.stdin.close()
            assert told(await link.until("ended"))[-1] == "ended:shutdown"
            assert await ends(worker) == 0


async def test_what_lives_when_the_time_is_over_ends_as_drained(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK + "drain_seconds = 0.5\n") as worker:
        async with link_to(worker) as link:
            os.kill(worker.process.pid, signal.SIGTERM)
            event = (await link.until("ended"))[-1]
            assert event.ended.reason == pb.SESSION_REASON_DRAINED
            assert "emptied" in event.ended.text
            assert await ends(worker) == 0


async def test_an_empty_worker_ends_at_once(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        os.kill(worker.process.pid, signal.SIGTERM)
        assert await ends(worker) == 0
