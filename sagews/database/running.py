"""What runs in a worksheet and what its cells show, as it is read for those who look: all of it, or what is new."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, case, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.database import Database
from sagews.database.evaluations import ENDED
from sagews.database.worksheet_sessions import WorksheetSession
from sagews.database.worksheet_tables import EVALUATION, OUTPUT, WORKSHEET_SESSION

LARGE = 1 << 20
"""Bytes of a body that is given only to who asks for it."""
MOST_SHOWN = 20_000
"""Evaluations that are told of at once."""
PAGE, PAGE_BYTES = 500, 2 << 20
"""Outputs that are read at once, and bytes of their bodies, but for the last one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an evaluation stands."""

    id: str
    cell: str
    ordinal: int
    state: str
    reason: str
    text: str
    source_hash: bytes
    begun: float | None
    ended: float | None
    count: int = 0
    """Of its outputs, where that was asked for."""
    size: int = 0
    """Bytes of their bodies."""


@dataclass(frozen=True, slots=True)
class Told:
    """An output, on its way to who looks."""

    sequence: int
    evaluation: str
    kind: str
    body: bytes | None
    """None: it is large."""
    size: int


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where somebody has been told."""

    name: str = ""
    """Of a session of the worksheet."""
    sequence: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """What is new after a place."""

    session: WorksheetSession | None
    """The worksheet's; None: it has had none."""
    is_busy: bool
    """Whether something waits or runs in it."""
    standings: Sequence[Standing]
    outputs: Sequence[Told]
    place: Place
    more: bool
    """There is more after these already."""


_STANDING = [EVALUATION.c[each] for each in Standing.__dataclass_fields__ if each not in ("count", "size")]
_SIZE = func.length(OUTPUT.c.body)


