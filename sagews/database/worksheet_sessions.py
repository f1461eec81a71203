"""The table of the sessions of worksheets: which a worksheet has, who attends it, how far its events are acted upon.

A worksheet has one session at most. From the moment in which its first
evaluation is asked for, the session has a name here, by which evaluations and
outputs go; what its worker calls it is known when it is open. A backend that
attends it says so again and again, by a lease; when that has run out another
one adopts it. A lease is for liveness alone: whatever two backends do with
one session at the same time comes to the same.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.evaluations import ENDED, QUEUED, Evaluation, check_evaluation
from sagews.database.worksheet_tables import EVALUATION, WORKSHEET, WORKSHEET_SESSION
from sagews.database.worksheets import new_id
from sagews.errors import WorksheetError

CHANNEL = "sagews_runs"
"""PostgreSQL's channel of hints that something runs or has ended in a worksheet."""
ASKS = "?"
"""What a hint begins with that is for who attends the session, too; the worksheet follows."""
STARTING, READY, AWAY = "starting", "ready", "away"
MOST_WAITING = 2000
"""Evaluations of one worksheet that have not ended."""
MOST_ADOPTED = 20
"""Sessions that a backend adopts at once."""
NOT_RUN = "not_run"
_ROW = WORKSHEET_SESSION.c


@dataclass(frozen=True, slots=True)
class WorksheetSession:
    """The session of a worksheet, or the last one that it had."""

    worksheet: str
    name: str
    session: str
    token: str
    environment: str
    account: str
    state: str
    reason: str
    text: str
    sequence: int
    version: int
    size: int
    begun: float
    ended: float | None
    lease_holder: str | None
    lease_until: float | None

    def __repr__(self) -> str:
        """Tell nobody its token."""
        return f"<session {self.name} of worksheet {self.worksheet}, {self.state}>"


