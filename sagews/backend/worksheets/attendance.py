"""Attends the session of one worksheet: opens it or attaches, sends it what waits, writes down all that it says.

    table --what waits--> attendance --evaluations--> session
    table <--minutes, one commit for all that came up meanwhile-- attendance <--events-- session

Nobody needs to watch. What is not written down yet waits here, up to a limit:
beyond HIGH_WATER the session's link is read no more, and beyond MOST_PENDING
the session is let go of and attached anew when all is written. While the
database is away the same is tried again and again. Whoever attends after this
one begins after the last event that was written down, and does the same.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

from sagews.backend.hold import Hold, Told
from sagews.backend.session import Session
from sagews.backend.sessions import Sessions
from sagews.backend.workers import refused
from sagews.backend.worksheets.arrivals import first_of, not_taken
from sagews.backend.worksheets.furnishing import FURNISHINGS, Furnish
from sagews.backend.worksheets.minutes import Clerk
from sagews.backend.worksheets.recorder import Recorder, until_done
from sagews.database.evaluations import ENDED, RUNNING
from sagews.database.recording import Recording
from sagews.database.texts import storable
from sagews.database.worksheet_sessions import AWAY, READY, WorksheetSession, WorksheetSessions
from sagews.errors import ServiceError, UnstorableError, WorksheetError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name
from sagews.protocol.json_requests import RefusedRequest

HIGH_WATER = 4 << 20
"""Bytes of events that wait to be written down, at which no more are read."""
MOST_PENDING = 64 << 20
"""Bytes of them at which the session is let go of, because others have it read on."""
WINDOW = 20
"""Evaluations that a session has at once, of those that wait."""
PAUSE = 0.5
"""Seconds before it is tried again what could not be done."""
MOST_FAULTS = 3
"""Errors that nobody expected, after which a session is ended: after the same event, though it was attached anew."""
FAULT = "The session ended for a fault of the service."
LOST = "The session ended while nobody attended it. Its variables are gone."
_GONE = (pb.FAILURE_CODE_UNKNOWN_SESSION, pb.FAILURE_CODE_WRONG_TOKEN)
_LEAST = 100
"""Bytes that an event counts for at least."""

log = structlog.get_logger()


class Attendance:
    """One session of a worksheet, as long as this backend attends it."""

    def __init__(
        self,
        row: WorksheetSession,
        sessions: Sessions,
        table: WorksheetSessions,
        recording: Recording,
        tell: Callable[[str], None],
        on_ended: Callable[[str], None],
        furnish: Furnish,
    ) -> None:
        """`furnish` gives an open session its files. `tell` is told the worksheet whenever something was written down,
        `on_ended` when an evaluation has ended.
        """
        self.worksheet = row.worksheet
        self.name = row.name
        self.reader = row.account
        """As whom it counts; see `hold.Receiver`."""
        self.over = asyncio.Event()
        """Set when there is nothing more to attend here."""
        self._row = row
        self._sessions = sessions
        self._table = table
        self._recorder = Recorder(recording, row.worksheet, row.name)
        self._tell = tell
        self._on_ended = on_ended
        self._furnish = furnish
        self._unfurnished = FURNISHINGS
        """Times that it is still tried to give the session its files; 0: it has them, or does without."""
        self._session: Session | None = None
        self._hold: Hold | None = None
        self._clerk = Clerk(row.name)
        self._pending: list[pb.Event] = []
        self._size = 0
        self._sequence = row.sequence
        self._faults, self._fault_at = 0, -1
        """Errors that nobody expected, in a row, and after which event."""
        self._probe_refused = False
        self._live = False
        """It has all that was before, and can be asked."""
        self._looks = True
        """There may be something to send."""
        self._refusal: RefusedRequest | None = None
        self._arrival = 0
        self._last_id = 0
        self._asked: dict[int, str] = {}
        self._sent: set[str] = set()
        self._state = row.state
        self._probe = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._attend())

    def look(self) -> None:
        """Know that something may wait, or that the session is the worksheet's no more."""
        self._looks = True
        self._wake.set()

    async def stop(self) -> None:
        """Attend it no more: another backend may, and the session lives on. What is not written down is read again."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._let_go()
        self.over.set()

    # ------------------------------------------------ the session's holder (Receiver)

    @property
    def congested(self) -> bool:
        """Whether much waits to be written down; see `hold.Receiver`."""
        return self._size > HIGH_WATER

    def take(self, told: Told) -> None:
        """Take an event of the session; see `hold.Receiver`."""
        event = told.event
        match event.WhichOneof("kind"):
            case "attached":
                self._live = self._looks = True
                self._arrival = self._probe = 0
            case "away":
                self._live = not event.away.within_seconds
                # What was on its way may not have arrived.
                self._sent.clear()
                self._looks = True
            case "failure" if event.request == self._probe:
                self._probe, self._probe_refused = 0, True
            case "failure" if event.request == self._arrival:
                self._refusal = refused(event.failure)
            case "failure" if evaluation := self._asked.pop(event.request, ""):
                # If it is because the session has ended, that is told in a moment.
                if event.failure.code not in _GONE:
                    self._put(not_taken(evaluation, event.failure))
            case "completed" if event.request == self._probe:
                self._put(event)
            case _ if event.sequence and self._size < MOST_PENDING:
                self._put(event)
            case _ if event.sequence and self._hold is not None:
                self._let_go()
        self._wake.set()

    def released(self, session: str) -> None:
        """Know that the session has ended, or is not to be had; see `hold.Receiver`."""
        self._session = self._hold = None
        self._live = False
        self._wake.set()

    def _put(self, event: pb.Event) -> None:
        self._pending.append(event)
        self._size += event.ByteSize() + _LEAST

    # ------------------------------------------------------------------ work

    async def _attend(self) -> None:
        try:
            await self._keep_trying()
        except WorksheetError as error:
            log.error("session of a worksheet not attended", worksheet=self.worksheet, error=str(error))
            await self._end("internal", FAULT, close=True)
        except Exception:
            # Whoever adopted it would come to the same, and so on for ever.
            log.exception("session of a worksheet not attended", worksheet=self.worksheet)
            await self._end("internal", FAULT, close=True)
        finally:
            self._let_go()
            self.over.set()

    async def _keep_trying(self) -> None:
        while not self.over.is_set():
            try:
                await self._work()
            except UnstorableError:
                raise
            except ServiceError as error:
                log.info("session of a worksheet waits", worksheet=self.worksheet, error=str(error))
                await asyncio.sleep(PAUSE)
            except (WorksheetError, asyncio.CancelledError):
                raise
            except Exception:
                await self._begin_anew()

    async def _begin_anew(self) -> None:
        """Attach the session anew after an error that nobody expected; raise it again if that did not help."""
        self._faults = self._faults + 1 if self._fault_at == self._sequence else 1
        self._fault_at = self._sequence
        if self._faults >= MOST_FAULTS:
            raise
        log.exception("session of a worksheet is attached anew", worksheet=self.worksheet)
        self._let_go()
        self._pending, self._size, self._refusal, self._arrival, self._probe = [], 0, None, 0, 0
        self._clerk = Clerk(self.name)
        await asyncio.sleep(PAUSE)

    async def _work(self) -> None:
        if self._pending:
            await self._write()
        elif self._refusal is not None:
            await self._not_attached(self._refusal)
        elif self._hold is None:
            await self._enter()
        elif self._state != (state := READY if self._live else AWAY) and not self._arrival:
            await self._table.note(self.worksheet, self.name, state)
            self._state = state
            self._tell(self.worksheet)
        elif self._clerk.is_unsure and self._live and not self._probe and not self._arrival:
            # Readers' questions may fill the session's places for as long as something runs.
            pauses, self._probe_refused = self._probe_refused, False
            if not pauses:
                self._ask_whether_it_has_ended()
            if not self._probe:
                await asyncio.sleep(PAUSE)
        elif self._looks and self._live and self._unfurnished:
            await self._furnished()
        elif self._looks:
            self._looks = False
            try:
                await self._send()
            except ServiceError:
                self._looks = True
                raise
        else:
            self._wake.clear()
            await self._wake.wait()

    async def _enter(self) -> None:
        """Open the session, or attach to it."""
        row = await self._table.get(self.worksheet)
        if row is None or row.name != self.name or row.state == ENDED:
            self.over.set()
        elif row.session:
            await self._attach(row)
        else:
            await self._open(row)

    async def _open(self, row: WorksheetSession) -> None:
        request = pb.Request(id=self._next_id(), open=pb.Open(environment=row.environment, reader=row.account))
        try:
            session, hold, opened = await self._sessions.open(self, request)
        except RefusedRequest as refusal:
            code = enum_name(pb.FailureCode, refusal.code)
            await self._end(code, f"There is no session: {refusal}.", why="refused")
            return
        self._session, self._hold = session, hold
        try:
            known = (session.name, opened.opened.token, opened.opened.environment)
            mine = await until_done(lambda: self._table.opened(self.worksheet, self.name, *known))
        except BaseException:
            self.close()
            raise
        if not mine:
            # It was restarted meanwhile, or another backend was faster.
            self.close()
            return
        session.listen()
        self._live, self._state = True, READY
        self._tell(self.worksheet)

    async def _attach(self, row: WorksheetSession) -> None:
        self._sequence = row.sequence
        await self._learn()
        attach = pb.Attach(session=row.session, token=row.token, after_sequence=row.sequence)
        request = pb.Request(id=self._next_id(), session=row.session, attach=attach)
        self._arrival, self._live = request.id, False
        self._sent.clear()
        try:
            self._session, self._hold = await self._sessions.attach(self, request)
        except RefusedRequest as refusal:
            await self._not_attached(refusal)
            return
        self._session.listen()

    async def _furnished(self) -> None:
        """Give the session its files, before it evaluates anything; without, if that fails again and again."""
        self._unfurnished -= 1
        row = await self._table.get(self.worksheet)
        if row is not None and row.name == self.name and row.session:
            await self._furnish(row)
        self._unfurnished = 0

    async def _learn(self) -> None:
        """Learn what the session may have been sent by whoever attended it before."""
        for evaluation in await self._table.waiting(self.worksheet, self.name, WINDOW) or []:
            self._clerk.sent(evaluation.id, runs=evaluation.state == RUNNING)

    async def _not_attached(self, refusal: RefusedRequest) -> None:
        self._refusal, self._arrival = None, 0
        self._let_go()
        if refusal.code in _GONE:
            await self._end("worker_lost", LOST)
        else:
            log.info("session of a worksheet not reached", worksheet=self.worksheet, error=str(refusal))
            await asyncio.sleep(PAUSE)

    async def _write(self) -> None:
        """Write down what has come up; the same again until it is."""
        events = first_of(self._pending)
        minutes = self._clerk.write(each for each in events if not each.HasField("completed"))
        if any(each.HasField("completed") for each in events):
            minutes.changes += self._clerk.answered(time.time())
            self._probe = 0
        elif self._clerk.is_unsure:
            self._ask_whether_it_has_ended()
        mine = await self._recorder.record(minutes)
        self._sequence = max(self._sequence, minutes.sequence)
        del self._pending[: len(events)]
        self._size -= sum(each.ByteSize() + _LEAST for each in events)
        if self._session is not None:
            self._session.regulate()
        if not mine:
            self.close()
            return
        self._looks = self._looks or bool(minutes.changes)
        if any(change.state == ENDED for change in minutes.changes):
            self._on_ended(self.worksheet)
        if minutes.ended is not None:
            reason = enum_name(pb.SessionReason, minutes.ended.reason)
            await self._end(reason, minutes.ended.text)
        self._tell(self.worksheet)

    async def _send(self) -> None:
        """Send what waits, in order, as much as the session shall have at once."""
        waiting = await self._table.waiting(self.worksheet, self.name, WINDOW)
        if waiting is None:
            self.close()
            return
        for each in waiting:
            if not self._live or self._session is None or self._hold is None:
                return
            if each.id in self._sent:
                continue
            request = pb.Request(id=self._next_id())
            request.evaluate.evaluation, request.evaluate.cell = each.id, each.cell
            request.evaluate.code = each.source.decode("utf-8", "replace")
            try:
                self._session.send(self._hold, request)
            except ServiceError:
                # It will be told that it is away, and then that it is back.
                self._live = False
                return
            self._asked[request.id] = each.id
            self._sent.add(each.id)
            self._clerk.sent(each.id, runs=each.state == RUNNING)

    def _ask_whether_it_has_ended(self) -> None:
        """Ask what the session answers between evaluations alone: what ran when something was missed has ended then."""
        if self._probe or self._session is None or self._hold is None:
            return
        self._probe = self._next_id()
        try:
            self._session.send(self._hold, pb.Request(id=self._probe, complete=pb.Complete()))
        except ServiceError:
            # It will be told that it is away, and asks when it is back.
            self._probe, self._live = 0, False

    async def _end(self, reason: str, words: str, *, why: str = "session_ended", close: bool = False) -> None:
        """Have it ended in everybody's eyes."""
        if close:
            self.close()
        await until_done(lambda: self._table.end(self.worksheet, self.name, reason, storable(words), why=why))
        self.over.set()
        self._tell(self.worksheet)

    def close(self) -> None:
        """End the session itself, which nobody needs any more."""
        if self._session is not None and self._hold is not None:
            with suppress(ServiceError):
                self._session.send(self._hold, pb.Request(close=pb.Close()))
        self._let_go()
        self.over.set()

    def _let_go(self) -> None:
        session, hold, self._session, self._hold = self._session, self._hold, None, None
        self._live, self._probe = False, 0
        if session is not None and hold is not None:
            session.release(hold)

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id
