"""The documentation builds, loads nothing from anybody else, and its examples work."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import RunningSite

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the built pages."""
    into = tmp_path_factory.mktemp("pages")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(into)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    made = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert made.returncode == 0, made.stderr
    return into


def test_pages_load_nothing_from_anybody_else(built: Path) -> None:
    loads = re.compile(r"<(?:script|img|iframe|source)\b[^>]*?\bsrc=[\"']?(?:https?:)?//[^\s\"'>]+|url\((?:https?:)?//")
    links = re.compile(r"<link\b[^>]*?\bhref=[\"']?(?:https?:)?//[^>]*")
    found = [
        f"{page.relative_to(built)}: {match}"
        for page in [*built.rglob("*.html"), *built.rglob("*.css")]
        for pattern in (loads, links)
        for match in pattern.findall(page.read_text())
        if 'rel="canonical"' not in match
    ]
    assert not found


def test_generated_parts_are_filled_in(built: Path) -> None:
    assert "wall_time" in (built / "reference" / "settings.html").read_text()
    assert not [page for page in built.rglob("*.html") if "<!-- generated" in page.read_text()]


async def test_the_python_client_of_the_page_works(site: RunningSite, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/how-to/python-client.md").read_text()
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    program, start = found[1].split("\n\nasyncio.run(")
    assert start.startswith("main(")
    names: dict[str, object] = {}
    exec(program, names)  # our own page
    async with asyncio.timeout(30):
        await names["main"](site.url)  # type: ignore[operator]
    said = capsys.readouterr().out
    assert said.startswith(f"hello\n{2**100}\ndone ")
