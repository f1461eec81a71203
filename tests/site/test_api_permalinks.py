"""Permalinks over the API: in a file and in PostgreSQL, and while the database is away."""

import asyncio
import io
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.postgresql import PASSWORD, PostgreSQL, running_postgresql
from tests.running import RunningSite, running_site
from tests.site.api_end import calling
from tests.site.client_end import assert_serves

QUICK = "[[environment]]\nname = 'python'\npreload = []\nspares = 1\n"
CODE = "print('¡π ≈ 3!')\n\n# %%\n2**10 + 1"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def remote(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site whose database is PostgreSQL, its password in a file."""
    folder = tmp_path_factory.mktemp("remote")
    word = folder / "word"
    word.touch(0o600)
    word.write_text(PASSWORD + "\n")
    config = f"[database]\nurl = '{postgresql.url}'\npassword_file = '{word}'\n[permalinks]\nexpire_days = 0.5\n{QUICK}"
    (folder / "sagews.toml").write_text(config)
    for _ in range(2):  # twice is harmless
        assert _command(folder, "database", "migrate").startswith("The tables are of revision")
    with running_site(folder, config=config) as running:
        yield running
        log = running.log()
        assert "Traceback" not in log and PASSWORD not in log, log


def _command(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "sagews", *words, "--config", str(folder / "sagews.toml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(params=["quick", "remote"])
def either(request: pytest.FixtureRequest) -> RunningSite:
    site: RunningSite = request.getfixturevalue(request.param)
    return site


async def test_what_is_kept_is_found_by_its_name_alone(either: RunningSite) -> None:
    async with calling(either) as caller:
        kept = {"code": CODE, "language": "sage", "environment": "python", "interacts": '[{"x": 1}]'}
        made = await caller.ask("POST", "permalinks", 201, json=kept)
        assert made["url"] == f"{caller.base}/?q={made['id']}" and len(made["id"]) == 22
        found = await caller.ask("GET", f"permalinks/{made['id']}", 200)
        assert {name: found[name] for name in kept} == kept
        assert (found["id"], found["expires"]) == (made["id"], made["expires"])
        assert abs(found["created"] - time.time()) < 60
        other = await caller.ask("POST", "permalinks", 201, json=kept)
        assert other["id"] != made["id"]
        for name in ("x", made["id"][:-1], made["id"] + "x", "%00", "%F0%9F%8E%88", "a" * 3000, "'"):
            assert (await caller.ask("GET", f"permalinks/{name}", 404))["code"] == "unknown_permalink"


async def test_the_site_says_how_long(quick: RunningSite, remote: RunningSite) -> None:
    async with calling(quick) as caller:
        assert (await caller.ask("POST", "permalinks", 201, json={"code": "1"}))["expires"] is None
    async with calling(remote) as caller:
        made = await caller.ask("POST", "permalinks", 201, json={"code": "1"})
        assert abs(made["expires"] - time.time() - 43_200) < 60


async def test_what_has_expired_is_gone(remote: RunningSite, postgresql: PostgreSQL) -> None:
    async with calling(remote) as caller:
        made = await caller.ask("POST", "permalinks", 201, json={"code": "1"})
        await postgresql.ask("UPDATE permalink SET expires = $1 WHERE id = $2", time.time() - 1, made["id"])
        await caller.ask("GET", f"permalinks/{made['id']}", 404)


async def test_what_has_expired_is_deleted_when_a_backend_starts(tmp_path: Path) -> None:
    with running_site(tmp_path, config=QUICK) as site:
        async with calling(site) as caller:
            made = [await caller.ask("POST", "permalinks", 201, json={"code": str(number)}) for number in range(2)]
    file = tmp_path / "data" / "sagews.sqlite"
    with sqlite3.connect(file) as rows:
        rows.execute("UPDATE permalink SET expires = 1 WHERE id = ?", (made[0]["id"],))
    rows.close()
    with running_site(tmp_path, config=QUICK) as site:
        async with asyncio.timeout(10):
            while "expired permalinks deleted" not in site.log():
                await asyncio.sleep(0.05)
        async with calling(site) as caller:
            await caller.ask("GET", f"permalinks/{made[1]['id']}", 200)
    rows = sqlite3.connect(file)
    assert rows.execute("SELECT count(*) FROM permalink").fetchone() == (1,)
    rows.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": "x" * 300_000}, 413),
        ({"code": "x" * 200_000, "interacts": "y" * 100_000}, 413),
        ({"code": "ä" * 140_000}, 413),
        ({"code": "1", "language": "no such"}, 400),
        ({"code": "1", "langage": "sage"}, 400),
        ({}, 400),
        ({"code": ""}, 201),
        ({"code": "nul \0"}, 201),
        ({"code": "x" * 262_144}, 201),
    ],
    # Short, for pytest says them to every process that it starts.
    ids=lambda value: str(value)[:40],
)
async def test_sizes_and_shapes(either: RunningSite, body: dict[str, Any], status: int) -> None:
    async with calling(either) as caller:
        data = io.BytesIO(json.dumps(body).encode())
        await caller.ask("POST", "permalinks", status, data=data, headers={"Content-Type": "application/json"})


async def test_a_database_that_is_away_costs_permalinks_alone(remote: RunningSite, postgresql: PostgreSQL) -> None:
    async with calling(remote) as caller:
        made = await caller.ask("POST", "permalinks", 201, json={"code": CODE})
        assert await postgresql.cut_off_everybody() > 0
        await caller.ask("GET", f"permalinks/{made['id']}", 200)
        postgresql.stop()
        try:
            for _ in range(3):
                error = await caller.ask("GET", f"permalinks/{made['id']}", 503)
                assert error["noun"] == "database"
                await caller.ask("POST", "permalinks", 503, json={"code": "1"})
            await assert_serves(remote.url)
            assert (await caller.evaluate("6 * 7"))["result"] == "42"
            await caller.ask("GET", "/healthz", 200)
        finally:
            postgresql.start()
        assert (await caller.ask("GET", f"permalinks/{made['id']}", 200))["code"] == CODE
    assert remote.log().count('"database away"') == 1 and '"database back"' in remote.log()


async def test_a_site_starts_without_its_database_and_finds_it(postgresql: PostgreSQL, tmp_path: Path) -> None:
    config = f"[database]\nurl = '{postgresql.url}'\n{QUICK}"
    postgresql.stop()
    try:
        with running_site(tmp_path, config=config, environment={"SAGEWS_DATABASE_PASSWORD": PASSWORD}) as site:
            await assert_serves(site.url)
            async with calling(site) as caller:
                await caller.ask("POST", "permalinks", 503, json={"code": "1"})
                postgresql.start()
                await postgresql.forget()
                error = await caller.ask("POST", "permalinks", 503, json={"code": "1"})
                assert "sagews database migrate" in error["hint"]
    finally:
        postgresql.stop()
        postgresql.start()


def test_a_password_file_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    word = tmp_path / "word"
    word.write_text("x")
    word.chmod(0o644)
    config = f"[database]\nurl = 'postgresql+asyncpg://u@127.0.0.1:1/x'\npassword_file = '{word}'\n"
    with pytest.raises(AssertionError, match="can be read by others"), running_site(tmp_path, config=config):
        pass
