"""The end of a worker whose processes the system does not let die, as in a call to a disk that takes its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.processes import command, wait_until
from tests.site.worker_process import BARE, QUICK, RunningWorker, alive, gone, link_to, running_worker

FREEZER = Path("/sys/fs/cgroup/freezer")
"""Of version 1: what it holds dies of no signal before it is let go, as in a call that cannot be interrupted."""
WITHIN = 5.0
"""Seconds in which a worker ends, whatever is with its processes."""

pytestmark = pytest.mark.skipif(
    not (FREEZER / "cgroup.procs").exists(), reason="needs the freezer of control groups version 1"
)


@contextmanager
def held(pids: list[int], name: str) -> Iterator[None]:
    """Hold processes where no signal ends them."""
    group = FREEZER / name
    group.mkdir()
    try:
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        (group / "freezer.state").write_text("FROZEN")
        wait_until(lambda: (group / "freezer.state").read_text().strip() == "FROZEN", 5, "all are held")
        yield
    finally:
        (group / "freezer.state").write_text("THAWED")
        wait_until(lambda: not (group / "cgroup.procs").read_text(), 5, "all that were held are gone")
        with suppress(OSError):
            group.rmdir()


def program_of(worker: RunningWorker, module: str) -> list[int]:
    """Return the process id of the worker's program of this module."""
    children = [child for child in psutil.Process(worker.process.pid).children() if alive(child.pid)]
    return [child.pid for child in children if f"session.{module}" in command(child)]


@pytest.mark.parametrize(
    ("config", "module"),
    [(QUICK, "zygote"), (BARE, "zygote"), (QUICK, "builder")],
    ids=["zygote", "zygote of a bare worker", "builder"],
)
async def test_a_worker_ends_though_the_system_holds_a_program_of_it(tmp_path: Path, config: str, module: str) -> None:
    """Hold a program with a session beside it, then end the worker's lifeline: it ends in time, and says what is left.

    What is held dies as soon as it is let go.
    """
    with running_worker(tmp_path, config) as worker:
        async with link_to(worker) as link:
            await link.evaluate("1+1")
            pids = program_of(worker, module)
            assert len(pids) == 1
            with held(pids, f"sagews-test-{worker.process.pid}"):
                ends_in_time(worker)
            await gone(pids)
        assert "program was killed and is not gone yet" in worker.log.read_text()


@pytest.mark.parametrize("config", [QUICK, BARE], ids=["walls", "bare"])
async def test_a_worker_ends_though_the_system_holds_a_session(tmp_path: Path, config: str) -> None:
    """Hold all of a session, then end the worker's lifeline: it ends in time; the session when it is let go."""
    with running_worker(tmp_path, config) as worker:
        async with link_to(worker) as link:
            await link.evaluate("1+1")
            pids = worker.processes_of(link.session)
            with held(pids, f"sagews-test-{worker.process.pid}"):
                ends_in_time(worker)
            await gone(pids)
        assert "sessions did not end in time" in worker.log.read_text()


def ends_in_time(worker: RunningWorker) -> None:
    """End a worker's lifeline and wait for it."""
    assert worker.process.stdin is not None
    begun = time.monotonic()
    worker.process.stdin.close()
    worker.process.wait(WITHIN)
    assert time.monotonic() - begun < WITHIN
