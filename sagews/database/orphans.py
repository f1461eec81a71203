"""Workspaces whose account is gone: they become those of another owner, or are deleted."""

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.workspace_tables import WORKSPACE, WORKSPACE_LINK, WORKSPACE_MEMBER

MAKING = 3600.0
"""Seconds that a workspace may take to be made: it is nobody's for so long, and no orphan."""


async def settle_orphans(connection: AsyncConnection, account: str) -> None:
    """Settle what becomes of workspaces whose account is gone, within the transaction in which it went.

    Links that this account made are good no more.

    After it, not before: one that somebody added, handed over or brought back
    meanwhile is seen only then.
    """
    member = WORKSPACE_MEMBER.c
    owners = (member.workspace == WORKSPACE.c.id) & (member.role == "owner")
    first = select(member.account).where(owners).order_by(member.since, member.account).limit(1).scalar_subquery()
    nobodys = WORKSPACE.c.account.is_(None)
    passed_on = update(WORKSPACE).where(nobodys, exists().where(owners)).values(account=first)
    passed_on = passed_on.returning(WORKSPACE.c.id, WORKSPACE.c.account)
    for workspace, owner in list(await connection.execute(passed_on)):
        # Whose a workspace is, is no member of it beside.
        twice = (member.workspace == workspace) & (member.account == owner)
        await connection.execute(delete(WORKSPACE_MEMBER).where(twice))
    await connection.execute(delete(WORKSPACE_LINK).where(WORKSPACE_LINK.c.by == account))
    # A younger one may be under way; if it is not, a sweep finds it.
    left = nobodys & WORKSPACE.c.deleted.is_(None) & (WORKSPACE.c.created < Now() - MAKING)
    await connection.execute(update(WORKSPACE).where(left).values(deleted=Now()))
