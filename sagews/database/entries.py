"""How people come in: each way is one transaction, from who they are to a login of their browser."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.accounts import Accounts as Rules
from sagews.database import accounts, audit
from sagews.database.account_tables import IDENTITY, INVITATION, SIGN_IN_LINK
from sagews.database.accounts import Account, new_id, plain
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.logins import Logins, end_of_account
from sagews.database.registration import Claims, Invitation, Refusal, Registered, decide
from sagews.database.token import hash_of

LINK = "link"
"""The way of who comes by a sign-in link or an invitation, without a provider."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser that wants in."""

    address: str = ""
    agent: str = ""
    login: str = ""
    """Its login until now, which the new one replaces; empty if it has none."""
    account: str = ""
    """As whom; empty if as nobody."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody is in."""

    account: Account
    login: str
    token: str = field(repr=False)
    """Of the new login, for the browser alone."""
    new: bool = False
    """Whether the account is new."""


class Entries:
    """The ways in. Everything raises ServiceError while the database is away."""

    def __init__(self, database: Database, logins: Logins, rules: Rules) -> None:
        self._database = database
        self._logins = logins
        self._rules = rules

    async def by_provider(
        self, claims: Claims, visitor: Visitor, *, invitation: str = "", link: bool = False, again: bool = False
    ) -> Entered | Refusal:
        """Let in whom a provider has told of.

        `link`: as one more way to sign in to the visitor's account; `again`: as nobody but the visitor.
        """
        work = self._provided(claims, visitor, invitation, link=link, again=again)
        try:
            return await self._database.run(work)
        except IntegrityError:
            # The same person came in twice at once, and the other one was first.
            return await self._database.run(work)

    async def by_link(self, token: str, visitor: Visitor) -> Entered | Refusal:
        """Let in whoever shows a sign-in link, once."""

        async def enter(connection: AsyncConnection) -> Entered | Refusal:
            it = SIGN_IN_LINK.c.hash == hash_of(token)
            # The account before the link, as who signs it out takes them: neither waits for the other for ever.
            whose = await connection.scalar(select(SIGN_IN_LINK.c.account).where(it))
            account = await accounts.of_id(connection, whose, hold=True) if whose is not None else None
            expires = await connection.scalar(delete(SIGN_IN_LINK).where(it).returning(SIGN_IN_LINK.c.expires))
            if whose is None or expires is None or expires <= time.time():
                return await self._refused(connection, Refusal.USED, visitor, LINK)
            if account is None or account.disabled is not None:
                return await self._refused(connection, Refusal.DISABLED, visitor, LINK, whose)
            return await self._entered(connection, account, visitor, LINK)

        return await self._database.run(enter)

    async def by_invitation(self, token: str, name: str, visitor: Visitor, *, proved: bool) -> Entered | Refusal:
        """Give whoever shows an invitation an account of this name, once.

        `proved`: a provider could tell whose an address is, so that an
        invitation for one is not for whoever has it.
        """

        async def enter(connection: AsyncConnection) -> Entered | Refusal:
            if (invitation := await _invitation(connection, token)) is None:
                return await self._refused(connection, Refusal.USED, visitor, LINK)
            if self._rules.registration == "closed":
                return await self._refused(connection, Refusal.CLOSED, visitor, LINK)
            if invitation.email and proved:
                return await self._refused(connection, Refusal.OTHERS, visitor, LINK)
            await _use(connection, token)
            account = Account(
                new_id(), plain(name), invitation.email, operator=invitation.operator, created=time.time()
            )
            await accounts.put(connection, account)
            return await self._entered(connection, account, visitor, LINK, new=True)

        return await self._database.run(enter)

    def _provided(
        self, claims: Claims, visitor: Visitor, invitation: str, *, link: bool, again: bool
    ) -> Callable[[AsyncConnection], Awaitable[Entered | Refusal]]:
        async def enter(connection: AsyncConnection) -> Entered | Refusal:
            owner = await _owner(connection, claims)
            if (link or again) and not await self._logins.lives(connection, visitor.login, visitor.account):
                return await self._refused(connection, Refusal.ENDED, visitor, claims.provider)
            linking = await accounts.of_id(connection, visitor.account, hold=True) if link else None
            decision = decide(
                claims,
                self._rules,
                owner=owner,
                linking=linking,
                same_address=await accounts.of_address(connection, claims.email) if claims.domain else (),
                invitation=await _invitation(connection, invitation) if invitation else None,
                again=visitor.account if again else "",
            )
            if isinstance(decision, Refusal):
                about = visitor.account if again else owner.id if owner else ""
                return await self._refused(connection, decision, visitor, claims.provider, about)
            if isinstance(decision, Registered):
                if invitation:
                    await _use(connection, invitation)
                account = _account(claims, operator=decision.operator)
                await accounts.put(connection, account)
            else:
                account = decision
            await _know(connection, claims, account, visitor, new=owner is None)
            new = isinstance(decision, Registered)
            return await self._entered(connection, account, visitor, claims.provider, new=new, proved=claims.proved)

        return enter

    async def _entered(
        self,
        connection: AsyncConnection,
        account: Account,
        visitor: Visitor,
        way: str,
        *,
        new: bool = False,
        proved: float | None = None,
    ) -> Entered:
        """Begin a login in the place of the one that the browser had, whose token is of no use then (ASVS 7.2.4).

        `proved`: when they showed who they are, in seconds since the epoch; None: now.
        """
        if visitor.login:
            await end_of_account(connection, visitor.account, login=visitor.login)
        login, token = await self._logins.begin(
            connection, account.id, address=visitor.address, agent=visitor.agent, way=way, proved=proved
        )
        what = "registered" if new else "signed in"
        data: dict[str, str | float | bool] = {"way": way, "login": login}
        if new:
            data["operator"] = account.operator
        await audit.write(connection, Act(what, account.id, address=visitor.address, data=data))
        return Entered(account, login, token, new)

    @staticmethod
    async def _refused(
        connection: AsyncConnection, refusal: Refusal, visitor: Visitor, way: str, account: str = ""
    ) -> Refusal:
        address = visitor.address if account else audit.network_of(visitor.address)
        act = Act("refused", account, address=address, data={"way": way, "why": refusal.value})
        if account or not await audit.is_known(connection, act):
            await audit.write(connection, act)
        return refusal


