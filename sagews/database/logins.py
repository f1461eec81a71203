"""The table of logins: which browsers are signed in, as whom.

A login ends when it is not used for a while, when its time is up whatever
happens, when somebody ends it, or with its account. The end of one that
somebody ended is a row of its own for a while, so that every backend hears of
it (`ends`) and closes what the login had open. A change of an account that its
logins show is told in the same way.
"""

import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.language import Language
from sagews.database.account_tables import ACCOUNT, API_TOKEN, LOGIN, LOGIN_END, SIGN_IN_LINK
from sagews.database.appearance import Appearance
from sagews.database.database import Database
from sagews.database.token import hash_of, new_token

ID_BYTES = 12
"""Random bytes of a login's id, by which its owner ends it; it is no secret."""
TOUCH = 60.0
"""Seconds between two notes of its use."""
OVERLAP = 300.0
"""Seconds for which the end of a login is told again: longer than a transaction may take, clocks may differ and a
ticket is good."""
TOKEN = "token:"  # noqa: S105  # a word, no secret
"""What stands before the id of an API token where it counts as a login."""
CHANGED = "changed:"
"""What stands before the id of an account, of which something has changed, where the ends of logins are told."""
KEPT = 3600.0
"""Seconds for which it is kept that a login was ended."""
KNOWN = 3600.0
"""Seconds since the last use of a login, after which no backend remembers it or has anything of it open: more than
between two notes of its use, and than a backend believes in it while the database is away."""
MOST_AGENT = 300
"""Characters of what a browser says of itself."""
BATCH = 500
"""Rows that one transaction deletes."""
_PROVED = func.coalesce(LOGIN.c.proved, LOGIN.c.created).label("proved")


@dataclass(frozen=True, slots=True)
class Login:
    """One browser that is signed in. Times are seconds since the epoch."""

    id: str
    account: str
    created: float
    used: float
    """To about a minute."""
    expires: float
    """At the latest."""
    address: str
    """IP address from which it was begun."""
    agent: str
    """What the browser said of itself."""
    way: str
    """By which provider, or `link`."""
    proved: float
    """When they showed who they are: not after `created`, and long before it where a provider knew them already."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who shows a token, as far as a request needs it."""

    login: str
    """Its id; of an API token, TOKEN and that one's."""
    account: str
    called: str
    """What to call them."""
    operator: bool
    expires: float
    """When the login ends in any case, in seconds since the epoch."""
    scopes: frozenset[str] | None = None
    """What it is for; None: for all that the account may."""
    begun: float = 0.0
    """When somebody showed who they are, here or at a provider that let them pass then, in seconds since the epoch; of
    an API token, never."""
    appearance: Appearance = Appearance.SYSTEM
    """In which they want to see pages; of an API token, no matter."""
    language: Language | None = None
    """In which they want pages to speak; None: as the browser has it."""


