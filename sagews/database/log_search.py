"""The tables of logs, as somebody reads them who asks. PostgreSQL only."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, String, Text, cast, func, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.database import Database
from sagews.database.tables import LOG_GAP, LOG_POSITION, LOG_RECORD
from sagews.logs.question import Entry, Question

MOST = 5_000
"""Records of one file that one look after new ones brings."""


class LogSearch:
    """What is known of the logs of all machines. Everything raises ServiceError while the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shown: dict[int, int] = {}
        """By file: the offset after the last record that was shown or passed over."""

    async def newest(self, question: Question) -> list[Entry]:
        """Return the newest records that are wanted, and gaps, the oldest first; `more` goes on after them."""
        record = LOG_RECORD.c
        query = select(LOG_RECORD).where(*_conditions(question))
        query = query.order_by(record.time.desc(), record.file.desc(), record.offset.desc()).limit(question.lines)
        gaps = self._gaps(question).order_by(LOG_GAP.c.time.desc()).limit(question.lines)

        async def get(connection: AsyncConnection) -> tuple[list[Any], list[Any], list[Any]]:
            # The positions first: what comes meanwhile is shown twice rather than never.
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            positions = await connection.execute(select(LOG_POSITION.c.file, LOG_POSITION.c.offset))
            return list(positions), list(await connection.execute(query)), list(await connection.execute(gaps))

        positions, rows, lost = await self._database.run(get)
        self._shown = {file: offset for file, offset in positions}
        entries = [_entry(row) for row in reversed(rows)] + [_gap(row) for row in lost]
        return sorted(entries, key=lambda entry: entry.time)[-question.lines :]

    async def more(self, question: Question) -> list[Entry]:
        """Return what has come since the last time and is wanted, in the order of time."""
        position, record = LOG_POSITION.c, LOG_RECORD.c
        recent = record.day >= text("((now() AT TIME ZONE 'UTC')::date - 1)")

        async def get(connection: AsyncConnection) -> list[Any]:
            rows: list[Any] = []
            for file, offset in await connection.execute(select(position.file, position.offset)):
                before = self._shown.get(file, 0)
                if offset > before:
                    new = select(LOG_RECORD).where(recent, record.file == file, record.offset >= before)
                    new = new.where(record.offset < offset, *_conditions(question)).order_by(record.offset).limit(MOST)
                    found = list(await connection.execute(new))
                    rows += found
                    shown[file] = offset if len(found) < MOST else found[-1].offset + 1
            return rows

        shown: dict[int, int] = {}
        rows = await self._database.run(get)
        self._shown |= shown
        return sorted((_entry(row) for row in rows), key=lambda entry: entry.time)

    def _gaps(self, question: Question) -> Select[Any]:
        gap = LOG_GAP.c
        query = select(LOG_GAP)
        if question.text or (question.levels and "warning" not in question.levels):
            return query.where(text("false"))
        return query.where(*_common(gap, question))


def _common(table: Any, question: Question) -> list[ColumnElement[bool]]:
    """Return the conditions that records and gaps have in common."""
    wanted: list[ColumnElement[bool]] = []
    if question.services:
        kind = func.rtrim(table.service, "0123456789")
        wanted.append(or_(table.service.in_(question.services), kind.in_(question.services)))
    if question.machines:
        wanted.append(table.machine.in_(question.machines))
    if question.since is not None:
        wanted.append(table.time >= question.since)
    if question.until is not None:
        wanted.append(table.time < question.until)
    return wanted


def _conditions(question: Question) -> list[ColumnElement[bool]]:
    record = LOG_RECORD.c
    wanted = _common(record, question)
    if question.levels:
        wanted.append(record.level.in_(question.levels))
    if question.text:
        needle = func.lower(literal(question.text, String))
        places = (record.message, func.coalesce(cast(record.data, Text), ""))
        wanted.append(or_(*(func.strpos(func.lower(place), needle) > 0 for place in places)))
    return wanted


def _entry(row: Any) -> Entry:
    # The driver has made an object of it; in a file it is text.
    data = None if row.data is None else msgspec.json.encode(row.data).decode()
    return Entry(
        time=row.time,
        machine=row.machine,
        service=row.service,
        level=row.level,
        message=row.message,
        data=data,
    )


def _gap(row: Any) -> Entry:
    size = "an unknown number of" if row.size is None else f"{row.size:,}"
    message = f"(a gap: {size} bytes were lost, {row.reason})"
    return Entry(time=row.time, machine=row.machine, service=row.service, level="warning", message=message)
