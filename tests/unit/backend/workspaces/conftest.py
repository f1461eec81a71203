"""Fixtures of the tests of workspaces: a database with one in it, and stores, each as a backend of its own has it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.store import Store
from sagews.config.site import Site
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.database.workspaces import Workspace, Workspaces
from tests.unit.database.conftest import database, postgresql

__all__ = ["database", "postgresql"]

NewStore = Callable[[], Store]


async def with_workspace(database: Database) -> Database:
    """Give a database the workspace `w`."""
    await Accounts(database).add(Account("a"), Act("added", "a"))
    await Workspaces(database).add(Workspace("w", "a", "one"))
    return database


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """Give the database of a laptop, with a workspace."""
    database = Database(Site(data_directory=str(tmp_path / "data")))
    yield await with_workspace(database)
    await database.close()


@pytest.fixture
def new_store(sqlite: Database, tmp_path: Path) -> NewStore:
    """Give a function that makes a store with nothing in its cache."""
    return stores(sqlite, tmp_path)


@pytest.fixture
def store(new_store: NewStore) -> Store:
    return new_store()


def stores(database: Database, folder: Path) -> NewStore:
    made: list[Store] = []

    def new() -> Store:
        made.append(Store(folder / f"cache-{len(made)}", Packs(database), Git()))
        return made[-1]

    return new
