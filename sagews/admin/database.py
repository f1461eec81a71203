"""`sagews database`: the site's tables, brought to what this version needs."""

import asyncio
from collections.abc import Callable

from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.rights import grant
from sagews.database.tables import REVISION
from sagews.service.database_password import database_password


def migrate(site: Site, tell: Callable[[str], None]) -> None:
    """Bring the tables to the newest revision, and say from which. Raises ServiceError while the database is away."""
    before = asyncio.run(_migrate(Database(site, database_password(site))))
    now = max(before, REVISION)
    was = "already" if before == now else f"now; it was {before}" if before else "now; there were none"
    tell(f"The tables are of revision {now} {was}.")


async def _migrate(database: Database) -> str:
    try:
        before = await database.migrate()
        await database.run(grant)
        return before
    finally:
        await database.close()
