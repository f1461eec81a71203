"""The table of workspaces in both databases: deleted ones come back, or go for ever, and accounts leave theirs."""

import time

import pytest
from sqlalchemy import text

from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.workspaces import DAY, KEPT, Workspace, Workspaces, new_id


@pytest.fixture
async def workspaces(database: Database) -> Workspaces:
    for name in ("a", "b"):
        await Accounts(database).add(Account(name), Act("added", name))
    return Workspaces(database)


async def test_what_is_added_is_found_renamed_and_listed(workspaces: Workspaces) -> None:
    first, second = Workspace(new_id(), "a", "Ü \u222b", created=1.0), Workspace(new_id(), "a", "two", created=2.0)
    assert await workspaces.add(second) and await workspaces.add(first) and await workspaces.add(first)
    assert not await workspaces.add(Workspace(new_id(), "nobody", "three"))
    assert await workspaces.get(first.id) == first and await workspaces.get("x") is None
    assert await workspaces.of_account("a") == [first, second] and await workspaces.of_account("b") == []
    assert await workspaces.of_account("a", after=1.0) == [second]
    assert await workspaces.rename(first.id, "one") and not await workspaces.rename("x", "one")
    assert [each.name for each in await workspaces.of_account("a")] == ["one", "two"]


async def test_a_deleted_one_comes_back_until_its_days_are_over(database: Database, workspaces: Workspaces) -> None:
    await workspaces.add(Workspace("w", "a", "one"))
    assert not await workspaces.bring_back("w")
    assert await workspaces.delete("w") and not await workspaces.delete("w") and not await workspaces.rename("w", "x")
    assert await workspaces.of_account("a") == []
    assert [each.id for each in await workspaces.of_account("a", deleted=True)] == ["w"]
    assert await workspaces.sweep() == 0
    assert await workspaces.bring_back("w") and [each.id for each in await workspaces.of_account("a")] == ["w"]
    await workspaces.delete("w")
    await _deleted_at(database, time.time() - KEPT * DAY - 60)
    assert not await workspaces.bring_back("w") and await workspaces.sweep() == 0
    await _deleted_at(database, time.time() - (KEPT + 1) * DAY)
    assert [await workspaces.sweep(), await workspaces.sweep()] == [1, 0]
    assert await workspaces.get("w") is None


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


async def _deleted_at(database: Database, when: float) -> None:
    change = text("UPDATE workspace SET deleted = :when")
    await database.run(lambda connection: connection.execute(change, {"when": when}))
