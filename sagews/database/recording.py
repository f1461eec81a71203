"""Writes down what a session of a worksheet said: outputs, how its evaluations stand, and how far that goes.

All of it is one transaction, so that whoever goes on after `sequence` has
missed nothing; done again, or by two at the same time, it changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.database import Database
from sagews.database.evaluations import ENDED, QUEUED, RUNNING
from sagews.database.outputs import Output, check, keep
from sagews.database.worksheet_sessions import NOT_RUN, end_evaluations, notify
from sagews.database.worksheet_tables import EVALUATION, WORKSHEET_SESSION

UNKNOWN = "unknown"
"""Why an evaluation has ended of whose end nothing was heard; what is heard later is taken instead."""


@dataclass(frozen=True, slots=True)
class Change:
    """How an evaluation stands from now on."""

    evaluation: str
    state: str
    time: float
    """When that began, in seconds since the epoch."""
    reason: str = ""
    text: str = ""
    spares: tuple[str, ...] | None = None
    """What waits is not run, but for these, of which the session itself says so; None: it is run."""


class Recording:
    """What is written down in one database. Raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self, worksheet: str, name: str, sequence: int, outputs: Sequence[Output], changes: Sequence[Change]
    ) -> bool:
        """Write down what a session said up to a number; it is durable then. Return whether it is the worksheet's.

        Outputs of evaluations that are not there any more are left out.
        Raises WorksheetError if one has a number under which another is kept.
        """
        if outputs:
            check(outputs)
        row = WORKSHEET_SESSION.c
        # Its row is held until all is written: what another backend writes of it comes before or after.
        values: dict[Any, Any] = {"version": row.version + 1}
        values["sequence"] = case((row.sequence < sequence, sequence), else_=row.sequence)
        mine = (row.worksheet == worksheet) & (row.name == name) & (row.state != ENDED)
        held = update(WORKSHEET_SESSION).where(mine).values(values).returning(row.version)

        async def record(connection: AsyncConnection) -> bool:
            if (version := await connection.scalar(held)) is None:
                return False
            if outputs and (those := await _of_known(connection, name, outputs)):
                new = await keep(connection, those)
                # Here, where its row is held already: the worksheet's own is that of who writes in it.
                size = row.size + sum(len(each.body) for each in new)
                await connection.execute(update(WORKSHEET_SESSION).where(row.worksheet == worksheet).values(size=size))
            for change in changes:
                await _stand(connection, worksheet, name, version, change)
            await notify(connection, worksheet)
            return True

        return await self._database.run(record)


async def _of_known(connection: AsyncConnection, name: str, outputs: Sequence[Output]) -> list[Output]:
    """Return the outputs of evaluations that are there, and hold these."""
    of = EVALUATION.c
    wanted = sorted({each.evaluation for each in outputs})
    held = select(of.id).where(of.id.in_(wanted), of.session == name).order_by(of.id)
    known = set(await connection.scalars(held.with_for_update(key_share=True)))
    return [each for each in outputs if each.evaluation in known]


async def _stand(connection: AsyncConnection, worksheet: str, name: str, version: int, change: Change) -> None:
    of = EVALUATION.c
    mine = (of.id == change.evaluation) & (of.session == name)
    values: dict[str, Any] = {"state": change.state, "version": version}
    if change.state == RUNNING:
        # What was dropped when it was on its way already has run.
        mine &= (of.state == QUEUED) | (of.reason == NOT_RUN)
        values |= {"begun": change.time, "reason": "", "text": "", "ended": None}
    else:
        mine &= (of.state != ENDED) | of.reason.in_((UNKNOWN, NOT_RUN))
        values |= {"reason": change.reason, "text": change.text, "ended": change.time}
    await connection.execute(update(EVALUATION).where(mine).values(values))
    if change.spares is not None:
        waits = (of.state == QUEUED) & of.id.not_in(change.spares)
        words = "Not run, because an evaluation before it failed or was stopped."
        await end_evaluations(connection, worksheet, name, NOT_RUN, words, waits)
