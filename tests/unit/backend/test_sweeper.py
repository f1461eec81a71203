"""What has expired in the database is deleted, whatever else fails, and the end does not wait."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from sagews.backend import sweeper as module
from sagews.backend.accounts.people import People
from sagews.backend.sweeper import Sweeper
from sagews.config.site import Site
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.packs import GRACE, Packs
from sagews.database.permalinks import Permalinks
from sagews.database.shown import Shown
from sagews.database.workspaces import DAY, KEPT, Workspace, Workspaces


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Give a database with a staged pack that nobody takes in, and a workspace that was deleted long ago."""
    database = Database(Site(data_directory=str(tmp_path)))
    await Accounts(database).add(Account("a"), Act("added", "a"))
    for name in ("staged", "deleted"):
        await Workspaces(database).add(Workspace(name, "a", name))
        (tmp_path / "p").write_bytes(b"x" * 100)
        await Packs(database).stage(name, tmp_path / "p", tmp_path / "p")
    long_ago = {"deleted": time.time() - KEPT * DAY - 60, "touched": time.time() - GRACE - 60}
    for change in ("git_pack SET touched = :touched", "workspace SET deleted = :deleted WHERE id = 'deleted'"):
        values = {name: when for name, when in long_ago.items() if f":{name}" in change}
        await database.run(lambda connection, c=change, v=values: connection.execute(text(f"UPDATE {c}"), v))
    yield database
    await database.close()


def sweeper(database: Database, tmp_path: Path) -> Sweeper:
    people = People(Site(data_directory=str(tmp_path)), database)
    return Sweeper(Permalinks(database), people, Workspaces(database), Packs(database), Shown(database))


async def left(database: Database) -> list[int]:
    """Return how many workspaces, packs and chunks there are."""
    wanted = [text(f"SELECT count(*) FROM {table}") for table in ("workspace", "git_pack", "git_pack_chunk")]
    return [await database.run(lambda connection, w=each: connection.scalar(w)) for each in wanted]


async def test_uploads_and_workspaces_are_swept_although_something_else_fails(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    assert await left(database) == [2, 2, 4]
    rename = "ALTER TABLE permalink RENAME TO away"
    await database.run(lambda connection: connection.execute(text(rename)))
    async with asyncio.timeout(30):
        with capture_logs() as logs:
            await sweeper(database, tmp_path).sweep()
    assert await left(database) == [1, 0, 0]
    told = {each["event"]: each for each in logs}
    assert told["not swept"]["what"] == "permalinks" and told["expired workspaces deleted"]["rows"] == 1
    assert told["expired packs deleted"]["rows"] == 6


async def test_it_begins_by_itself_and_ends_at_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeping = sweeper(database, tmp_path)
    await sweeping.stop()
    monkeypatch.setattr(module, "PAUSE", 1000.0)
    async with asyncio.timeout(30):
        sweeping.start()
        # It waits after the first batch of chunks.
        while (await left(database))[2]:
            await asyncio.sleep(0.01)
        await sweeping.stop()
        assert (await left(database))[0] == 2
