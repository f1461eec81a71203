"""The table of sign-ins under way: each has gone to a provider, and comes back once."""

import time

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.account_tables import SIGN_IN
from sagews.database.database import Database


class SignIns:
    """Sign-ins in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, state_hash: bytes, content: bytes, expires: float) -> None:
        """Keep what belongs to a state until a moment, in seconds since the epoch."""
        values = {"hash": state_hash, "content": content, "expires": expires}

        async def put(connection: AsyncConnection) -> None:
            await connection.execute(delete(SIGN_IN).where(SIGN_IN.c.hash == state_hash))
            await connection.execute(insert(SIGN_IN).values(values))

        await self._database.run(put)

    async def take(self, state_hash: bytes) -> bytes | None:
        """Return what belongs to a state, to the first who asks; None for others, and when it is too old."""
        mine = delete(SIGN_IN).where(SIGN_IN.c.hash == state_hash).returning(SIGN_IN.c.content, SIGN_IN.c.expires)

        async def take(connection: AsyncConnection) -> bytes | None:
            row = (await connection.execute(mine)).one_or_none()
            return row.content if row is not None and row.expires > time.time() else None

        return await self._database.run(take)
