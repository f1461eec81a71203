"""How commits came into workspaces, and by whose account: our own word, as a commit says of its author what it likes.

A row is written in the transaction by which a commit becomes the newest one.
Each save has one, as its commit is made here. What comes from elsewhere, a push
or an import, has one for its newest commit, however many came: who brought it is
known, and who made it is not. Other commits, and those that came before there
was this table, have none. A copy of a workspace has the rows of that one.
"""

import enum
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.account_tables import ACCOUNT
from sagews.database.database import Database
from sagews.database.workspace_tables import GIT_ARRIVAL

BATCH = 1000
"""Rows that one transaction of a sweep deletes."""


class Way(enum.StrEnum):
    """How a commit came."""

    SAVED = "saved"
    """It was made here, so that its author is who it says."""
    PUSHED = "pushed"
    IMPORTED = "imported"
    NOT_KNOWN = ""
    """With others, or before it was written down; no row says so."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a commit came."""

    way: Way
    account: str = ""
    """Of who saved, pushed or imported it; empty: somebody without one."""
    name: str = ""
    """What that account is called now, where this was read."""


class Arrivals:
    """The table. Everything raises ServiceError while the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, workspace: str, oids: Collection[str]) -> dict[str, Arrival]:
        """Return how these commits came, of those of which it is known."""
        row = GIT_ARRIVAL.c
        wanted = select(row.oid, row.way, row.account, ACCOUNT.c.name).where(row.workspace == workspace)
        wanted = wanted.where(row.oid.in_(list(oids))).join(ACCOUNT, ACCOUNT.c.id == row.account, isouter=True)

        async def of(connection: AsyncConnection) -> dict[str, Arrival]:
            found = await connection.execute(wanted)
            return {each.oid: Arrival(Way(each.way), each.account, each.name or "") for each in found}

        return await self._database.run(of)


async def note(connection: AsyncConnection, workspace: str, oid: str, arrival: Arrival) -> None:
    """Write down how a commit came, within the transaction that takes it in; how it came first stays."""
    mine = select(GIT_ARRIVAL.c.oid).where(GIT_ARRIVAL.c.workspace == workspace, GIT_ARRIVAL.c.oid == oid)
    # Whoever else takes something in there waits.
    if await connection.scalar(mine) is None:
        row = {"workspace": workspace, "oid": oid, "way": arrival.way.value, "account": arrival.account}
        await connection.execute(insert(GIT_ARRIVAL).values(row))


async def note_copy(connection: AsyncConnection, workspace: str, other: str) -> None:
    """Write down of the commits of a new workspace what is known of those of the other one, whose copy it is."""
    row = GIT_ARRIVAL.c
    those = select(literal(workspace), row.oid, row.way, row.account).where(row.workspace == other)
    await connection.execute(insert(GIT_ARRIVAL).from_select(["workspace", "oid", "way", "account"], those))


async def delete_arrivals(connection: AsyncConnection, workspaces: Select[tuple[str]]) -> int:
    """Delete a batch of the rows of these workspaces, within a transaction; return how many."""
    row = GIT_ARRIVAL.c
    batch = select(row.workspace, row.oid).where(row.workspace.in_(workspaces)).limit(BATCH)
    found: dict[str, list[str]] = {}
    for workspace, oid in await connection.execute(batch):
        found.setdefault(workspace, []).append(oid)
    for workspace, oids in found.items():
        await connection.execute(delete(GIT_ARRIVAL).where(row.workspace == workspace, row.oid.in_(oids)))
    return sum(map(len, found.values()))
