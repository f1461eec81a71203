"""Formulas of cells in a page that has MathJax, of each version that there is: npm brings it, in the proof."""

import os
import subprocess
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.embedding_pages import PYTHON, cells, evaluate, make
from tests.running import RunningSite

__all__ = ["cells"]
VERSIONS = {"2.7.9": "MathJax.js?config=TeX-AMS_CHTML", "3.2.2": "es5/tex-chtml.js", "4.1.3": "tex-svg.js"}
CODE = (
    "from IPython.display import Latex, display\n"
    "display(Latex(r'Half: $\\half$ and $$\\int_0^1 x\\,dx$$'))\n"
    "display(Latex(r'$\\href{javascript:alert(1)}{x}$'))"
)


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that says nothing."""

    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.mark.skipif(not os.environ.get("SAGEWS_PROVE"), reason="brings MathJax from npm: SAGEWS_PROVE=1")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_page_with_mathjax(chromium: Browser, cells: RunningSite, tmp_path: Path, version: str) -> None:
    subprocess.run(["npm", "pack", "--silent", f"mathjax@{version}"], cwd=tmp_path, check=True, timeout=120)
    with tarfile.open(tmp_path / f"mathjax-{version}.tgz") as archive:
        archive.extractall(tmp_path, filter="data")
    head = (
        "<script>window.MathJax = {tex: {macros: {half: '\\\\frac12'}}, TeX: {Macros: {half: '\\\\frac12'}}};</script>"
        f"<script src='package/{VERSIONS[version]}'></script>"
        f"<script src='{cells.url}static/embedded_sagecell.js'></script>" + make(f"inputLocation: '#one', {PYTHON}")
    )
    body = "<p id=own>\\(a^2\\)</p><div id=one></div>"
    (tmp_path / "page.html").write_text(f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with chromium.new_context() as context:
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
            typeset = "mjx-container, .MathJax_CHTML, .mjx-chtml"
            expect(page.locator("#own").locator(typeset).first).to_be_visible()
            page.evaluate("(code) => document.querySelector('.CodeMirror').CodeMirror.setValue(code)", CODE)
            output = evaluate(page)
            expect(output.locator(".latex").first.locator("mjx-container, span.mjx-chtml")).not_to_have_count(0)
            assert "\\half" not in output.locator(".latex").first.inner_text()
            # What could reach beyond its formula is set by KaTeX, which follows no such link.
            expect(output.locator(".katex")).to_have_count(1)
            expect(output.locator("a[href^=javascript]")).to_have_count(0)
            if shots := os.environ.get("SAGEWS_SHOTS"):
                page.screenshot(path=f"{shots}/mathjax-{version}.png")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
