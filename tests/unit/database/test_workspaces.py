"""The table of workspaces in both databases: deleted ones come back, or go for ever, and accounts leave theirs."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.workspaces import DAY, KEPT, Workspace, Workspaces, new_id
from sagews.errors import WorkspaceError
from tests.postgresql import PASSWORD, PostgreSQL


@pytest.fixture
async def workspaces(database: Database) -> Workspaces:
    for name in ("a", "b"):
        await Accounts(database).add(Account(name), Act("added", name))
    return Workspaces(database)


@pytest.fixture
async def on_postgresql(empty: PostgreSQL, tmp_path: Path) -> AsyncIterator[Database]:
    """Give a database in PostgreSQL that has its tables and nothing in them."""
    database = Database(Site(data_directory=str(tmp_path), database=Settings(url=empty.url)), PASSWORD)
    await database.migrate()
    yield database
    await database.close()


async def test_what_is_added_is_found_renamed_and_listed(workspaces: Workspaces) -> None:
    first, second = Workspace(new_id(), "a", "Ü \u222b", created=1.0), Workspace(new_id(), "a", "two", created=2.0)
    assert await workspaces.add(second) and await workspaces.add(first) and await workspaces.add(first)
    assert not await workspaces.add(Workspace(new_id(), "nobody", "three"))
    assert await workspaces.get(first.id) == first and await workspaces.get("x") is None
    assert await workspaces.of_account("a") == [first, second] and await workspaces.of_account("b") == []
    assert await workspaces.of_account("a", after=1.0) == [second]
    assert await workspaces.rename(first.id, "one") and not await workspaces.rename("x", "one")
    assert [each.name for each in await workspaces.of_account("a")] == ["one", "two"]


async def test_a_name_is_one_line_of_text_and_not_empty(workspaces: Workspaces) -> None:
    assert await workspaces.add(Workspace("w", "a", " one\n\u202e\0two\ud800 "))
    assert [each.name for each in await workspaces.of_account("a")] == ["one two"]
    assert await workspaces.rename("w", "x" * 10_000)
    assert [each.name for each in await workspaces.of_account("a")] == ["x" * 200]
    for empty in ("", " \n", "\0\u200b"):
        with pytest.raises(WorkspaceError, match="workspace: its name is empty"):
            await workspaces.rename("w", empty)
        with pytest.raises(WorkspaceError, match="workspace: its name is empty"):
            await workspaces.add(Workspace("v", "a", empty))
    assert [each.name for each in await workspaces.of_account("a")] == ["x" * 200]


async def test_a_deleted_one_comes_back_until_its_days_are_over(database: Database, workspaces: Workspaces) -> None:
    await workspaces.add(Workspace("w", "a", "one"))
    assert not await workspaces.bring_back("w")
    assert await workspaces.delete("w") and not await workspaces.delete("w") and not await workspaces.rename("w", "x")
    assert await workspaces.of_account("a") == []
    assert [each.id for each in await workspaces.of_account("a", deleted=True)] == ["w"]
    assert await workspaces.sweep() == 0
    assert await workspaces.bring_back("w") and [each.id for each in await workspaces.of_account("a")] == ["w"]
    await workspaces.delete("w")
    await _deleted_at(database, time.time() - KEPT * DAY + 60)
    assert await workspaces.sweep() == 0
    await _deleted_at(database, time.time() - KEPT * DAY - 60)
    assert not await workspaces.bring_back("w")
    assert [await workspaces.sweep(), await workspaces.sweep()] == [1, 0]
    assert await workspaces.get("w") is None


async def test_the_clock_of_a_backend_does_not_count(
    database: Database, workspaces: Workspaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    await workspaces.add(Workspace("w", "a", "one"))
    before = time.time()
    monkeypatch.setattr(time, "time", lambda: before + (KEPT + 1) * DAY)
    await workspaces.delete("w")
    deleted = await workspaces.get("w")
    assert deleted is not None and deleted.deleted == pytest.approx(before, abs=30)
    assert await workspaces.sweep() == 0 and await workspaces.bring_back("w")


async def test_an_account_that_goes_leaves_its_workspaces_to_whom_they_are_handed(
    database: Database, workspaces: Workspaces
) -> None:
    await workspaces.add(Workspace("w", "a", "one"))
    await workspaces.add(Workspace("v", "b", "another"))
    assert await Accounts(database).remove("a", Act("deleted", "a"))
    left = await workspaces.get("w")
    assert left is not None and left.account is None and left.deleted is not None
    assert not await workspaces.bring_back("w") and not await workspaces.hand_over("w", "a")
    assert await workspaces.hand_over("w", "b") and await workspaces.bring_back("w")
    assert {each.id for each in await workspaces.of_account("b")} == {"v", "w"}


@pytest.mark.parametrize("change", ["add", "hand over", "bring back"])
async def test_an_account_that_goes_meanwhile_leaves_no_workspace_of_nobody(
    empty: PostgreSQL, on_postgresql: Database, change: str
) -> None:
    database = on_postgresql
    accounts, workspaces = Accounts(database), Workspaces(database)
    for name in ("a", "b"):
        await accounts.add(Account(name), Act("added", name))
    if change != "add":
        await workspaces.add(Workspace("w", "a" if change == "bring back" else "b", "one"))
    if change == "bring back":
        await workspaces.delete("w")
    work = {
        "add": lambda: workspaces.add(Workspace("w", "a", "one")),
        "hand over": lambda: workspaces.hand_over("w", "a"),
        "bring back": lambda: workspaces.bring_back("w"),
    }[change]
    # Whoever has changed a workspace that is there waits, before the transaction ends, for this lock.
    await empty.ask(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END'"
    )
    await empty.ask(
        "CREATE TRIGGER wait AFTER INSERT OR UPDATE ON workspace"
        " FOR EACH ROW WHEN (NEW.deleted IS NULL) EXECUTE FUNCTION wait()"
    )

    async def hold(connection: AsyncConnection) -> None:
        await connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
        held.set()
        await free.wait()

    held, free = asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(database.run(hold))
        await held.wait()
        changed = tasks.create_task(work())
        await _waiting(empty, 1)
        removed = tasks.create_task(accounts.remove("a", Act("deleted", "a")))
        await _waiting(empty, 2)
        free.set()
    assert changed.result() and removed.result()
    left = await workspaces.get("w")
    assert left is not None and left.account is None and left.deleted is not None


async def _waiting(server: PostgreSQL, number: int) -> None:
    """Wait until so many transactions wait for others."""
    while (await server.ask("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"))[0][0] != number:
        await asyncio.sleep(0.02)


async def _deleted_at(database: Database, when: float) -> None:
    change = text("UPDATE workspace SET deleted = :when")
    await database.run(lambda connection: connection.execute(change, {"when": when}))
