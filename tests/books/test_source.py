"""SageMathCell's own programs and pages, as they are, against a site of ours.

`SAGEWS_SAGECELL_SOURCE` names a checkout of its repository: programs that ask its server, pages that try its library,
the pages of its documentation. The pages are opened with our library, and, where `SAGEWS_SAGECELL` names a folder with
its own, with that as well, whose root is our site.
"""

import html
import math
import re
import runpy
import shutil
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.books.brought import served
from tests.books.conftest import brought
from tests.running import RunningSite

DEADLINE = 60
CELLS, AT_ONCE, SHOWN = 59, 12, 25
"""Cells of its page of interacts, how many are evaluated in one tab, and in how many at least no error is shown."""
ENDED = "[...document.querySelectorAll('.sagecell_spinner')].every((each) => !each.checkVisibility())"
Show = Callable[[str], Page]


@pytest.fixture
def source() -> Path:
    return brought("SAGEWS_SAGECELL_SOURCE")


def site_of(cells: RunningSite) -> str:
    return cells.url.partition("?")[0].rstrip("/")


def run(program: Path, site: str) -> subprocess.CompletedProcess[str]:
    """Run one of its programs, as it is, with the site's address."""
    command = [sys.executable, str(program), site]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)


def test_its_client(source: Path, cells: RunningSite) -> None:
    ended = run(source / "contrib" / "sagecell-client" / "sagecell-client.py", site_of(cells))
    assert ended.returncode == 0, ended.stderr
    assert "'msg_type': 'execute_reply'" in ended.stdout and "'status': 'ok'" in ended.stdout
    digits = "".join(character for character in ended.stdout.partition("'text/plain'")[2] if character.isdigit())
    assert digits.startswith(str(math.factorial(2020) // 10**5700)), ended.stdout


def test_its_check_of_the_service(source: Path, cells: RunningSite) -> None:
    ended = run(source / "contrib" / "sagecell-client" / "sagecell-service.py", site_of(cells))
    assert (ended.returncode, ended.stdout) == (0, "")


def test_the_probe_of_its_machines(source: Path, cells: RunningSite) -> None:
    """The question alone: what it does about an answer is for its own machines."""
    program = runpy.run_path(str(source / "contrib/vm/compute_node/root/healthcheck.py"))
    assert program["run_probe"](site_of(cells)) == (True, None)


@pytest.fixture(params=["our library", "its own library"])
def show(
    request: pytest.FixtureRequest, source: Path, cells: RunningSite, visit: Callable[..., Page], tmp_path: Path
) -> Iterator[Show]:
    """Give a function that opens a page of this text, in which only the library's address may be another."""
    library = f"{site_of(cells)}/static/embedded_sagecell.js"
    if request.param == "its own library":
        shutil.copy(brought("SAGEWS_SAGECELL") / "embedded_sagecell.js", tmp_path)
        library = "embedded_sagecell.js"
    with served(tmp_path, "https://sagecell.sagemath.org") as url:

        def show(text: str) -> Page:
            for address in ("https://sagecell.sagemath.org/static/embedded_sagecell.js", "../embedded_sagecell.js"):
                text = text.replace(address, library)
            root = f"<script>window.sagecell = {{root: '{site_of(cells)}/'}};</script>"
            (tmp_path / "page.html").write_text(text.replace("<head>", f"<head>{root}", 1))
            return visit(f"{url}page.html")

        yield show


def press(page: Page, place: int) -> None:
    page.locator(".sagecell_evalButton").nth(place).click()


def test_its_page_of_linked_cells(source: Path, show: Show) -> None:
    page = show((source / "static/test/linked.html").read_text())
    press(page, 0)
    page.wait_for_function(ENDED)
    press(page, 1)
    expect(page.locator(".sagecell_sessionOutput pre").last).to_have_text("3")


@pytest.mark.parametrize("name", ["doc/embedding.rst", "static/about.html"])
def test_the_page_of_its_documentation(source: Path, show: Show, name: str) -> None:
    text = (source / name).read_text()
    if name.endswith(".html"):
        text = html.unescape(text.partition('id="fullexample"')[2])
    begun, _, rest = text.partition("<!DOCTYPE HTML>")
    indent = begun.rpartition("\n")[2]
    whole = textwrap.dedent(f"{indent}<!DOCTYPE HTML>{rest.partition('</html>')[0]}</html>")
    page = show(whole)
    expect(page.locator(".sagecell_evalButton")).to_have_text(["Activate", "Evaluate", "Evaluate"])
    for place in range(3):
        press(page, place)
        page.wait_for_function(ENDED)
    outputs = page.locator(".sagecell_sessionOutput")
    assert shown_in(outputs.nth(0)).split()[-1:] == ["1.0"], "the factorial of 1"
    assert shown_in(outputs.nth(2)).split()[-1:] == ["1.0"], "2^0"
    expect(outputs.nth(1).locator("img[src]:not(.sagecell_spinner)").first).to_be_visible()


def shown_in(output: Locator) -> str:
    """Return the text that a reader sees: within a frame, where it has one."""
    frames = output.locator("iframe")
    body = frames.first.content_frame.locator("body") if frames.count() else output
    expect(body).to_contain_text("1")
    return body.inner_text()


@pytest.mark.timeout(400)
def test_its_page_of_interacts(source: Path, show: Show) -> None:
    """Code of many years: what only Python 2, Sage of that time or hosts not asked here have fails; all of it ends."""
    text = (source / "static/test/interact.html").read_text()
    told: Counter[str] = Counter()
    for first in range(0, CELLS, AT_ONCE):
        page = show(text)  # Sessions of interacts stay as long as their page, and one address has so many.
        cells = page.locator(".sagecell:has(> .sagecell_input)")
        expect(cells).to_have_count(CELLS)
        for place in range(first, min(first + AT_ONCE, CELLS)):
            cells.nth(place).locator(".sagecell_evalButton").click()
            output = cells.nth(place).locator(".sagecell_sessionOutput")
            expect(output.locator(".sagecell_spinner")).to_be_hidden(timeout=120_000)
            told[outcome(output)] += 1
        page.context.close()
    assert told["shown"] >= SHOWN, told


def outcome(output: Locator) -> str:
    """Return the name of the error that is shown, or that there is none, when something is to be seen."""
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        said = output.inner_text() + "".join(
            frame.content_frame.locator("body").inner_text() for frame in framed(output)
        )
        has_picture = output.locator("img[src]:not(.sagecell_spinner)").count() or framed(output)
        if said.strip() or has_picture:
            found = re.findall(r"\b([A-Z]\w*(?:Error|Exception))\b", said)
            return found[-1] if found else "shown"
        time.sleep(0.2)
    return "nothing"


def framed(output: Locator) -> list[Locator]:
    return output.locator("iframe").all()


def test_scenes_turn_in_pages_of_others(show: Show) -> None:
    page = show(
        "<!DOCTYPE html><html><head><script src='../embedded_sagecell.js'></script></head><body><div id=one>"
        "sphere()</div><script>sagecell.makeSagecell({inputLocation: '#one'});</script></body></html>"
    )
    press(page, 0)
    expect(page.locator(".sagecell_sessionOutput iframe")).to_be_visible()
    ends = time.monotonic() + 30
    while not any(frame.locator("canvas").count() for frame in page.frames):
        assert time.monotonic() < ends, "no scene is drawn in any frame"
        page.wait_for_timeout(200)
