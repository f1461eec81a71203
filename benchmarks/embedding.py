"""Cells in pages of others: what a page loads, and when its first cell can be edited and has its result, in Chromium.

Three pages of a book say the same to one site of ours: with `<sagews-cell>`, with our library of SageMathCell's name,
and with SageMathCell's own library, brought for the run (`SAGECELL=FOLDER`, in which its `embedded_sagecell.js` lies);
without it only ours are measured. Each page is opened by a reader who has never been there, at the speed of this
machine and, as on a phone, at that of Lighthouse's slow 4G (150 ms, 1.6 Mbit/s: its `throttling.mobileSlow4G`). Neither
counts MathJax, which SageMathCell's library wants from a host that is not asked here.
`python -m benchmarks.embedding` measures this alone.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from benchmarks.figures import Figures
from benchmarks.pages import served
from benchmarks.table import RESULTS, keep, table
from tests.browser.browsers import CHROMIUM, browser_path
from tests.browser.conftest import ARGUMENTS
from tests.running import running_site

CONFIG = '[embedding]\norigins = ["*"]\n[worker]\nmax_sessions = 100\n'
CELLS = (1, 50)
"""In a page."""
TURNS = 5
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8 * 0.9, "uploadThroughput": 750e3 / 8 * 0.9}
"""Lighthouse's simulated slow 4G as its applied throttling has it (nine tenths of the nominal rates)."""
CODE = "print(6 * 7)"
PATIENCE = 60_000
"""Milliseconds for a page."""


@dataclass(frozen=True)
class Library:
    """One way to have cells in a page."""

    name: str
    page: Callable[[str, int, bool], str]
    """Makes a page of the site's address, the number of cells, and whether the first is evaluated at once."""
    editable: str
    """JavaScript: whether the first cell can be edited."""
    result: str
    """JavaScript: whether the first cell shows its result."""


def element(site: str, cells: int, evaluated: bool) -> str:
    """Return a page with `<sagews-cell>`."""
    first = " autoevaluate" if evaluated else ""
    body = "".join(
        f"<sagews-cell language=python{first if number == 0 else ''}><pre>{CODE}</pre></sagews-cell>"
        for number in range(cells)
    )
    return _page(f"<script type=module src='{site}embed.js'></script>", body)


def library(script: str) -> Callable[[str, int, bool], str]:
    """Return what makes a page with a library of SageMathCell's interface."""

    def page(site: str, cells: int, evaluated: bool) -> str:
        head = f"<script>window.sagecell = {{root: '{site}', quietMode: true}};</script>"
        head += f"<script src='{script.format(site)}'></script>"
        body = "".join(
            f"<div class='{'first' if number == 0 else 'more'}'><script type='text/x-sage'>{CODE}</script></div>"
            for number in range(cells)
        )
        call = "sagecell.makeSagecell({{inputLocation: 'div.{}', languages: ['python'], autoeval: {}}});"
        calls = call.format("first", str(evaluated).lower()) + (call.format("more", "false") if cells > 1 else "")
        return _page(head, f"{body}<script>{calls}</script>")

    return page


def _page(head: str, body: str) -> str:
    head = f"<meta charset=utf-8><title>Book</title>{head}"
    return f"<!DOCTYPE html><html lang=en><head>{head}</head><body>{body}</body></html>"


_EDITABLE = ".cm-content[contenteditable=true]"
_FIRST = "document.querySelector('sagews-cell')?.shadowRoot"
_SHOWS = (
    "(function shows(each) { return [...each.childNodes].some((child) => child instanceof Text ?"
    " child.data.includes('42') : (child.shadowRoot && shows(child.shadowRoot)) || shows(child)); })"
)
_STDOUT = "document.querySelector('.first .sagecell_stdout')?.textContent.includes('42')"
OURS = (
    Library(
        "element",
        element,
        f"{_FIRST}?.querySelector('sagews-editor')?.shadowRoot?.querySelector('{_EDITABLE}')",
        f"{_FIRST} && {_SHOWS}({_FIRST})",
    ),
    Library(
        "drop_in",
        library("{}static/embedded_sagecell.js"),
        f"document.querySelector('.first sagecell-editor')?.shadowRoot?.querySelector('{_EDITABLE}')",
        _STDOUT,
    ),
)
THEIRS = Library(
    "original", library("embedded_sagecell.js"), "document.querySelector('.first .CodeMirror textarea')", _STDOUT
)


