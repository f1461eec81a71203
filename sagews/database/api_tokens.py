"""The table of API tokens: what programs show in the place of a person, each for some things alone."""

import enum
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database import audit
from sagews.database.account_tables import ACCOUNT, API_TOKEN
from sagews.database.accounts import plain
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.logins import TOKEN, SignedIn, end_of_tokens
from sagews.database.token import hash_of, new_token

PREFIX = "sagews_"
"""What they begin with, so that they are found where they should not be, and are no other token."""
ID_BYTES = 12
TOUCH = 60.0
"""Seconds between two notes of the use of one."""
MOST = 50
"""Tokens of one account."""
BATCH = 500
"""Rows that one transaction deletes."""


class Scope(enum.StrEnum):
    """What a token is for."""

    EVALUATE = "evaluate"
    """To evaluate, in sessions and without one, and what belongs to them: files, events, connections."""
    PERMALINKS = "permalinks"
    """To make short links."""
    READ_WORKSPACES = "workspaces:read"
    """To read workspaces, and what is in them."""
    WRITE_WORKSPACES = "workspaces:write"
    """To read them, to make, change and delete them, and to save to them; not to say who may come in."""
    OPERATE = "operate"
    """To see the status and the figures of the site, if it is an operator's."""


@dataclass(frozen=True, slots=True)
class APIToken:
    """One token as its owner sees it. Times are seconds since the epoch."""

    id: str
    name: str
    scopes: frozenset[str]
    created: float
    used: float | None
    """To about a minute; None: not yet."""
    expires: float


class APITokens:
    """API tokens in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, account: str, name: str, scopes: Collection[Scope], seconds: float, act: Act) -> str | None:
        """Return a new token of an account, which is told nowhere else; None if it has too many."""
        token, now = new_token(PREFIX), time.time()
        values = {
            "id": secrets.token_urlsafe(ID_BYTES),
            "hash": hash_of(token),
            "account": account,
            "name": plain(name),
            "scopes": " ".join(sorted(scopes)),
            "created": now,
            "used": None,
            "expires": now + seconds,
        }
        count = select(func.count()).select_from(API_TOKEN).where(API_TOKEN.c.account == account)

        async def make(connection: AsyncConnection) -> str | None:
            if (await connection.scalar(count) or 0) >= MOST:
                return None
            await connection.execute(insert(API_TOKEN).values(values))
            await audit.write(connection, act)
            return token

        try:
            return await self._database.run(make)
        except IntegrityError:
            # Done twice: the connection was lost after the first time.
            return token

    async def find(self, token: str) -> SignedIn | None:
        """Return whose token this is, and note that it was used."""
        now = time.time()
        wanted = (
            select(API_TOKEN, ACCOUNT.c.name.label("called"), ACCOUNT.c.email, ACCOUNT.c.operator)
            .join(ACCOUNT, ACCOUNT.c.id == API_TOKEN.c.account)
            .where(API_TOKEN.c.hash == hash_of(token), API_TOKEN.c.expires > now, ACCOUNT.c.disabled.is_(None))
        )

        async def find(connection: AsyncConnection) -> SignedIn | None:
            if (row := (await connection.execute(wanted)).one_or_none()) is None:
                return None
            if row.used is None or row.used < now - TOUCH:
                await connection.execute(update(API_TOKEN).where(API_TOKEN.c.id == row.id).values(used=now))
            called = row.called or row.email or row.account
            scopes = frozenset(row.scopes.split())
            return SignedIn(TOKEN + row.id, row.account, called, row.operator, row.expires, scopes)

        return await self._database.run(find)

    async def of(self, account: str) -> list[APIToken]:
        """Return the tokens of an account, the newest first."""
        wanted = select(API_TOKEN).where(API_TOKEN.c.account == account, API_TOKEN.c.expires > time.time())

        async def of(connection: AsyncConnection) -> list[APIToken]:
            rows = await connection.execute(wanted.order_by(API_TOKEN.c.created.desc()))
            return [
                APIToken(row.id, row.name, frozenset(row.scopes.split()), row.created, row.used, row.expires)
                for row in rows
            ]

        return await self._database.run(of)

    async def remove(self, account: str, identifier: str, act: Act) -> bool:
        """Let a token of an account be none any more; return whether it was one."""
        mine = delete(API_TOKEN).where(API_TOKEN.c.account == account, API_TOKEN.c.id == identifier)

        async def remove(connection: AsyncConnection) -> bool:
            gone = (await connection.execute(mine)).rowcount > 0
            if gone:
                await end_of_tokens(connection, account, token=identifier)
                await audit.write(connection, act)
            return gone

        return await self._database.run(remove)

    async def sweep(self) -> int:
        """Delete a batch of those that are too old; return how many rows."""
        over = select(API_TOKEN.c.id).where(API_TOKEN.c.expires <= time.time()).limit(BATCH)

        async def sweep(connection: AsyncConnection) -> int:
            return (await connection.execute(delete(API_TOKEN).where(API_TOKEN.c.id.in_(over)))).rowcount

        return await self._database.run(sweep)
