"""The table of quotas that are one account's own, in the place of those of its role."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.quotas import Quota
from sagews.database import audit
from sagews.database.account_tables import ACCOUNT, QUOTA
from sagews.database.audit import Act
from sagews.database.database import Database

NAMES = Quota.__struct_fields__
"""Of all quotas."""


@dataclass(frozen=True, slots=True)
class Own:
    """What the database knows of the quotas of an account."""

    operator: bool
    values: dict[str, float]
    """Those that are its own, by name; the others are its role's."""


class OwnQuotas:
    """Quotas of single accounts in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, account: str) -> Own | None:
        """Return what is known of an account; None if there is none."""
        wanted = select(ACCOUNT.c.operator, *(QUOTA.c[name] for name in NAMES))
        wanted = wanted.join(QUOTA, QUOTA.c.account == ACCOUNT.c.id, isouter=True).where(ACCOUNT.c.id == account)

        async def of(connection: AsyncConnection) -> Own | None:
            if (row := (await connection.execute(wanted)).one_or_none()) is None:
                return None
            values = {name: getattr(row, name) for name in NAMES}
            return Own(row.operator, {name: value for name, value in values.items() if value is not None})

        return await self._database.run(of)

    async def put(self, account: str, values: dict[str, float], act: Act) -> bool:
        """Give an account these quotas of its own, and no others; return whether there is such an account."""
        row: dict[str, Any] = {name: values.get(name) for name in NAMES}
        # It waits for whoever changes the same, so that there is one row.
        there = select(ACCOUNT.c.id).where(ACCOUNT.c.id == account).with_for_update()

        async def put(connection: AsyncConnection) -> bool:
            if await connection.scalar(there) is None:
                return False
            mine = QUOTA.c.account == account
            if not values:
                await connection.execute(delete(QUOTA).where(mine))
            elif not (await connection.execute(update(QUOTA).where(mine).values(row))).rowcount:
                await connection.execute(insert(QUOTA).values(account=account, **row))
            await audit.write(connection, act)
            return True

        return await self._database.run(put)
