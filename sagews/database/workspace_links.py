"""The table of share links: whoever has one may come into a workspace, until it expires or is taken back."""

import secrets
import time
from contextlib import suppress
from dataclasses import asdict, dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database import audit
from sagews.database.audit import Act
from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.members import Role
from sagews.database.token import hash_of, new_token
from sagews.database.workspace_tables import WORKSPACE, WORKSPACE_LINK
from sagews.errors import WorkspaceError

PREFIX = "sagewslink_"
"""What their tokens begin with, so that they are found where they should not be, and are no other token."""
ID_BYTES = 12
MOST = 50
"""Links of one workspace at once."""


@dataclass(frozen=True, slots=True)
class WorkspaceLink:
    """A link as owners see it: without its token, which nobody knows but who was given it."""

    id: str
    role: Role
    by: str
    """The account that made it; it may be gone."""
    created: float
    """Seconds since the epoch, as `expires`."""
    expires: float


class WorkspaceLinks:
    """Links in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, workspace: str, role: Role, seconds: float, act: Act) -> tuple[WorkspaceLink, str]:
        """Return a new link and its token, which is told nowhere else.

        Raises WorkspaceError if there are too many, or the workspace is not there.
        """
        token, now = new_token(PREFIX), time.time()
        link = WorkspaceLink(secrets.token_urlsafe(ID_BYTES), role, act.by or act.account, now, now + seconds)
        row = asdict(link) | {"hash": hash_of(token), "workspace": workspace}
        there = select(WORKSPACE.c.id).where(WORKSPACE.c.id == workspace, WORKSPACE.c.deleted.is_(None))
        mine = (WORKSPACE_LINK.c.workspace == workspace) & (WORKSPACE_LINK.c.expires > Now())
        count = select(func.count()).select_from(WORKSPACE_LINK).where(mine)

        async def make(connection: AsyncConnection) -> None:
            # One at a time, so that the count is right.
            if await connection.scalar(there.with_for_update()) is None:
                raise WorkspaceError("is not there", f"workspace {workspace}", "look whether it was deleted")
            if (await connection.scalar(count) or 0) >= MOST:
                raise WorkspaceError(f"has {MOST} links, the most that it may", "workspace", "take one back first")
            await connection.execute(insert(WORKSPACE_LINK).values(row))
            await audit.write(connection, act)

        # Done twice: the connection was lost after the first time.
        with suppress(IntegrityError):
            await self._database.run(make)
        return link, token

    async def of(self, workspace: str) -> list[WorkspaceLink]:
        """Return the links of a workspace that are good, the newest first."""
        mine = (WORKSPACE_LINK.c.workspace == workspace) & (WORKSPACE_LINK.c.expires > Now())
        wanted = select(WORKSPACE_LINK).where(mine).order_by(WORKSPACE_LINK.c.created.desc(), WORKSPACE_LINK.c.id)

        async def of(connection: AsyncConnection) -> list[WorkspaceLink]:
            rows = await connection.execute(wanted)
            return [WorkspaceLink(row.id, Role(row.role), row.by, row.created, row.expires) for row in rows]

        return await self._database.run(of)

    async def revoke(self, workspace: str, identifier: str, act: Act) -> bool:
        """Take a link back; return whether there was one."""
        mine = (WORKSPACE_LINK.c.workspace == workspace) & (WORKSPACE_LINK.c.id == identifier)

        async def revoke(connection: AsyncConnection) -> bool:
            gone = (await connection.execute(delete(WORKSPACE_LINK).where(mine))).rowcount > 0
            if gone:
                await audit.write(connection, act)
            return gone

        return await self._database.run(revoke)
