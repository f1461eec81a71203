"""What a reader notices of a neighbour who means harm, and how much memory idle sessions take: with every wall up."""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.bad_neighbour import LONGEST
from benchmarks.figures import Figures
from benchmarks.measures import ADD
from benchmarks.ours import OurReader, Ours

ATTACKS = {
    "fork_bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "memory_bomb": "hoard = []\nwhile True: hoard.append(b'x' * (50 << 20))",
    "output_flood": "while True: print('x' * 1000)",
    "disk_filler": "with open('big', 'wb') as file:\n    while True: file.write(b'x' * (1 << 20))",
}
"""Code of the bad neighbours, by name."""
PAUSE = 0.02
"""Seconds between two evaluations of the reader who is measured."""
SECONDS = 2 * LONGEST
"""For which a reader is watched, quiet and beside each attack."""
CROWD_CONFIG = """
[worker]
max_sessions = 400
"""
MIB = 1 << 20


async def beside(site: Ours) -> dict[str, Figures]:
    """Milliseconds of `1+1` in a session that has run before: quiet, and beside each attack."""
    found = {"quiet": await _watched(site)}
    for name, code in ATTACKS.items():
        attacker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.bad_neighbour", site.url, code, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            await asyncio.sleep(1)  # until it has begun
            found[name] = await _watched(site)
        finally:
            attacker.kill()
            await attacker.wait()
        await asyncio.sleep(2)  # until all of it is gone
    return found


async def _watched(site: Ours) -> Figures:
    figures = Figures("ms")
    reader = await site.arrive()
    await reader.evaluate(ADD)
    await reader.settle()
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        await asyncio.sleep(PAUSE)
        start = time.perf_counter()
        await reader.evaluate(ADD)
        figures.samples.append((time.perf_counter() - start) * 1000)
        await reader.settle()
    await reader.leave()
    return figures


async def crowd(site: Ours, count: int) -> Figures:
    """MiB of this machine's memory that so many idle sessions take, everything counted, the kernel's share too."""
    before = _available()
    readers: list[OurReader] = []
    for _ in range(count):
        reader = await site.arrive()
        await reader.evaluate(ADD)
        await reader.settle()
        readers.append(reader)
    taken = (before - _available()) / MIB
    for reader in readers:
        await reader.leave()
    return Figures("MiB", [taken])


def _available() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))
