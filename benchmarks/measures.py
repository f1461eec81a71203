"""The measures. The sides take turns, so that a slow moment of the machine falls on all of them.

A turn is a few samples, not one: a side whose programs were just pushed out of
the processor's caches by the other one would be measured in the other's shadow.
The first turn of each side warms and is thrown away.
"""

import asyncio
import re
import time
from collections.abc import Sequence

from benchmarks.figures import Figures
from benchmarks.memory import private_mib
from benchmarks.side import Reader, Side

ADD = "1+1"
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9, 16])\nplt.show()"
IMPORTS = "import numpy, scipy, sympy, matplotlib.pyplot, pandas, ipywidgets\n1+1"
SYMPY = """
import sympy
x = sympy.symbols("x")
a = sympy.integrate(sympy.exp(-x**2) * sympy.cos(x), (x, 0, sympy.oo))
b = sympy.factor(x**12 - 1)
c = sympy.series(sympy.sin(x) / x, x, 0, 12)
d = sympy.solve(x**3 - 2*x + 1, x)
(a, b, c, d)
"""
PROCESS = "__import__('os').getpid()"

REFILL = 0.3
"""Seconds before a reader comes who is to find the pool of spares full again."""
PAUSE = 0.02
"""Seconds before any other one."""
VISITS = 4
"""New readers in one turn of a side."""
REPEATS = 20
"""Evaluations in one turn of a session."""


async def fresh(sides: Sequence[Side], turns: int, code: str = ADD, kind: str = "execute_result") -> list[Figures]:
    """Milliseconds from a new reader's first packet to the first result; what it takes to leave is not counted."""
    figures = [Figures("ms") for _ in sides]
    for turn in range(-1, turns):
        for side, figure in zip(sides, figures, strict=True):
            for _ in range(VISITS if turn >= 0 else 1):
                await asyncio.sleep(REFILL if side.has_spares else PAUSE)
                start = time.perf_counter()
                reader = await side.arrive()
                await reader.evaluate(code, kind)
                took = (time.perf_counter() - start) * 1000
                if turn >= 0:
                    figure.samples.append(took)
                await reader.settle()
                await reader.leave()
    return figures


async def warm(sides: Sequence[Side], turns: int) -> list[Figures]:
    """Milliseconds from a request to its first result, in a session that has run before."""
    readers = [await side.arrive() for side in sides]
    figures = [Figures("ms") for _ in sides]
    for turn in range(-1, turns):
        for reader, figure in zip(readers, figures, strict=True):
            for _ in range(REPEATS):
                start = time.perf_counter()
                await reader.evaluate(ADD)
                took = (time.perf_counter() - start) * 1000
                if turn >= 0:
                    figure.samples.append(took)
                await reader.settle()
    for reader in readers:
        await reader.leave()
    return figures


async def fresh_per_second(side: Side, readers: int, count: int) -> float:
    """Readers a second who come, get their first result and leave, when so many come at once; the end is counted."""
    left = iter(range(count))

    async def one_after_another() -> None:
        for _ in left:
            reader = await side.arrive()
            await reader.evaluate(ADD)
            await reader.settle()
            await reader.leave()

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(readers):
            group.create_task(one_after_another())
    return count / (time.perf_counter() - start)


async def memory(sides: Sequence[Side], count: int) -> dict[str, list[Figures]]:
    """Private MiB of a session: bare (after 1+1), idle (the libraries imported too), used (after symbolic work)."""
    stages = {"memory_bare": ADD, "memory_idle": IMPORTS, "memory_used": SYMPY}
    figures = {stage: [Figures("MiB") for _ in sides] for stage in stages}
    for _ in range(count):
        for number, side in enumerate(sides):
            reader = await side.arrive()
            processes = side.processes(await process_of(reader))
            for stage, code in stages.items():
                await reader.evaluate(code)
                await reader.settle()
                figures[stage][number].samples.append(private_mib(processes))
            await reader.leave()
    return figures


async def process_of(reader: Reader) -> int:
    """Return the process that runs a reader's code."""
    said = await reader.evaluate(PROCESS)
    await reader.settle()
    return int(re.findall(r"\d+", said.partition("text/plain")[2] or said)[0])
