"""What readers cost who have no session: those who get kept results, and those who are only connected."""

import asyncio
import time

from benchmarks.figures import Figures
from benchmarks.measures import ADD
from benchmarks.memory import private_mib
from benchmarks.ours import Ours, Visitor

SECONDS = 3.0
"""For which results are counted."""
TURNS = 3
AT_ONCE = 20
"""Connections that are opened at the same time."""


async def kept_per_second(site: Ours, readers: int) -> Figures:
    """Kept results a second that so many readers get of one backend, each asking when it has the one before."""
    side = site.stateless()
    visitors = [await side.arrive() for _ in range(readers)]
    await _evaluate(visitors[0])
    figures = Figures("/s")
    for _ in range(TURNS):
        end = time.perf_counter() + SECONDS
        counts = await asyncio.gather(*(_until(end, visitor) for visitor in visitors))
        figures.samples.append(sum(counts) / SECONDS)
    for visitor in visitors:
        await visitor.leave()
    return figures


async def _until(end: float, visitor: Visitor) -> int:
    count = 0
    while time.perf_counter() < end:
        await _evaluate(visitor)
        count += 1
    return count


async def _evaluate(visitor: Visitor) -> None:
    await visitor.evaluate(ADD)
    await visitor.settle()


async def idle_connections(site: Ours, count: int) -> Figures:
    """MiB of the backend's own memory with so many connections that say nothing."""
    side = site.stateless()
    visitors: list[Visitor] = []
    while len(visitors) < count:
        visitors += await asyncio.gather(*(side.arrive() for _ in range(min(AT_ONCE, count - len(visitors)))))
    figures = Figures("MiB", [private_mib([site.backend])])
    for visitor in visitors:
        await visitor.leave()
    return figures
