"""`make bench`: the whole comparison, in about ten minutes."""

import argparse
import asyncio
import datetime
import json
import os
import platform
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import documents, embedding, front, logs, measures, neighbours, sage, sliders, visitors
from benchmarks.figures import Figures
from benchmarks.install_peer import PEER
from benchmarks.memory import machine
from benchmarks.ours import BARE, NO_SPARES, Ours, running_site
from benchmarks.peer import Jupyter, running_jupyter
from benchmarks.side import Side
from benchmarks.table import keep, table
from benchmarks.targets import BOUNDS, TARGETS
from sagews import __version__

Pair = dict[str, Figures]


Whole = dict[str, tuple[Figures, Figures]]
Own = dict[str, Figures]
Together = tuple[dict[str, Pair], Own, Whole, Own, dict[str, sage.Pair], dict[str, sage.Pair], Own]


async def compare(directory: Path, scale: float) -> Together:
    """Start everything, take every measure, stop everything.

    Return what is compared with the peer, what is ours alone, what is compared with our embedded form, what
    worksheets and workspaces take, Sage against its own kernel, sliders, and cells in pages of others.
    """
    async with (
        running_jupyter(directory) as jupyter,
        running_site(directory, "bare-no-spares", NO_SPARES + BARE) as bare_forking,
        running_site(directory, "bare", BARE) as bare,
        running_site(directory, "no-spares", NO_SPARES) as forking,
        running_site(directory, "default") as pooled,
    ):
        sites = Sites(jupyter, bare_forking, bare, forking, pooled)
        found = await measure(sites, lambda count: max(2, round(count * scale)))
    async with running_site(directory, "crowd", neighbours.CROWD_CONFIG) as site:
        say("neighbours ...")
        own = await neighbours.beside(site)
        say("a crowd of idle sessions ...")
        own["crowd"] = await neighbours.crowd(site, 200)
    async with running_site(directory, "visitors") as site:
        say("kept results a second ...")
        own["kept_per_second"] = await visitors.kept_per_second(site, readers=8)
        say("idle connections ...")
        own["idle_connections"] = await visitors.idle_connections(site, 1000)
    say("log records a second ...")
    if (figures := await asyncio.to_thread(logs.records_per_second, directory)) is not None:
        own["log_records_per_second"] = figures
    whole: Whole = {}
    if front.is_possible():
        say("the whole way, and two workers ...")
        whole = await front.compared(directory, max(2, round(5 * scale)))
    papers: Own = {}
    if documents.is_possible():
        say("worksheets and workspaces ...")
        papers = await asyncio.to_thread(documents.measured, directory, scale)
    sages: dict[str, sage.Pair] = {}
    if sage.is_possible():
        say("Sage ...")
        sages = await sage.measured(directory, scale)
    moved: dict[str, sage.Pair] = {}
    if sliders.is_possible():
        say("sliders ...")
        moved = await sliders.measured(directory, scale)
    embedded: Own = {}
    if embedding.is_possible():
        say("cells in pages of others ...")
        embedded = await asyncio.to_thread(embedding.measured, directory, scale)
    return found, own, whole, papers, sages, moved, embedded


@dataclass
class Sites:
    """All that is measured."""

    jupyter: Jupyter
    bare_forking: Ours
    """No walls, no spares."""
    bare: Ours
    """No walls."""
    forking: Ours
    """No spares."""
    pooled: Ours