class WorksheetSessions:
    """Sessions of worksheets in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(
        self, asked: Evaluation, *, environment: str, account: str, holder: str, seconds: float
    ) -> WorksheetSession:
        """Keep a new evaluation, as one of the worksheet's session; return that. It is durable then.

        The session of `asked` is chosen here: the one that there is, or a new
        one, which this holder attends for so long from now. The same asked for
        again changes nothing. Raises WorksheetError if its worksheet is not
        there, its name is another one's, or too many wait.
        """
        check_evaluation(asked)
        opening: dict[str, Any] = {
            "name": new_id(),
            "session": "",
            "token": "",
            "environment": environment,
            "account": account,
        }
        opening |= {"state": STARTING, "reason": "", "text": "", "sequence": 0, "ended": None, "lease_holder": holder}
        own = {name: getattr(asked, name) for name in ("id", "worksheet", "cell", "source")}
        own |= {"source_hash": hashlib.sha256(asked.source).digest(), "state": QUEUED, "reason": ""}

        async def ask(connection: AsyncConnection) -> WorksheetSession:
            # Its row is held, so that of two at once each has a number of its own, and they have one session.
            mine = WORKSHEET.c.id == asked.worksheet
            held = update(WORKSHEET).where(mine).values(head_ordinal=WORKSHEET.c.head_ordinal)
            if (newest := await connection.scalar(held.returning(WORKSHEET.c.head_ordinal))) is None:
                raise WorksheetError("is not there", f"worksheet {asked.worksheet}", "load it anew")
            session = await _of(connection, asked.worksheet, held=True)
            if await _is_known(connection, asked):
                if session is None:
                    raise WorksheetError("is the name of another one", f"evaluation {asked.id}", "choose a new name")
                return session
            if session is None:
                begun = opening | {"version": 1, "size": 0, "begun": Now(), "lease_until": Now() + seconds}
                await connection.execute(insert(WORKSHEET_SESSION).values(begun | {"worksheet": asked.worksheet}))
            elif session.state == ENDED:
                begun = opening | {"begun": Now(), "lease_until": Now() + seconds}
                await _change(connection, session.worksheet, session.name, begun)
            else:
                await _check_waiting(connection, session)
                await _change(connection, session.worksheet, session.name)
            session = await _of(connection, asked.worksheet)
            assert session is not None
            # Counted once: what is asked for again has come back above.
            counted = {"head_ordinal": newest + 1, "size": WORKSHEET.c.size + len(asked.source)}
            await connection.execute(update(WORKSHEET).where(mine).values(counted))
            more = {"session": session.name, "ordinal": newest + 1, "created": Now(), "version": session.version}
            await connection.execute(insert(EVALUATION).values(own | more))
            await notify(connection, asked.worksheet, asks=True)
            return session

        return await self._database.run(ask)

    async def get(self, worksheet: str) -> WorksheetSession | None:
        """Return the session that a worksheet has, or had last."""
        return await self._database.run(lambda connection: _of(connection, worksheet))

    async def waiting(self, worksheet: str, name: str, most: int) -> list[Evaluation] | None:
        """Return the first evaluations of a session that have not ended, in order; None: it is another's, or ended."""
        of = EVALUATION.c
        wanted = select(EVALUATION).where(of.session == name, of.state != ENDED).order_by(of.ordinal).limit(most)

        async def waiting(connection: AsyncConnection) -> list[Evaluation] | None:
            session = await _of(connection, worksheet)
            if session is None or session.name != name or session.state == ENDED:
                return None
            rows = [row._asdict() for row in await connection.execute(wanted)]
            return [Evaluation(**{each: row[each] for each in row if each != "source_hash"}) for row in rows]

        return await self._database.run(waiting)

    async def opened(self, worksheet: str, name: str, session: str, token: str, environment: str) -> bool:
        """Note what the worker calls a session that starts; return whether nobody was faster."""
        values = {"session": session, "token": token, "environment": environment, "state": READY}

        async def opened(connection: AsyncConnection) -> bool:
            done = await _change(connection, worksheet, name, values, _ROW.state == STARTING)
            await notify(connection, worksheet)
            return done

        return await self._database.run(opened)

    async def note(self, worksheet: str, name: str, state: str) -> None:
        """Note that a session which is open is away, or ready again."""

        async def note(connection: AsyncConnection) -> None:
            if await _change(connection, worksheet, name, {"state": state}, _ROW.state.in_((READY, AWAY))):
                await notify(connection, worksheet)

        await self._database.run(note)

    async def say(self, worksheet: str, name: str, words: str) -> None:
        """Have everybody told in words what a session does, until something else is said; empty: nothing."""

        async def say(connection: AsyncConnection) -> None:
            if await _change(connection, worksheet, name, {"text": words}):
                await notify(connection, worksheet)

        await self._database.run(say)

    async def end(self, worksheet: str, name: str, reason: str, words: str, *, why: str = "session_ended") -> bool:
        """Note that a session has ended, and all of its evaluations with it; return whether it had not.

        `words` say why; `why` is the reason of the evaluations.
        """
        values: dict[str, Any] = {"state": ENDED, "reason": reason, "text": words, "ended": Now(), "token": ""}
        values |= {"lease_holder": None, "lease_until": None}

        async def end(connection: AsyncConnection) -> bool:
            if not await _change(connection, worksheet, name, values):
                return False
            await end_evaluations(connection, worksheet, name, why, words)
            await notify(connection, worksheet, asks=True)
            return True

        return await self._database.run(end)

    async def drop_waiting(self, worksheet: str, name: str, words: str) -> int | None:
        """Have what waits for a session never run; return how many those are, or None if it has ended.

        What its backend has sent meanwhile runs, and is written down as having run (`recording.py`).
        """

        async def drop(connection: AsyncConnection) -> int | None:
            if not await _change(connection, worksheet, name):
                return None
            dropped = await end_evaluations(connection, worksheet, name, NOT_RUN, words, EVALUATION.c.state == QUEUED)
            await notify(connection, worksheet)
            return dropped

        return await self._database.run(drop)

    # ---------------------------------------------------------------- leases

    async def renew(self, holder: str, worksheets: Iterable[str], seconds: float) -> set[str]:
        """Attend sessions for so long from now; return the names of those that this holder still attends."""
        mine = (_ROW.worksheet.in_(list(worksheets))) & (_ROW.lease_holder == holder) & (_ROW.state != ENDED)
        wanted = update(WORKSHEET_SESSION).where(mine).values(lease_until=Now() + seconds).returning(_ROW.name)

        async def renew(connection: AsyncConnection) -> set[str]:
            return set(await connection.scalars(wanted))

        return await self._database.run(renew)

    async def release(self, holder: str) -> None:
        """Attend nothing any more, so that others adopt it at once."""
        mine = (_ROW.lease_holder == holder) & (_ROW.state != ENDED)
        wanted = update(WORKSHEET_SESSION).where(mine).values(lease_until=Now()).returning(_ROW.worksheet)

        async def release(connection: AsyncConnection) -> None:
            for worksheet in list(await connection.scalars(wanted)):
                await notify(connection, worksheet)

        await self._database.run(release)

    async def adopt(self, holder: str, seconds: float) -> list[WorksheetSession]:
        """Attend some of those sessions that nobody attends any more; return them."""
        over = (_ROW.state != ENDED) & (_ROW.lease_until <= Now())
        left = select(_ROW.worksheet).where(over).order_by(_ROW.lease_until).limit(MOST_ADOPTED)

        async def adopt(connection: AsyncConnection) -> list[WorksheetSession]:
            those = list(await connection.scalars(left.with_for_update(skip_locked=True)))
            if not those:
                return []
            values = {"lease_holder": holder, "lease_until": Now() + seconds}
            await connection.execute(update(WORKSHEET_SESSION).where(_ROW.worksheet.in_(those)).values(values))
            rows = await connection.execute(select(WORKSHEET_SESSION).where(_ROW.worksheet.in_(those)))
            return [_session(row) for row in rows]

        return await self._database.run(adopt)


