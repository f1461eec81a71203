"""The version of a workspace, which counts its changes: of two on one version, one is made and the other is told so."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.turns import overtakes
from sagews.database.workspace_tables import GIT_PACK, OLD, TAKEN, WORKSPACE
from sagews.errors import LostRaceError, WorkspaceError


def there(workspace: str) -> Select[Any]:
    """Return the query for a workspace that is there."""
    return select(WORKSPACE).where(WORKSPACE.c.id == workspace, WORKSPACE.c.deleted.is_(None))


async def advance(
    connection: AsyncConnection,
    workspace: str,
    version: int,
    generation: ColumnElement[int] | Column[int],
    turn: str = "",
) -> bool:
    """Change the version of a workspace, if it is still this one. Of two at once, the second waits and then may not.

    Raises LostRaceError if another one than `turn` has a turn to save.
    """
    known = (WORKSPACE.c.id == workspace) & (WORKSPACE.c.head_version == version) & WORKSPACE.c.deleted.is_(None)
    changed = update(WORKSPACE).where(known).values(head_version=version + 1, generation=generation)
    if not (await connection.execute(changed)).rowcount:
        return False
    if await overtakes(connection, workspace, turn):
        raise LostRaceError("somebody else has a turn to save", f"workspace {workspace}", "save again in a while")
    return True


async def leave_trace(connection: AsyncConnection, workspace: str, change: str) -> None:
    """Leave an old pack of nothing until it is swept: by it a change without a pack is known when it is done twice."""
    row = {"id": change, "workspace": workspace, "generation": 0, "state": OLD, "touched": Now()}
    await connection.execute(
        insert(GIT_PACK).values(row | {"size": 0, "hash": b"", "index_size": 0, "index_hash": b""})
    )


async def why_not(connection: AsyncConnection, workspace: str, version: int, pack: str) -> int:
    """Return the version if this was done before, over a connection that was lost; raise why it cannot be, if not."""
    if await connection.scalar(select(GIT_PACK.c.state).where(GIT_PACK.c.id == pack)) in (TAKEN, OLD):
        return version + 1
    if (await connection.execute(there(workspace))).one_or_none() is None:
        raise gone(workspace)
    raise LostRaceError(
        "was changed by somebody else meanwhile", f"workspace {workspace}", "look at what is new and save again"
    )


def gone(workspace: str) -> WorkspaceError:
    """Return the error for one that is not."""
    return WorkspaceError("is not there", f"workspace {workspace}", "look whether it was deleted")
