"""SQLite, set up for several processes that share one file.

The write-ahead log lets the others read while one writes. Every transaction
begins as a writer: one that read first and would then write could be refused
(https://www.sqlite.org/isolation.html), where this one waits its turn. The
driver's own way to begin transactions, which leaves out changes of tables, is
switched off.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

BUSY_SECONDS = 3.0
"""How long a transaction waits for that of another process."""


def set_up(engine: AsyncEngine) -> None:
    """Have every connection of the engine work in this way."""

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_SECONDS * 1000:.0f}", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def make_file(path: Path) -> None:
    """Make the file of the database, for this user alone, unless it is there. Raises OSError.

    SQLite gives its log beside it the same rights. A file that is there is not
    even opened: to close it again would take every lock from the connections
    that this process has (https://www.sqlite.org/howtocorrupt.html, 2.2), and
    another process would then delete the log that they write to.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
