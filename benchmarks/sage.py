"""Sage: the first result of a new reader, and what a session has for itself, against Sage's own Jupyter kernel.

Both run the same installation, which `sagews environment install sage` has made; without it there are no figures.
`python -m benchmarks.sage` measures this alone.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import measures
from benchmarks.figures import Figures
from benchmarks.memory import private_mib
from benchmarks.ours import running_site
from benchmarks.peer import running_jupyter
from benchmarks.side import Side
from benchmarks.table import RESULTS, keep, table
from sagews.admin.environments.install import INSTALLED, settings
from sagews.admin.environments.recipe import SAGE, default_directory

DIRECTORY = default_directory("sage")
CONFIG = f"{settings(SAGE, DIRECTORY)}\nspares = 1\n"
TURNS = 2
SESSIONS = 4
"""Whose memory is looked at."""
FRESH = {
    "sage_factor": ("factor(2^64-1)", "execute_result"),
    "sage_integrate": ("integrate(x^2*sin(x), x)", "execute_result"),
    "sage_plot": ("plot(sin(x), (x, 0, 2*pi)).show()", "display_data"),
}
"""What new readers ask for, and the kind of output that they wait for."""
STAGES = {"sage_memory_idle": "1+1", "sage_memory_used": "integrate(exp(-x^2)*cos(x), x, 0, oo)"}

Pair = tuple[Figures, Figures]


def is_possible() -> bool:
    """Whether Sage is installed."""
    return (DIRECTORY / INSTALLED).exists()


async def measured(directory: Path, scale: float) -> dict[str, Pair]:
    """Return the figures of the peer and ours by name."""
    folder = directory / "sage"
    folder.mkdir()
    python = str(DIRECTORY / "bin" / "python")
    command = [python, "-m", "sage.repl.ipython_kernel", "-f", "{connection_file}"]
    found: dict[str, Pair] = {}
    async with running_jupyter(folder, command) as jupyter, running_site(folder, "ours", CONFIG) as site:
        sides: list[Side] = [jupyter, site]
        for name, (code, kind) in FRESH.items():
            peer, ours = await measures.fresh(sides, max(1, round(TURNS * scale)), code, kind)
            found[name] = peer, ours
        found |= await memory(sides, max(1, round(SESSIONS * scale)))
    return found


async def memory(sides: list[Side], count: int) -> dict[str, Pair]:
    """Return private MiB of sessions that have computed nothing yet, and of the same after an integral."""
    found: dict[str, Pair] = {stage: (Figures("MiB"), Figures("MiB")) for stage in STAGES}
    for _ in range(count):
        for number, side in enumerate(sides):
            reader = await side.arrive()
            processes = side.processes(await measures.process_of(reader))
            for stage, code in STAGES.items():
                await reader.evaluate(code)
                await reader.settle()
                found[stage][number].samples.append(private_mib(processes))
            await reader.leave()
    return found


def put_into(results: dict[str, Any], found: dict[str, Pair]) -> None:
    """Write what was found into results that have the rest."""
    results["sage"] = {name: [figures.as_json() for figures in pair] for name, pair in found.items()}


async def _alone(scale: float) -> dict[str, Pair]:
    with tempfile.TemporaryDirectory(prefix="sagews-sage-") as directory:
        return await measured(Path(directory), scale)


def main() -> None:
    """Measure, and show or write what was found beside the rest that was written before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sage", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="multiply the counts of samples by this")
    parser.add_argument("--write", action="store_true", help="write them beside the rest of the results")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text())
    put_into(results, uvloop.run(_alone(options.scale)))
    print(table(results))
    if options.write:
        keep(results)


if __name__ == "__main__":
    main()
