"""The table of permalinks: code that was put under a name, found by whoever has the name."""

import secrets
import time
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.database import Database
from sagews.database.tables import PERMALINK

ID_BYTES = 16
"""Random bytes of a name: 128 bits cannot be guessed, and no two are the same."""
BATCH = 500
"""Rows that one transaction deletes, so that none is long."""


@dataclass(frozen=True, slots=True)
class Permalink:
    """One link and what it leads to."""

    id: str
    code: str
    language: str = ""
    environment: str = ""
    interacts: str = ""
    """The state of its interacts: JSON text of the page's own, kept as it is."""
    created: float = 0.0
    expires: float | None = None
    """Seconds since the epoch; None: never."""


class Permalinks:
    """Permalinks in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, permalink: Permalink) -> None:
        """Keep a new permalink."""
        row = {
            "id": permalink.id,
            "code": permalink.code.encode(),
            "language": permalink.language,
            "environment": permalink.environment,
            "interacts": permalink.interacts.encode(),
            "created": permalink.created,
            "expires": permalink.expires,
        }

        async def put(connection: AsyncConnection) -> None:
            await connection.execute(insert(PERMALINK).values(row))

        # Done twice: the connection was lost after the first time. The name is nobody else's.
        with suppress(IntegrityError):
            await self._database.run(put)

    async def get(self, identifier: str) -> Permalink | None:
        """Return the permalink of this name, if there is one that has not expired."""
        wanted = select(PERMALINK).where(
            PERMALINK.c.id == identifier, or_(PERMALINK.c.expires.is_(None), PERMALINK.c.expires > time.time())
        )

        async def get(connection: AsyncConnection) -> Permalink | None:
            if (row := (await connection.execute(wanted)).one_or_none()) is None:
                return None
            return Permalink(
                id=row.id,
                code=row.code.decode(),
                language=row.language,
                environment=row.environment,
                interacts=row.interacts.decode(),
                created=row.created,
                expires=row.expires,
            )

        return await self._database.run(get)

    async def sweep(self) -> int:
        """Delete a batch of those that have expired; return how many it were, 0 if none is left.

        What another backend deletes at the same time is left to it.
        """
        batch = (
            select(PERMALINK.c.id)
            .where(PERMALINK.c.expires <= time.time())
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )

        async def sweep(connection: AsyncConnection) -> int:
            return (await connection.execute(delete(PERMALINK).where(PERMALINK.c.id.in_(batch)))).rowcount

        return await self._database.run(sweep)


def new_id() -> str:
    """Return a name that nobody can guess, for a new permalink."""
    return secrets.token_urlsafe(ID_BYTES)
