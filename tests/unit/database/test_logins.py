"""Who is signed out while a link of theirs is being used: no login is left of it, and neither waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.accounts import Accounts as Rules
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.account_tables import ACCOUNT, LOGIN
from sagews.database.accounts import Account, Accounts, new_id
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.entries import Entered, Entries, Visitor
from sagews.database.invitations import Invitations
from sagews.database.logins import Logins
from sagews.database.registration import Refusal
from tests.postgresql import PASSWORD, PostgreSQL

ACT = Act("signed out")


@pytest.fixture
async def server(empty: PostgreSQL) -> AsyncIterator[Database]:
    """Give a database in which transactions go on at once: in SQLite each that writes waits for the others."""
    database = Database(Site(database=Settings(url=empty.url)), PASSWORD)
    await database.migrate()
    yield database
    await database.close()


async def _waiting(connection: AsyncConnection) -> int:
    wanted = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return int((await connection.exec_driver_sql(wanted)).scalar_one())


async def until_waiting(database: Database, count: int, *, done: asyncio.Future[Any]) -> None:
    """Wait until so many transactions wait for others, or one is done."""
    while not done.done() and await database.run(_waiting) < count:
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("held", [LOGIN, ACCOUNT], ids=["its link is used up", "its account is asked for"])
async def test_no_login_is_left(server: Database, held: Table) -> None:
    accounts, logins = Accounts(server), Logins(server, idle=3600.0, life=3600.0)
    ends: dict[str, Callable[[str], Awaitable[object]]] = {
        "one": lambda account: accounts.sign_out(account, ACT),
        "all": lambda account: accounts.sign_out_all(ACT),
        "others": logins.end,
        "disabled": lambda account: accounts.disable(account, ACT),
        "removed": lambda account: accounts.remove(account, ACT),
    }
    for name, end in ends.items():
        async with asyncio.timeout(20):
            came, ada = await used_while(server, held, logins, end)
            if isinstance(came, Entered):
                assert await logins.find(came.token) is None, name
            assert await logins.of(ada) == [], name


async def used_while(
    server: Database, held: Table, logins: Logins, end: Callable[[str], Awaitable[object]]
) -> tuple[Entered | Refusal, str]:
    """End a new account while a link of it is used, which waits for a row; return what came of it, and whose it was."""
    ada = Account(new_id(), "Ada")
    await Accounts(server).add(ada, ACT)
    login, _ = await server.run(lambda connection: logins.begin(connection, ada.id, address="", agent="", way=""))
    token = await Invitations(server).link(ada.id, ACT)
    is_held, go_on = asyncio.Event(), asyncio.Event()

    async def hold(connection: AsyncConnection) -> None:
        await connection.execute(select(held).with_for_update())
        is_held.set()
        await go_on.wait()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.run(hold))
        await is_held.wait()
        visitor = Visitor(login=login, account=ada.id)
        using = tasks.create_task(Entries(server, logins, Rules()).by_link(token, visitor))
        await until_waiting(server, 1, done=using)
        assert not using.done()
        ending = asyncio.ensure_future(end(ada.id))
        await until_waiting(server, 2, done=ending)
        go_on.set()
        await ending
    return using.result(), ada.id