async def _owner(connection: AsyncConnection, claims: Claims) -> Account | None:
    wanted = select(IDENTITY.c.account).where(
        IDENTITY.c.provider == claims.provider, IDENTITY.c.subject == claims.subject
    )
    identifier = await connection.scalar(wanted)
    return await accounts.of_id(connection, identifier, hold=True) if identifier is not None else None


async def _know(connection: AsyncConnection, claims: Claims, account: Account, visitor: Visitor, *, new: bool) -> None:
    """Keep by what somebody signed in."""
    now = time.time()
    said = {"name": plain(claims.name), "email": plain(claims.email).lower(), "verified": claims.verified, "used": now}
    if new:
        key = {"provider": claims.provider, "subject": claims.subject}
        await connection.execute(insert(IDENTITY).values({**key, "account": account.id, "created": now, **said}))
        act = Act("identity added", account.id, address=visitor.address, data={"way": claims.provider})
        await audit.write(connection, act)
    else:
        mine = update(IDENTITY).where(IDENTITY.c.provider == claims.provider, IDENTITY.c.subject == claims.subject)
        await connection.execute(mine.values(said))


async def _invitation(connection: AsyncConnection, token: str) -> Invitation | None:
    """Return what an invitation says; who shows it at the same time waits, and finds it used."""
    wanted = select(INVITATION).where(INVITATION.c.hash == hash_of(token), INVITATION.c.expires > time.time())
    row = (await connection.execute(wanted.with_for_update())).one_or_none()
    return Invitation(row.email, row.operator) if row is not None else None


async def _use(connection: AsyncConnection, token: str) -> None:
    await connection.execute(delete(INVITATION).where(INVITATION.c.hash == hash_of(token)))


def _account(claims: Claims, *, operator: bool) -> Account:
    email = plain(claims.email).lower()
    return Account(new_id(), plain(claims.name), email, claims.verified, operator, created=time.time())
