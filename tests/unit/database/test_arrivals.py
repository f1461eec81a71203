"""How commits came into workspaces: written with the refs, kept as it was first, and gone with the workspace."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.accounts import Account, Accounts
from sagews.database.arrivals import BATCH, Arrival, Arrivals, Way, delete_arrivals, note, note_copy
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.database.workspace_tables import GIT_ARRIVAL, KEPT_SECONDS, WORKSPACE
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import LostRaceError

HEAD, OTHER = "1" * 40, "2" * 40
MAIN = "refs/heads/main"


@pytest.fixture
async def filled(database: Database) -> Database:
    """Give a database with an account and two workspaces."""
    await Accounts(database).add(Account("a", name="Emmy"), Act("added", "a"))
    for name in ("w", "v"):
        await Workspaces(database).add(Workspace(name, "a", name))
    return database


async def count(database: Database) -> int:
    wanted = select(func.count()).select_from(GIT_ARRIVAL)
    return await database.run(lambda connection: connection.scalar(wanted)) or 0


async def test_it_is_written_with_the_refs_or_not_at_all(filled: Database) -> None:
    packs, arrivals = Packs(filled), Arrivals(filled)

    async def saved(connection: AsyncConnection) -> None:
        await note(connection, "w", HEAD, Arrival(Way.SAVED, "a"))

    async def pushed(connection: AsyncConnection) -> None:
        await note(connection, "w", HEAD, Arrival(Way.PUSHED, "b"))
        await note(connection, "w", OTHER, Arrival(Way.PUSHED, "b"))

    await packs.take("w", 0, {MAIN: HEAD}, None, saved)
    with pytest.raises(LostRaceError):
        await packs.take("w", 0, {MAIN: OTHER}, None, pushed)
    assert await arrivals.of("w", [HEAD, OTHER]) == {HEAD: Arrival(Way.SAVED, "a", "Emmy")}
    # How it came first stays; an account that is gone has no name.
    await packs.take("w", 1, {MAIN: OTHER}, None, pushed)
    known = {HEAD: Arrival(Way.SAVED, "a", "Emmy"), OTHER: Arrival(Way.PUSHED, "b")}
    assert await arrivals.of("w", [HEAD, OTHER]) == known and await arrivals.of("w", [HEAD]) == {HEAD: known[HEAD]}
    assert await arrivals.of("v", [HEAD, OTHER]) == {} and await arrivals.of("w", []) == {}
    await filled.run(lambda connection: note_copy(connection, workspace="v", other="w"))
    assert await arrivals.of("v", [HEAD, OTHER]) == known


async def test_it_goes_with_the_workspace_by_batches(filled: Database) -> None:
    async def fill(connection: AsyncConnection) -> None:
        for number in range(3):
            await note(connection, "w", f"{number:040}", Arrival(Way.SAVED, "a"))
        await note(connection, "v", HEAD, Arrival(Way.SAVED, "a"))

    await filled.run(fill)
    assert BATCH > 3
    over = select(WORKSPACE.c.id).where(WORKSPACE.c.id == "w")
    assert await filled.run(lambda connection: delete_arrivals(connection, over)) == 3
    assert await filled.run(lambda connection: delete_arrivals(connection, over)) == 0
    await filled.run(fill_again)
    long_ago = text("UPDATE workspace SET deleted = :then WHERE id = 'w'").bindparams(then=1e9 - KEPT_SECONDS)
    await filled.run(lambda connection: connection.execute(long_ago))
    workspaces = Workspaces(filled)
    for _ in range(10):
        if not await workspaces.sweep():
            break
    assert await workspaces.get("w") is None and await count(filled) == 1


async def fill_again(connection: AsyncConnection) -> None:
    await note(connection, "w", HEAD, Arrival(Way.SAVED, "a"))