class Logins:
    """Logins in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database, *, idle: float, life: float) -> None:
        """`idle`: seconds without use after which a login ends; `life`: after which it ends in any case."""
        self._database = database
        self._idle = idle
        self._life = life

    @property
    def life(self) -> float:
        """Seconds that a login lasts at most."""
        return self._life

    async def find(self, token: str) -> SignedIn | None:
        """Return who is signed in with a token, and note that it was used."""
        now = time.time()
        columns = (ACCOUNT.c.name, ACCOUNT.c.email, ACCOUNT.c.operator, ACCOUNT.c.appearance, ACCOUNT.c.language)
        wanted = (
            select(LOGIN.c.id, LOGIN.c.account, _PROVED, LOGIN.c.used, LOGIN.c.expires, *columns)
            .join(ACCOUNT, ACCOUNT.c.id == LOGIN.c.account)
            .where(LOGIN.c.hash == hash_of(token), ACCOUNT.c.disabled.is_(None))
            .where(LOGIN.c.expires > now, LOGIN.c.used > now - self._idle)
        )

        async def find(connection: AsyncConnection) -> SignedIn | None:
            if (row := (await connection.execute(wanted)).one_or_none()) is None:
                return None
            if row.used < now - TOUCH:
                await connection.execute(update(LOGIN).where(LOGIN.c.id == row.id).values(used=now))
            called = row.name or row.email or row.account
            appearance = Appearance.of(row.appearance)
            return SignedIn(
                *(row.id, row.account, called, row.operator, row.expires),
                begun=row.proved,
                appearance=appearance,
                language=Language.of(row.language),
            )

        return await self._database.run(find)

    async def of(self, account: str) -> list[Login]:
        """Return the logins of an account, the one that was used last first."""
        now = time.time()
        wanted = select(LOGIN).where(LOGIN.c.account == account, LOGIN.c.expires > now)
        wanted = wanted.where(LOGIN.c.used > now - self._idle).order_by(LOGIN.c.used.desc(), LOGIN.c.created.desc())

        async def of(connection: AsyncConnection) -> list[Login]:
            return [_login(row) for row in await connection.execute(wanted)]

        return await self._database.run(of)

    async def end(self, account: str, login: str = "", *, but: str = "") -> int:
        """End one login of an account, or all, but for one; return how many."""
        return await self._database.run(lambda connection: end_of_account(connection, account, login=login, but=but))

    async def touch(self, logins: Collection[str]) -> None:
        """Note that logins are used, of which something is open."""
        wanted = update(LOGIN).where(LOGIN.c.id.in_(logins)).values(used=time.time())
        await self._database.run(lambda connection: connection.execute(wanted))

    async def ends(self, since: float) -> list[str]:
        """Return the logins that were ended since a time, and some from before it, which may have come late.

        Some are no logins but changes, see `changed_account`.
        """
        wanted = select(LOGIN_END.c.login).where(LOGIN_END.c.time > since - OVERLAP)

        async def ends(connection: AsyncConnection) -> list[str]:
            return list(await connection.scalars(wanted))

        return await self._database.run(ends)

    async def sweep(self) -> int:
        """Delete a batch of those that are over; return how many rows."""
        now = time.time()
        over = select(LOGIN.c.id).where(or_(LOGIN.c.expires <= now, LOGIN.c.used <= now - self._idle)).limit(BATCH)
        told = select(LOGIN_END.c.id).where(LOGIN_END.c.time < now - KEPT).limit(BATCH)

        async def sweep(connection: AsyncConnection) -> int:
            ended = list(await connection.scalars(delete(LOGIN).where(LOGIN.c.id.in_(over)).returning(LOGIN.c.id)))
            await _tell(connection, ended)
            return len(ended) + (await connection.execute(delete(LOGIN_END).where(LOGIN_END.c.id.in_(told)))).rowcount

        return await self._database.run(sweep)

    async def lives(self, connection: AsyncConnection, login: str, account: str) -> bool:
        """Whether a login of an account has not ended, within a transaction."""
        wanted = select(LOGIN.c.id).where(LOGIN.c.id == login, LOGIN.c.account == account)
        return await connection.scalar(wanted) is not None

    async def begin(
        self,
        connection: AsyncConnection,
        account: str,
        *,
        address: str,
        agent: str,
        way: str,
        proved: float | None = None,
    ) -> tuple[str, str]:
        """Sign a browser in, within a transaction; return the login's id and its token.

        `proved`: when somebody showed who they are, in seconds since the epoch; None: now.
        """
        identifier, token, now = secrets.token_urlsafe(ID_BYTES), new_token(), time.time()
        values: dict[str, Any] = {
            "id": identifier,
            "hash": hash_of(token),
            "account": account,
            "created": now,
            "used": now,
            "expires": now + self._life,
            "address": address,
            "agent": agent.encode("utf-8", "replace").decode().replace("\0", "")[:MOST_AGENT],
            "way": way,
            "proved": now if proved is None else min(now, proved),
        }
        await connection.execute(insert(LOGIN).values(values))
        return identifier, token


async def end_of_account(connection: AsyncConnection, account: str, *, login: str = "", but: str = "") -> int:
    """End one login of an account, or all, but for one, within a transaction; return how many."""
    if not login:
        # Of somebody who signs out everywhere no way in is left open, nor one that they have handed out. Links first:
        # one that is being used is waited for here, and the login that it gives is among those that end below.
        links = or_(SIGN_IN_LINK.c.account == account, SIGN_IN_LINK.c.by == account)
        await connection.execute(delete(SIGN_IN_LINK).where(links))
    mine = delete(LOGIN).where(LOGIN.c.account == account)
    if login:
        mine = mine.where(LOGIN.c.id == login)
    if but:
        mine = mine.where(LOGIN.c.id != but)
    ended = list(await connection.scalars(mine.returning(LOGIN.c.id)))
    await _tell(connection, ended)
    return len(ended)


async def end_of_all(connection: AsyncConnection, *, but: str = "") -> int:
    """End the logins of all accounts, but for one, and the links that would begin some; return how many."""
    # Links first, as above.
    await connection.execute(delete(SIGN_IN_LINK))
    others = delete(LOGIN).where(LOGIN.c.id != but).returning(LOGIN.c.id, LOGIN.c.used)
    ended = (await connection.execute(others)).all()
    # Of those that nobody has used for long, no backend remembers anything.
    lately = time.time() - KNOWN
    await _tell(connection, [row.id for row in ended if row.used > lately])
    return len(ended)


async def end_of_tokens(connection: AsyncConnection, account: str, *, token: str = "") -> None:
    """Tell that what one API token of an account has open, or what all have, has to end, within a transaction."""
    mine = select(API_TOKEN.c.id).where(API_TOKEN.c.account == account)
    ended = [token] if token else list(await connection.scalars(mine))
    await _tell(connection, [TOKEN + each for each in ended])


async def tell_change(connection: AsyncConnection, account: str) -> None:
    """Tell every backend that something of an account has changed that its logins show, within a transaction."""
    about = f"{CHANGED}{account}:"
    # One row for each account, however often somebody changes something; each is called anew, so that it is heard.
    await connection.execute(delete(LOGIN_END).where(LOGIN_END.c.login.startswith(about, autoescape=True)))
    await _tell(connection, [about + secrets.token_urlsafe(ID_BYTES)])


def changed_account(told: str) -> str:
    """Return the account of which something has changed; empty where the end of a login is told."""
    return told.removeprefix(CHANGED).rpartition(":")[0] if told.startswith(CHANGED) else ""


async def _tell(connection: AsyncConnection, ended: Sequence[str]) -> None:
    if ended:
        now = time.time()
        await connection.execute(insert(LOGIN_END), [{"time": now, "login": each} for each in ended])


def _login(row: Row[Any]) -> Login:
    values = {name: getattr(row, name) for name in Login.__slots__}
    return Login(**{**values, "proved": row.created if row.proved is None else row.proved})
