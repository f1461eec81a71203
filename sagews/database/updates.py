"""The updates of worksheets: added many at a time, numbered without holes, and read in their order.

A number of PostgreSQL's own (a sequence) is taken before its transaction ends,
so that a reader can see 7 before there is a 6, and miss it for ever. Here the
row of the worksheet is the counter: who adds holds it until the end of the
transaction, so numbers appear in their order. All that has come up meanwhile
goes into one transaction, and one hint.

Nobody knows whether a COMMIT whose answer was lost was done. So the same may
be added again: what is there already keeps its number.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy import case, func, insert, literal, null, select, text, tuple_, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.database import Database
from sagews.database.hints import CHANNEL, Hints
from sagews.database.worksheet_tables import WORKSHEET, WORKSHEET_UPDATE
from sagews.errors import EpochError, ServiceError, WorksheetError

MOST_PAYLOAD = 1 << 20
"""Bytes of one update; the table has the same check."""
SENDER = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The name of a sender."""
MOST_CLOCK = (1 << 53) - 1
"""The highest number that a sender counts to: what a browser counts exactly."""
NOTHING_READ = -1
"""The number after which the base comes, too, that of a new worksheet (0) among them."""
PAGE = 1000
"""Updates that are read at once, at most."""
PAGE_BYTES = 4 << 20
"""Bytes of updates that are read at once, but for the last of them; a base comes beside them."""

_ADD = f"""
WITH head AS (
  UPDATE worksheet SET head_seq = head_seq + cardinality($3::text[]), size = size + $8::bigint
  WHERE id = $1 AND epoch = $2 AND ($7::bigint IS NULL OR head_seq = $7) RETURNING head_seq
), added AS (
  INSERT INTO worksheet_update (worksheet, seq, sender, sender_clock, payload, hash)
  SELECT $1, head.head_seq - cardinality($3::text[]) + new.number, new.sender, new.clock, new.payload, new.hash
  FROM head, unnest($3::text[], $4::bigint[], $5::bytea[], $6::bytea[])
    WITH ORDINALITY AS new(sender, clock, payload, hash, number)
)
SELECT head_seq, pg_notify('{CHANNEL}', $1) FROM head
"""  # noqa: S608  # the channel is a constant


class BehindError(WorksheetError):
    """Others have added updates that whoever adds has not seen. It tries its own after those, and adds them again."""


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """What somebody sends."""

    sender: str
    """Who: one document in one browser."""
    clock: int
    """The how manyth of this sender it is."""
    payload: bytes
    hash: bytes = field(init=False)
    """SHA-256 of it."""

    def __post_init__(self) -> None:
        """Take the hash once. Raises WorksheetError if nobody may send such an update."""
        if not SENDER.fullmatch(self.sender) or not 0 <= self.clock <= MOST_CLOCK:
            raise WorksheetError("has no sender and number", "update", "reload the page")
        if len(self.payload) > MOST_PAYLOAD:
            raise WorksheetError(f"is larger than {MOST_PAYLOAD >> 20} MiB", "update", "send it in pieces")
        object.__setattr__(self, "hash", hashlib.sha256(self.payload).digest())


@dataclass(frozen=True, slots=True)
class Update:
    """An update that is kept."""

    seq: int
    sender: str
    clock: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class News:
    """What a worksheet has after a number, as far as one page goes."""

    epoch: str
    head_seq: int
    base_seq: int
    base: bytes | None
    """The base, if it has updates after that number; what follows comes after it."""
    updates: tuple[Update, ...]


class Updates:
    """The updates in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database, hints: Hints) -> None:
        self._database = database
        self._hints = hints

    async def add(
        self,
        worksheet: str,
        epoch: str,
        updates: Sequence[NewUpdate],
        *,
        seen: int | None = None,
        again: bool = False,
    ) -> list[int]:
        """Add updates, and return the number of each; when this returns they are durable.

        `seen`: the number after which they were tried; None: they may come
        after anything. `again`: some may be there already. Raises BehindError,
        and adds none, if there is something after `seen`; EpochError if the
        worksheet is not there or has another epoch. If it raises ServiceError
        nobody knows whether they were added: do it again.
        """
        seqs: list[int] | None = None
        if not self._database.is_file and not again:
            seqs = await self._database.run(
                lambda connection: _add_at_once(connection, worksheet, epoch, updates, seen)
            )
        if seqs is None:
            seqs = await self._database.run(
                lambda connection: _add_checked(connection, worksheet, epoch, updates, seen)
            )
        if self._database.is_file:
            self._hints.tell(worksheet)
        return seqs

    async def news(self, worksheet: str, after: int) -> News:
        """Return what a worksheet has after a number: a page of it. Raises EpochError if it is not there.

        One statement, so that base and updates are of one moment.
        """
        return await self._database.run(lambda connection: _news(connection, worksheet, after))

    async def size(self, worksheet: str) -> int:
        """Return how many bytes the base and the updates of a worksheet have."""
        of = WORKSHEET_UPDATE.c
        base = select(func.length(WORKSHEET.c.base)).where(WORKSHEET.c.id == worksheet)
        updates = select(func.sum(func.length(of.payload))).where(of.worksheet == worksheet)

        async def size(connection: AsyncConnection) -> int:
            return int(await connection.scalar(base) or 0) + int(await connection.scalar(updates) or 0)

        return await self._database.run(size)

    async def heads(self, worksheets: Sequence[str]) -> dict[str, tuple[str, int, int]]:
        """Return of those worksheets that are there: the epoch, and the newest numbers at all and of the base."""
        of = WORKSHEET.c
        wanted = select(of.id, of.epoch, of.head_seq, of.base_seq).where(of.id.in_(worksheets))

        async def heads(connection: AsyncConnection) -> dict[str, tuple[str, int, int]]:
            return {row.id: (row.epoch, row.head_seq, row.base_seq) for row in await connection.execute(wanted)}

        return await self._database.run(heads)


async def _add_at_once(
    connection: AsyncConnection, worksheet: str, epoch: str, updates: Sequence[NewUpdate], seen: int | None
) -> list[int] | None:
    """Add with one statement, a transaction of its own; None: none was added, since it was not to be or is there."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    columns = zip(*((each.sender, each.clock, each.payload, each.hash) for each in updates), strict=True)
    try:
        size = sum(len(each.payload) for each in updates)
        row = await driver.fetchrow(_ADD, worksheet, epoch, *columns, seen, size)
    except asyncpg.UniqueViolationError:
        return None
    if row is None:
        return None
    head: int = row["head_seq"]
    return list(range(head - len(updates) + 1, head + 1))


