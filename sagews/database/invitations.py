"""The tables of sign-in links and invitations: what an operator hands out, each good once and for a while."""

import time
from contextlib import suppress

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database import audit
from sagews.database.account_tables import INVITATION, SIGN_IN, SIGN_IN_LINK
from sagews.database.accounts import plain
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.token import hash_of, new_token

LINK_SECONDS = 3600.0
"""For which a sign-in link is good."""
INVITATION_SECONDS = 14 * 86400.0
"""For which an invitation is good."""


class Invitations:
    """Sign-in links and invitations in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def link(self, account: str, act: Act, seconds: float = LINK_SECONDS) -> str:
        """Return the token of a new sign-in link for an account."""
        token, now = new_token(), time.time()
        values = {"hash": hash_of(token), "account": account, "by": act.by, "created": now, "expires": now + seconds}

        async def add(connection: AsyncConnection) -> None:
            await connection.execute(insert(SIGN_IN_LINK).values(values))
            await audit.write(connection, act)

        # Done twice: the connection was lost after the first time.
        with suppress(IntegrityError):
            await self._database.run(add)
        return token

    async def invite(self, act: Act, *, email: str, operator: bool, seconds: float = INVITATION_SECONDS) -> str:
        """Return the token of a new invitation, for whoever has it if no address is given."""
        token, now = new_token(), time.time()
        values = {
            "hash": hash_of(token),
            "email": plain(email).lower(),
            "operator": operator,
            "created": now,
            "expires": now + seconds,
        }

        async def add(connection: AsyncConnection) -> None:
            await connection.execute(insert(INVITATION).values(values))
            await audit.write(connection, act)

        # As above.
        with suppress(IntegrityError):
            await self._database.run(add)
        return token

    async def sweep(self) -> int:
        """Delete what is too old, and sign-ins that were begun and not ended; return how many rows."""
        now = time.time()

        async def sweep(connection: AsyncConnection) -> int:
            found = [
                await connection.execute(delete(table).where(table.c.expires <= now))
                for table in (SIGN_IN_LINK, INVITATION, SIGN_IN)
            ]
            return sum(each.rowcount for each in found)

        return await self._database.run(sweep)
