"""What runs in the worksheets of a backend: asked for, attended, and told to those who have them open.

Whether somebody may do what they ask for is the business of who calls it
(`desk.py`). What is asked of a session goes to it directly, whichever backend
attends it: its worker alone decides. Only evaluations go by the table, since
their order is that of the worksheet.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import structlog

from sagews.backend.sessions import Sessions
from sagews.backend.visit import Visit
from sagews.backend.worksheets.attendances import Attendances
from sagews.backend.worksheets.audience import Audience, Listener
from sagews.backend.worksheets.following import Following
from sagews.backend.worksheets.furnishing import Furnish
from sagews.backend.worksheets.membership import Client
from sagews.backend.worksheets.sayings import outputs_event, standing_event
from sagews.database.clearing import Clearing
from sagews.database.database import Database
from sagews.database.evaluations import ENDED, Evaluation
from sagews.database.hints import Hints
from sagews.database.running import Running
from sagews.database.worksheet_sessions import ASKS, CHANNEL, WorksheetSession
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

KINDS = frozenset(
    {
        *("evaluate_cell", "interrupt_worksheet", "restart_worksheet", "answer_input"),
        *("complete_in_worksheet", "inspect_in_worksheet", "get_outputs", "clear_outputs"),
        *("follow_comms", "comm_in_worksheet"),
    }
)
"""Requests that are taken here."""
COMMS = frozenset({"follow_comms", "comm_in_worksheet"})
"""Those of them that are about views of widgets."""
FOR_VIEWERS = frozenset({"get_outputs", "follow_comms"})
"""Those of them that change nothing."""
ENDING = 5.0
"""Seconds in which a session is told to end that nobody attends here."""
INTERRUPTED, RESTARTED = "Not run, because the session was interrupted.", "The session was restarted."

log = structlog.get_logger()


class WorksheetRuns:
    """What runs in worksheets, from `start` to `stop`."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        hints: Hints,
        on_ended: Callable[[str], None],
        furnish: Furnish,
    ) -> None:
        """`furnish` gives a session that is open its files.

        `on_ended` is told the worksheet of which something has ended that ran.
        """
        self._sessions = sessions
        self._running = Running(database)
        self._clearing = Clearing(database)
        self._on_ended = on_ended
        self._attendances = Attendances(database, sessions, self._tell, on_ended, furnish)
        self._table = self._attendances.table
        self._hints = hints
        self._audiences: dict[str, Audience] = {}
        self._closing: set[asyncio.Task[None]] = set()
        hints.hear(CHANNEL, self._hear)

    def start(self) -> None:
        """Begin to attend what nobody attends."""
        self._hints.listen(self._hint)
        self._attendances.start()

    async def stop(self) -> None:
        """End; other backends go on with what runs."""
        self._hints.leave(self._hint)
        for audience in self._audiences.values():
            self._closing.add(audience.close())
        for task in self._closing:
            task.cancel()
        # One may have work in the database.
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self._attendances.stop()

    def join(self, worksheet: str, client: Client) -> Listener:
        """Tell somebody what runs in a worksheet, and then whatever is new, until they leave."""
        listener = Listener(client)
        audience = self._audiences.get(worksheet)
        if audience is None:
            audience = self._audiences[worksheet] = Audience(worksheet, self._running)
        audience.enter(listener)
        return listener

    def leave(self, worksheet: str, listener: Listener) -> None:
        """Tell them no more."""
        self.unfollow(listener)
        if (audience := self._audiences.get(worksheet)) is not None:
            audience.leave(listener)
            if not audience:
                self._finish(audience.close())
                del self._audiences[worksheet]

    async def follow(self, worksheet: str, listener: Listener, reader: str) -> Following:
        """Tell somebody what the session of a worksheet says to views of its widgets, all that is kept of it first.

        Raises RefusedRequest if there is no session.
        """
        row = await self._open(worksheet)
        if listener.following is None or not listener.following.is_of(row):
            self.unfollow(listener)
            listener.following = Following(self._sessions, row, listener, reader)
        return listener.following

    def unfollow(self, listener: Listener) -> None:
        """Tell them nothing more of that."""
        if listener.following is not None:
            self._finish(listener.following.close())
            listener.following = None

    async def take(self, request: pb.Request, worksheet: str, *, reader: str, environment: str) -> pb.Event | None:
        """Do what somebody asks for who may; return the answer, if there is one.

        `reader`: as whom a session counts; `environment`: of a new one, where a cell is evaluated. Raises
        RefusedRequest, WorksheetError, ServiceError.
        """
        match request.WhichOneof("kind"):
            case "evaluate_cell":
                return await self._evaluate(request.evaluate_cell, worksheet, reader, environment)
            case "interrupt_worksheet":
                await self._interrupt(request.interrupt_worksheet.scope, worksheet, reader)
            case "restart_worksheet":
                await self._restart(worksheet, reader)
            case "answer_input":
                asked = request.answer_input
                reply = pb.InputReply(sequence=asked.sequence, text=asked.text)
                async with self._visit(await self._open(worksheet), reader) as visit:
                    await visit.tell(input_reply=reply)
            case "complete_in_worksheet":
                complete = pb.Complete(
                    code=request.complete_in_worksheet.code, cursor=request.complete_in_worksheet.cursor
                )
                async with self._visit(await self._open(worksheet), reader) as visit:
                    return await visit.ask("completed", complete=complete)
            case "inspect_in_worksheet":
                question = request.inspect_in_worksheet
                inspect = pb.Inspect(code=question.code, cursor=question.cursor, detail=question.detail)
                async with self._visit(await self._open(worksheet), reader) as visit:
                    return await visit.ask("inspected", inspect=inspect)
            case "get_outputs":
                get = request.get_outputs
                found, more = await self._running.outputs(worksheet, get.evaluation, get.after, whole=get.whole)
                return outputs_event(worksheet, get.evaluation, found, more=more)
            case "clear_outputs":
                if await self._clearing.clear(worksheet, request.clear_outputs.cells):
                    self._on_ended(worksheet)
                    self._tell(worksheet)
        return None

    # ---------------------------------------------------------------- within

    def _finish(self, task: asyncio.Task[None]) -> None:
        """Know of a task that ends, which is waited for at the end."""
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _evaluate(self, asked: pb.EvaluateCell, worksheet: str, reader: str, environment: str) -> pb.Event:
        evaluation = Evaluation(asked.evaluation, worksheet, asked.cell, "-", asked.code.encode())
        await self._attendances.ask(evaluation, environment=environment, account=reader)
        standing = await self._running.standing(asked.evaluation)
        if standing is None:
            what, hint = "is known no longer", "evaluate the cell anew"
            raise RefusedRequest(pb.FAILURE_CODE_UNKNOWN_EVALUATION, what, "evaluation", hint)
        return standing_event(worksheet, standing)

    async def _interrupt(self, scope: "pb.InterruptScope", worksheet: str, reader: str) -> None:
        row = await self._table.get(worksheet)
        if row is None:
            return
        if scope != pb.INTERRUPT_SCOPE_CALLBACK:
            if (dropped := await self._table.drop_waiting(worksheet, row.name, INTERRUPTED)) is None:
                return
            # The session need not have heard of those: what they waited for goes on.
            scope = scope if dropped == 0 else pb.INTERRUPT_SCOPE_EVALUATIONS
            self._tell(worksheet)
        # It may have got ready just now, and run what waited for it.
        row = await self._table.get(worksheet)
        if row is None or row.state == ENDED or not row.session:
            return
        async with self._visit(row, reader) as visit:
            await visit.tell(interrupt=pb.Interrupt(scope=scope))

    async def _restart(self, worksheet: str, reader: str) -> None:
        row = await self._table.get(worksheet)
        if row is None or not await self._table.end(worksheet, row.name, "closed", RESTARTED):
            return
        if not self._attendances.close(worksheet, row.name) and row.session:
            # Whoever attends it hears of it, unless that backend is dead; its place shall be free in any case.
            self._finish(asyncio.create_task(self._close(row, reader)))
        self._tell(worksheet)

    async def _close(self, row: WorksheetSession, reader: str) -> None:
        try:
            async with asyncio.timeout(ENDING), self._visit(row, reader) as visit:
                await visit.tell(close=pb.Close())
        except (RefusedRequest, ServiceError, TimeoutError) as error:
            log.info("session of a worksheet not ended", worksheet=row.worksheet, error=str(error))

    async def _open(self, worksheet: str) -> WorksheetSession:
        """Return the session of a worksheet, if it is open. Raises RefusedRequest."""
        row = await self._table.get(worksheet)
        if row is None or row.state == ENDED or not row.session:
            hint = "evaluate a cell: that opens one"
            raise RefusedRequest(pb.FAILURE_CODE_UNKNOWN_SESSION, "has no session now", "worksheet", hint)
        return row

    def _visit(self, row: WorksheetSession, reader: str) -> AbstractAsyncContextManager[Visit]:
        return Visit.begun(self._sessions, row.session, row.token, reader)

    def _tell(self, worksheet: str) -> None:
        """Have everybody here told who has a worksheet open."""
        if (audience := self._audiences.get(worksheet)) is not None:
            audience.hint()

    def _hear(self, said: str) -> None:
        """Take the hint of a backend."""
        worksheet = said.removeprefix(ASKS)
        if worksheet != said:
            self._attendances.look(worksheet)
        self._tell(worksheet)

    def _hint(self, worksheet: str | None) -> None:
        """Look at all of them if hints may have been missed; others are of what people write."""
        if worksheet is None:
            for audience in self._audiences.values():
                audience.hint()