def is_possible() -> bool:
    """Whether there is a browser."""
    try:
        return bool(browser_path(CHROMIUM))
    except BaseException:  # pytest's own exception where none is installed
        return False


def measured(directory: Path, scale: float) -> dict[str, Figures]:
    """Return all figures by name: `embed_NAME_size` in KiB, `embed_NAME_CELLS_SPEED_WHAT` in milliseconds."""
    folder = directory / "embedding"
    folder.mkdir()
    found: dict[str, Figures] = {}
    files: dict[str, bytes] = {}
    libraries = list(OURS)
    if brought := os.environ.get("SAGECELL"):
        files["embedded_sagecell.js"] = Path(brought, "embedded_sagecell.js").read_bytes()
        libraries.append(THEIRS)
    with running_site(folder, config=CONFIG) as site, served(files) as book, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(CHROMIUM), args=ARGUMENTS)
        address = site.url.partition("?")[0]
        for each in libraries:
            for cells in CELLS:
                for evaluated in (False, True):
                    files[f"{each.name}-{cells}-{evaluated}.html"] = each.page(address, cells, evaluated).encode()
            found[f"embed_{each.name}_size"] = Figures("KiB", [_size(browser, f"{book}{each.name}-1-False.html", each)])
        for _ in range(max(2, round(TURNS * scale))):
            for each in libraries:
                for cells in CELLS:
                    for speed in ("near", "slow"):
                        name = f"embed_{each.name}_{cells}_{speed}"
                        for what, until in (("editable", each.editable), ("result", each.result)):
                            url = f"{book}{each.name}-{cells}-{what == 'result'}.html"
                            figures = found.setdefault(f"{name}_{what}", Figures("ms"))
                            figures.samples.append(_took(browser, url, until, speed == "slow"))
        browser.close()
    return found


def _arrive(browser: Browser, is_slow: bool = False) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE)

    def answer(route: Route) -> None:
        route.continue_() if "//127.0.0.1" in route.request.url else route.abort()

    page.route(lambda url: "//127.0.0.1" not in url, answer)
    if is_slow:
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.send("Network.emulateNetworkConditions", SLOW)
    return page


def _took(browser: Browser, url: str, until: str, is_slow: bool) -> float:
    """Return milliseconds from asking for a page until something is true in it."""
    page = _arrive(browser, is_slow)
    page.goto(url, wait_until="commit")
    took: float = page.wait_for_function(f"() => ({until}) ? performance.now() : 0", polling=10).json_value()
    page.context.close()
    return took


def _size(browser: Browser, url: str, each: Library) -> float:
    """Return KiB that come over the wire, compressed, for a page whose first cell can be edited; the page as well."""
    page = _arrive(browser)
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    sizes: list[float] = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url, wait_until="commit")
    page.wait_for_function(f"() => ({each.editable}) ? 1 : 0", polling=10)
    page.wait_for_load_state("networkidle")
    page.context.close()
    return sum(sizes) / 1024


def put_into(results: dict[str, Any], found: dict[str, Figures]) -> None:
    """Write what was found into results that have the rest."""
    results["embedding"] = {name: figures.as_json() for name, figures in found.items()}


def main() -> None:
    """Measure, and show or write what was found beside the rest that was written before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedding", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="multiply the counts of samples by this")
    parser.add_argument("--write", action="store_true", help="write them beside the rest of the results")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text())
    with tempfile.TemporaryDirectory(prefix="sagews-embedding-") as directory:
        put_into(results, measured(Path(directory), options.scale))
    for name, figures in results["embedding"].items():
        print(name, figures["median"], figures["p95"])
    print(table(results))
    if options.write:
        keep(results)


if __name__ == "__main__":
    main()
