"""Which workspaces have packs that are to be made one, in both databases."""

import pytest
from sqlalchemy import insert

from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.loose import MANY, MUCH, TOO_MANY, Loose
from sagews.database.turns import COMPACT, SAVE, Turns
from sagews.database.workspace_tables import GIT_PACK, OLD, STAGED, TAKEN
from sagews.database.workspaces import Workspace, Workspaces

MIB = 1 << 20


@pytest.fixture
async def loose(database: Database) -> Loose:
    await Accounts(database).add(Account("a"), Act("added", "a"))
    return Loose(database)


async def add(database: Database, name: str, sizes: list[int], state: str = TAKEN) -> None:
    """Add a workspace with packs of so many bytes, which are nowhere."""
    await Workspaces(database).add(Workspace(name, "a", name))
    row = {"workspace": name, "generation": 0, "state": state, "touched": 0.0, "hash": b"", "index_hash": b""}
    rows = [
        row | {"id": f"{name}-{state}-{number}", "size": size, "index_size": 0} for number, size in enumerate(sizes)
    ]
    await database.run(lambda connection: connection.execute(insert(GIT_PACK), rows))


async def test_many_packs_are_due_if_they_are_worth_it(database: Database, loose: Loose) -> None:
    assert await loose.due() == []
    await add(database, "few", [1000] * (MANY - 1))
    await add(database, "many", [1000] * MANY)
    await add(database, "small beside a large one", [500 * MIB] + [1000] * MANY)
    await add(database, "too many", [500 * MIB] + [1] * (TOO_MANY - 1))
    await add(database, "one", [2 * MUCH])
    await add(database, "much", [2 * MUCH, MUCH])
    await add(database, "much beside more", [5 * MUCH, MUCH])
    await add(database, "not taken in", [1000] * MANY, STAGED)
    await add(database, "not taken in", [1000] * MANY, OLD)
    assert await loose.due() == ["too many", "many", "much"]


async def test_a_workspace_that_is_deleted_or_at_which_somebody_is_is_not(database: Database, loose: Loose) -> None:
    for name in ("deleted", "done now", "failed", "done before", "saved to"):
        await add(database, name, [1000] * MANY)
    turns = Turns(database)
    await Workspaces(database).delete("deleted")
    await turns.begin("done now", COMPACT)
    for name, rest in (("failed", 100.0), ("done before", 0.0)):
        turn = await turns.begin(name, COMPACT)
        assert turn is not None
        await turns.end(turn, rest=rest)
    await turns.begin("saved to", SAVE)
    assert set(await loose.due()) == {"done before", "saved to"}
