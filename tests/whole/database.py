"""The site's own PostgreSQL on one machine of the network, as those who administer it there see it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg

from sagews.config.placement import DATABASE
from sagews.config.postgresql import OWNER
from tests.whole.network import Machine

PORT = 5432
NAME = "postgresql1"


class Database:
    """The database, whose server `sagews admin` keeps."""

    def __init__(self, machine: Machine, data: Path) -> None:
        """`data` is the machine's data directory."""
        self.machine, self._sockets = machine, data / "postgresql" / "run"

    async def ask(self, statement: str) -> list[dict[str, Any]]:
        """Return the rows of a query, asked on the machine by the server's superuser."""
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
        rows = f"SELECT coalesce(json_agg(found), '[]') FROM ({statement}) AS found"  # the test's own
        where = ("-h", str(self._sockets), "-p", str(PORT), "-U", "postgres", "-d", DATABASE)
        command = ("runuser", "-u", "postgres", "--", str(programs / "psql"), "-XAtq", *where, "-c", rows)
        done = await asyncio.to_thread(self.machine.run, *command)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    async def end_connections(self, but: str = "") -> int:
        """End every other connection, but those of a role; return how many there were."""
        others = f"pid <> pg_backend_pid() AND backend_type = 'client backend' AND usename <> '{but}'"
        return len(await self.ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))

    async def connect(self) -> asyncpg.Connection:
        """Return a connection of the tables' owner, who starts the site."""
        sockets = self.machine.root / self._sockets.relative_to("/")
        return await asyncpg.connect(host=str(sockets), port=PORT, user=OWNER, database=DATABASE, timeout=5)
