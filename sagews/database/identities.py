"""The table of identities: by which providers somebody signs in."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database import audit
from sagews.database.account_tables import IDENTITY
from sagews.database.audit import Act
from sagews.database.database import Database


@dataclass(frozen=True, slots=True)
class Identity:
    """One way in. Times are seconds since the epoch."""

    provider: str
    subject: str
    name: str
    email: str
    created: float
    used: float


class Identities:
    """Identities in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, account: str) -> list[Identity]:
        """Return those of an account, in the order in which they came."""
        wanted = select(IDENTITY).where(IDENTITY.c.account == account).order_by(IDENTITY.c.created)

        async def of(connection: AsyncConnection) -> list[Identity]:
            return [
                Identity(row.provider, row.subject, row.name, row.email, row.created, row.used)
                for row in await connection.execute(wanted)
            ]

        return await self._database.run(of)

    async def remove(self, account: str, provider: str, subject: str, act: Act) -> bool:
        """Take a way in from an account, unless it is the last one; return whether it is gone."""
        all_of_them = select(IDENTITY.c.subject).where(IDENTITY.c.account == account).with_for_update()
        mine = delete(IDENTITY).where(
            IDENTITY.c.account == account, IDENTITY.c.provider == provider, IDENTITY.c.subject == subject
        )

        async def remove(connection: AsyncConnection) -> bool:
            if len(list(await connection.scalars(all_of_them))) < 2:
                return False
            gone = (await connection.execute(mine)).rowcount > 0
            if gone:
                await audit.write(connection, act)
            return gone

        return await self._database.run(remove)
