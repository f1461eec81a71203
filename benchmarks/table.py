"""The results as a table for a terminal and for the README."""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.install_peer import ROOT
from benchmarks.targets import BOUNDS, DOCUMENTS, EMBEDDED, SAGE, SLIDERS, TARGETS, WHOLE

RESULTS = Path(__file__).with_name("results") / "latest.json"
BEGIN = "<!-- bench: written by `make bench` -->"
END = "<!-- /bench -->"


def table(results: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    machine, versions = results["machine"], results["versions"]
    lines = [
        f"{results['date']}, {machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']} GiB, "
        f"Linux {machine['linux']}, Python {versions['python']}; jupyter_server {versions['jupyter_server']} with "
        f"ipykernel {versions['ipykernel']}, both on loopback, means (95th percentile):",
        "",
        "| | jupyter_server | sagews | ratio | target |",
        "|-|-:|-:|-:|-:|",
    ]
    for target in TARGETS:
        pair = results["measures"][target.ratio.removesuffix("_ratio")]
        ratio = results["ratios"][target.ratio]
        verdict = f"≥ {target.at_least:g}" if ratio >= target.at_least else f"≥ {target.at_least:g}, missed"
        lines.append(f"| {target.what} | {_cell(pair['peer'])} | {_cell(pair['ours'])} | **{ratio:.3g}** | {verdict} |")
    lines += ["", "| with every wall up | sagews | bound |", "|-|-:|-:|"]
    for bound in BOUNDS:
        if (value := results["bounds"].get(bound.name)) is None:
            continue
        verdict = f"{'≥' if bound.is_floor else '≤'} {bound.bound:g}{' ' + bound.unit if bound.unit else ''}"
        missed = value < bound.bound if bound.is_floor else value > bound.bound
        verdict += ", missed" if missed else ""
        lines.append(f"| {bound.what} | **{_number(value)}** {bound.unit} | {verdict} |")
    lines += whole(results)
    lines += documents(results)
    lines += sage(results)
    lines += sliders(results)
    lines += embedding(results)
    plain = results["measures"]
    lines += [
        "",
        "The peer's start takes one of two times, 0.27 s or 0.75 s, so that a median would be either by chance; the "
        "medians are in `benchmarks/results/latest.json`. "
        f"The peer's client sets TCP_QUICKACK; a plain one waits {_cell(plain['fresh_plain']['peer'])} for a first "
        f"result and {_cell(plain['warm_plain']['peer'])} for the next. A session that has only computed `1+1` and "
        f"imported nothing has {_cell(plain['memory_bare']['peer'])} there and {_cell(plain['memory_bare']['ours'])} "
        "here, where the libraries are at hand all the same. One backend gives "
        f"{_number(results['own']['kept_per_second']['median'])} kept results a second to 8 readers on its machine.",
    ]
    return "\n".join(lines)


def whole(results: dict[str, Any]) -> list[str]:
    """Return the lines on the whole way against the embedded form, if that was measured."""
    if not results.get("whole"):
        return []
    lines = ["", "| through stunnel, HAProxy and a TLS link | before | after | ratio | target |", "|-|-:|-:|-:|-:|"]
    for target in WHOLE:
        before, after = results["whole"][target.ratio.removesuffix("_ratio")]
        cells = [
            f"{_number(each['p99' if each['unit'] == 'ms' else 'mean'])} {each['unit']}" for each in (before, after)
        ]
        ratio = results["ratios"][target.ratio]
        verdict = f"≥ {target.at_least:g}" if ratio >= target.at_least else f"≥ {target.at_least:g}, missed"
        lines.append(f"| {target.what} | {' | '.join(cells)} | **{ratio:.2g}** | {verdict} |")
    cores = results["machine"]["cores"]
    lines += [
        "",
        f"Readers, servers and sessions share these {cores} cores: the rate falls as far as an evaluation costs more "
        "processor time, and two workers open no more sessions than one that uses all cores already. A second one is "
        "for a second machine.",
    ]
    return lines


def documents(results: dict[str, Any]) -> list[str]:
    """Return the lines on worksheets and workspaces, if these were measured."""
    if not (found := results.get("documents")):
        return []
    lines = ["", "| worksheets and workspaces, two backends and PostgreSQL | median | p95 | bound |", "|-|-:|-:|-:|"]
    for bound in DOCUMENTS:
        figures = found[bound.name]
        unit = figures["unit"]
        numbers = [f"{_number(figures[each])} {unit}" for each in ("median", "p95")]
        value = figures["median"] if bound.is_floor else figures["p95"]
        missed = bound.bound and (value < bound.bound if bound.is_floor else value > bound.bound)
        limit = f"{'≥' if bound.is_floor else '≤'} {bound.bound:g} {unit}{', missed' if missed else ''}"
        lines.append(f"| {bound.what} | **{numbers[0]}** | {numbers[1]} | {limit if bound.bound else ''} |")
    ratio = found["edits"]["mean"] / found["edits_alone"]["mean"]
    plain, git = _number(found["commits"]["median"]), _number(found["clone_by_git_50"]["median"])
    lines += [
        "",
        f"One who writes alone has {_number(found['edits_alone']['median'])} edits acknowledged a second, each in a "
        f"transaction of its own; 16 have {ratio:.1f} times as many. The same PostgreSQL, asked by one program for "
        f"nothing else, commits {plain} small rows a second. By git alone, from the same disk, a clone of 50 MiB takes "
        f"{git} ms.",
    ]
    return lines


def sage(results: dict[str, Any]) -> list[str]:
    """Return the lines on Sage, if that was measured."""
    if not (found := results.get("sage")):
        return []
    lines = ["", "| Sage, with every wall up | its Jupyter kernel | sagews | ratio | target |", "|-|-:|-:|-:|-:|"]
    for target in SAGE:
        peer, ours = found[target.ratio.removesuffix("_ratio")]
        ratio = peer["mean"] / ours["mean"]
        missed = "" if ratio >= target.at_least else ", missed"
        verdict = f"≥ {target.at_least:g}{missed}" if target.at_least else ""
        lines.append(f"| {target.what} | {_cell(peer)} | {_cell(ours)} | **{ratio:.3g}** | {verdict} |")
    return lines


def sliders(results: dict[str, Any]) -> list[str]:
    """Return the lines on sliders, if these were measured."""
    if not (found := results.get("sliders")):
        return []
    lines = ["", "| median (p95), with every wall up | jupyter_server, no browser | sagews | ratio |", "|-|-:|-:|-:|"]
    for target in SLIDERS:
        if (pair := found.get(target.ratio.removesuffix("_ratio"))) is None:
            continue
        cells = [f"{_number(each['median'])} ({_number(each['p95'])}) {each['unit']}" for each in pair]
        ratio = pair[0]["median"] / pair[1]["median"]
        lines.append(f"| {target.what} | {' | '.join(cells)} | **{ratio:.2g}** |")
    return [
        *lines,
        "",
        "A slider here is moved in Chromium, and the time ends when the browser has drawn the picture; there it ends "
        "with the message that has it, which no browser has yet taken.",
    ]


def embedding(results: dict[str, Any]) -> list[str]:
    """Return the lines on cells in pages of others, if these were measured."""
    if not (found := results.get("embedding")):
        return []
    ways = [way for way in EMBEDDED if f"embed_{way}_size" in found]
    lines = [
        "",
        f"| a cell in a page, medians | {' | '.join(EMBEDDED[way] for way in ways)} |",
        "|-|" + "-:|" * len(ways),
    ]
    rows = {"size": "over the wire, compressed, until it can be edited"}
    for count in (1, 50):
        for speed, where in (("near", "on this machine"), ("slow", "slow 4G")):
            for event, what in (("editable", "the first can be edited"), ("result", "the first has its result")):
                rows[f"{count}_{speed}_{event}"] = f"{count} in the page, {where}: {what}"
    for name, what in rows.items():
        figures = [found[f"embed_{way}_{name}"] for way in ways]
        cells = [f"{_number(each['median'])} {each['unit']}" for each in figures]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return lines


def _cell(figures: dict[str, Any]) -> str:
    unit = figures["unit"]
    mean, p95 = _number(figures["mean"]), _number(figures["p95"])
    spread = f" ({p95})" if unit == "ms" else ""
    return f"{mean}{spread} {unit}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def keep(results: dict[str, Any]) -> None:
    """Write the results beside this file, and their table into the README."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    write_into(ROOT / "README.md", table(results))


def write_into(page: Path, text: str) -> None:
    """Put the table between the page's two marks; raises ValueError if it has none."""
    before = page.read_text()
    between = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not between.search(before):
        raise ValueError(f"{page} has no {BEGIN} … {END}")
    page.write_text(between.sub(lambda _: f"{BEGIN}\n{text}\n{END}", before))