async def _add_checked(
    connection: AsyncConnection, worksheet: str, epoch: str, updates: Sequence[NewUpdate], seen: int | None
) -> list[int]:
    """Add those that are not there yet, while nobody else adds any."""
    mine = (WORKSHEET.c.id == worksheet) & (WORKSHEET.c.epoch == epoch)
    held = update(WORKSHEET).where(mine).values(head_seq=WORKSHEET.c.head_seq).returning(WORKSHEET.c.head_seq)
    head = await connection.scalar(held)
    if head is None:
        raise _other(worksheet)
    of = WORKSHEET_UPDATE.c
    keys = [(each.sender, each.clock, each.hash) for each in updates]
    known = select(of.seq, of.sender, of.sender_clock, of.hash).where(
        of.worksheet == worksheet, tuple_(of.sender, of.sender_clock, of.hash).in_(keys)
    )
    seqs = {(row.sender, row.sender_clock, row.hash): row.seq for row in await connection.execute(known)}
    if seen not in (None, head) and not seqs.keys() >= set(keys):
        raise BehindError("has updates that were not seen", f"worksheet {worksheet}", "try it again after those")
    rows = []
    for key, each in zip(keys, updates, strict=True):
        if key not in seqs:
            head += 1
            seqs[key] = head
            row = {"worksheet": worksheet, "seq": head, "sender": each.sender, "sender_clock": each.clock}
            rows.append(row | {"payload": each.payload, "hash": each.hash})
    if rows:
        await connection.execute(insert(WORKSHEET_UPDATE), rows)
        size = WORKSHEET.c.size + sum(len(row["payload"]) for row in rows)
        await connection.execute(update(WORKSHEET).where(mine).values(head_seq=head, size=size))
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_notify(:channel, :id)"), {"channel": CHANNEL, "id": worksheet})
    return [seqs[key] for key in keys]


async def _news(connection: AsyncConnection, worksheet: str, after: int) -> News:
    sheet, of = WORKSHEET.c, WORKSHEET_UPDATE.c
    start = case((sheet.base_seq > after, sheet.base_seq), else_=after)
    head = select(
        sheet.base_seq.label("seq"),
        sheet.epoch.label("sender"),
        sheet.head_seq.label("clock"),
        case((sheet.base_seq > after, sheet.base), else_=null()).label("payload"),
        sheet.base_hash.label("hash"),
        literal(0).label("part"),
    ).where(sheet.id == worksheet)
    # How long they are is found out without reading them.
    page = (
        select(of.seq, func.length(of.payload).label("size"))
        .join(WORKSHEET, sheet.id == of.worksheet)
        .where(of.worksheet == worksheet, of.seq > start)
        .order_by(of.seq)
        .limit(PAGE)
        .subquery()
    )
    sized = select(
        page.c.seq, (func.sum(page.c.size).over(order_by=page.c.seq) - page.c.size).label("before")
    ).subquery()
    rows = (
        select(of.seq, of.sender, of.sender_clock, of.payload, of.hash, literal(1))
        .join(sized, sized.c.seq == of.seq)
        .where(of.worksheet == worksheet, sized.c.before < PAGE_BYTES)
        .subquery()
    )
    both = union_all(head, select(rows))
    found = list(await connection.execute(both))
    found.sort(key=lambda row: (row.part, row.seq))
    if not found or found[0].part != 0:
        raise _other(worksheet)
    first, *rest = found
    for row in [first, *rest] if first.payload is not None else rest:
        if hashlib.sha256(row.payload).digest() != row.hash:
            what = f"has other bytes at {row.seq} than were kept"
            raise ServiceError(what, f"worksheet {worksheet}", "restore the database's backup")
    begin = max(after, first.seq)
    if [row.seq for row in rest] != list(range(begin + 1, begin + 1 + len(rest))):
        what = f"has not all of its updates after {begin}"
        raise ServiceError(what, f"worksheet {worksheet}", "restore the database's backup")
    is_last = len(rest) < PAGE and sum(len(row.payload) for row in rest) < PAGE_BYTES
    if is_last and begin + len(rest) < first.clock:
        raise ServiceError(
            f"has not its updates up to {first.clock}", f"worksheet {worksheet}", "restore the database's backup"
        )
    updates = tuple(Update(row.seq, row.sender, row.clock, bytes(row.payload)) for row in rest)
    base = bytes(first.payload) if first.payload is not None else None
    return News(first.sender, first.clock, first.seq, base, updates)


def _other(worksheet: str) -> EpochError:
    what = "is not there any more, or has another content by now"
    return EpochError(what, f"worksheet {worksheet}", "load it anew; keep a copy of what was not saved")