class Running:
    """What runs, in one database. Raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, worksheet: str) -> News:
        """Return the latest evaluation of each cell, those that have not ended, and up to where that goes.

        Of more than MOST_SHOWN the newest: nobody has so many cells, but a client that makes names of cells up may.
        """
        of = EVALUATION.c
        newest = select(func.max(of.ordinal)).where(of.worksheet == worksheet).group_by(of.cell)
        shown = or_(of.state != ENDED, of.ordinal.in_(newest))
        wanted = (
            select(*_STANDING).where(of.worksheet == worksheet, shown).order_by(of.ordinal.desc()).limit(MOST_SHOWN)
        )

        async def read_all(connection: AsyncConnection) -> News:
            session = await _session(connection, worksheet)
            standings = [Standing(*row) for row in await connection.execute(wanted)][::-1]
            told = select(of.id).where(of.worksheet == worksheet, shown)
            ids = told.order_by(of.ordinal.desc()).limit(MOST_SHOWN).subquery().select()
            counted = select(OUTPUT.c.evaluation, func.count(), func.sum(_SIZE)).where(OUTPUT.c.evaluation.in_(ids))
            counts = {
                row[0]: (row[1], row[2]) for row in await connection.execute(counted.group_by(OUTPUT.c.evaluation))
            }
            standings = [_counted(each, *counts.get(each.id, (0, 0))) for each in standings]
            busy = any(each.state != ENDED for each in standings)
            return News(session, busy, standings, (), Place() if session is None else _at(session), more=False)

        return await self._database.run(read_all)

    async def standing(self, evaluation: str) -> Standing | None:
        """Return how an evaluation stands."""
        wanted = select(*_STANDING).where(EVALUATION.c.id == evaluation)

        async def standing(connection: AsyncConnection) -> Standing | None:
            row = (await connection.execute(wanted)).one_or_none()
            return Standing(*row) if row is not None else None

        return await self._database.run(standing)

    async def news(self, worksheet: str, place: Place) -> News:
        """Return what is new after a place, as far as one page goes; what has ended only with all of its outputs."""
        return await self._database.run(lambda connection: _news(connection, worksheet, place))

    async def outputs(self, worksheet: str, evaluation: str, after: int, *, whole: bool) -> tuple[list[Told], bool]:
        """Return a page of the outputs of an evaluation after a number, and whether there are more.

        `whole`: the first of them comes whole, however large it is.
        """
        mine = (OUTPUT.c.evaluation == evaluation) & (OUTPUT.c.sequence > after)
        there = select(EVALUATION.c.id).where(EVALUATION.c.id == evaluation, EVALUATION.c.worksheet == worksheet)

        async def outputs(connection: AsyncConnection) -> tuple[list[Told], bool]:
            if await connection.scalar(there) is None:
                return [], False
            return await _page(connection, mine, whole=whole)

        return await self._database.run(outputs)


async def _news(connection: AsyncConnection, worksheet: str, place: Place) -> News:
    session = await _session(connection, worksheet)
    if session is None:
        return News(None, False, (), (), place, more=False)
    of, out = EVALUATION.c, OUTPUT.c
    waits = select(of.id).where(of.session == session.name, of.state != ENDED).limit(1)
    busy = await connection.scalar(waits) is not None
    if session.version == place.version:
        return News(session, busy, (), (), place, more=False)
    # What came after the row was read is for the next time.
    changed = (of.worksheet == worksheet) & (of.version > place.version) & (of.version <= session.version)
    wanted = select(*_STANDING).where(changed).order_by(of.ordinal)
    standings = [Standing(*row) for row in await connection.execute(wanted)]
    if place.name and place.name != session.name:
        outputs, more = await _page(connection, (out.session == place.name) & (out.sequence > place.sequence))
        # The one before has ended: then comes all of the new one.
        after = (
            replace(place, sequence=_last(outputs, place.sequence)) if more else Place(session.name, 0, place.version)
        )
        more = True
    else:
        mine = (out.session == session.name) & (out.sequence > place.sequence) & (out.sequence <= session.sequence)
        outputs, more = await _page(connection, mine)
        last = _last(outputs, place.sequence)
        after = Place(session.name, last, place.version) if more else _at(session)
    if more:
        standings = [each for each in standings if each.state != ENDED]
    return News(session, busy, standings, outputs, after, more)


async def _page(connection: AsyncConnection, which: Any, *, whole: bool = False) -> tuple[list[Told], bool]:
    """Return the first of some outputs, and whether there are more."""
    of = OUTPUT.c
    sizes = select(of.sequence, _SIZE).where(which).order_by(of.sequence).limit(PAGE + 1)
    taken, size = 0, 0
    rows = list(await connection.execute(sizes))
    for _, length in rows[:PAGE]:
        size += length if length <= LARGE else 0
        if taken and size > PAGE_BYTES:
            break
        taken += 1
    if not taken:
        return [], False
    first, last = rows[0][0], rows[taken - 1][0]
    fits = (_SIZE <= LARGE) if not whole else (_SIZE <= LARGE) | (of.sequence == first)
    body = case((fits, of.body), else_=null())
    wanted: Select[Any] = select(of.sequence, of.evaluation, of.kind, body, _SIZE).where(which, of.sequence <= last)
    found = [_told(row) for row in await connection.execute(wanted.order_by(of.sequence))]
    return found, len(rows) > taken


def _told(row: Any) -> Told:
    return Told(row[0], row[1], row[2], None if row[3] is None else bytes(row[3]), row[4])


async def _session(connection: AsyncConnection, worksheet: str) -> WorksheetSession | None:
    wanted = select(WORKSHEET_SESSION).where(WORKSHEET_SESSION.c.worksheet == worksheet)
    row = (await connection.execute(wanted)).one_or_none()
    return WorksheetSession(**row._asdict()) if row is not None else None


def _at(session: WorksheetSession) -> Place:
    return Place(session.name, session.sequence, session.version)


def _last(outputs: Sequence[Told], before: int) -> int:
    return outputs[-1].sequence if outputs else before


def _counted(standing: Standing, count: int, size: Any) -> Standing:
    return replace(standing, count=count, size=int(size))
