"""Fixtures of the database's tests.

postgresql  a real server with an empty cluster, for all of them
database    the same, migrated, in SQLite and in PostgreSQL
address     of one that is emptied before each test; see `emptied.py`
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from tests.postgresql import PASSWORD, PostgreSQL, running_postgresql
from tests.unit.database.emptied import address, migrated_file, migrated_server

__all__ = ["address", "migrated_file", "migrated_server"]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture
async def empty(postgresql: PostgreSQL) -> PostgreSQL:
    """Give the server with no table in it."""
    await postgresql.forget()
    return postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Give a database that has its tables and nothing in them."""
    url = ""
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        await server.forget()
        url = server.url
    database = Database(Site(data_directory=str(tmp_path / "data"), database=Settings(url=url)), PASSWORD)
    await database.migrate()
    yield database
    await database.close()
