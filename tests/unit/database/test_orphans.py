"""What becomes of workspaces whose account is deleted, in both databases."""

import time

import pytest

from sagews.database import workspaces as module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.members import Members, Role
from sagews.database.orphans import MAKING
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import WorkspaceError


@pytest.fixture
async def workspaces(database: Database) -> Workspaces:
    for name in ("emmy", "emil", "ada"):
        await Accounts(database).add(Account(name), Act("added", name))
    return Workspaces(database)


async def leave(database: Database, account: str) -> None:
    assert await Accounts(database).remove(account, Act("deleted", account))


async def test_they_become_those_of_another_owner_or_are_deleted(workspaces: Workspaces, database: Database) -> None:
    members, shared = Members(database), Act("shared", "emil", "emmy")
    for name in ("alone", "viewed", "owned", "binned"):
        await workspaces.add(Workspace(name, "emmy", name, created=1.0))
    await members.put("viewed", "emil", Role.EDITOR, shared)
    for name in ("owned", "binned"):
        await members.put(name, "ada", Role.EDITOR, shared)
        await members.put(name, "emil", Role.OWNER, shared)
    await workspaces.delete("binned")
    await leave(database, "emmy")
    found = {
        each.id: each for each in [await workspaces.get(n) for n in ("alone", "viewed", "owned", "binned")] if each
    }
    assert {name: each.account for name, each in found.items()} == {
        **{"alone": None, "viewed": None},
        **{"owned": "emil", "binned": "emil"},
    }
    assert {name for name, each in found.items() if each.deleted is None} == {"owned"}
    assert [(each.account, each.role) for each in await members.of("owned")] == [("emil", "owner"), ("ada", "editor")]
    # Nobody comes in by a membership in what is nobody's.
    assert await members.enter("viewed", "emil", deleted=True) is None
    assert await workspaces.bring_back("binned")


async def test_one_that_is_being_made_is_no_orphan_for_a_while(workspaces: Workspaces, database: Database) -> None:
    now = time.time()
    await workspaces.begin(Workspace("new", None, "new", created=now))
    await workspaces.begin(Workspace("left", None, "left", created=now - 2 * MAKING))
    assert await Members(database).enter("new", "ada") is None
    await leave(database, "emmy")
    await workspaces.claim("new", "ada")
    await workspaces.claim("new", "ada")
    assert await Members(database).enter("new", "ada") is not None
    for identifier, account in (("new", "emil"), ("left", "ada")):
        with pytest.raises(WorkspaceError, match="took too long to be made"):
            await workspaces.claim(identifier, account)
    with pytest.raises(WorkspaceError, match="is not there any more"):
        await workspaces.claim("new", "emmy")


async def test_what_nobody_claims_is_swept_or_discarded(workspaces: Workspaces, database: Database) -> None:
    now = time.time()
    for name, created in (("young", now), ("old", now - 2 * MAKING), ("failed", now)):
        await workspaces.begin(Workspace(name, None, name, created=created))
    await workspaces.sweep()
    old, young = await workspaces.get("old"), await workspaces.get("young")
    assert old is not None and old.deleted is not None and young is not None and young.deleted is None
    await workspaces.claim("young", "ada")
    for name in ("young", "failed"):
        await workspaces.discard(name)
    assert await workspaces.get("failed") is None and await workspaces.get("young") is not None


async def test_an_account_has_not_too_many(workspaces: Workspaces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OWN", 2)
    for name in ("one", "two", "three"):
        await workspaces.begin(Workspace(name, None, name, created=time.time()))
    await workspaces.claim("one", "ada")
    await workspaces.claim("two", "ada")
    await workspaces.delete("two")
    with pytest.raises(WorkspaceError, match="your account: has 2 workspaces"):
        await workspaces.claim("three", "ada")
