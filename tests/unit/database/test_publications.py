"""Publications, in both databases: found by their address, renewed at it, withdrawn, and gone with their workspace."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import text

from sagews.config.publications import Publications as Settings
from sagews.database import publications as module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act, Audit
from sagews.database.database import Database
from sagews.database.members import Members, Role
from sagews.database.publications import Pages, Publication, Publications, new_id
from sagews.database.workspaces import DAY, KEPT, Workspace, Workspaces
from sagews.errors import WorkspaceError

MADE, TAKEN = Act("worksheet published", "emmy"), Act("publication withdrawn", "emmy")
PAGES = Pages(b"page", b"notebook", b"h")
ONE = Publication("one", "w", "a.ipynb", "0" * 40, "emmy", "Rings", "Emmy Noether", "CC-BY-4.0", True, 1.0, 1.0)


@pytest.fixture
async def publications(database: Database) -> Publications:
    for name in ("emmy", "emil"):
        await Accounts(database).add(Account(name), Act("added", name))
    await Workspaces(database).add(Workspace("w", "emmy", "one"))
    await Workspaces(database).add(Workspace("v", "emil", "other"))
    return Publications(database)


async def chunks(database: Database) -> int:
    count = text("SELECT count(*) FROM publication_chunk")
    return int(await database.run(lambda connection: connection.scalar(count)) or 0)


async def test_it_is_renewed_at_its_address_and_withdrawn(
    publications: Publications, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 3)
    assert await publications.get("one") is None and await publications.content("one") is None
    await publications.put(ONE, PAGES, MADE)
    found = await publications.get("one")
    assert found == replace(ONE, size=12, hash=b"h")
    assert await publications.content("one") == (b"page", b"h") and await publications.notebook("one") == b"notebook"
    assert await chunks(database) == 2 + 3
    other = Pages(b"p", b"n", b"i")
    await publications.put(replace(ONE, title="Fields", listed=False, created=9.0, updated=2.0), other, MADE)
    found = await publications.get("one")
    assert found is not None and (found.title, found.created, found.updated, found.size) == ("Fields", 1.0, 2.0, 2)
    assert await publications.content("one") == (b"p", b"i") and await chunks(database) == 2
    assert not await publications.withdraw("one", TAKEN, workspace="v")
    assert await publications.withdraw("one", TAKEN, workspace="w") and not await publications.withdraw("one", TAKEN)
    found = await publications.get("one")
    assert found is not None and found.withdrawn is not None and not found.barred and found.size == 0
    assert await publications.notebook("one") is None and await chunks(database) == 0
    await publications.put(ONE, PAGES, MADE)
    assert await publications.notebook("one") == b"notebook"
    told = [each.act.what for each in await Audit(database).find(about="emmy")]
    assert told[:4] == [MADE.what, TAKEN.what, MADE.what, MADE.what]


async def test_what_an_operator_has_withdrawn_stays_so(publications: Publications) -> None:
    await publications.put(ONE, PAGES, MADE)
    assert await publications.withdraw("one", TAKEN, barred=True)
    with pytest.raises(WorkspaceError, match="withdrawn by an operator"):
        await publications.put(ONE, PAGES, MADE)
    with pytest.raises(WorkspaceError, match="another workspace's"):
        await publications.put(replace(ONE, workspace="v"), PAGES, MADE)


async def test_the_gallery_has_what_is_listed_the_newest_first(
    publications: Publications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIST", 2)
    for number, title in enumerate(("Über Ringe", "100% sure_", "Ringe III", "Körper")):
        await publications.put(replace(ONE, id=str(number), title=title, created=float(number // 2)), PAGES, MADE)
    await publications.put(replace(ONE, id="hidden", title="Ringe, unlisted", listed=False, created=9.0), PAGES, MADE)
    first = [each.id for each in await publications.find()]
    assert first == ["3", "2"] and [each.id for each in await publications.find(after="2")] == ["1", "0"]
    assert await publications.find(after="0") == [] == await publications.find(after="nothing")
    assert [each.id for each in await publications.find("RINGE")] == ["2", "0"]
    assert [each.id for each in await publications.find("ÜBER")] == ["0"]
    assert [each.id for each in await publications.find("0% sure_")] == ["1"]
    assert await publications.find("s_re") == [] and len(await publications.find("noether")) == 2
    assert [each.id for each in await publications.find("ringe", all_of_them=True)] == ["hidden", "2"]
    await publications.withdraw("3", TAKEN)
    assert [each.id for each in await publications.find()] == ["2", "1"]
    assert len(await publications.of_workspace("w")) == 2 and await publications.of_workspace("v") == []


async def test_it_goes_the_way_of_its_workspace(publications: Publications, database: Database) -> None:
    await publications.put(ONE, PAGES, MADE)
    workspaces = Workspaces(database)
    await workspaces.delete("w")
    found = await publications.get("one")
    assert found is not None and found.withdrawn is not None and await publications.find() == []
    assert await publications.notebook("one") is None
    with pytest.raises(WorkspaceError, match="not there any more"):
        await publications.put(ONE, PAGES, MADE)
    await workspaces.bring_back("w")
    assert [each.id for each in await publications.find()] == ["one"]
    # An account goes: another owner has its workspaces, and what is published of them.
    await Members(database).put("w", "emil", Role.OWNER, Act("added", "emil", "emmy"))
    await Accounts(database).remove("emmy", Act("account deleted", "emmy"))
    assert [each.by for each in await publications.find()] == ["emmy"]
    # The last owner goes: it is withdrawn, and gone when the workspace is swept.
    await Accounts(database).remove("emil", Act("account deleted", "emil"))
    old = {"created": 1.0, "deleted": time.time() - KEPT * DAY - 60}
    change = text("UPDATE workspace SET created = :created, deleted = :deleted")
    found = await publications.get("one")
    assert found is not None and found.withdrawn is not None and await publications.find() == []
    await database.run(lambda connection: connection.execute(change, old))
    while await workspaces.sweep():
        pass
    assert await publications.get("one") is None and await chunks(database) == 0


async def test_an_account_has_not_too_many_nor_too_much(publications: Publications, database: Database) -> None:
    few = Publications(database, Settings(max_number=2, max_storage=30))
    await few.put(ONE, PAGES, MADE)
    with pytest.raises(WorkspaceError, match="take up more than 0 MiB"):
        await few.put(replace(ONE, id="two"), Pages(b"p" * 19, b"", b"h"), MADE)
    # What takes another's place does not count twice.
    await few.put(ONE, Pages(b"p" * 30, b"", b"h"), MADE)
    await few.put(ONE, PAGES, MADE)
    await few.put(replace(ONE, id="two"), PAGES, MADE)
    with pytest.raises(WorkspaceError, match="has 2 publications, and may have 2"):
        await few.put(replace(ONE, id="three"), PAGES, MADE)
    await few.put(replace(ONE, id="others", workspace="v"), PAGES, MADE)
    await few.withdraw("two", TAKEN)
    await few.put(replace(ONE, id="three"), PAGES, MADE)
    # Nor does anybody fill the table with what is withdrawn.
    await few.withdraw("three", TAKEN)
    for number in range(2 * module.MOST_WITHDRAWN - 3):
        await few.put(replace(ONE, id=f"more{number}"), PAGES, MADE)
        await few.withdraw(f"more{number}", TAKEN)
    with pytest.raises(WorkspaceError, match="may have 2"):
        await few.put(replace(ONE, id="last"), PAGES, MADE)


def test_nobody_guesses_an_id() -> None:
    assert len({new_id() for _ in range(100)}) == 100 and all(len(new_id()) == 22 for _ in range(10))
