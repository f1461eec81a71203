"""Worksheets as PDF: printed by a real Chromium in a session of a real worker."""

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from sagews.session.printing import PLACES
from tests.browser.browsers import CHROMIUM, browser_path
from tests.site.worker_process import RunningWorker, link_to, running_worker, stdout_of
from tests.site.workspaces.house import House, Person, running_house

PRINT = """
[limits]
address_space = 0
[[environment]]
name = "python"
preload = []
spares = 0
[[environment]]
name = "print"
preload = []
spares = 0
network = false
{more}
[printing]
environment = "print"
{printing}
"""
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC"
TABLE = "<table><tr><th>Order</th><th>Groups</th></tr><tr><td>8</td><td>fivegroups</td></tr></table>"
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Finite rings\n\nWords. $$\\frac{a}{b+7}$$"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "execution_count": 1,
            "source": "answer = 1  # " + "long " * 60 + "endofline",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": "x" * 300 + "LAST"},
                {"output_type": "display_data", "metadata": {}, "data": {"image/png": DOT}},
                {"output_type": "display_data", "metadata": {}, "data": {"text/html": TABLE}},
            ],
        },
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@contextmanager
def running_printer(
    folder: Path, printing: str = "", more: str = "", *, config: str = PRINT
) -> Iterator[tuple[RunningWorker, House]]:
    """Start a worker and a backend of a site that prints."""
    text = config.format(printing=printing, more=more)
    with ExitStack() as stack:
        worker = stack.enter_context(running_worker(folder, text))
        backend = f"[backend]\nworkers = ['unix:{worker.socket}']\n"
        yield worker, stack.enter_context(running_house(folder, None, text + backend))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningWorker, House]]:
    """Give a site that prints."""
    browser_path(CHROMIUM)
    with running_printer(tmp_path_factory.mktemp("printing")) as running:
        yield running


@pytest.fixture
async def writer(site: tuple[RunningWorker, House]) -> AsyncIterator[Person]:
    async with site[1].person() as person:
        yield person


def text_of(pdf: bytes, folder: Path) -> str:
    file = folder / "printed.pdf"
    file.write_bytes(pdf)
    tool = shutil.which("pdftotext")
    assert tool, "install poppler-utils: scripts/install-browsers"
    said = subprocess.run([tool, "-layout", str(file), "-"], capture_output=True, check=True, timeout=30)
    return said.stdout.decode()


async def put(person: Person, notebook: object = NOTEBOOK) -> str:
    where = await person.make()
    await person.save(where, "", {"f/ring;é.ipynb": json.dumps(notebook)})
    return where


async def test_a_worksheet_is_printed_with_all_that_is_in_it(
    writer: Person, tmp_path: Path, site: tuple[RunningWorker, House]
) -> None:
    where = await put(writer)
    asked = {"path": "f/ring;é.ipynb", "format": "pdf"}
    status, content, headers = await writer.fetch(f"{where}/exported", two=False, headers=None, **asked)
    assert status == 200, content
    assert headers["Content-Type"] == "application/pdf" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith('attachment; filename="ring;_.pdf"; filename*=UTF-8')
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    text = text_of(content, tmp_path)
    for part in ("Finite rings", "answer = 1", "endofline", "LAST", "Order", "fivegroups", "7", "1/1"):
        assert part in text.replace("1 / 1", "1/1"), text
    assert b"/Image" in content
    # A4 is 595 by 842 points, Letter 612 by 792.
    assert b"[0 0 594.95996 841.91998]" in content or b"[0 0 595" in content, content[:2000]
    status, letter, _ = await writer.fetch(f"{where}/exported", two=False, headers=None, **asked, paper="letter")
    assert status == 200 and b"[0 0 612 792]" in letter
    await _all_gone(site[0])


HOSTILE = """<meta http-equiv=refresh content="0;url=http://127.0.0.1:{port}/refresh">
<link rel=stylesheet href="http://127.0.0.1:{port}/style"><style>@import "http://127.0.0.1:{port}/import";</style>
<p>PLAIN <noscript>UNSCRIPTED</noscript></p><img src="http://127.0.0.1:{port}/image">
<iframe src="{secret}" width=500></iframe><embed src="{secret}"><object data="{secret}"></object>
<iframe src="http://127.0.0.1:{port}/frame"></iframe>
<iframe srcdoc="<script>document.write('DE' + 'EP')</script>"></iframe>
<script>document.write("RAN" + "ASSCRIPT")</script>
"""
RAW = """
import base64, pathlib
from sagews.session import printing
pathlib.Path("page.html").write_text({page!r})
printing.print_page("", "a4", 10_000_000)
print(base64.b64encode(pathlib.Path("page.pdf").read_bytes()).decode())
"""


