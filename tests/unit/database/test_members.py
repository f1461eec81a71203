"""Members of workspaces, in both databases: who may come in and as what, and that there is always an owner."""

import asyncio

import pytest

from sagews.database import members as module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act, Audit
from sagews.database.database import Database
from sagews.database.members import Members, Role, Which
from sagews.database.workspace_links import WorkspaceLinks
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import WorkspaceError

NO_OWNER = "workspace w: would have no owner; hand it over to somebody first, or delete it"


@pytest.fixture
async def members(database: Database) -> Members:
    """Give the members of the workspace `w`, which is Emmy's."""
    for name in ("emmy", "emil", "ada"):
        await Accounts(database).add(Account(name, name.title()), Act("added", name))
    await Workspaces(database).add(Workspace("w", "emmy", "one", created=1.0))
    return Members(database)


def act(what: str = "workspace shared", account: str = "emil", by: str = "emmy") -> Act:
    return Act(what, account, by, "192.0.2.7", {"workspace": "w"})


async def role(members: Members, account: str, link: str = "") -> Role | None:
    entry = await members.enter("w", account, link)
    return entry.role if entry is not None else None


async def told(members: Members) -> list[tuple[str, str]]:
    return [(each.account, each.role) for each in await members.of("w")]


def test_each_role_may_what_those_before_it_may() -> None:
    assert [[one.may(other) for other in Role] for one in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


async def test_whoever_is_let_in_is_in_until_they_are_not(members: Members, database: Database) -> None:
    assert await role(members, "emmy") is Role.OWNER and await role(members, "emil") is None
    assert await members.enter("v", "emmy") is None and await role(members, "") is None
    await members.put("w", "emil", Role.VIEWER, act())
    assert await role(members, "emil") is Role.VIEWER and await role(members, "ada") is None
    await members.put("w", "emil", Role.EDITOR, act())
    await members.put("w", "emil", Role.EDITOR, act())
    assert await told(members) == [("emmy", "owner"), ("emil", "editor")]
    entry = await members.enter("w", "emil")
    assert entry is not None and entry.called == "Emil" and entry.member and entry.workspace.account == "emmy"
    assert await members.remove("w", "emil", act("workspace left")) and await role(members, "emil") is None
    assert not await members.remove("w", "emil", act("workspace left"))
    # What was done is written down once, and what was not is not.
    records = await Audit(database).find(about="emil")
    assert [each.act.what for each in records[:3]] == ["workspace left", "workspace shared", "workspace shared"]
    assert len(records) == 4 and records[0].act == act("workspace left")


async def test_there_is_always_an_owner(members: Members) -> None:
    for change in (members.remove("w", "emmy", act()), members.put("w", "emmy", Role.EDITOR, act())):
        with pytest.raises(WorkspaceError) as refused:
            await change
        assert str(refused.value) == NO_OWNER
    with pytest.raises(WorkspaceError, match=r"account nobody: is not there"):
        await members.put("w", "nobody", Role.VIEWER, act())
    with pytest.raises(WorkspaceError, match=r"account nobody: is not there"):
        await members.hand_over("w", "emmy", "nobody", act())
    with pytest.raises(WorkspaceError, match=r"workspace v: is not there"):
        await members.put("v", "emil", Role.VIEWER, act())
    assert await told(members) == [("emmy", "owner")]
    await members.put("w", "emil", Role.OWNER, act())
    await members.put("w", "ada", Role.OWNER, act())
    assert await members.remove("w", "emmy", act()) and await members.remove("w", "ada", act(by="emil"))
    # It is whose owner came first from then on.
    assert await told(members) == [("emil", "owner")]
    with pytest.raises(WorkspaceError, match="would have no owner"):
        await members.remove("w", "emil", act(by=""))
    # Who was an owner when the request came, and is none now.
    changes = (members.put("w", "emmy", Role.VIEWER, act()), members.remove("w", "emil", act()))
    for change in changes:
        with pytest.raises(WorkspaceError, match="you are no owner of it any more"):
            await change
    assert await told(members) == [("emil", "owner")]


async def test_of_owners_who_leave_at_once_one_stays(members: Members) -> None:
    await members.put("w", "emil", Role.OWNER, act())
    async with asyncio.timeout(20):
        leave = (members.remove("w", each, act(by="")) for each in ("emmy", "emil"))
        came = await asyncio.gather(*leave, return_exceptions=True)
    assert sorted(isinstance(each, WorkspaceError) for each in came) == [False, True]
    assert len(await told(members)) == 1


async def test_a_workspace_is_handed_over(members: Members, database: Database) -> None:
    await members.put("w", "ada", Role.OWNER, act())
    await members.hand_over("w", "emmy", "emil", act("workspace handed over"))
    owners = [("emil", "owner"), ("ada", "owner"), ("emmy", "editor")]
    assert await told(members) == owners
    # Neither an owner beside them nor who had it before can.
    for account, to in (("ada", "emmy"), ("ada", "ada"), ("emmy", "emmy")):
        with pytest.raises(WorkspaceError, match="workspace w: is another account's to hand over"):
            await members.hand_over("w", account, to, act("workspace handed over"))
    assert await told(members) == owners
    await members.hand_over("w", "emil", "emil", act("workspace handed over"))
    assert (await told(members))[0] == ("emil", "owner")
    records = await Audit(database).find(what="workspace handed over")
    assert len(records) == 1


async def test_nobody_is_filled_with_the_workspaces_of_others(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_HANDED", 0)
    await members.put("w", "emil", Role.OWNER, act())
    before = await told(members)
    for leave in (
        members.hand_over("w", "emmy", "emil", act("workspace handed over")),
        members.remove("w", "emmy", act()),
    ):
        with pytest.raises(WorkspaceError, match="account emil: has 0 workspaces: none can be handed to it"):
            await leave
    assert await told(members) == before


async def test_what_somebody_sees(members: Members, database: Database) -> None:
    workspaces = Workspaces(database)
    for number in range(130):
        await workspaces.add(Workspace(f"n{number:03}", "emmy", "many", created=float(number // 2)))
    await members.put("w", "emil", Role.VIEWER, act())
    await members.put("n001", "emil", Role.OWNER, act())

    async def seen(account: str, which: Which, after: str = "") -> list[str]:
        return [f"{each.id} {role} {owner}" for each, role, owner in await members.listed(account, which, after)]

    assert await seen("emil", Which.MINE) == ["n001 owner Emmy"] and await seen("emil", Which.SHARED) == [
        "w viewer Emmy"
    ]
    first = await seen("emmy", Which.MINE)
    second = await seen("emmy", Which.MINE, first[-1].split()[0])
    assert len(first) == 100 and len({*first, *second}) == 131 and first[0] == "n129 owner Emmy"
    assert await seen("emmy", Which.SHARED) == [] and await seen("ada", Which.MINE) == []
    await workspaces.delete("w")
    assert await seen("emmy", Which.DELETED) == ["w owner Emmy"]
    assert await seen("emil", Which.SHARED) == [] and await seen("emil", Which.DELETED) == []
    assert await members.enter("w", "emmy") is None and await members.enter("n001", "emmy", deleted=True) is None
    found = await members.enter("w", "emmy", deleted=True)
    assert found is not None and found.role is Role.OWNER


async def test_who_has_a_link_comes_in_and_joins(members: Members, database: Database) -> None:
    links = WorkspaceLinks(database)
    link, token = await links.make("w", Role.EDITOR, 60.0, act("link made", "emmy"))
    _, weaker = await links.make("w", Role.VIEWER, 60.0, act("link made", "emmy"))
    assert await role(members, "", token) is Role.EDITOR and await role(members, "ada", weaker) is Role.VIEWER
    # A link takes nothing from whoever may more.
    assert await role(members, "emmy", weaker) is Role.OWNER
    assert await role(members, "", "x") is None and await role(members, "", link.id) is None
    await Workspaces(database).add(Workspace("v", "emmy", "other"))
    assert await members.enter("v", "", token) is None
    assert await members.join("w", "ada", weaker, act("joined", "ada")) is Role.VIEWER
    assert await members.join("w", "ada", token, act("joined", "ada")) is Role.EDITOR
    assert await members.join("w", "ada", weaker, act("joined", "ada")) is Role.EDITOR
    assert await members.join("w", "emmy", token, act("joined", "emmy")) is Role.OWNER
    assert await members.join("w", "emil", "x", act("joined", "emil")) is None
    assert await members.join("v", "emil", token, act("joined", "emil")) is None
    joined = [(each.act.account, each.act.data["role"]) for each in await Audit(database).find(what="joined")]
    assert joined == [("ada", "editor"), ("ada", "viewer")]
    assert await told(members) == [("emmy", "owner"), ("ada", "editor")]
