"""Sliders: from the moment a slider is moved in the page until its new picture is seen there, in Chromium.

Ours is all of the way: the key that moves the handle in the cell's frame, the
page, the backend, the session behind all its walls, the plot, and back until
the picture is decoded and a frame of the browser has been drawn with it. The
peer's is the session's share alone, which favours it: its `interact` in
jupyter_server, moved by the message that JupyterLab would send, until the
message with the picture has come; no browser, nothing decoded or drawn. The
function is the same. Beside that stands what the plot takes where a cell does
nothing but draw it. `python -m benchmarks.sliders` measures this alone.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from playwright.async_api import Browser, Frame, async_playwright

from benchmarks import sage
from benchmarks.client import Json
from benchmarks.figures import Figures
from benchmarks.ours import Ours, running_site
from benchmarks.peer import Jupyter, JupyterReader, running_jupyter
from benchmarks.side import Reader
from benchmarks.table import RESULTS, keep, table

MOVES = 40
WARM = 3
"""Moves before those that count."""
CHROMIUM = ("chromium", "chromium-browser")
WATCH = """() => {
    const before = document.querySelector("img")?.src;
    globalThis.seen = new Promise((resolve) => {
        let start;
        addEventListener("keydown", (event) => { start = event.timeStamp; }, { once: true, capture: true });
        const look = async () => {
            const picture = document.querySelector("img");
            if (start === undefined || picture === null || picture.src === before) return;
            watching.disconnect();
            await picture.decode();
            requestAnimationFrame(() => {
                const drawn = new MessageChannel();
                drawn.port1.onmessage = () => resolve(performance.now() - start);
                drawn.port2.postMessage(null);
            });
        };
        const watching = new MutationObserver(look);
        watching.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["src"] });
    });
}"""
"""Has `seen` become the milliseconds from the next key until the picture that it brings has been drawn."""


@dataclass(frozen=True)
class Case:
    """One function with a slider."""

    name: str
    begin: str
    """What is evaluated first."""
    ours: str
    peers: str
    alone: str
    """What draws the picture in a cell."""


PYTHON = Case(
    "slider_python",
    "import matplotlib.pyplot as plt, numpy as np\nx = np.linspace(0, 6, 400)\n1",
    "from ipywidgets import interact\n@interact(n=(1, 60))\ndef wave(n=1):\n    plt.plot(x, np.sin(n * x)); plt.show()",
    "from ipywidgets import interact\n@interact(n=(1, 60))\ndef wave(n=1):\n    plt.plot(x, np.sin(n * x)); plt.show()",
    "plt.plot(x, np.sin({n} * x)); plt.show()",
)
SAGE = Case(
    "slider_sage",
    "1",
    "@interact\ndef wave(n=slider(1, 60, 1)):\n    show(plot(sin(n*x), (x, 0, 6)))",
    "@interact\ndef wave(n=slider(1, 60, 1)):\n    show(plot(sin(n*x), (x, 0, 6)))",
    "show(plot(sin({n}*x), (x, 0, 6)))",
)


def is_possible() -> bool:
    """Whether Chromium is installed."""
    return any(shutil.which(name) for name in CHROMIUM)


async def measured(directory: Path, scale: float) -> dict[str, sage.Pair]:
    """Return the figures of the peer and ours by name: milliseconds."""
    moves = max(5, round(MOVES * scale))
    folder = directory / "sliders"
    folder.mkdir()
    found: dict[str, sage.Pair] = {}
    async with running_jupyter(folder) as jupyter, running_site(folder, "python") as site:
        found |= await both(PYTHON, jupyter, site, moves)
    if sage.is_possible():
        folder = directory / "sage-sliders"
        folder.mkdir()
        command = [str(sage.DIRECTORY / "bin" / "python"), "-m", "sage.repl.ipython_kernel", "-f", "{connection_file}"]
        async with running_jupyter(folder, command) as jupyter, running_site(folder, "sage", sage.CONFIG) as site:
            found |= await both(SAGE, jupyter, site, moves)
    return found


async def both(case: Case, jupyter: Jupyter, site: Ours, moves: int) -> dict[str, sage.Pair]:
    """Return what a slider takes on both sides, which take turns, and what the picture takes alone."""
    peer, mine = await Controls.arrive(jupyter.client(), jupyter.kernel), await site.arrive()
    moved, seen = Figures("ms"), Figures("ms")
    drawn = Figures("ms"), Figures("ms")
    readers: tuple[Reader, Reader] = peer, mine
    for reader in readers:
        await evaluate(reader, case.begin)
    await evaluate(peer, case.peers, "display_data")
    async with browser() as chromium, slider(chromium, site.url, case) as frame:
        for turn in range(-WARM, moves):
            took = [await peer.move(turn + WARM + 2), await one(frame)]
            took += [await picture(reader, case.alone.format(n=turn + WARM + 1)) for reader in readers]
            if turn >= 0:
                for figures, each in zip((moved, seen, *drawn), took, strict=True):
                    figures.samples.append(each)
    for reader in readers:
        await reader.leave()
    return {case.name: (moved, seen), f"{case.name}_alone": drawn}


async def evaluate(reader: Reader, code: str, kind: str = "execute_result") -> None:
    """Evaluate to the end."""
    await reader.evaluate(code, kind)
    await reader.settle()


async def picture(reader: Reader, code: str) -> float:
    """Return the milliseconds until the picture of a cell that draws one has come."""
    start = time.perf_counter()
    await reader.evaluate(code, "display_data")
    took = (time.perf_counter() - start) * 1000
    await reader.settle()
    return took


class Controls(JupyterReader):
    """A reader of jupyter_server with a slider."""

    _slider = ""

    async def move(self, value: int) -> float:
        """Move the slider; return the milliseconds until the picture has come."""
        start = time.perf_counter()
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        await self._ask("comm_msg", {"comm_id": self._slider, "data": data}, {"idle"})
        while True:
            message = await self._next()
            if message["msg_type"] == "error":
                raise RuntimeError("\n".join(message["content"]["traceback"]))
            if message["msg_type"] == "display_data" and "image/png" in message["content"]["data"]:
                took = (time.perf_counter() - start) * 1000
                await self.settle()
                return took

    async def _next(self) -> Json:
        message = await super()._next()
        if message["msg_type"] == "comm_open":
            state = message["content"]["data"].get("state", {})
            if str(state.get("_model_name", "")).endswith("SliderModel"):
                self._slider = message["content"]["comm_id"]
        return message


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Start Chromium."""
    path = next(found for name in CHROMIUM if (found := shutil.which(name)))
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        await chromium.close()