async def test_a_hostile_page_fetches_nothing_and_runs_nothing(
    writer: Person, tmp_path: Path, site: tuple[RunningWorker, House]
) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nFETCHED")
        out.close()

    secret = tmp_path / "secret.txt"
    secret.write_text("THESECRET")
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        # As the sanitiser of pages would never let it through, and without their policy.
        page = HOSTILE.format(port=port, secret=secret.as_uri())
        inside = page.replace(secret.as_uri(), "file:///etc/passwd")
        async with link_to(site[0], opened=False) as end, asyncio.timeout(60):
            await end.open(environment="print")
            events = await end.evaluate(RAW.format(page=inside))
        raw = text_of(base64.b64decode(stdout_of(events)), tmp_path)
        assert "PLAIN" in raw and "UNSCRIPTED" in raw, raw
        where = await put(writer, hostile(page))
        status, content, _ = await writer.fetch(f"{where}/exported", path="f/ring;é.ipynb", format="pdf")
        assert status == 200, content
        for text in (raw, text_of(content, tmp_path)):
            for part in ("THESECRET", "RANASSCRIPT", "DEEP", "FETCHED", "/bin/", "nologin"):
                assert part not in text, text
        assert asked == []
        # The same page, outside of all this: what is looked for above would have been seen.
        file = tmp_path / "open.html"
        file.write_text(page.replace("<meta http-equiv=refresh", "<meta name=none"))
        command = [browser_path(CHROMIUM), "--headless", "--no-sandbox", f"--user-data-dir={tmp_path / 'profile'}"]
        command += [f"--print-to-pdf={tmp_path / 'open.pdf'}", file.as_uri()]
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        async with asyncio.timeout(60):
            await process.wait()
        text = text_of((tmp_path / "open.pdf").read_bytes(), tmp_path)
        for part in ("THESECRET", "RANASSCRIPT", "DEEP", "FETCHED"):
            assert part in text, text
        assert "UNSCRIPTED" not in text and asked


def hostile(page: str) -> object:
    """Return a notebook with a page in each place that may have HTML."""
    output = {"output_type": "display_data", "metadata": {}, "data": {"text/html": page}}
    code = {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 1, "source": "1", "outputs": [output]}
    words = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": page.replace("\n", "")}
    return NOTEBOOK | {"cells": [words, code]}


async def test_whoever_may_not_read_it_gets_no_pdf(site: tuple[RunningWorker, House], writer: Person) -> None:
    where = await put(writer)
    async with site[1].person() as stranger:
        status, content, _ = await stranger.fetch(f"{where}/exported", path="f/ring;é.ipynb", format="pdf")
    assert status == 404 and b"%PDF" not in content


async def test_where_no_browser_is_named_or_none_is_there_it_is_told(tmp_path: Path) -> None:
    for name, printing, told in (
        ("none", 'browser = "/usr/lib/no-such-browser"', "is not where it should be"),
        ("off", "", "this site has no browser for it"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        config = PRINT if printing else PRINT.split("[printing]")[0]
        with running_printer(folder, printing, config=config) as (_, house):
            async with house.person() as person:
                where = await put(person)
                status, content, _ = await person.fetch(f"{where}/exported", path="f/ring;é.ipynb", format="pdf")
        error = json.loads(content)["error"]
        assert status == 422 and told in error["what"] and "ring" in error["noun"] and error["hint"], error


async def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    browser = tmp_path / "shown" / "browser"
    browser.parent.mkdir()
    browser.write_text("#!/bin/sh\nsleep 987654 &\nsetsid sleep 987654 &\nsleep 987654\n")
    browser.chmod(0o755)
    tmp_path.chmod(0o755)
    printing = f'browser = "{browser}"\nseconds = 2'
    with running_printer(tmp_path, printing, f'readable = ["{browser.parent}"]') as (worker, house):
        async with house.person() as person:
            where = await put(person)
            status, content, _ = await person.fetch(f"{where}/exported", path="f/ring;é.ipynb", format="pdf")
            error = json.loads(content)["error"]
            assert status == 422 and "takes too long" in error["what"], error
            await _all_gone(worker)
            # Who leaves ends it, too.
            asking = asyncio.create_task(person.fetch(f"{where}/exported", path="f/ring;é.ipynb", format="pdf"))
            async with asyncio.timeout(30):
                while not _browsers(worker):
                    await asyncio.sleep(0.05)
            asking.cancel()
            await _all_gone(worker)


def _browsers(worker: RunningWorker) -> list[str]:
    """Return the programs of prints that run."""
    found = []
    for process in worker.tree:
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if "987654" in words or any(word in PLACES for word in words[:1]):
            found.append(" ".join(words[:2]))
    return found


async def _all_gone(worker: RunningWorker) -> None:
    async with asyncio.timeout(30):
        while _browsers(worker):
            await asyncio.sleep(0.05)
