"""Formulas: of cells in a page that has MathJax, of each version that there is (npm brings it, in the proof); and of a
page that has none, and relied on the one that SageMathCell's library brings.
"""

import os
import subprocess
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.book import Book
from tests.browser.embedding_pages import PYTHON, Open, book, cells, evaluate, make, show
from tests.running import RunningSite

__all__ = ["book", "cells", "show"]
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


RELYING = r"""
<p id=dollars>Costs \$3: $a^2$ and \(b_1\).</p>
<div id=shown>$$\int_0^1 x\,dx$$ and \[c\] and \begin{align*}x&=1\\y&=2\end{align*}</div>
<p id=defined>\(\newcommand{\half}{\tfrac12}\)<span>\(\half\)</span></p>
<p id=old>Old: <script type="math/tex">x_1</script> <script type="math/tex; mode=display">y</script></p>
<p id=broken>\(\nosuchcommand{1}\) and $e$</p>
<div id=left><pre>$p$</pre><code>\(q\)</code><p class=tex2jax_ignore>$i$ <b class=mathjax_process>$j$</b></p>
<p class=mathjax_ignore>\(k\)</p></div>
<div id=one>print("$no$ formula")  # $no$</div>
"""


def test_a_page_that_relied_on_mathjax(show: Open) -> None:
    asked = "<script>window.before = typeof MathJax; document.addEventListener('DOMContentLoaded', () => {"
    page = show(
        RELYING, make(f"inputLocation: '#one', {PYTHON}") + asked + "window.then = MathJax.version; });</script>"
    )
    expect(page.locator("#dollars .katex")).to_have_count(2)
    assert (page.locator("#dollars").text_content() or "").startswith("Costs $3: ")
    expect(page.locator("#shown .katex-display")).to_have_count(3)
    expect(page.locator("#defined span > .katex .mfrac")).to_have_count(1)
    expect(page.locator("#old .katex")).to_have_count(2)
    expect(page.locator("#old .katex-display")).to_have_count(1)
    expect(page.locator("#broken")).to_contain_text("\\(\\nosuchcommand{1}\\) and ")
    expect(page.locator("#broken .katex")).to_have_count(1)
    expect(page.locator("#left .katex")).to_have_count(1)
    expect(page.locator("#left b .katex")).to_have_count(1)
    expect(page.locator("#one .katex")).to_have_count(0)
    assert page.locator(".sagecell_commands").evaluate("(field) => field.value") == 'print("$no$ formula")  # $no$'
    assert (
        page.locator("#shown .katex")
        .first.evaluate("(formula) => getComputedStyle(formula).fontFamily")
        .startswith("KaTeX")
    )
    assert page.evaluate("[before, then]") == ["undefined", "3.2.2"]
    # Outputs of cells are set as ever.
    page.evaluate(
        "(code) => document.querySelector('.CodeMirror').CodeMirror.setValue(code)", CODE.replace("half", "pi")
    )
    expect(evaluate(page).locator(".katex")).to_have_count(3)


def test_what_such_a_page_adds_is_set_when_it_asks(show: Open) -> None:
    page = show("<p id=a></p><p id=b></p><p id=c class=c></p>")
    page.wait_for_function("document.readyState === 'complete'")
    assert page.locator("link[href*=katex]").count() == 0
    page.evaluate(
        """() => new Promise((resolve) => {
            a.textContent = "$a$"; b.textContent = "$b$"; c.textContent = "$c$";
            MathJax.Hub.Queue(["Typeset", MathJax.Hub, "a"], [(value) => { window.told = value; }, 7]);
            const isSet = () => { window.order = b.querySelector(".katex") !== null; };
            MathJax.Hub.Queue(["Typeset", MathJax.Hub, b], isSet);
            MathJax.startup.promise.then(() => MathJax.typesetPromise([".c"])).then(resolve);
        })"""
    )
    assert page.evaluate("[a, b, c].map((each) => each.querySelectorAll('.katex').length)") == [1, 1, 1]
    assert page.evaluate("[told, order]") == [7, True]


@pytest.mark.parametrize("way", ["async", "at the end", "by a script", "as settings"])
def test_a_page_whose_mathjax_comes_late_is_left_alone(show: Open, book: Book, way: str) -> None:
    book.keep("MathJax.js", b"window.found = typeof MathJax; window.MathJax = {version: 'own'};", "text/javascript")
    late = "<script async src=MathJax.js></script>" if way == "async" else "<script defer src=MathJax.js></script>"
    by_script = (
        "<script>document.addEventListener('DOMContentLoaded', () => { const script = document.createElement('script');"
        " script.src = 'MathJax.js'; document.head.append(script); });</script>"
    )
    settings = "<script>window.MathJax = {tex: {}};</script>"
    head = {"by a script": by_script, "as settings": settings}.get(way, "")
    page = show("<p id=own>$a$</p>" + (late if way in ("async", "at the end") else ""), head)
    page.wait_for_function("document.readyState === 'complete'")
    page.wait_for_timeout(300)
    expect(page.locator("#own")).to_have_text("$a$")
    if way == "as settings":
        assert page.evaluate("Object.keys(MathJax)") == ["tex"]
    else:
        assert page.evaluate("[found, MathJax.version]") == ["undefined", "own"]
