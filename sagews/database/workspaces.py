"""The table of workspaces: whose they are, what they are called, and whether they are there.

One that is deleted is kept for KEPT days, in which it can be brought back;
then `sweep` deletes it with all its packs. That of an account which is gone
is deleted, too, and can be handed to another account meanwhile (`orphans.py`).

One that is made of something, as by an import, is nobody's until it is whole:
then somebody claims it. What nobody has claimed in time is swept.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.quotas import Quotas
from sagews.database.account_tables import ACCOUNT
from sagews.database.accounts import plain
from sagews.database.arrivals import delete_arrivals
from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.orphans import MAKING
from sagews.database.storage import check_storage
from sagews.database.worksheet_tables import WORKSHEET
from sagews.database.worksheets import DELETED, delete_rows
from sagews.database.workspace_tables import (
    DAY,
    GIT_PACK,
    GIT_PACK_CHUNK,
    KEPT,
    KEPT_SECONDS,
    WORKSPACE,
    WORKSPACE_LINK,
)
from sagews.errors import WorkspaceError

ID_BYTES = 16
"""Random bytes of a workspace's id: nobody guesses it."""
MOST_OWN = 500
"""Workspaces of one account, deleted ones that are kept as well."""
PAGE = 100
"""Workspaces that a list gives at once."""
BATCH = 20
"""Chunks of packs that one transaction deletes."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace. Times are seconds since the epoch."""

    id: str
    account: str | None
    """Whose it is; None: the account is gone."""
    name: str
    object_format: str = "sha1"
    head_version: int = 0
    """One more with each change of its refs or packs."""
    generation: int = 0
    """One more each time that its packs are made into one."""
    created: float = 0.0
    deleted: float | None = None
    """Since when it is deleted; None: it is there."""


