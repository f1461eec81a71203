"""`make bench`: the whole comparison, in about three minutes."""

import argparse
import datetime
import json
import os
import platform
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import measures
from benchmarks.figures import Figures
from benchmarks.install_peer import PEER, ROOT
from benchmarks.memory import machine
from benchmarks.ours import NO_SPARES, Ours, running_site
from benchmarks.peer import Jupyter, running_jupyter
from benchmarks.side import Side
from benchmarks.table import table, write_into
from sagews import __version__

RESULTS = Path(__file__).with_name("results") / "latest.json"

Pair = dict[str, Figures]


async def compare(directory: Path, scale: float) -> dict[str, Pair]:
    """Start everything, take every measure, stop everything."""
    async with (
        running_jupyter(directory) as jupyter,
        running_site(directory, "no-spares", NO_SPARES) as forking,
        running_site(directory, "default") as pooled,
    ):
        return await measure(jupyter, forking, pooled, lambda count: max(2, round(count * scale)))


async def measure(jupyter: Jupyter, forking: Ours, pooled: Ours, times: Any) -> dict[str, Pair]:
    """Return, for each measure, the figures of both sides."""
    found: dict[str, Pair] = {}
    say("first results of new readers ...")
    sides: list[Side] = [jupyter, forking, pooled, jupyter.plain()]
    peer, ours, ready, plain = await measures.fresh(sides, times(6))
    found["fresh"] = {"peer": peer, "ours": ours}
    found["fresh_pooled"] = {"peer": peer, "ours": ready}
    found["fresh_plain"] = {"peer": plain, "ours": ours}

    say("first plots of new readers ...")
    peer, ours, ready = await measures.fresh([jupyter, forking, pooled], times(3), measures.PLOT, "display_data")
    found["fresh_plot"] = {"peer": peer, "ours": ours}
    found["fresh_plot_pooled"] = {"peer": peer, "ours": ready}

    say("next results ...")
    peer, ours = await measures.warm([jupyter, pooled], times(15))
    found["warm"] = {"peer": peer, "ours": ours}
    plain, ours = await measures.warm([jupyter.plain(), pooled], times(2))
    found["warm_plain"] = {"peer": plain, "ours": ours}

    say("new readers a second ...")
    best = {"peer": Figures("/s"), "ours": Figures("/s")}
    for readers in (1, 2, 4):
        rates = {
            "peer": Figures("/s", [await measures.fresh_per_second(jupyter, readers, times(12))]),
            "ours": Figures("/s", [await measures.fresh_per_second(pooled, readers, times(60)) for _ in range(3)]),
        }
        found[f"fresh_per_second_{readers}"] = rates
        for side, rate in rates.items():
            if not best[side].samples or rate.median > best[side].median:
                best[side] = rate
    found["fresh_per_second"] = best

    say("memory ...")
    for stage, (peer, ours) in (await measures.memory([jupyter, forking], times(4))).items():
        found[stage] = {"peer": peer, "ours": ours}
    return found


def results(found: dict[str, Pair]) -> dict[str, Any]:
    """Return what is written down: figures, ratios, date, machine and versions."""
    from benchmarks.targets import TARGETS

    ratios = {}
    for target in TARGETS:
        pair = found[target.ratio.removesuffix("_ratio")]
        peer, ours = pair["peer"], pair["ours"]
        ratios[target.ratio] = round(ours.median / peer.median if ours.unit == "/s" else peer.median / ours.median, 2)
    return {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "versions": {"python": platform.python_version(), "sagews": __version__, **peer_versions()},
        "ratios": ratios,
        "targets": {target.ratio: target.at_least for target in TARGETS},
        "reached": {target.ratio: ratios[target.ratio] >= target.at_least for target in TARGETS},
        "measures": {name: {side: f.as_json() for side, f in pair.items()} for name, pair in found.items()},
    }


def peer_versions() -> dict[str, str]:
    """Return the versions of the peer's parts, as it tells them itself."""
    code = (
        "import json; from importlib.metadata import version; "
        "print(json.dumps({name: version(name) for name in ('jupyter_server', 'ipykernel', 'tornado')}))"
    )
    found = subprocess.run([str(PEER / "bin" / "python"), "-c", code], check=True, capture_output=True)
    versions: dict[str, str] = json.loads(found.stdout)
    return versions


def say(text: str) -> None:
    """Tell what is being done."""
    print(text, flush=True)


def main() -> None:
    """Compare, print the table, write the results and the README."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="multiply the counts of samples by this")
    parser.add_argument("--dry", action="store_true", help="print the table and write nothing")
    options = parser.parse_args()
    os.environ.pop("OPENBLAS_CORETYPE", None)  # an unfit choice of it would slow the one side that inherits it
    with tempfile.TemporaryDirectory(prefix="sagews-bench-") as directory:
        found = results(uvloop.run(compare(Path(directory), options.scale)))
    text = table(found)
    print(f"\n{text}")
    if not options.dry:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        write_into(ROOT / "README.md", text)


if __name__ == "__main__":
    main()
