"""The tables of logs, as logwatch writes them. PostgreSQL only.

A batch of records and the position after it are one transaction. The position
is advanced from the one before, or not at all (compare and swap): whoever was
not told whether a batch was taken finds out by sending it again, and of two
who read the same file each batch is taken from one of them.
"""

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.database import DEADLINE, Database
from sagews.database.tables import LOG_GAP, LOG_POSITION
from sagews.logs.position import Farewell, Position
from sagews.logs.record import Record

COLUMNS = ("day", "file", "offset", "machine", "service", "time", "level", "message", "data", "cut")
_IDENTITY = ("machine", "device", "inode", "generation")


class MovedError(Exception):
    """The position in the database is not the one from which it was to be advanced."""


class RefusedError(Exception):
    """PostgreSQL does not take one of the records as it is."""


class _NoPartitionError(Exception):
    """There is no partition for today yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records of one file, what lies before and what lies after them."""

    before: Position
    after: Position
    records: Sequence[Record]


class Logs:
    """The logs of one machine in the database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database, machine: str, days: int) -> None:
        """Take how many days records are kept."""
        self._database = database
        self._machine = machine
        self._days = days
        self._ready: set[datetime.date] = set()
        """Days that have a partition."""

    async def positions(self) -> tuple[list[Position], dict[tuple[int, int], int]]:
        """Return the files that are read, and the newest generation of each device and inode."""
        table = LOG_POSITION.c
        mine = table.machine == self._machine
        newest = select(table.device, table.inode, func.max(table.generation)).where(mine)
        newest = newest.group_by(table.device, table.inode)
        read = select(LOG_POSITION).where(mine, table.done.is_(False)).order_by(table.file)

        async def get(connection: AsyncConnection) -> tuple[list[Any], list[Any]]:
            return list(await connection.execute(read)), list(await connection.execute(newest))

        rows, generations = await self._database.run(get)
        return [_position(row) for row in rows], {(device, inode): number for device, inode, number in generations}

    async def upkeep(self) -> None:
        """Make the partitions that are needed next, and drop those of days that are too long ago."""
        query = text("SELECT log_upkeep(:days)")

        async def call(connection: AsyncConnection) -> datetime.date:
            day: datetime.date = await connection.scalar(query, {"days": self._days})
            return day

        today = await self._database.run(call)
        self._ready = {today, today + datetime.timedelta(days=1)}

    async def ship(self, batch: Batch) -> Position:
        """Bring a batch, and return the position after it. Raises MovedError and RefusedError: nothing was brought."""
        for _ in range(2):
            try:
                return await self._database.run(lambda connection: self._ship(connection, batch))
            except _NoPartitionError:
                await self.upkeep()
        raise MovedError

    async def rename(self, position: Position) -> None:
        """Note under which name a file is found now."""
        now = {"name": position.name, "seen": time.time()}
        query = update(LOG_POSITION).where(LOG_POSITION.c.file == position.file).values(now)
        await self._database.run(lambda connection: connection.execute(query))

    async def part(self, farewells: Sequence[Farewell]) -> None:
        """Note that files are not read any further, what of them was lost, and who goes on in their place.

        Twice is harmless. Raises MovedError if somebody else has read further.
        """

        async def work(connection: AsyncConnection) -> None:
            for farewell in farewells:
                await self._part(connection, farewell)

        await self._database.run(work)

    # ---------------------------------------------------------------- within

    async def _ship(self, connection: AsyncConnection, batch: Batch) -> Position:
        """Advance the position, which begins the transaction, and copy the records within it."""
        file, day = await self._advance(connection, batch)
        if day not in self._ready:
            raise _NoPartitionError
        after = batch.after
        rows = [
            (day, file, it.offset, self._machine, after.service, it.time, it.level, it.message, it.data, it.cut)
            for it in batch.records
        ]
        if rows:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            try:
                await driver.copy_records_to_table("log_record", records=rows, columns=COLUMNS, timeout=DEADLINE)
            except (asyncpg.DataError, asyncpg.ProgramLimitExceededError, ValueError, OverflowError) as error:
                raise RefusedError from error
        return replace(after, file=file)

    async def _advance(self, connection: AsyncConnection, batch: Batch) -> tuple[int, datetime.date]:
        """Return the number of the file, and the day by the database's clock. Raises MovedError."""
        table = LOG_POSITION.c
        day = text("(now() AT TIME ZONE 'UTC')::date AS day")
        values = self._values(batch.after)
        query: Any
        if batch.before.file is None:
            query = insert_or_not(LOG_POSITION).values(**values, done=False)
            query = query.on_conflict_do_nothing(index_elements=_IDENTITY)
        else:
            query = update(LOG_POSITION).values(values)
            query = query.where(
                table.file == batch.before.file, table.offset == batch.before.offset, table.done.is_(False)
            )
        row = (await connection.execute(query.returning(table.file, day))).one_or_none()
        if row is None:
            raise MovedError
        return row[0], row[1]

    async def _part(self, connection: AsyncConnection, farewell: Farewell) -> None:
        table = LOG_POSITION.c
        position = farewell.position
        file = position.file
        query: Any
        if file is None and farewell.gap != 0:
            query = insert_or_not(LOG_POSITION).values(**self._values(position), done=True)
            query = query.on_conflict_do_nothing(index_elements=_IDENTITY).returning(table.file)
            file = await connection.scalar(query)
        elif file is not None:
            query = update(LOG_POSITION).where(table.file == file, table.offset == position.offset)
            if not (await connection.execute(query.values(done=True, seen=time.time()))).rowcount:
                raise MovedError
        if file is not None and farewell.gap != 0:
            gap = insert_or_not(LOG_GAP).values(
                file=file,
                offset=position.offset,
                machine=self._machine,
                service=position.service,
                size=farewell.gap,
                reason=farewell.reason,
                time=time.time(),
            )
            await connection.execute(gap.on_conflict_do_nothing())
        for copy in farewell.copies:
            query = insert_or_not(LOG_POSITION).values(**self._values(copy), done=False)
            await connection.execute(query.on_conflict_do_nothing(index_elements=_IDENTITY))

    def _values(self, position: Position) -> dict[str, Any]:
        return {
            "machine": self._machine,
            "service": position.service,
            "name": position.name,
            "device": position.device,
            "inode": position.inode,
            "generation": position.generation,
            "offset": position.offset,
            "head": position.head,
            "tail": position.tail,
            "size": position.size,
            "seen": time.time(),
        }


def _position(row: Any) -> Position:
    return Position(
        file=row.file,
        service=row.service,
        name=row.name,
        device=row.device,
        inode=row.inode,
        generation=row.generation,
        offset=row.offset,
        head=row.head,
        tail=row.tail,
        size=row.size,
    )
