"""Hints that a worksheet has news: from backend to backend by PostgreSQL, within one process where it is a file.

A hint is no more than that. It may be missed, while there is no connection to
listen on, or told twice; whoever gets one looks into the database, and does
so now and then without one, too.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from sagews.database.database import Database
from sagews.errors import ServiceError

CHANNEL = "sagews_worksheet"
"""PostgreSQL's channel of them."""
AGAIN = 2.0
"""Seconds before it is tried again to listen."""
PROBE, PROBE_DEADLINE = 10.0, 5.0
"""Seconds between two questions whether the connection is still good, and for an answer: a server that is cut off says
nothing of it, and the system finds out after many minutes."""
Listener = Callable[[str | None], None]
"""Is told the worksheet that has news; None: any may have some."""

log = structlog.get_logger()


class Hints:
    """Hints of one database, from `start` to `stop`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: list[Listener] = []
        self._channels: dict[str, Callable[[str], None]] = {}
        self._task: asyncio.Task[None] | None = None

    def listen(self, listener: Listener) -> None:
        """Have somebody told from now on."""
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Tell somebody no more."""
        self._listeners.remove(listener)

    def tell(self, worksheet: str | None) -> None:
        """Tell everybody in this process."""
        for listener in list(self._listeners):
            listener(worksheet)

    def hear(self, channel: str, listener: Callable[[str], None]) -> None:
        """Have somebody told what is said on another channel of PostgreSQL, too; before it starts."""
        self._channels[channel] = listener

    def start(self) -> None:
        """Begin to listen to other backends; in a file there are none."""
        if not self._database.is_file:
            self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (
                ServiceError,
                OSError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
            ) as error:
                log.info("no hints of worksheets for now", error=type(error).__name__)
            await asyncio.sleep(AGAIN)

    async def _listen_once(self) -> None:
        """Listen until the connection is lost."""
        connection = await self._database.own_connection()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._hear)
            for channel, listener in self._channels.items():
                await connection.add_listener(channel, lambda *said, listener=listener: listener(said[-1]))
            # What was told before this began was missed.
            self.tell(None)
            while not lost.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(PROBE):
                        await lost.wait()
                if not lost.is_set():
                    await connection.execute("SELECT 1", timeout=PROBE_DEADLINE)
        finally:
            connection.terminate()

    def _hear(self, connection: Any, process: int, channel: str, worksheet: str) -> None:
        self.tell(worksheet)
