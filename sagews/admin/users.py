"""`sagews admin users`: the accounts of a site, as who runs it sees and changes them at a terminal."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sagews.admin.address import public_url
from sagews.admin.directories import site_at
from sagews.config.site import Site
from sagews.database.accounts import Account, Accounts, new_id, plain
from sagews.database.audit import TERMINAL, Act
from sagews.database.database import Database
from sagews.database.invitations import Invitations
from sagews.errors import ConfigurationError
from sagews.service.database_password import database_password

T = TypeVar("T")
Tell = Callable[[str], None]

OWNER = "owner"
"""What the owner of a laptop's site is called where the machine knows no better."""


class Users:
    """The accounts of one site."""

    def __init__(self, config: Path | None, data: Path | None, tell: Tell) -> None:
        """Raises ConfigurationError."""
        self._site = site_at(config, data)
        self._tell = tell

    def list(self, search: str, *, as_json: bool) -> None:
        """Show accounts, those that have this in id, name or address. Raises ServiceError."""
        found = self._run(lambda database: _all(Accounts(database), search))
        if as_json:
            self._tell(json.dumps({"accounts": [_json(account) for account in found]}, ensure_ascii=False))
            return
        for account in found:
            self._tell(_line(account))
        if not found:
            self._tell("There is no such account." if search else "There are no accounts yet.")

    def add(self, name: str, email: str, *, operator: bool) -> None:
        """Make an account, and show a sign-in link for it. Raises ServiceError."""
        account = Account(new_id(), plain(name), plain(email), operator=operator, created=time.time())

        async def add(database: Database) -> str:
            await Accounts(database).add(account, self._act("added", account.id))
            return await Invitations(database).link(account.id, self._act("link made", account.id))

        self._show_link(account, self._run(add))

    def invite(self, email: str, *, operator: bool) -> None:
        """Show the address of a new invitation. Raises ServiceError."""
        act = Act("invited", by=TERMINAL, data={"email": plain(email), "operator": operator})
        token = self._run(lambda database: Invitations(database).invite(act, email=email, operator=operator))
        self._tell(f"Whoever opens this within 14 days gets an account, once:\n{self._url('invitation', token)}")

    def link(self, word: str) -> None:
        """Show a sign-in link of an account. Raises ConfigurationError, ServiceError."""

        async def link(database: Database) -> tuple[Account, str]:
            account = await _named(Accounts(database), word)
            return account, await Invitations(database).link(account.id, self._act("link made", account.id))

        self._show_link(*self._run(link))

    def owner_link(self, name: str, address: str) -> None:
        """Show a sign-in link of whose laptop this is, at an address of the site; their account is made if need be."""

        async def link(database: Database) -> str:
            accounts = Accounts(database)
            owner = next((each for each in await _all(accounts, "") if each.operator and each.disabled is None), None)
            if owner is None:
                owner = Account(new_id(), plain(name) or OWNER, operator=True, created=time.time())
                await accounts.add(owner, self._act("added", owner.id))
            return await Invitations(database).link(owner.id, self._act("link made", owner.id))

        token = self._run(link)
        self._tell(f"Sign in as its owner, once within an hour: {address}sign-in/link?token={token}")

    def sign_out(self, word: str, *, everybody: bool) -> None:
        """End the logins of an account, or of all. Raises ConfigurationError, ServiceError."""
        if bool(word) is everybody:
            raise ConfigurationError("is for one account or for all", "sign-out", "give an account, or --all")

        async def sign_out(database: Database) -> str:
            accounts = Accounts(database)
            if everybody:
                done = replace(self._act("signed out", ""), data={"who": "everybody"})
                return f"Everybody: signed out of {await accounts.sign_out_all(done)} browsers."
            account = await _named(accounts, word)
            await accounts.sign_out(account.id, self._act("signed out", account.id))
            return f"{account.called}: signed out."

        self._tell(self._run(sign_out))

    def disable(self, word: str, *, disabled: bool) -> None:
        """Sign an account out for good, or let it in again. Raises ConfigurationError, ServiceError."""
        what = "disabled" if disabled else "enabled"

        async def disable(database: Database) -> Account:
            accounts = Accounts(database)
            account = await _named(accounts, word)
            await accounts.disable(account.id, self._act(what, account.id), disabled=disabled)
            return account

        self._tell(f"{self._run(disable).called}: {what}.")

    def make_operator(self, word: str, *, operator: bool) -> None:
        """Let an account run the site, or no more. Raises ConfigurationError, ServiceError."""
        what = "operator now" if operator else "operator no more"

        async def make(database: Database) -> Account:
            accounts = Accounts(database)
            account = await _named(accounts, word)
            await accounts.make_operator(account.id, self._act(what, account.id), operator=operator)
            return account

        self._tell(f"{self._run(make).called}: {what}. It has to sign in again.")

    def _show_link(self, account: Account, token: str) -> None:
        url = self._url("link", token)
        self._tell(f"Whoever opens this within an hour is signed in as {account.called}, once:\n{url}")

    def _url(self, path: str, token: str) -> str:
        return f"{public_url(self._site)}sign-in/{path}?token={token}"

    @staticmethod
    def _act(what: str, account: str) -> Act:
        return Act(what, account, TERMINAL)

    def _run(self, work: Callable[[Database], Awaitable[T]]) -> T:
        _become_owner(self._site)

        async def run() -> T:
            database = Database(self._site, database_password(self._site))
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())


async def _all(accounts: Accounts, search: str) -> list[Account]:
    found: list[Account] = []
    while batch := await accounts.find(search, after=found[-1].created if found else 0.0):
        found += batch
    return found


async def _named(accounts: Accounts, word: str) -> Account:
    """Return the one account that is meant by an id or an address. Raises ConfigurationError."""
    found = await accounts.named(word)
    if not found:
        raise ConfigurationError("is no account's id or address", word, "see `sagews admin users list`")
    if len(found) > 1:
        raise ConfigurationError(f"is the address of {len(found)} accounts", word, "give the id of one")
    return found[0]


def _become_owner(site: Site) -> None:
    """Go on as the user of the backends where their database is a file, so that they can read what is written."""
    folder = site.backend_data
    if site.database.url or os.getuid() or not folder.is_dir():
        return
    owner = folder.stat()
    if owner.st_uid:
        os.setgroups([])
        os.setresgid(owner.st_gid, owner.st_gid, owner.st_gid)
        os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)


def _line(account: Account) -> str:
    words = [account.id, account.name or "(no name)"]
    if account.email:
        words.append(account.email if account.verified else f"{account.email} (not verified)")
    if account.operator:
        words.append("operator")
    if account.disabled is not None:
        words.append("disabled")
    return "  ".join(words)


def _json(account: Account) -> dict[str, str | bool | float | None]:
    return {name: getattr(account, name) for name in Account.__slots__}
