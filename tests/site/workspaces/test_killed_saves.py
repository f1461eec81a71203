"""Backends that are killed while they save: the old state or the new one is there, and nothing in between.

In both databases: the processes share a file, or a PostgreSQL that has lost its connection to the dead one.
"""

import os
import random
from pathlib import Path

import pytest
from sqlalchemy import text

from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.store import Store
from sagews.database import packs as packs_module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.database.workspaces import Workspace, Workspaces
from tests.postgresql import PASSWORD, PostgreSQL
from tests.processes import told_until_killed
from tests.site.workspaces.saving_process import AUTHOR, CONTENT
from tests.site.workspaces.saving_process import PASSWORD as PASSWORD_VARIABLE
from tests.unit.database.conftest import database, postgresql

__all__ = ["database", "postgresql"]

KILLS = 60 if os.environ.get("SAGEWS_PROVE") else 2
DEADLINE = 60.0


@pytest.fixture
async def shared(database: Database) -> Database:
    """Give a database with a workspace."""
    await Accounts(database).add(Account("a"), Act("added", "a"))
    await Workspaces(database).add(Workspace("w", "a", "one"))
    return database


@pytest.fixture
def url(request: pytest.FixtureRequest, shared: Database) -> str:
    """Give its address, as another process has it; empty: a file."""
    if request.node.callspec.params["database"] == "sqlite":
        return ""
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.url


async def killed_saver(folder: Path, url: str, moment: str, seconds: float | None = None) -> list[str]:
    """Have a process save until it dies, so long after its first save if that is given; return what it had saved."""
    words = ("tests.site.workspaces.saving_process", str(folder), "a", moment, url)
    more = {PASSWORD_VARIABLE: PASSWORD}
    return await told_until_killed(*words, seconds=seconds, deadline=DEADLINE, more=more)


async def packs_by_state(database: Database) -> dict[str, int]:
    wanted = text("SELECT state, count(*) FROM git_pack GROUP BY state")
    rows = await database.run(lambda connection: connection.execute(wanted))
    return {state: number for state, number in rows}


async def sweep_all(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(packs_module, "GRACE", -1.0)
        while await Packs(database).sweep():
            pass


@pytest.mark.parametrize(("moment", "staged", "version"), [("before", 0, 1), ("between", 1, 1), ("after", 0, 2)])
async def test_killed_at_a_moment(
    shared: Database,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    staged: int,
    version: int,
) -> None:
    database = shared
    store = Store(tmp_path / "cache", Packs(database), Git())
    await store.save("w", {"a": b"old"}, base=None, author=AUTHOR)
    assert await killed_saver(tmp_path, url, moment) == []
    assert (await packs_by_state(database)).get("staged", 0) == staged
    await sweep_all(database, monkeypatch)
    assert await packs_by_state(database) == {"kept": version}
    chunks = text("SELECT count(*) FROM git_pack_chunk")
    assert await database.run(lambda connection: connection.scalar(chunks)) == 2 * version
    await store.verify("w")
    assert (await Packs(database).contents("w")).version == version
    assert await store.read("w", "a") == (b"old" if version == 1 else b"0")
    # What the dead one left in its cache is no hindrance to the next.
    await Store(tmp_path / "cache-a", Packs(database), Git()).save("w", {"b": b"1"}, base=None, author=AUTHOR)


async def test_killed_at_random_moments(
    shared: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = shared
    saved: list[str] = []
    for _ in range(KILLS):
        saved += await killed_saver(tmp_path, url, "never", random.uniform(0, 0.5))
        version = (await Packs(database).contents("w")).version
        # At most the last one of each process was durable, and not said. One that changes nothing is no new commit.
        assert len(set(saved)) <= version <= len(set(saved)) + KILLS
        restored = Store(tmp_path / "restored", Packs(database), Git())
        await restored.verify("w")
        # Each that was said to be durable is there.
        for commit in saved[-3:]:
            number = await restored.read("w", "a", commit)
            assert await restored.read("w", "a.content", commit) == CONTENT + number
    await sweep_all(database, monkeypatch)
    assert await packs_by_state(database) == {"kept": (await Packs(database).contents("w")).version}