@asynccontextmanager
async def slider(chromium: Browser, url: str, case: Case) -> AsyncIterator[Frame]:
    """Show the slider in a page; give the frame in which it has the focus."""
    page = await chromium.new_page(viewport={"width": 1280, "height": 1200})
    await page.goto(url)
    await page.locator("sagews-editor[data-ready]").wait_for()
    await page.locator(".cm-content").click()
    await page.keyboard.insert_text(f"{case.begin}\n{case.ours}")
    await page.keyboard.press("Shift+Enter")
    outputs = page.locator("sagews-outputs iframe")
    await outputs.wait_for(timeout=60_000)
    await outputs.content_frame.locator("img").wait_for(timeout=60_000)
    await outputs.content_frame.get_by_role("slider").focus()
    element = await outputs.element_handle()
    frame = await element.content_frame()
    assert frame is not None
    yield frame
    await page.close()


async def one(frame: Frame) -> float:
    """Move the slider that has the focus by one, and return when its picture is seen."""
    await frame.evaluate(WATCH)
    await frame.page.keyboard.press("ArrowRight")
    return float(await frame.evaluate("() => seen"))


def put_into(results: dict[str, Any], found: dict[str, sage.Pair]) -> None:
    """Write what was found into results that have the rest."""
    results["sliders"] = {name: [figures.as_json() for figures in pair] for name, pair in found.items()}


async def _alone(scale: float) -> dict[str, sage.Pair]:
    with tempfile.TemporaryDirectory(prefix="sagews-sliders-") as directory:
        return await measured(Path(directory), scale)


def main() -> None:
    """Measure, and show or write what was found beside the rest that was written before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sliders", description=__doc__)
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