class Workspaces:
    """Workspaces in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database, quotas: Quotas | None = None) -> None:
        """`quotas`: of the site, which bound what the workspaces of an account take up together."""
        self._database = database
        self._quotas = quotas or Quotas()

    async def add(self, workspace: Workspace) -> bool:
        """Keep a new workspace, with nothing in it; return whether there is such an account.

        Its name becomes one line of text. Raises WorkspaceError if nothing is left of it.
        """
        row = _row(workspace)
        owner = select(ACCOUNT.c.id).where(ACCOUNT.c.id == workspace.account).with_for_update(read=True)

        async def add(connection: AsyncConnection) -> bool:
            if await connection.scalar(owner) is None:
                return False
            # Done twice: the connection was lost after the first time. The id is nobody else's.
            if await _of_id(connection, workspace.id) is None:
                await connection.execute(insert(WORKSPACE).values(row))
            return True

        return await self._database.run(add)

    async def begin(self, workspace: Workspace) -> None:
        """Keep a new workspace that nobody sees before it is claimed. Raises WorkspaceError as `add`."""
        row = _row(workspace) | {"account": None}

        async def begin(connection: AsyncConnection) -> None:
            if await _of_id(connection, workspace.id) is None:
                await connection.execute(insert(WORKSPACE).values(row))

        await self._database.run(begin)

    async def claim(self, identifier: str, account: str) -> None:
        """Make a workspace that was begun an account's.

        Raises WorkspaceError if it has too many or too much, or either is gone.
        """
        owner = select(ACCOUNT.c.id).where(ACCOUNT.c.id == account).with_for_update()
        count = select(func.count()).select_from(WORKSPACE).where(WORKSPACE.c.account == account)
        whose = or_(WORKSPACE.c.account.is_(None), WORKSPACE.c.account == account) & WORKSPACE.c.deleted.is_(None)
        wanted = update(WORKSPACE).where(WORKSPACE.c.id == identifier, whose).values(account=account)

        async def claim(connection: AsyncConnection) -> None:
            if await connection.scalar(owner) is None:
                raise WorkspaceError("is not there any more", f"account {account}", "sign in again")
            if (await connection.scalar(count) or 0) >= MOST_OWN:
                hint = f"one that is deleted counts for {KEPT} days: hand some over, or put several into one"
                raise WorkspaceError(f"has {MOST_OWN} workspaces, the most that it may", "your account", hint)
            if not (await connection.execute(wanted)).rowcount:
                raise WorkspaceError("took too long to be made", "workspace", "try again")
            # Who is full already could not make an empty one otherwise.
            if await _packed(connection, identifier):
                await check_storage(connection, identifier, self._quotas)

        await self._database.run(claim)

    async def discard(self, identifier: str) -> None:
        """Delete a workspace that was begun and not claimed, with all that it has; another one stays.

        It can be claimed no more from the first transaction on. What is left, if this is broken off, is swept next.
        """
        mine = (WORKSPACE.c.id == identifier) & WORKSPACE.c.account.is_(None)
        packs = select(GIT_PACK.c.id).where(GIT_PACK.c.workspace == identifier)
        over = Now() - KEPT_SECONDS - DAY

        async def begin(connection: AsyncConnection) -> bool:
            return (await connection.execute(update(WORKSPACE).where(mine).values(deleted=over))).rowcount > 0

        async def go_on(connection: AsyncConnection) -> bool:
            if await delete_chunks(connection, packs):
                return True
            await connection.execute(delete(WORKSPACE).where(mine))
            return False

        if await self._database.run(begin):
            while await self._database.run(go_on):
                pass

    async def get(self, identifier: str) -> Workspace | None:
        """Return the workspace of an id, a deleted one as well."""
        return await self._database.run(lambda connection: _of_id(connection, identifier))

    async def of_account(self, account: str, *, deleted: bool = False, after: float = -1.0) -> list[Workspace]:
        """Return workspaces of an account in the order in which they were made: those that are there, or deleted."""
        state = WORKSPACE.c.deleted.is_not(None) if deleted else WORKSPACE.c.deleted.is_(None)
        wanted = select(WORKSPACE).where(WORKSPACE.c.account == account, state, WORKSPACE.c.created > after)
        wanted = wanted.order_by(WORKSPACE.c.created, WORKSPACE.c.id).limit(PAGE)

        async def of_account(connection: AsyncConnection) -> list[Workspace]:
            return [workspace_of(row) for row in await connection.execute(wanted)]

        return await self._database.run(of_account)

    async def rename(self, identifier: str, name: str) -> bool:
        """Give a workspace that is there another name; return whether there is one. Raises WorkspaceError as `add`."""
        return await self._change(identifier, WORKSPACE.c.deleted.is_(None), name=_name(name))

    async def delete(self, identifier: str) -> bool:
        """Delete a workspace that is there: it can be brought back for KEPT days. Return whether there was one."""
        return await self._change(identifier, WORKSPACE.c.deleted.is_(None), deleted=Now())

    async def bring_back(self, identifier: str) -> bool:
        """Have a deleted workspace of an account again; return whether there was one."""
        # NULL is not later either.
        whose = (WORKSPACE.c.deleted > Now() - KEPT_SECONDS) & WORKSPACE.c.account.is_not(None)
        return await self._change(identifier, whose, deleted=None)

    async def delete_for_good(self, identifier: str) -> bool:
        """Have a deleted workspace swept next, so that it cannot be brought back; return whether there was one."""
        return await self._change(identifier, WORKSPACE.c.deleted.is_not(None), deleted=Now() - KEPT_SECONDS - DAY)

    async def hand_over(self, identifier: str, account: str) -> bool:
        """Make a workspace another account's, a deleted one as well; return whether there are both."""
        owner = select(ACCOUNT.c.id).where(ACCOUNT.c.id == account).with_for_update(read=True)
        wanted = update(WORKSPACE).where(WORKSPACE.c.id == identifier).values(account=account)

        async def hand_over(connection: AsyncConnection) -> bool:
            if await connection.scalar(owner) is None:
                return False
            return (await connection.execute(wanted)).rowcount > 0

        return await self._database.run(hand_over)

    async def sweep(self) -> int:
        """Delete a batch of what belongs to workspaces that were deleted long ago, and of links; return how many rows.

        Their chunks, and what their worksheets have, go first, so that no transaction is long. What nobody has
        claimed counts as deleted from now on.
        """
        over = select(WORKSPACE.c.id).where(WORKSPACE.c.deleted < Now() - KEPT_SECONDS)
        packs = select(GIT_PACK.c.id).where(GIT_PACK.c.workspace.in_(over))
        return await self._database.run(lambda connection: _sweep(connection, over, packs))

    async def _change(self, identifier: str, state: ColumnElement[bool], **values: Any) -> bool:
        wanted = update(WORKSPACE).where(WORKSPACE.c.id == identifier, state).values(values)

        async def change(connection: AsyncConnection) -> bool:
            return (await connection.execute(wanted)).rowcount > 0

        return await self._database.run(change)


