"""The table of accounts: the people of a site."""

import secrets
import time
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.language import Language
from sagews.database import audit
from sagews.database.account_tables import ACCOUNT
from sagews.database.appearance import Appearance
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.logins import end_of_account, end_of_all, end_of_tokens, tell_change
from sagews.database.orphans import settle_orphans

ID_BYTES = 12
"""Random bytes of an account's id; it is no secret."""
MOST_TEXT = 200
"""Characters of a name or an address that are kept."""
PAGE = 100
"""Accounts that a list gives at once."""


@dataclass(frozen=True, slots=True)
class Account:
    """One person."""

    id: str
    name: str = ""
    email: str = ""
    """In lower case; empty if there is none."""
    verified: bool = False
    """Whether the address is known to be this person's."""
    operator: bool = False
    created: float = 0.0
    """Seconds since the epoch."""
    disabled: float | None = None
    """Since when they may not sign in; None: they may."""
    appearance: Appearance = Appearance.SYSTEM
    language: Language | None = None

    @property
    def called(self) -> str:
        """What to call them."""
        return self.name or self.email or self.id


class Accounts:
    """Accounts in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account: Account, act: Act) -> None:
        """Keep a new account."""

        async def add(connection: AsyncConnection) -> None:
            if await of_id(connection, account.id) is None:
                await put(connection, account)
                await audit.write(connection, act)

        await self._database.run(add)

    async def get(self, identifier: str) -> Account | None:
        """Return the account of an id."""
        return await self._database.run(lambda connection: of_id(connection, identifier))

    async def find(self, search: str = "", *, after: float = 0.0, limit: int = PAGE) -> list[Account]:
        """Return accounts in the order in which they were made: those that have this in id, name or address."""
        wanted = select(ACCOUNT).where(ACCOUNT.c.created > after).order_by(ACCOUNT.c.created).limit(limit)
        if search:
            text = plain(search).lower()
            columns = (ACCOUNT.c.id, ACCOUNT.c.name, ACCOUNT.c.email)
            wanted = wanted.where(or_(*(func.lower(column).contains(text, autoescape=True) for column in columns)))

        async def find(connection: AsyncConnection) -> list[Account]:
            return [_account(row) for row in await connection.execute(wanted)]

        return await self._database.run(find)

    async def named(self, word: str) -> list[Account]:
        """Return the accounts that somebody may mean by an id or an address: none, one, or several with one address."""
        text = plain(word)
        wanted = select(ACCOUNT).where(or_(ACCOUNT.c.id == text, ACCOUNT.c.email == literal(text.lower())))
        wanted = wanted.where(literal(text) != "").limit(PAGE)

        async def named(connection: AsyncConnection) -> list[Account]:
            return [_account(row) for row in await connection.execute(wanted)]

        return await self._database.run(named)

    async def disable(self, identifier: str, act: Act, *, disabled: bool = True) -> bool:
        """Let an account sign in no more, and end all its logins; or let it again. Return whether there is one."""

        async def disable(connection: AsyncConnection) -> bool:
            values = {"disabled": time.time() if disabled else None}
            if not await _change(connection, identifier, values, act):
                return False
            if disabled:
                await end_of_account(connection, identifier)
                await end_of_tokens(connection, identifier)
            return True

        return await self._database.run(disable)

    async def sign_out(self, identifier: str, act: Act) -> bool:
        """End all logins of an account, which may sign in again. Return whether there is one."""

        async def sign_out(connection: AsyncConnection) -> bool:
            # Held, so that nobody comes in meanwhile by what is known of it before.
            if await of_id(connection, identifier, hold=True) is None:
                return False
            await end_of_account(connection, identifier)
            await audit.write(connection, act)
            return True

        return await self._database.run(sign_out)

    async def sign_out_all(self, act: Act, *, but: str = "") -> int:
        """End the logins of all accounts, but for one login; return how many."""

        async def sign_out(connection: AsyncConnection) -> int:
            await audit.write(connection, act)
            return await end_of_all(connection, but=but)

        return await self._database.run(sign_out)

    async def make_operator(self, identifier: str, act: Act, *, operator: bool) -> bool:
        """Let an account run the site, or no more: then its logins end. Return whether there is one."""

        async def make(connection: AsyncConnection) -> bool:
            if not await _change(connection, identifier, {"operator": operator}, act):
                return False
            # Rights that somebody gains come with the next login too: ASVS 5.0, 7.2.4.
            await end_of_account(connection, identifier)
            await end_of_tokens(connection, identifier)
            return True

        return await self._database.run(make)

    async def rename(self, identifier: str, name: str) -> bool:
        """Have somebody called as they want. Return whether there is such an account."""
        wanted = update(ACCOUNT).where(ACCOUNT.c.id == identifier).values(name=plain(name))

        async def rename(connection: AsyncConnection) -> bool:
            await tell_change(connection, identifier)
            return (await connection.execute(wanted)).rowcount > 0

        return await self._database.run(rename)

    async def choose_appearance(self, identifier: str, appearance: Appearance) -> bool:
        """Have pages look to somebody as they want. Return whether there is such an account."""
        wanted = update(ACCOUNT).where(ACCOUNT.c.id == identifier).values(appearance=appearance.value)

        async def choose(connection: AsyncConnection) -> bool:
            await tell_change(connection, identifier)
            return (await connection.execute(wanted)).rowcount > 0

        return await self._database.run(choose)

    async def choose_language(self, identifier: str, language: Language | None) -> bool:
        """Have pages speak to somebody as they want; None: as the browser has it. Return whether they exist."""
        wanted = update(ACCOUNT).where(ACCOUNT.c.id == identifier).values(language=language.value if language else None)

        async def choose(connection: AsyncConnection) -> bool:
            await tell_change(connection, identifier)
            return (await connection.execute(wanted)).rowcount > 0

        return await self._database.run(choose)

    async def remove(self, identifier: str, act: Act) -> bool:
        """Delete an account, with all that is its own.

        Its workspaces become those of their other owners; one without can be handed over for a while.
        Return whether there was one.
        """

        async def remove(connection: AsyncConnection) -> bool:
            # The account before its links, as who uses one of them takes them.
            await of_id(connection, identifier, hold=True)
            await end_of_account(connection, identifier)
            await end_of_tokens(connection, identifier)
            gone = (await connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == identifier))).rowcount > 0
            if gone:
                await settle_orphans(connection, identifier)
                await audit.write(connection, act)
            return gone

        return await self._database.run(remove)


def new_id() -> str:
    """Return an id for a new account."""
    return secrets.token_urlsafe(ID_BYTES)


def plain(text: str) -> str:
    """Return what somebody else wrote as one line of text that the database takes, of a length that people have."""
    kept = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text[: 4 * MOST_TEXT])
    return " ".join(kept.split())[:MOST_TEXT]


async def put(connection: AsyncConnection, account: Account) -> None:
    """Keep a new account, within a transaction."""
    values = {column.name: getattr(account, column.name) for column in ACCOUNT.c}
    values["name"], values["email"] = plain(account.name), plain(account.email).lower()
    await connection.execute(insert(ACCOUNT).values(values))


async def of_id(connection: AsyncConnection, identifier: str, *, hold: bool = False) -> Account | None:
    """Return the account of an id, within a transaction; `hold`: nobody changes its rights until that ends."""
    wanted = select(ACCOUNT).where(ACCOUNT.c.id == identifier)
    row = (await connection.execute(wanted.with_for_update() if hold else wanted)).one_or_none()
    return _account(row) if row is not None else None


async def of_address(connection: AsyncConnection, email: str) -> list[Account]:
    """Return the accounts that are known to have an address, within a transaction."""
    wanted = select(ACCOUNT).where(ACCOUNT.c.email == email.lower(), ACCOUNT.c.verified).limit(2)
    return [_account(row) for row in await connection.execute(wanted)]


async def _change(connection: AsyncConnection, identifier: str, values: dict[str, Any], act: Act) -> bool:
    changed = await connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == identifier).values(values))
    if changed.rowcount == 0:
        return False
    await audit.write(connection, act)
    return True


def _account(row: Row[Any]) -> Account:
    values = {column.name: getattr(row, column.name) for column in ACCOUNT.c}
    return Account(**{**values, "appearance": Appearance.of(row.appearance), "language": Language.of(row.language)})
