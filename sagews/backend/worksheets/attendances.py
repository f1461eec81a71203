"""The sessions of worksheets that this backend attends, and the leases by which others know that it does.

A backend attends a session whose first evaluation was asked for through it,
and adopts those that nobody attends any more. Of two that attend one, for a
moment, each does the same; then one hears that its lease is another's.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress

import structlog

from sagews.backend.sessions import Sessions
from sagews.backend.worksheets.attendance import Attendance
from sagews.backend.worksheets.furnishing import Furnish
from sagews.database.database import Database
from sagews.database.evaluations import Evaluation
from sagews.database.recording import Recording
from sagews.database.worksheet_sessions import WorksheetSession, WorksheetSessions
from sagews.errors import ServiceError

LEASE = 6.0
"""Seconds for which a lease holds."""
EVERY = 1.5
"""Seconds between two looks: leases are renewed, and sessions adopted."""

log = structlog.get_logger()


class Attendances:
    """What one backend attends, from `start` to `stop`."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        tell: Callable[[str], None],
        on_ended: Callable[[str], None],
        furnish: Furnish,
    ) -> None:
        """`furnish` gives a session that is open its files. `tell` is told a worksheet when there is
        something new of what runs in it; `on_ended`, when it has ended.
        """
        self.table = WorksheetSessions(database)
        self._recording = Recording(database)
        self._sessions = sessions
        self._tell = tell
        self._on_ended = on_ended
        self._furnish = furnish
        self._holder = secrets.token_hex(8)
        self._all: dict[str, Attendance] = {}
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def start(self) -> None:
        """Begin to adopt."""
        self._task = asyncio.create_task(self._look_again_and_again())

    async def stop(self) -> None:
        """Attend nothing any more; others go on at once."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        had = list(self._all.values())
        await asyncio.gather(*(each.stop() for each in had))
        if had:
            with suppress(ServiceError):
                await self.table.release(self._holder)

    async def ask(self, asked: Evaluation, *, environment: str, account: str) -> None:
        """Have something evaluated; it is durable then. Raises WorksheetError, ServiceError; see the table."""
        row = await self.table.ask(asked, environment=environment, account=account, holder=self._holder, seconds=LEASE)
        self._attend(row)
        self._tell(asked.worksheet)

    def look(self, worksheet: str) -> None:
        """Know that there is something new of a worksheet."""
        if (attendance := self._all.get(worksheet)) is not None:
            attendance.look()

    def close(self, worksheet: str, name: str) -> bool:
        """End the session of this name, which the worksheet has no more; return whether it is attended here."""
        attendance = self._all.get(worksheet)
        if attendance is None or attendance.name != name:
            return False
        attendance.close()
        return True

    # ---------------------------------------------------------------- within

    def _attend(self, row: WorksheetSession) -> None:
        """Attend a session whose lease this backend has, unless it does."""
        before = self._all.get(row.worksheet)
        if before is not None and not before.over.is_set() and before.name == row.name:
            before.look()
        elif row.lease_holder == self._holder and not self._stopped:
            if before is not None:
                # The worksheet has another one by now: this one looks, and ends.
                before.look()
            attendance = Attendance(
                row, self._sessions, self.table, self._recording, self._tell, self._on_ended, self._furnish
            )
            self._all[row.worksheet] = attendance
            attendance.start()

    async def _look_again_and_again(self) -> None:
        while True:
            try:
                await self._look()
            except ServiceError as error:
                log.info("leases not renewed", error=str(error))
            except Exception:
                log.exception("leases not renewed")
            await asyncio.sleep(EVERY)

    async def _look(self) -> None:
        for worksheet, attendance in list(self._all.items()):
            if attendance.over.is_set():
                del self._all[worksheet]
        if mine := dict(self._all):
            held = await self.table.renew(self._holder, mine, LEASE)
            for worksheet, attendance in mine.items():
                # Where it has ended, it finds that out by itself.
                if attendance.name not in held and await self._is_of_another(attendance):
                    await attendance.stop()
                    if self._all.get(worksheet) is attendance:
                        del self._all[worksheet]
                attendance.look()
        for row in await self.table.adopt(self._holder, LEASE):
            log.info("session of a worksheet adopted", worksheet=row.worksheet, session=row.session)
            self._attend(row)

    async def _is_of_another(self, attendance: Attendance) -> bool:
        row = await self.table.get(attendance.worksheet)
        return row is not None and row.name == attendance.name and row.lease_holder not in (None, self._holder)
