"""Backends that are killed while somebody pushes: the old head or the new one is there, and pushing again does it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.store import Store
from sagews.database.packs import Packs
from tests.postgresql import PostgreSQL, running_postgresql
from tests.site.workspaces.dying_backend import MOMENT
from tests.site.workspaces.remote import begun, commit, git, remote_at, running_remote
from tests.site.workspaces.test_killed_saves import packs_by_state, sweep_all


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[PostgreSQL | None]:
    if request.param == "sqlite":
        yield None
    else:
        with running_postgresql() as server:
            yield server


@pytest.mark.parametrize("moment", ["before", "between", "after"])
async def test_killed_at_a_moment(
    server: PostgreSQL | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    dies = {"module": "tests.site.workspaces.dying_backend", "environment": {MOMENT: moment}}
    with running_remote(tmp_path, server, **dies) as running:
        async with remote_at(running) as remote:
            emmy = await remote.guest()
            where = await remote.workspace(emmy)
            work = await begun(tmp_path, remote.url(emmy, where), {"a.txt": "1"})
            await git(work, "push", "origin", "main", status=1)
            assert await asyncio.to_thread(remote.backend.process.wait, 10) != 0
            pushed = (await git(work, "rev-parse", "HEAD")).strip()
            assert await remote.head(where) == (pushed if moment == "after" else None)
    with running_remote(tmp_path, server, migrate=False) as running:
        async with remote_at(running) as again:
            await git(work, "remote", "set-url", "origin", again.url(emmy, where))
            said = await git(work, "push", "origin", "main")
            assert ("Everything up-to-date" in said) == (moment == "after")
            newest = await commit(work, {"a.txt": "2"})
            await git(work, "push", "-q", "origin", "main")
            assert await again.head(where) == newest
            await sweep_all(again.database, monkeypatch)
            assert await packs_by_state(again.database) == {"kept": 2}
            await Store(tmp_path / "restored", Packs(again.database), Git()).verify(where)
