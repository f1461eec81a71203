"""Workspaces whose account is gone: they become those of another owner, or are deleted."""

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.workspace_tables import WORKSPACE, WORKSPACE_MEMBER

MAKING = 3600.0
"""Seconds that a workspace may take to be made: it is nobody's for so long, and no orphan."""


async def settle_orphans(connection: AsyncConnection) -> None:
    """Settle what becomes of workspaces whose account is gone, within the transaction in which it went.

    After it, not before: one that somebody added, handed over or brought back
    meanwhile is seen only then.
    """
    member = WORKSPACE_MEMBER.c
    owners = (member.workspace == WORKSPACE.c.id) & (member.role == "owner")
    first = select(member.account).where(owners).order_by(member.since, member.account).limit(1).scalar_subquery()
    nobodys = WORKSPACE.c.account.is_(None)
    await connection.execute(update(WORKSPACE).where(nobodys, exists().where(owners)).values(account=first))
    # Whose a workspace is, is no member of it beside.
    twice = (WORKSPACE.c.id == member.workspace) & (WORKSPACE.c.account == member.account)
    await connection.execute(delete(WORKSPACE_MEMBER).where(exists().where(twice)))
    # A younger one may be under way; if it is not, a sweep finds it.
    left = nobodys & WORKSPACE.c.deleted.is_(None) & (WORKSPACE.c.created < Now() - MAKING)
    await connection.execute(update(WORKSPACE).where(left).values(deleted=Now()))
