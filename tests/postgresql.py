"""A real PostgreSQL, with a throw-away cluster on a free port and a Unix socket, run by an ordinary user.

PostgreSQL refuses to run as root; as root it is run by `postgres`, whom
Debian's package makes. Where it is not installed its tests are skipped, or
fail if SAGEWS_DEMAND_SERVICES is set, as in `.ci/run`.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.processes import wait_until

DEMAND = "SAGEWS_DEMAND_SERVICES"
START_DEADLINE = 30.0
STOP_DEADLINE = 10.0
USER = "sagews"
PASSWORD = "a pass:word/with@signs"


class PostgreSQL:
    """One cluster, its server stopped and started at will."""

    def __init__(
        self, folder: Path, programs: Path, host: str = "127.0.0.1", network: str = "", *, durable: bool = False
    ) -> None:
        """Listen on an address; `network` may come, too."""
        self._durable = durable
        self.folder = folder
        self.host, self._network = host, network
        self.port = _free_port(host)
        self._programs = programs
        self._owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its database, as `[database] url` has it."""
        return f"postgresql+asyncpg://{USER}@{self.host}:{self.port}/postgres"

    @property
    def socket_url(self) -> str:
        """The same over the Unix socket, which asks for no password."""
        return f"postgresql+asyncpg://{USER}@/postgres?host={self.folder}&port={self.port}"

    def make(self) -> None:
        """Make the cluster."""
        if self._owner is not None:
            os.chown(self.folder, self._owner.pw_uid, self._owner.pw_gid)
        word = self.folder / "password"
        word.write_text(PASSWORD)
        if self._owner is not None:
            os.chown(word, self._owner.pw_uid, self._owner.pw_gid)
        options = ["--username", USER, "--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile", str(word)]
        command = [str(self._programs / "initdb"), "--pgdata", str(self.folder / "data"), "--no-sync", *options]
        made = subprocess.run(
            [*command, "--encoding=UTF8", "--locale=C"],
            capture_output=True,
            timeout=60,
            check=False,
            **self._as_owner(),
        )
        assert made.returncode == 0, made.stderr.decode()
        if self._network:
            with (self.folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {self._network} scram-sha-256\n")

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "fsync": "on" if self._durable else "off",
            "max_connections": "40",
            "shared_buffers": "16MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as_owner(),
            )
        ready = [str(self._programs / "pg_isready"), "--host", str(self.folder), "--port", str(self.port)]

        def answers() -> bool:
            assert self._process is not None and self._process.poll() is None, (self.folder / "log").read_text()
            return subprocess.run(ready, capture_output=True, timeout=10, check=False).returncode == 0

        wait_until(answers, START_DEADLINE, "PostgreSQL answers")

    def kill(self) -> None:
        """Kill the server; its own processes notice, and end."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(STOP_DEADLINE)
        self._process = None

    def stop(self) -> None:
        """Stop the server, whoever is connected ("fast shutdown"); nothing of it is left."""
        if (process := self._process) is None:
            return
        self._process = None
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            # "Immediate shutdown": the server ends its own processes, too.
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_DEADLINE)
            raise

    async def ask(self, statement: str, *arguments: Any) -> list[Any]:
        """Return the rows of a statement, as the cluster's superuser."""
        async with asyncio.timeout(10):
            connection = await asyncpg.connect(
                host=str(self.folder), port=self.port, user=USER, database="postgres", timeout=5
            )
            try:
                return list(await connection.fetch(statement, *arguments))
            finally:
                await connection.close()

    async def cut_off_everybody(self) -> int:
        """End every other connection; return how many there were."""
        rows = await self.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return len(rows)

    async def forget(self) -> None:
        """Drop every table."""
        await self.ask("DROP SCHEMA public CASCADE")
        await self.ask("CREATE SCHEMA public")

    def _as_owner(self) -> dict[str, Any]:
        if self._owner is None:
            return {"cwd": self.folder}
        return {"cwd": self.folder, "user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def running_postgresql(host: str = "127.0.0.1", network: str = "", *, durable: bool = False) -> Iterator[PostgreSQL]:
    """Give a server with an empty cluster; stop it and remove the cluster. `durable`: it waits for its disk."""
    programs = _programs()
    # Pytest's own folders are closed to other users, and too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="sagews-pg-", dir="/tmp"))
    server = PostgreSQL(folder, programs, host, network, durable=durable)
    try:
        server.make()
        server.start()
        yield server
    finally:
        try:
            server.stop()
        finally:
            shutil.rmtree(folder)


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs, the newest; skip the test, or fail it, where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    if (initdb := shutil.which("initdb")) is not None:
        return Path(initdb).resolve().parent
    missing = "PostgreSQL is not installed (scripts/install-services)"
    if os.environ.get(DEMAND):
        pytest.fail(missing)
    pytest.skip(missing)


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as server:
        port: int = server.getsockname()[1]
        return port
