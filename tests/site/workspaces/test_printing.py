"""Worksheets as PDF: printed by a real Chromium in a session of a real worker."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from sagews.session.printing import PLACES
from tests.browser.browsers import CHROMIUM, browser_path
from tests.site.worker_process import RunningWorker, running_worker
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
TABLE = (
    "<table><thead><tr><th>Order</th><th>Groups</th></tr></thead><tbody><tr><td>8</td><td>fivegroups</td></tr></table>"
)
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


def running_printer(folder: Path, printing: str = "", more: str = "") -> "_Printer":
    return _Printer(folder, PRINT.format(printing=printing, more=more))


class _Printer:
    """A worker and a backend of a site that prints."""

    def __init__(self, folder: Path, config: str) -> None:
        self._folder, self._config = folder, config

    def __enter__(self) -> tuple[RunningWorker, House]:
        self._worker = running_worker(self._folder, self._config)
        running = self._worker.__enter__()
        self._house = running_house(
            self._folder, None, f"{self._config}[backend]\nworkers = ['unix:{running.socket}']\n"
        )
        return running, self._house.__enter__()

    def __exit__(self, *error: object) -> None:
        self._house.__exit__(*error)  # type: ignore[arg-type]
        self._worker.__exit__(*error)  # type: ignore[arg-type]


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
    return subprocess.run(
        [tool, "-layout", str(file), "-"], capture_output=True, check=True, timeout=30
    ).stdout.decode()


async def put(person: Person, notebook: object = NOTEBOOK) -> str:
    where = await person.make()
    await person.save(where, "", {"f/ring;é.ipynb": json.dumps(notebook)})
    return where


async def test_a_worksheet_is_printed_with_all_that_is_in_it(
    writer: Person, tmp_path: Path, site: tuple[RunningWorker, House]
) -> None:
    where = await put(writer)
    asked = {"path": "f/ring;é.ipynb", "format": "pdf"}
    status, content, headers = await writer.fetch(f"{where}/exported", headers=None, **asked)
    assert status == 200, content
    assert headers["Content-Type"] == "application/pdf" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith('attachment; filename="ring;_.pdf"; filename*=UTF-8')
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    text = text_of(content, tmp_path)
    for part in ("Finite rings", "answer = 1", "endofline", "LAST", "Order", "fivegroups", "7", "1 / 1"):
        assert part in text, text
    assert b"/Image" in content
    # A4 is 595 by 842 points, Letter 612 by 792.
    assert b"[0 0 594.95996 841.91998]" in content or b"[0 0 595" in content, content[:2000]
    status, letter, _ = await writer.fetch(f"{where}/exported", headers=None, **asked, paper="letter")
    assert status == 200 and b"[0 0 612 792]" in letter
    await _all_gone(site[0])


async def test_whoever_may_not_read_it_gets_no_pdf(site: tuple[RunningWorker, House], writer: Person) -> None:
    where = await put(writer)
    async with site[1].person() as stranger:
        status, content, _ = await stranger.fetch(f"{where}/exported", path="f/ring;é.ipynb", format="pdf")
    assert status == 404 and b"%PDF" not in content


async def test_where_no_browser_is_named_or_none_is_there_it_is_told(tmp_path: Path) -> None:
    for name, printing, told in (
        ("none", 'browser = "/usr/lib/no-such-browser"', "is not where it should be"),
        ("off", None, "this site has no browser for it"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        running = running_printer(folder, printing or "")
        if printing is None:
            running = _Printer(folder, PRINT.format(printing="", more="").split("[printing]")[0])
        with running as (_, house):
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
