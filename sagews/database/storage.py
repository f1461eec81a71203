"""What the workspaces of an account take up in the database, and what they may.

Counted are their packs, with indexes, and their open worksheets: each keeps
the sum of what it has in its row. A deleted workspace counts as long as it
can be brought back. What is staged, or old and soon swept, does not count.
"""

import asyncio
import time

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.quotas import Quotas
from sagews.database.account_tables import ACCOUNT, QUOTA
from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.worksheet_tables import WORKSHEET, WORKSHEET_SESSION
from sagews.database.workspace_tables import GIT_PACK, KEPT_SECONDS, TAKEN, WORKSPACE
from sagews.errors import NoSpaceError

MIB = 1 << 20
KNOWN_SECONDS = 5.0
"""For which it is not asked again whether there is room for what machines and people write into a workspace."""
MOST_KNOWN = 10_000
"""Workspaces of which that is known."""
LITTLE = 1 << 20
"""Bytes of a change that makes the files smaller which is let through however full it is, as where one is deleted."""


async def storage_of(connection: AsyncConnection, account: str) -> int:
    """Return how many bytes the workspaces of an account take up.

    It is a sum over their packs and worksheets, which indexes find.
    """
    there = or_(WORKSPACE.c.deleted.is_(None), WORKSPACE.c.deleted > Now() - KEPT_SECONDS)
    # Not a join: SQLite would look at the packs of everybody for it.
    its = select(WORKSPACE.c.id).where(WORKSPACE.c.account == account, there)
    wanted = select(func.sum(GIT_PACK.c.size + GIT_PACK.c.index_size))
    wanted = wanted.where(GIT_PACK.c.workspace.in_(its), GIT_PACK.c.state == TAKEN)
    # A backend of the version before did not count what it added, and might have deleted more than was counted.
    size = WORKSHEET.c.size + func.coalesce(WORKSHEET_SESSION.c.size, 0)
    sheets = select(func.sum(case((size > 0, size), else_=0))).select_from(WORKSHEET).outerjoin(WORKSHEET_SESSION)
    sheets = sheets.where(WORKSHEET.c.workspace.in_(its))
    return int(await connection.scalar(wanted) or 0) + int(await connection.scalar(sheets) or 0)


async def check_storage(
    connection: AsyncConnection, workspace: str, quotas: Quotas, *, more: int = 0, beyond: int = 0, grown: int = 0
) -> None:
    """Raise NoSpaceError if the owner of a workspace has too much, with `more` bytes and `beyond` what may be.

    Where something beyond it may be, a change by which it has `grown` LITTLE is let through in any case: the quota
    may have become lower than what is there. Those who save in several workspaces of one account at the same moment
    may all be let through.
    """
    if beyond and grown <= LITTLE:
        return
    wanted = select(WORKSPACE.c.account, ACCOUNT.c.operator, QUOTA.c.storage).where(WORKSPACE.c.id == workspace)
    wanted = wanted.join(ACCOUNT, ACCOUNT.c.id == WORKSPACE.c.account)
    wanted = wanted.join(QUOTA, QUOTA.c.account == ACCOUNT.c.id, isouter=True)
    if (owner := (await connection.execute(wanted)).one_or_none()) is None or not (
        most := _most(owner.operator, owner.storage, quotas)
    ):
        return
    used = await storage_of(connection, owner.account) + more
    if used > most + beyond:
        raise NoSpaceError(
            f"with this, the workspaces of its owner would take up {_mib(used)} MiB, and may take up {_mib(most)}",
            f"workspace {workspace}",
            "delete a workspace for good, or ask an operator for more",
        )


class Storage:
    """Whether there is room in workspaces. Everything raises ServiceError while the database is away."""

    def __init__(self, database: Database, quotas: Quotas) -> None:
        self._database = database
        self._quotas = quotas
        self._known: dict[str, tuple[float, NoSpaceError | None]] = {}
        """Of workspaces: until when it is taken to be so that there is room, or that there is none and why."""
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def check(self, workspace: str) -> None:
        """Raise NoSpaceError if the owner of a workspace has as much as they may: nothing is to be added there.

        It costs little where it was asked a moment ago, or is being asked; so a bit more than may be comes in.
        """
        until, error = self._known.get(workspace, (0.0, None))
        if until <= time.monotonic():
            if (asking := self._asking.get(workspace)) is None:
                asking = self._asking[workspace] = asyncio.create_task(self._ask(workspace))
                asking.add_done_callback(lambda done: self._asked(workspace, done))
            # Others may wait for the same.
            await asyncio.shield(asking)
            _, error = self._known.get(workspace, (0.0, None))
        if error is not None:
            raise NoSpaceError(error.what, error.noun, error.hint)

    async def _ask(self, workspace: str) -> None:
        error = None
        try:
            await self._database.run(lambda connection: check_storage(connection, workspace, self._quotas, more=1))
        except NoSpaceError as found:
            error = found.with_traceback(None)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[workspace] = time.monotonic() + KNOWN_SECONDS, error

    def _asked(self, workspace: str, done: "asyncio.Task[None]") -> None:
        self._asking.pop(workspace, None)
        if not done.cancelled():
            # Whoever waited is told; it may be that nobody does any more.
            done.exception()

    async def room(self, account: str) -> int | None:
        """Return how many bytes more the workspaces of an account may take up; None: there is no limit."""
        wanted = select(ACCOUNT.c.operator, QUOTA.c.storage).where(ACCOUNT.c.id == account)
        wanted = wanted.join(QUOTA, QUOTA.c.account == ACCOUNT.c.id, isouter=True)

        async def room(connection: AsyncConnection) -> int | None:
            owner = (await connection.execute(wanted)).one_or_none()
            if owner is None or not (most := _most(owner.operator, owner.storage, self._quotas)):
                return None
            return max(0, most - await storage_of(connection, account))

        return await self._database.run(room)


def _most(operator: bool, storage: int | None, quotas: Quotas) -> int:
    """Return what an account may have; 0: as much as it likes."""
    role = quotas.operator if operator else quotas.account
    return storage if storage is not None else role.storage


def _mib(size: int) -> str:
    return f"{size / MIB:,.1f}".removesuffix(".0")
