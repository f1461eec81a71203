"""Share links, in both databases: good until they expire or are taken back, and known by their hash alone."""

import pytest
from sqlalchemy import text

from sagews.database import workspace_links
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act, Audit
from sagews.database.database import Database
from sagews.database.members import Members, Role
from sagews.database.workspace_links import WorkspaceLinks
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import WorkspaceError

MADE, TAKEN = Act("link made", "emmy"), Act("link taken back", "emmy")


@pytest.fixture
async def links(database: Database) -> WorkspaceLinks:
    await Accounts(database).add(Account("emmy"), Act("added", "emmy"))
    await Workspaces(database).add(Workspace("w", "emmy", "one"))
    return WorkspaceLinks(database)


async def test_a_link_is_good_until_it_is_taken_back(links: WorkspaceLinks, database: Database) -> None:
    first, token = await links.make("w", Role.VIEWER, 3600.0, MADE)
    second, _ = await links.make("w", Role.EDITOR, 3600.0, MADE)
    assert {each.id: each for each in await links.of("w")} == {first.id: first, second.id: second}
    assert first.by == "emmy" and first.expires - first.created == 3600.0 and await links.of("v") == []
    entry = await Members(database).enter("w", "", token)
    assert entry is not None and entry.role is Role.VIEWER and entry.called == "" and not entry.member
    assert not await links.revoke("v", first.id, TAKEN) and await links.revoke("w", first.id, TAKEN)
    assert await links.of("w") == [second] and await Members(database).enter("w", "", token) is None
    assert [each.act.what for each in await Audit(database).find(about="emmy")][:3] == [
        "link taken back",
        *2 * ["link made"],
    ]


async def test_the_database_has_no_token(links: WorkspaceLinks, database: Database) -> None:
    _, token = await links.make("w", Role.VIEWER, 3600.0, MADE)
    kept = await database.run(lambda connection: connection.execute(text("SELECT * FROM workspace_link")))
    (row,) = kept
    assert token.startswith("sagewslink_") and len(token) == 54
    assert token[11:] not in repr(row) and token.encode()[11:] not in bytes(row.hash)


async def test_a_link_expires_and_is_swept(links: WorkspaceLinks, database: Database) -> None:
    old, token = await links.make("w", Role.EDITOR, -1.0, MADE)
    young, _ = await links.make("w", Role.EDITOR, 60.0, MADE)
    assert await links.of("w") == [young] and await Members(database).enter("w", "", token) is None
    assert await Workspaces(database).sweep() == 1 and await Workspaces(database).sweep() == 0
    assert not await links.revoke("w", old.id, TAKEN) and await links.revoke("w", young.id, TAKEN)


async def test_there_are_not_too_many(links: WorkspaceLinks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_links, "MOST", 2)
    await links.make("w", Role.EDITOR, -1.0, MADE)
    made = [await links.make("w", Role.EDITOR, 60.0, MADE) for _ in range(2)]
    with pytest.raises(WorkspaceError, match="workspace: has 2 links"):
        await links.make("w", Role.EDITOR, 60.0, MADE)
    await links.revoke("w", made[0][0].id, TAKEN)
    await links.make("w", Role.EDITOR, 60.0, MADE)
    with pytest.raises(WorkspaceError, match="workspace v: is not there"):
        await links.make("v", Role.EDITOR, 60.0, MADE)
