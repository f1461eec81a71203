"""Somebody who has a worksheet open hears the messages of comms of its session, and has it take theirs.

These are for a page that is there: they are not written down. Whichever backend
attends the session, the one that the page is connected with visits it: what
its worker keeps comes first, then what is new. A page that reads too slowly
is told nothing more for a while; the visit begins again where it was.
"""

import asyncio
from contextlib import suppress
from typing import Protocol

import structlog

from sagews.backend.sessions import Sessions
from sagews.backend.visit import Visit
from sagews.backend.worksheets.membership import Client
from sagews.database.worksheet_sessions import WorksheetSession
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

KINDS = frozenset({pb.OUTPUT_KIND_COMM_OPEN, pb.OUTPUT_KIND_COMM_MSG, pb.OUTPUT_KIND_COMM_CLOSE})
PAUSE = 0.2
"""Seconds before it is looked again whether somebody reads who was too slow."""
AGAIN = 1.0
"""Seconds before a session is visited again that could not be reached."""
VISITED_WITHIN = 10.0
"""Seconds in which a session can be visited, before a message is refused."""
_GONE = (pb.FAILURE_CODE_UNKNOWN_SESSION, pb.FAILURE_CODE_WRONG_TOKEN)

log = structlog.get_logger()


class Hearer(Protocol):
    """Who is told; see `audience.Listener`."""

    client: Client

    def tell(self, event: pb.Event) -> None:
        """Send an event."""


class Following:
    """One listener's visit of a worksheet's session, until that ends or the listener leaves."""

    def __init__(self, sessions: Sessions, row: WorksheetSession, listener: Hearer, reader: str) -> None:
        self._sessions = sessions
        self._row = row
        self._listener = listener
        self._reader = reader
        self._heard = 0
        self._visit: Visit | None = None
        self._visited = asyncio.Event()
        self._task = asyncio.create_task(self._follow())

    def is_of(self, row: WorksheetSession) -> bool:
        """Whether it follows this session, and will go on."""
        return self._row.session == row.session and not self._task.done()

    async def ready(self) -> None:
        """Return when the session can be asked, or could not be for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(VISITED_WITHIN):
                await self._visited.wait()

    async def ask(self, message: pb.CommMessage) -> pb.Event:
        """Have the session take a message; return `comm_handled`. Raises RefusedRequest.

        It is sent before anything is waited for, so that messages reach the session in the order of their asking; for
        the same reason one that the worker has no room for is refused, and not sent again behind others.
        """
        if self._visit is None:
            raise RefusedRequest(
                pb.FAILURE_CODE_UNAVAILABLE, "cannot be reached now", "session of the worksheet", "try again"
            )
        answer = await self._visit.ask_once("comm_handled", comm_message=message)
        return pb.Event(comm_handled=answer.comm_handled)

    def close(self) -> asyncio.Task[None]:
        """End; return what is to be waited for."""
        self._task.cancel()
        return self._task

    # ---------------------------------------------------------------- within

    async def _follow(self) -> None:
        while True:
            try:
                if await self._listen():
                    return
            except RefusedRequest as refusal:
                if refusal.code in _GONE:
                    return
                log.info("session of a worksheet not followed", worksheet=self._row.worksheet, error=str(refusal))
                await asyncio.sleep(AGAIN)

    async def _listen(self) -> bool:
        """Tell what there is to hear; return whether the session has ended. Raises RefusedRequest."""
        ended = False

        def wants(event: pb.Event) -> bool:
            nonlocal ended
            ended = ended or event.WhichOneof("kind") == "ended"
            return event.WhichOneof("kind") == "output" and event.output.kind in KINDS

        visiting = Visit.begun(
            self._sessions, self._row.session, self._row.token, self._reader, after=self._heard, wants=wants
        )
        async with visiting as visit:
            self._visit = visit
            self._visited.set()
            try:
                while not visit.over:
                    for told in await visit.next():
                        await self._tell(told.event)
            finally:
                self._visit = None
                self._visited.clear()
        return ended

    async def _tell(self, event: pb.Event) -> None:
        while True:
            if not self._listener.client.congested:
                break
            await asyncio.sleep(PAUSE)
        said = pb.Event(evaluation=event.evaluation)
        said.worksheet_comm.worksheet = self._row.worksheet
        said.worksheet_comm.session = self._row.name
        said.worksheet_comm.number = event.sequence
        said.worksheet_comm.output.CopyFrom(event.output)
        self._heard = event.sequence
        self._listener.tell(said)
