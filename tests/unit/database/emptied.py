"""Fixtures of a database that is migrated once for all tests and emptied before each: quicker than to make it anew.

address   where it is, as `[database] url` has it; of a file, which lies in `data` of the test's folder, nothing
database  the same, for one test
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from tests.postgresql import PASSWORD, USER, PostgreSQL

NAME = "emptied"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file of SQLite with its tables."""
    site = Site(data_directory=str(tmp_path_factory.mktemp("migrated")))
    asyncio.run(_migrate(Database(site)))
    return site.database_file


@pytest.fixture(scope="session")
def migrated_server(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> PostgreSQL:
    """Give a server with a database of that name, beside that which other tests use."""
    asyncio.run(postgresql.ask(f"CREATE DATABASE {NAME}"))
    site = Site(data_directory=str(tmp_path_factory.mktemp("none")), database=Settings(url=url_of(postgresql)))
    asyncio.run(_migrate(Database(site, PASSWORD)))
    return postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        (tmp_path / "data").mkdir(mode=0o700)
        file: Path = request.getfixturevalue("migrated_file")
        shutil.copy(file, tmp_path / "data" / file.name)
        return ""
    server: PostgreSQL = request.getfixturevalue("migrated_server")
    asyncio.run(_empty(server))
    return url_of(server)


@pytest.fixture
async def database(address: str, tmp_path: Path) -> AsyncIterator[Database]:
    site = Site(data_directory=str(tmp_path / "data"), database=Settings(url=address))
    database = Database(site, PASSWORD)
    yield database
    await database.close()


def url_of(server: PostgreSQL) -> str:
    """Return the address of the database of that name."""
    return server.url.removesuffix("/postgres") + f"/{NAME}"


async def _migrate(database: Database) -> None:
    await database.migrate()
    await database.close()


async def _empty(server: PostgreSQL) -> None:
    async with asyncio.timeout(30):
        connection = await asyncpg.connect(host=str(server.folder), port=server.port, user=USER, database=NAME)
        try:
            await connection.execute("TRUNCATE account, workspace, audit CASCADE")
        finally:
            await connection.close()