async def _of(connection: AsyncConnection, worksheet: str, *, held: bool = False) -> WorksheetSession | None:
    wanted = select(WORKSHEET_SESSION).where(_ROW.worksheet == worksheet)
    row = (await connection.execute(wanted.with_for_update() if held else wanted)).one_or_none()
    return _session(row) if row is not None else None


def _session(row: Row[Any]) -> WorksheetSession:
    return WorksheetSession(**row._asdict())


async def _change(
    connection: AsyncConnection, worksheet: str, name: str, values: dict[str, Any] | None = None, *where: Any
) -> bool:
    """Change a session, unless it is another one by now or has ended; an ended one only where a new one begins."""
    mine = (_ROW.worksheet == worksheet) & (_ROW.name == name)
    if values is None or "name" not in values:
        mine &= _ROW.state != ENDED
    changed = update(WORKSHEET_SESSION).where(mine, *where).values((values or {}) | {"version": _ROW.version + 1})
    return (await connection.execute(changed)).rowcount > 0


async def _is_known(connection: AsyncConnection, asked: Evaluation) -> bool:
    of = EVALUATION.c
    wanted = select(of.worksheet, of.cell, of.source).where(of.id == asked.id)
    if (known := (await connection.execute(wanted)).one_or_none()) is None:
        return False
    if (known.worksheet, known.cell, bytes(known.source)) != (asked.worksheet, asked.cell, asked.source):
        raise WorksheetError("is the name of another one", f"evaluation {asked.id}", "choose a new name")
    return True


async def _check_waiting(connection: AsyncConnection, session: WorksheetSession) -> None:
    of = EVALUATION.c
    counted = select(func.count()).where(of.session == session.name, of.state != ENDED)
    if (await connection.scalar(counted) or 0) >= MOST_WAITING:
        hint = "wait for some of them to end, or interrupt them"
        raise WorksheetError(f"has {MOST_WAITING} evaluations that wait", f"worksheet {session.worksheet}", hint)


async def begin_change(connection: AsyncConnection, worksheet: str) -> int:
    """Count a change of what a worksheet's cells show, within a transaction; return its version.

    A worksheet that has had no session gets one that has ended: its row is what changes are counted by.
    """
    session = await _of(connection, worksheet, held=True)
    if session is None:
        never: dict[str, Any] = {"worksheet": worksheet, "name": new_id(), "session": "", "token": "", "account": ""}
        never |= {"environment": "", "state": ENDED, "reason": "", "text": "", "sequence": 0, "size": 0, "version": 1}
        await connection.execute(insert(WORKSHEET_SESSION).values(never | {"begun": Now(), "ended": Now()}))
        return 1
    await _change(connection, worksheet, session.name, {"name": session.name})
    return session.version + 1


async def end_evaluations(
    connection: AsyncConnection, worksheet: str, name: str, reason: str, words: str, *where: Any
) -> int:
    """End those of a session that have not ended, in a transaction that has changed the session; return how many."""
    of = EVALUATION.c
    version = select(_ROW.version).where(_ROW.worksheet == worksheet).scalar_subquery()
    values = {"state": ENDED, "reason": reason, "text": words, "ended": Now(), "version": version}
    ending = update(EVALUATION).where(of.session == name, of.state != ENDED, *where).values(values)
    return (await connection.execute(ending)).rowcount


async def notify(connection: AsyncConnection, worksheet: str, *, asks: bool = False) -> None:
    """Tell the other backends, when this transaction is committed; in a file there are none.

    `asks`: whoever attends the session has something to do.
    """
    if connection.dialect.name == "postgresql":
        said = {"channel": CHANNEL, "said": ASKS * asks + worksheet}
        await connection.execute(text("SELECT pg_notify(:channel, :said)"), said)
