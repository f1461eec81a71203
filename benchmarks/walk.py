"""Where the time of one fresh evaluation goes: the stages of a new reader's visit, in milliseconds.

    python -m benchmarks.walk [--count N]

Two sites are walked in turn: one without spare sessions, one with them.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from benchmarks.client import Client, Json
from benchmarks.figures import Figures
from benchmarks.measures import ADD, PAUSE, REFILL
from benchmarks.ours import NO_SPARES, Ours, running_site

STAGES = [
    ("connect", "TCP, upgrade to a WebSocket"),
    ("open", "a session is ready: forked, or a spare one taken"),
    ("queued", "the worker has the evaluation"),
    ("result", "the first result"),
    ("done", "the evaluation is over"),
    ("ended", "the session and all its processes are gone"),
]


async def walk(site: Ours) -> dict[str, float]:
    """Visit the site once as a new reader; return the milliseconds of each stage."""
    client = Client(site.url)
    took: dict[str, float] = {}
    last = time.perf_counter()

    def mark(stage: str) -> None:
        nonlocal last
        now = time.perf_counter()
        took[stage] = (now - last) * 1000
        last = now

    async def until(found: Callable[[Json], bool]) -> Json:
        while not found(event := await client.receive()):
            assert event["kind"] != "failure", event
        return event

    await client.enter()
    mark("connect")
    await client.send({"kind": "open", "id": 1})
    session = (await until(lambda event: event["kind"] == "opened"))["session"]
    mark("open")
    await client.send({"kind": "evaluate", "id": 2, "session": session, "evaluation": "e1", "code": ADD})
    await until(lambda event: event["kind"] == "queued")
    mark("queued")
    await until(lambda event: event["kind"] == "output")
    mark("result")
    await until(lambda event: event["kind"] == "done")
    mark("done")
    await client.send({"kind": "close", "id": 3, "session": session})
    await until(lambda event: event["kind"] == "ended")
    mark("ended")
    await client.close()
    return took


async def walks(count: int) -> dict[str, dict[str, Figures]]:
    """Return the figures of each stage for both sites."""
    with tempfile.TemporaryDirectory(prefix="sagews-walk-") as directory:
        async with (
            running_site(Path(directory), "no-spares", NO_SPARES) as forking,
            running_site(Path(directory), "default") as pooled,
        ):
            found = {site.name: {stage: Figures("ms") for stage, _ in STAGES} for site in (forking, pooled)}
            for turn in range(-1, count):
                for site in (forking, pooled):
                    await asyncio.sleep(REFILL if site.has_spares else PAUSE)
                    for stage, took in (await walk(site)).items():
                        if turn >= 0:
                            found[site.name][stage].samples.append(took)
    return found


def main() -> None:
    """Walk and print the medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.walk")
    parser.add_argument("--count", type=int, default=30, help="visits of each site")
    found = uvloop.run(walks(parser.parse_args().count))
    print(f"{'':<10}" + "".join(f"{name:>20}" for name in found))
    for stage, words in STAGES:
        cells = (f"{figures[stage].median:8.2f} ({figures[stage].p95:6.2f}) ms" for figures in found.values())
        print(f"{stage:<10}" + "".join(f"{cell:>20}" for cell in cells) + f"   {words}")
    first = [sum(figures[stage].median for stage, _ in STAGES[:4]) for figures in found.values()]
    print(f"{'first':<10}" + "".join(f"{total:>17.2f} ms" for total in first) + "   from nothing to the first result")


if __name__ == "__main__":
    main()
