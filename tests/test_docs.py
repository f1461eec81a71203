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


ITEMS = {"6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5}
ITEMS |= {"7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "10.1": 2, "10.2": 2, "10.5": 5, "4.4": 4}
"""How many items each section of ASVS 5.0 has up to level 2, of those of which all are listed."""


def test_every_item_of_the_list_names_tests_that_exist() -> None:
    page = (ROOT / "docs/reference/asvs.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:3] != "|-|"]
    found = {row[0]: row for row in rows if re.fullmatch(r"\d+\.\d+\.\d+", row[0])}
    assert found.keys() >= {f"{section}.{number + 1}" for section, many in ITEMS.items() for number in range(many)}
    for item, (_, asks, met, shown) in found.items():
        assert asks and met, item
        if met.startswith("does not apply: "):
            assert not shown, item
            continue
        if met.startswith("not met: ") and not shown:
            continue
        for each in shown.split(", "):
            named = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", each)
            assert named is not None, (item, each)
            assert re.search(rf"^(async )?def {named[2]}\(", (ROOT / named[1]).read_text(), re.MULTILINE), (item, each)


# ------------------------------------------------------------------- the API


def examples(language: str) -> str:
    """Return all examples of the page in one language, as one program."""
    page = (ROOT / "docs/how-to/api.md").read_text()
    found = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    assert found
    return "\n".join(found)


def run(command: list[str], site: RunningSite, folder: Path) -> str:
    environment = os.environ | {"SITE": site.url.rstrip("/")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_curl_of_the_page_works(site: RunningSite, tmp_path: Path) -> None:
    lines = [line for line in examples("sh").splitlines() if not line.startswith("SITE=")]
    said = run(["bash", "-euc", "\n".join(line.replace("curl -s", "curl -fsS") for line in lines)], site, tmp_path)
    assert '"result": "1267650600228229401496703205376"' in said
    assert said.count('"output_kind":"stream"') >= 3 and '"reason":"done"' in said
    assert re.search(r'"events":\[.*execute_result.*42', said)
    assert '"path":"numbers.csv","size":6' in said and '"files":[{"name":"numbers.csv"' in said
    assert f'"url":"{site.url}?q=' in said


def test_the_javascript_of_the_page_works(site: RunningSite, tmp_path: Path) -> None:
    (tmp_path / "example.mjs").write_text(examples("js"))
    assert run(["node", "example.mjs"], site, tmp_path) == "0\n1\n2\n42\n"