def new_id() -> str:
    """Return an id for a new workspace."""
    return secrets.token_hex(ID_BYTES)


def _row(workspace: Workspace) -> dict[str, Any]:
    row = {column.name: getattr(workspace, column.name) for column in WORKSPACE.c}
    return row | {"name": _name(workspace.name)}


def _name(text: str) -> str:
    if name := plain(text):
        return name
    raise WorkspaceError("its name is empty", "workspace", "give it a name of letters, digits or signs")


async def _packed(connection: AsyncConnection, identifier: str) -> bool:
    """Return whether a workspace has anything in it."""
    return await connection.scalar(select(GIT_PACK.c.id).where(GIT_PACK.c.workspace == identifier).limit(1)) is not None


async def delete_chunks(connection: AsyncConnection, packs: Any) -> int:
    """Delete a batch of the chunks of these packs, within a transaction; return how many."""
    chunk = GIT_PACK_CHUNK.c
    batch = select(chunk.pack, chunk.part, chunk.number).where(chunk.pack.in_(packs)).limit(BATCH)
    gone = 0
    for pack, part, number in list(await connection.execute(batch)):
        mine = delete(GIT_PACK_CHUNK).where(chunk.pack == pack, chunk.part == part, chunk.number == number)
        gone += (await connection.execute(mine)).rowcount
    return gone


async def _sweep(connection: AsyncConnection, over: Any, packs: Any) -> int:
    nobodys = WORKSPACE.c.account.is_(None) & WORKSPACE.c.deleted.is_(None) & (WORKSPACE.c.created < Now() - MAKING)
    await connection.execute(update(WORKSPACE).where(nobodys).values(deleted=Now()))
    links = select(WORKSPACE_LINK.c.id).where(WORKSPACE_LINK.c.expires <= Now()).limit(BATCH)
    if gone := (await connection.execute(delete(WORKSPACE_LINK).where(WORKSPACE_LINK.c.id.in_(links)))).rowcount:
        return gone
    if chunks := await delete_chunks(connection, packs):
        return chunks
    if arrivals := await delete_arrivals(connection, over):
        return arrivals
    sheets = select(WORKSHEET.c.id).where(WORKSHEET.c.workspace.in_(over))
    if rows := await delete_rows(connection, sheets):
        return rows
    left = select(WORKSHEET.c.id).where(WORKSHEET.c.path.like(f"{DELETED}%")).limit(BATCH)
    if those := list(await connection.scalars(left)):
        if rows := await delete_rows(connection, those):
            return rows
        return (await connection.execute(delete(WORKSHEET).where(WORKSHEET.c.id.in_(those)))).rowcount
    return (await connection.execute(delete(WORKSPACE).where(WORKSPACE.c.id.in_(over.limit(BATCH))))).rowcount


async def _of_id(connection: AsyncConnection, identifier: str) -> Workspace | None:
    row = (await connection.execute(select(WORKSPACE).where(WORKSPACE.c.id == identifier))).one_or_none()
    return workspace_of(row) if row is not None else None


def workspace_of(row: Row[Any]) -> Workspace:
    """Return the workspace of a row that has all its columns."""
    return Workspace(**{column.name: getattr(row, column.name) for column in WORKSPACE.c})
