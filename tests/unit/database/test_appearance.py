"""How pages look to an account: kept with it, and known as soon as its login is."""

import asyncio
import time

from sqlalchemy import event, insert, update

from sagews.database.account_tables import ACCOUNT
from sagews.database.accounts import Account, Accounts, new_id
from sagews.database.appearance import Appearance
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.logins import Logins, changed_account


async def test_it_is_known_with_the_login_by_one_query(database: Database) -> None:
    accounts, logins = Accounts(database), Logins(database, idle=60.0, life=60.0)
    ada = Account(new_id(), "Ada")
    asked: list[str] = []
    async with asyncio.timeout(20):
        await accounts.add(ada, Act("added", ada.id))
        _, token = await database.run(lambda connection: logins.begin(connection, ada.id, address="", agent="", way=""))
        event.listen(database._engine.sync_engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        for chosen in (Appearance.SYSTEM, Appearance.DARK, Appearance.LIGHT):
            assert await accounts.choose_appearance(ada.id, chosen)
            asked.clear()
            found = await logins.find(token)
            assert found is not None and found.appearance is chosen
            assert [each.split()[0] for each in asked if "account" in each] == ["SELECT"]
            kept = await accounts.get(ada.id)
            assert kept is not None and kept.appearance is chosen
        assert not await accounts.choose_appearance("nobody", Appearance.DARK)


async def test_what_another_release_has_written_is_no_fault(database: Database) -> None:
    accounts = Accounts(database)
    values = {"id": "old", "name": "", "email": "", "verified": False, "operator": False, "created": 1.0}
    async with asyncio.timeout(20):
        # One that has no such column yet, and one that knows more.
        await database.run(lambda connection: connection.execute(insert(ACCOUNT).values(values)))
        found = await accounts.get("old")
        assert found is not None and found.appearance is Appearance.SYSTEM
        await database.run(lambda connection: connection.execute(update(ACCOUNT).values(appearance="sepia")))
        found = await accounts.get("old")
        assert found is not None and found.appearance is Appearance.SYSTEM


async def test_a_change_is_told_to_all_and_in_one_row(database: Database) -> None:
    accounts, logins = Accounts(database), Logins(database, idle=60.0, life=60.0)
    ada, eve = (Account(new_id(), name) for name in ("Ada", "Eve"))
    async with asyncio.timeout(20):
        for each in (ada, eve):
            await accounts.add(each, Act("added", each.id))
            await accounts.rename(each.id, "Somebody")
        heard: set[str] = set()
        for chosen in (Appearance.DARK, Appearance.LIGHT, Appearance.DARK):
            await accounts.choose_appearance(ada.id, chosen)
            told = await logins.ends(time.time())
            assert sorted(changed_account(each) for each in told) == sorted([ada.id, eve.id])
            # Those of before are known there already.
            assert [changed_account(each) for each in set(told) - heard if ada.id in each] == [ada.id]
            heard |= set(told)
    assert changed_account("a-login") == changed_account("token:a-token") == ""
