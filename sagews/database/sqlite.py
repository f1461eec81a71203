"""SQLite, set up for several processes that share one file.

The write-ahead log lets the others read while one writes. Every transaction
begins as a writer: one that read first and would then write could be refused
(https://www.sqlite.org/isolation.html), where this one waits its turn. The
driver's own way to begin transactions, which leaves out changes of tables, is
switched off.
"""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

BUSY_SECONDS = 3.0
"""How long a transaction waits for that of another process."""

CANCELLED_SECONDS = 2.0
"""How long a transaction may still take whose caller does not want it any more."""

T = TypeVar("T")


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


async def to_its_end(transaction: Coroutine[Any, Any, T]) -> T:
    """Do a transaction; who cancels it, however often, waits until it has ended, as it would have without that.

    A statement cannot be taken back from the thread that the driver does it in. If the driver is left waiting for one,
    it closes the connection, which SQLite then keeps, with its lock, until Python collects the statement; left once
    more, it may wait for its thread for ever. So that is done only where a transaction does not end by itself.
    """
    task = asyncio.create_task(transaction)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        end = asyncio.get_running_loop().call_later(CANCELLED_SECONDS, task.cancel)
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        end.cancel()
        if not task.cancelled():
            # It is its caller that is cancelled: nobody asks what else came of it.
            task.exception()
        raise
