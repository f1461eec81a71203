"""Fixtures of the tests of workspaces on a running site.

house       two backends on one PostgreSQL
emmy, emil  two people who are signed in at both
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from tests.postgresql import PASSWORD, PostgreSQL, running_postgresql
from tests.site.accounts.cast import Cast
from tests.site.backend_process import backend_process
from tests.site.workspaces.house import AsSite, House, Person


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_postgresql() as server:
        yield from _house(tmp_path_factory, server)


def _house(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    settings = Settings(url=postgresql.url)
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o600)
    asyncio.run(_migrated(postgresql, settings))
    config = f"[database]\nurl = '{settings.url}'\npassword_file = '{folder / 'password'}'\n"
    with (
        backend_process(folder, config, name="one") as one,
        backend_process(folder, config, name="two") as two,
    ):
        yield House(Cast("open", AsSite(one.port, folder / "data"), settings), one, two)  # type: ignore[arg-type]
        for backend in (one, two):
            assert "Traceback" not in backend.log.read_text(), backend.log.read_text()


async def _migrated(postgresql: PostgreSQL, settings: Settings) -> None:
    await postgresql.forget()
    database = Database(Site(database=settings), PASSWORD)
    await database.migrate()
    await database.close()


@pytest.fixture
async def emmy(house: House) -> AsyncIterator[Person]:
    async with house.person() as person:
        yield person


@pytest.fixture
async def emil(house: House) -> AsyncIterator[Person]:
    async with house.person() as person:
        yield person
