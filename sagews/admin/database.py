"""`sagews database`: the site's tables, brought to what this version needs."""

import asyncio
from collections.abc import Callable

from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.rights import grant
from sagews.database.tables import REVISION
from sagews.service.database_password import database_password


def migrate(site: Site, tell: Callable[[str], None]) -> None:
    """Bring the tables to the newest revision. Raises ServiceError while the database is away, ConfigurationError."""
    asyncio.run(_migrate(Database(site, database_password(site))))
    tell(f"The tables are of revision {REVISION}, as this version needs them.")


async def _migrate(database: Database) -> None:
    try:
        await database.migrate()
        await database.run(grant)
    finally:
        await database.close()
