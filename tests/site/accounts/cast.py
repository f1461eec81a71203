"""People and programs of every role, made in the database of a running site, so that a matrix takes seconds."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from sagews.backend.accounts.people import People
from sagews.config.database import Database as Settings
from sagews.config.provider import Provider
from sagews.config.site import Site
from sagews.database.account_tables import ACCOUNT, API_TOKEN, IDENTITY, INVITATION, LOGIN
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.entries import Entered, Visitor
from sagews.database.registration import Claims
from tests.postgresql import PASSWORD, PostgreSQL
from tests.running import RunningSite, running_site

ROOM = "[worker]\nmax_sessions = 100\n[[environment]]\nname = 'python'\npreload = []\nspares = 1\n"
MEMBERS = f"{ROOM}[accounts]\nanonymous = false\n"
GUARDED = f"{ROOM}[backend]\nhost = '0.0.0.0'\n"
NAME, EMAIL = "Victoria Hidden", "victoria.hidden@example.org"
_numbers = itertools.count(1)


@dataclass
class Actor:
    """Somebody, and what they show."""

    headers: dict[str, str] = field(repr=False)
    account: str = ""
    login: str = ""
    token: str = ""
    """Id of an API token of theirs."""
    subject: str = ""


class Cast:
    """Makes actors on one site."""

    def __init__(self, kind: str, site: RunningSite, settings: Settings) -> None:
        self.kind = kind
        self.site = site
        self.url = f"http://127.0.0.1:{site.port}/"
        self._described = Site(data_directory=str(site.data), database=settings)

    async def actor(self, role: str) -> Actor:
        """Return a new one of a role, who is signed in now."""
        if role == "anonymous":
            return Actor({})
        if role == "site-token":
            return Actor({"Authorization": f"Bearer {(self.site.data / 'access-token').read_text().strip()}"})
        database = Database(self._described, PASSWORD)
        try:
            return await self._made(People(self._described, database), role)
        finally:
            await database.close()

    async def _made(self, people: People, role: str) -> Actor:
        number = next(_numbers)
        name, email = (NAME, EMAIL) if role == "victim" else (f"Somebody {number}", f"s{number}@example.org")
        agent, program = ("a hidden browser", "hidden program") if role == "victim" else ("a browser", "a program")
        claims = [Claims(way, f"subject-{number}", name, email) for way in ("campus", "library")]
        entered = await people.entries.by_provider(claims[0], Visitor("192.0.2.7", agent))
        assert isinstance(entered, Entered)
        own = Visitor("192.0.2.7", agent, entered.login, entered.account.id)
        entered = await people.entries.by_provider(claims[1], own, link=True)
        assert isinstance(entered, Entered)
        account = entered.account.id
        if role in ("operator", "token-operator"):
            await people.accounts.make_operator(account, Act("operator now", account), operator=True)
            again = await people.entries.by_provider(claims[0], Visitor("192.0.2.7", agent))
            assert isinstance(again, Entered)
            entered = again
        scope = {"token-operator": "operate"}.get(role, role.removeprefix("token-"))
        token = await people.tokens.make(
            account,
            program,
            [scope if role.startswith("token-") else "evaluate"],  # type: ignore[list-item]
            3600.0,
            Act("token made", account),
        )
        assert token is not None
        (kept,) = await people.tokens.of(account)
        cookie = {"Cookie": f"sagews-login-{self.site.port}={entered.token}"}
        shows = {"Authorization": f"Bearer {token}"} if role.startswith("token-") else cookie
        return Actor(shows, account, entered.login, kept.id, claims[0].subject)

    async def invite(self, email: str) -> str:
        """Return the token of an invitation for somebody who has no account yet."""
        database = Database(self._described, PASSWORD)
        try:
            invited = Act("invited", by="operator", data={"email": email})
            return await People(self._described, database).invitations.invite(invited, email=email, operator=True)
        finally:
            await database.close()

    async def rows(self, account: str, invited: str) -> list[object]:
        """Return all that the site knows of an account, but for when it was used; and of who is invited."""
        database = Database(self._described, PASSWORD)
        try:
            found: list[object] = []
            for column in (ACCOUNT.c.id, LOGIN.c.account, API_TOKEN.c.account, IDENTITY.c.account, INVITATION.c.email):
                table = column.table
                wanted = select(table).where(column == (invited if table is INVITATION else account))
                rows = await database.run(lambda connection, wanted=wanted: connection.execute(wanted))  # type: ignore[misc]
                found += sorted(repr({k: v for k, v in row._mapping.items() if k != "used"}) for row in rows)
            return found
        finally:
            await database.close()


@contextmanager
def cast_of(
    kind: str, folder: Path, postgresql: PostgreSQL | None, provider: Provider | None = None, more: str = ""
) -> Iterator[Cast]:
    """Start a site of a kind, with its tables in SQLite or in PostgreSQL, and give its cast; `more`: other settings."""
    config = {"open": ROOM, "guarded": GUARDED, "members": MEMBERS}[kind] + more
    if provider is not None:
        config += (
            f"[[provider]]\nname = '{provider.name}'\nissuer = '{provider.issuer}'\n"
            f"client_id = '{provider.client_id}'\nclient_secret_file = '{provider.client_secret_file}'\n"
        )
    settings = Settings()
    if postgresql is not None:
        settings = Settings(url=postgresql.url)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o600)
        config += f"[database]\nurl = '{settings.url}'\npassword_file = '{folder / 'password'}'\n"
        asyncio.run(_migrate(postgresql, settings))
    with running_site(folder, config=config) as site:
        yield Cast(kind, site, settings)
        assert "Traceback" not in site.log(), site.log()


async def _migrate(postgresql: PostgreSQL, settings: Settings) -> None:
    await postgresql.forget()
    database = Database(Site(database=settings), PASSWORD)
    await database.migrate()
    await database.close()
