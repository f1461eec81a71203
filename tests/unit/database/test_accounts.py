"""The language of pages: kept with an account, and known as soon as its login is."""

import asyncio
import time

from sqlalchemy import insert, update

from sagews.config.language import Language
from sagews.database.account_tables import ACCOUNT
from sagews.database.accounts import Account, Accounts, new_id
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.logins import Logins, changed_account


async def test_it_is_known_with_the_login_and_told_to_all(database: Database) -> None:
    accounts, logins = Accounts(database), Logins(database, idle=60.0, life=60.0)
    ada = Account(new_id(), "Ada")
    async with asyncio.timeout(20):
        await accounts.add(ada, Act("added", ada.id))
        _, token = await database.run(lambda connection: logins.begin(connection, ada.id, address="", agent="", way=""))
        heard: set[str] = set(await logins.ends(time.time()))
        for chosen in (None, *Language, None):
            assert await accounts.choose_language(ada.id, chosen)
            found = await logins.find(token)
            assert found is not None and found.language is chosen
            kept = await accounts.get(ada.id)
            assert kept is not None and kept.language is chosen
            told = set(await logins.ends(time.time()))
            assert [changed_account(each) for each in told - heard] == [ada.id]
            heard |= told
        assert not await accounts.choose_language("nobody", Language.GERMAN)


async def test_what_another_release_has_written_is_no_fault(database: Database) -> None:
    accounts = Accounts(database)
    values = {"id": "old", "name": "", "email": "", "verified": False, "operator": False, "created": 1.0}
    async with asyncio.timeout(20):
        # One that has no such column yet, and one that knows more.
        await database.run(lambda connection: connection.execute(insert(ACCOUNT).values(values)))
        found = await accounts.get("old")
        assert found is not None and found.language is None
        await database.run(lambda connection: connection.execute(update(ACCOUNT).values(language="tlh")))
        found = await accounts.get("old")
        assert found is not None and found.language is None
