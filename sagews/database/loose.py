"""Workspaces whose packs are to be made one: they have many, or much beside the largest.

To make them one writes all of a workspace anew. So a large one is left alone
until what came since is worth that: see `_due`.
"""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.turns import COMPACT
from sagews.database.workspace_tables import GIT_PACK, TAKEN, WORKSPACE, WORKSPACE_TURN

MANY = 50
"""Packs that are made one, if they are worth it."""
WORTH = 20
"""Part of the largest pack, as one in so many, that the others must be."""
TOO_MANY = 1000
"""Packs that are made one in any case: before each use git looks through them."""
MUCH = 64 << 20
"""Bytes beside the largest pack that are made one with it, if they are MUCH_WORTH."""
MUCH_WORTH = 4
"""As WORTH, where they are few."""
PAGE = 100
"""Workspaces that are given at once."""


class Loose:
    """What the database knows of them. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self) -> list[str]:
        """Return workspaces whose packs are to be made one, those with most packs first, at most PAGE.

        Left out are those at which somebody has a turn to do that, or had one a moment ago and could not.
        """
        taken = (WORKSPACE_TURN.c.kind == COMPACT) & (WORKSPACE_TURN.c.until > Now())
        busy = select(WORKSPACE_TURN.c.workspace).where(taken)
        wanted = select(GIT_PACK.c.workspace).join(WORKSPACE, WORKSPACE.c.id == GIT_PACK.c.workspace)
        wanted = wanted.where(
            GIT_PACK.c.state == TAKEN, WORKSPACE.c.deleted.is_(None), GIT_PACK.c.workspace.not_in(busy)
        )
        wanted = wanted.group_by(GIT_PACK.c.workspace).having(_due()).order_by(func.count().desc()).limit(PAGE)

        async def due(connection: AsyncConnection) -> list[str]:
            return list(await connection.scalars(wanted))

        return await self._database.run(due)


def _due() -> ColumnElement[bool]:
    size = GIT_PACK.c.size + GIT_PACK.c.index_size
    largest, packs = func.max(size), func.count()
    loose = func.sum(size) - largest
    return or_(
        packs >= TOO_MANY,
        and_(packs >= MANY, loose * WORTH >= largest),
        and_(packs >= 2, loose >= MUCH, loose * MUCH_WORTH >= largest),
    )
