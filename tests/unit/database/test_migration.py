"""The migrations make the tables that the queries know, in both databases, however many begin at once."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

import sagews.database
import sagews.database.account_tables  # they are among the tables
import sagews.database.publication_tables  # and these
import sagews.database.worksheet_tables  # and these
import sagews.database.workspace_tables  # and so are they
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.tables import METADATA, REVISION
from tests.postgresql import PASSWORD, PostgreSQL


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), METADATA))


async def test_the_tables_are_those_of_the_migrations(database: Database) -> None:
    async def differences(connection: AsyncConnection) -> list[object]:
        return await connection.run_sync(_differences)

    assert await database.run(differences) == []


def test_the_newest_revision_is_the_one_that_is_asked_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(sagews.database.__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [REVISION]
    # Later revisions must compare as later; see Database.
    revisions = [str(revision.revision) for revision in script.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True) and all(len(name) == 5 for name in revisions)


async def test_tables_of_a_newer_version_are_left_as_they_are(database: Database) -> None:
    newer = text("UPDATE alembic_version SET version_num = 'r9999'")
    await database.run(lambda connection: connection.execute(newer))
    assert await database.migrate() == "r9999"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_several_that_migrate_at_once_do_it_once(kind: str, empty: PostgreSQL, tmp_path: Path) -> None:
    settings = Settings(url=empty.url if kind == "postgresql" else "")
    site = Site(data_directory=str(tmp_path), database=settings)
    several = [Database(site, PASSWORD) for _ in range(4)]
    try:
        async with asyncio.timeout(30):
            await asyncio.gather(*(database.migrate() for database in several))
            for database in several:
                await database.migrate()
    finally:
        for database in several:
            await database.close()