async def measure(sites: Sites, times: Any) -> dict[str, Pair]:
    """Return, for each measure, the figures of both sides."""
    found: dict[str, Pair] = {}
    jupyter = sites.jupyter
    say("first results of new readers ...")
    ours = [sites.bare_forking, sites.bare, sites.forking, sites.pooled]
    peer, *figures, plain = await measures.fresh([jupyter, *ours, jupyter.plain()], times(8))
    found |= pairs(peer, figures, "fresh", "fresh_pooled", "confined_fresh", "confined_fresh_pooled")
    found["fresh_plain"] = {"peer": plain, "ours": figures[0]}

    say("first plots of new readers ...")
    sides: list[Side] = [jupyter, sites.bare_forking, sites.forking, sites.pooled]
    peer, *figures = await measures.fresh(sides, times(5), measures.PLOT, "display_data")
    found |= pairs(peer, figures, "fresh_plot", "confined_fresh_plot", "confined_fresh_plot_pooled")

    say("next results ...")
    peer, warm, kept = await measures.warm([jupyter, sites.pooled, sites.pooled.stateless()], times(15))
    found["warm"] = {"peer": peer, "ours": warm}
    found["cached"] = {"peer": peer, "ours": kept}
    plain, warm = await measures.warm([jupyter.plain(), sites.pooled], times(2))
    found["warm_plain"] = {"peer": plain, "ours": warm}

    say("new readers a second ...")
    found |= await rates(sites, times)

    say("memory ...")
    for stage, (peer, mine) in (await measures.memory([jupyter, sites.forking], times(4))).items():
        found[stage] = {"peer": peer, "ours": mine}
    return found


def pairs(peer: Figures, ours: list[Figures], *names: str) -> dict[str, Pair]:
    """Return each of our figures beside the peer's, by name."""
    return {name: {"peer": peer, "ours": figures} for name, figures in zip(names, ours, strict=True)}


async def rates(sites: Sites, times: Any) -> dict[str, Pair]:
    """Return the best rates of each side, of those with so many readers at once."""
    best: dict[str, Figures] = {}
    for readers in (1, 2, 4):
        for name, side, count, turns in (
            ("peer", sites.jupyter, times(8), 3),
            ("bare", sites.bare, times(60), 3),
            ("confined", sites.pooled, times(60), 3),
        ):
            samples = [await measures.fresh_per_second(side, readers, count) for _ in range(turns)]
            rate = Figures("/s", samples)
            if name not in best or rate.median > best[name].median:
                best[name] = rate
    return {
        "fresh_per_second": {"peer": best["peer"], "ours": best["bare"]},
        "confined_fresh_per_second": {"peer": best["peer"], "ours": best["confined"]},
    }


def results(
    found: dict[str, Pair],
    own: Own,
    whole: Whole,
    papers: Own,
    sages: dict[str, sage.Pair],
    moved: dict[str, sage.Pair],
    embedded: Own,
) -> dict[str, Any]:
    """Return what is written down: figures, ratios, date, machine and versions."""
    ratios = {}
    for target in TARGETS:
        pair = found[target.ratio.removesuffix("_ratio")]
        peer, ours = pair["peer"], pair["ours"]
        ratios[target.ratio] = round(ours.mean / peer.mean if ours.unit == "/s" else peer.mean / ours.mean, 2)
    written = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "versions": {"python": platform.python_version(), "sagews": __version__, **peer_versions()},
        "ratios": ratios,
        "targets": {target.ratio: target.at_least for target in TARGETS},
        "reached": {target.ratio: ratios[target.ratio] >= target.at_least for target in TARGETS},
        "bounds": bounds(own),
        "own": {name: figures.as_json() for name, figures in own.items()},
        "measures": {name: {side: f.as_json() for side, f in pair.items()} for name, pair in found.items()},
    }
    front.put_into(written, whole)
    documents.put_into(written, papers)
    sage.put_into(written, sages)
    sliders.put_into(written, moved)
    embedding.put_into(written, embedded)
    return written


def bounds(own: dict[str, Figures]) -> dict[str, float]:
    """Return each figure that has a bound."""
    alone = ("crowd", "idle_connections", "log_records_per_second")
    slowdowns = {f"{name}_slowdown": own[name].p95 / own["quiet"].p95 for name in neighbours.ATTACKS}
    figures = slowdowns | {name: own[name].median for name in alone if name in own}
    return {bound.name: round(figures[bound.name], 2) for bound in BOUNDS if bound.name in figures}


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
        found = results(*uvloop.run(compare(Path(directory), options.scale)))
    print(f"\n{table(found)}")
    if not options.dry:
        keep(found)


if __name__ == "__main__":
    main()
