"""What the workspaces of an account take up, and may, in both databases."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.quotas import Quota, Quotas
from sagews.config.site import Site
from sagews.database import packs as module
from sagews.database import storage as storage_module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.packs import Pack, Packs
from sagews.database.quotas import OwnQuotas
from sagews.database.storage import storage_of
from sagews.database.usage import Usage
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import WorkspaceError
from tests.unit.database.test_packs import MAIN, A

REFUSED = "with this, the workspaces of its owner would take up"


@pytest.fixture
async def packs(database: Database, monkeypatch: pytest.MonkeyPatch) -> Packs:
    """Give the packs of a site on which accounts may have 1,000 bytes; `a` has two workspaces, `b` one."""
    monkeypatch.setattr(module, "TO_DELETE", 100)
    monkeypatch.setattr(storage_module, "LITTLE", 30)
    for name in ("a", "b"):
        await Accounts(database).add(Account(name, operator=name == "b"), Act("added", name))
    for name, account in (("w", "a"), ("v", "a"), ("b", "b")):
        await Workspaces(database).add(Workspace(name, account, name))
    return Packs(database, Quotas(account=Quota(storage=1000)))


async def stage(packs: Packs, folder: Path, workspace: str, size: int) -> Pack:
    (folder / "p").write_bytes(b"x" * (size - 10))
    (folder / "i").write_bytes(b"y" * 10)
    return await packs.stage(workspace, folder / "p", folder / "i")


async def save(packs: Packs, folder: Path, workspace: str, size: int, *, smaller: bool = False) -> None:
    version = (await packs.contents(workspace)).version
    pack = await stage(packs, folder, workspace, size)
    await packs.take(workspace, version, {MAIN: A}, pack, smaller=smaller)


async def test_all_that_is_kept_for_an_account_counts(database: Database, packs: Packs, tmp_path: Path) -> None:
    usage, workspaces = Usage(database), Workspaces(database)
    assert await usage.storage("a") == 0
    await save(packs, tmp_path, "w", 300)
    await save(packs, tmp_path, "w", 100)
    await save(packs, tmp_path, "v", 50)
    await save(packs, tmp_path, "b", 20)
    await stage(packs, tmp_path, "w", 40)
    assert [await usage.storage(each) for each in ("a", "b", "c")] == [450, 20, 0]
    # Packs made into one leave the room of the others, and so does a workspace that is handed over.
    contents = await packs.contents("w")
    await packs.replace("w", contents.version, await stage(packs, tmp_path, "w", 250))
    assert await usage.storage("a") == 300
    await workspaces.hand_over("v", "b")
    assert [await usage.storage(each) for each in "ab"] == [250, 70]
    # A deleted one counts as long as it can be brought back.
    await workspaces.delete("w")
    assert await usage.storage("a") == 250
    assert await workspaces.delete_for_good("w") and not await workspaces.bring_back("w")
    assert await usage.storage("a") == 0


async def test_what_does_not_fit_in_is_refused_before_anything_changes(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    await save(packs, tmp_path, "w", 600)
    await save(packs, tmp_path, "v", 400)
    # A little too much is refused when it is taken in, much too much before it is brought.
    with pytest.raises(WorkspaceError, match=REFUSED):
        await save(packs, tmp_path, "v", 50)
    with pytest.raises(WorkspaceError, match=REFUSED):
        await stage(packs, tmp_path, "v", 101)
    assert await Usage(database).storage("a") == 1000 and (await packs.contents("v")).version == 1
    # Whoever makes their files smaller is let through, as is who makes packs one, and who changes a ref.
    await save(packs, tmp_path, "v", 60, smaller=True)
    with pytest.raises(WorkspaceError, match=REFUSED):
        await save(packs, tmp_path, "v", 60, smaller=True)
    whole = await packs.stage("w", tmp_path / "p", tmp_path / "i", replaces=True)
    await packs.replace("w", 1, whole)
    await packs.take("v", 2, {MAIN: A}, None)
    assert await Usage(database).storage("a") == 520


async def test_over_a_quota_that_became_lower_files_are_still_deleted(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    await save(packs, tmp_path, "w", 900)
    await OwnQuotas(database).put("a", {"storage": 100}, Act("quotas changed", "a"))
    for _ in range(2):
        await save(packs, tmp_path, "w", 30, smaller=True)
    await packs.take("w", 3, {MAIN: A}, None)
    for size, smaller in ((31, True), (20, False)):
        with pytest.raises(WorkspaceError, match=REFUSED):
            await save(packs, tmp_path, "w", size, smaller=smaller)
    # Together they are more than that.
    parts = [await stage(packs, tmp_path, "w", 20) for _ in range(2)]
    with pytest.raises(WorkspaceError, match=REFUSED):
        await packs.take("w", 4, {MAIN: A}, parts[0], further=parts[1:], smaller=True)
    assert await Usage(database).storage("a") == 960


async def test_what_is_brought_in_as_a_workspace_has_to_fit_in(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    bounded = Workspaces(database, Quotas(account=Quota(storage=1000)))
    await save(packs, tmp_path, "w", 600)
    for name, size in (("large", 401), ("fits", 400), ("further", 11)):
        await bounded.begin(Workspace(name, "a", name))
        await save(packs, tmp_path, name, size)
    with pytest.raises(WorkspaceError, match=REFUSED):
        await bounded.claim("large", "a")
    assert await Usage(database).storage("a") == 600
    await bounded.claim("fits", "a")
    with pytest.raises(WorkspaceError, match=REFUSED):
        await bounded.claim("further", "a")
    assert await Usage(database).storage("a") == 1000
    # An empty one is nothing more.
    await bounded.begin(Workspace("empty", "a", "empty"))
    await bounded.claim("empty", "a")


async def test_an_account_s_own_quota_counts_and_operators_have_theirs(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    await save(packs, tmp_path, "b", 5000)
    with pytest.raises(WorkspaceError, match=REFUSED):
        await save(packs, tmp_path, "w", 1050)
    act = Act("quotas changed", "a")
    await OwnQuotas(database).put("a", {"storage": 2000}, act)
    await save(packs, tmp_path, "w", 1050)
    # 0 is no quota.
    await OwnQuotas(database).put("a", {"storage": 0}, act)
    await save(packs, tmp_path, "w", 3000)
    # A workspace of nobody is no account's.
    await Accounts(database).remove("a", Act("deleted", "a"))
    assert await Usage(database).storage("a") == 0


async def test_an_index_finds_what_counts(tmp_path: Path) -> None:
    database = Database(Site(data_directory=str(tmp_path)))
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((f"EXPLAIN QUERY PLAN {statement}", parameters))

    async def plan(connection: AsyncConnection) -> str:
        event.listen(connection.sync_connection, "before_cursor_execute", note)
        await storage_of(connection, "a")
        return " ".join(row.detail for row in await connection.exec_driver_sql(*asked[0]))

    try:
        found = await database.run(plan)
    finally:
        await database.close()
    assert "git_pack USING INDEX git_pack_workspace (workspace=? AND state=?)" in found
    assert "workspace USING INDEX workspace_account (account=?)" in found and "SCAN" not in found
