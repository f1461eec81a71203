"""A real logwatch over a folder of logs and a real PostgreSQL, which a test may kill and start again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.service.database_password import VARIABLE
from tests.postgresql import PASSWORD, PostgreSQL
from tests.processes import wait_until


class Logwatch:
    """One logwatch, started and ended at will."""

    def __init__(self, folder: Path, server: PostgreSQL) -> None:
        self.folder = folder
        self.server = server
        self.logs = folder / "data" / "logs"
        self.logs.mkdir(parents=True)
        self.process: subprocess.Popen[bytes] | None = None
        self._toml = folder / "logwatch.toml"
        self.use(server.url)

    def use(self, url: str) -> None:
        """Have it use this database."""
        self._toml.write_text(f'[database]\nurl = "{url}"\n[logwatch]\nsettle_seconds = 0.3\n')

    @property
    def command(self) -> list[str]:
        options = ["--config", str(self._toml), "--data", str(self.folder / "data"), "--machine", "here"]
        return [sys.executable, "-m", "sagews", "logwatch", *options]

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {VARIABLE: PASSWORD}

    @property
    def said(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in (self.folder / "said").read_text().splitlines()]

    async def migrate(self) -> None:
        database = Database(Site(database=Settings(url=self.server.url)), PASSWORD)
        await database.migrate()
        await database.close()

    def start(self, *options: str) -> None:
        with (self.folder / "said").open("ab") as said:
            self.process = subprocess.Popen(
                [*self.command, *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                env=self.environment,
            )
        assert self.process.stdout is not None
        answer = json.loads(self.process.stdout.readline() or b"{}")
        self.process.stdout.close()
        assert "ready" in answer, (answer, (self.folder / "said").read_text())

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it; return its status."""
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    async def messages(self, service: str = "%") -> list[str]:
        """Return every message that is in the database, in the order of the files."""
        rows = await self.server.ask(
            'SELECT message FROM log_record WHERE service LIKE $1 ORDER BY file, "offset"', service
        )
        return [row["message"] for row in rows]

    async def until(self, query: str, wanted: Any, deadline: float = 30) -> None:
        """Wait until a query of one value gives this one."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        while (value := (await self.server.ask(query))[0][0]) != wanted:
            assert loop.time() < end, f"{query} is {value!r}, not {wanted!r}: {self.said[-5:]}"
            await asyncio.sleep(0.05)

    def ends_itself(self, deadline: float = 60) -> int:
        """Wait until it has ended; return its status."""
        process, self.process = self.process, None
        assert process is not None
        wait_until(lambda: process.poll() is not None, deadline, "logwatch ends")
        return process.wait()
