"""A worker with limits, its two ways of keeping them, and a session beside a neighbour who must not notice."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.cgroups import Cgroups
from tests.site.worker_process import BackendEnd, RunningWorker, link_to, running_worker, stdout_of, told

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


def may_make_cgroups() -> bool:
    """Whether the system lets this user make cgroups, found out by trying."""

    async def found() -> bool:
        if (cgroups := Cgroups.find("probe")) is None:
            return False
        await cgroups.close()
        return True

    return asyncio.run(found())


with_cgroups = pytest.mark.skipif(not may_make_cgroups(), reason="this user may make no cgroups")


WAYS = [pytest.param("cgroups", marks=with_cgroups), "looking"]
"""Who keeps the limits: the system, or the worker by looking at processes."""


@contextlib.contextmanager
def limited_worker(folder: Path, way: str = "cgroups") -> Iterator[RunningWorker]:
    """Start a worker that keeps limits in one of the two ways, and see that it is that one."""
    with running_worker(folder, CONFIG.format(cgroups=str(way == "cgroups").lower())) as worker:
        assert ("cgroups keep limits" in worker.log.read_text()) == (way == "cgroups")
        yield worker


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
        assert int(stdout_of(await neighbour.evaluate("print(turns)", deadline=5))) > 0


def stderr_of(events: list[pb.Event]) -> str:
    bodies = [json.loads(event.output.body) for event in events if event.output.kind == pb.OUTPUT_KIND_STREAM]
    return "".join(body["text"] for body in bodies if body["name"] == "stderr")


async def to_the_end(link: BackendEnd, code: str) -> list[pb.Event]:
    """Evaluate code that ends its session; return all events."""
    link.send(evaluate=pb.Evaluate(evaluation="last", code=code))
    return await link.until("ended")
