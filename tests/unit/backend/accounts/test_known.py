"""What a backend remembers of who is signed in, and that it forgets what has changed."""

import asyncio
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.backend.accounts.known import Known
from sagews.config.site import Site
from sagews.database.accounts import Account, Accounts, new_id
from sagews.database.api_tokens import APITokens
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.logins import CHANGED, Logins


def known_of(database: Database) -> Known:
    return Known(Logins(database, idle=3600.0, life=3600.0), APITokens(database))


def test_of_the_changes_of_an_account_the_newest_is_kept(tmp_path: Path) -> None:
    known = known_of(Database(Site(data_directory=str(tmp_path))))
    assert known.end(["a-login"]) == {"a-login"}
    for number in range(1000):
        for account in ("ada", "eve"):
            told = f"{CHANGED}{account}:{number}"
            assert known.end(["a-login", told]) == {told} and known.end([told]) == set()
    assert len(known._ended) == 3 and known.has_ended("a-login")


async def test_what_was_read_before_a_change_is_not_remembered_after_it(tmp_path: Path) -> None:
    database = Database(Site(data_directory=str(tmp_path)))
    accounts, logins, known = Accounts(database), Logins(database, idle=3600.0, life=3600.0), known_of(database)
    ada = Account(new_id(), "Ada")

    async def begin(connection: AsyncConnection) -> tuple[str, str]:
        return await logins.begin(connection, ada.id, address="", agent="", way="")

    try:
        async with asyncio.timeout(20):
            await accounts.add(ada, Act("added", ada.id))
            _, token = await database.run(begin)
            finding = asyncio.create_task(known.find(token))
            await asyncio.sleep(0)
            # It asks now; before it has its answer, the change is told here.
            assert not finding.done()
            known.end([f"{CHANGED}{ada.id}:1"])
            found = await finding
            assert found is not None and found.called == "Ada" and len(known) == 0
            await accounts.rename(ada.id, "Countess")
            found = await known.find(token)
            assert found is not None and found.called == "Countess" and len(known) == 1
    finally:
        await database.close()
