"""One worksheet that is open on one connection: what its client lacks is sent, and what others write.

A client that reads too slowly is sent nothing more for a while, and then at
once, as one update, what it lacks: nothing piles up for it here.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

from sagews.backend.worksheets.admissions import Visitor
from sagews.backend.worksheets.room import Room
from sagews.database.members import Role
from sagews.database.updates import Update
from sagews.errors import EpochError
from sagews.protocol import MAX_UPDATE
from sagews.protocol import sagews_pb2 as pb

PAUSE = 1.0
"""Seconds between two looks whether a client that is behind reads again, if its transport says nothing."""
ROLES = {
    Role.VIEWER: pb.WORKSHEET_ROLE_VIEWER,
    Role.EDITOR: pb.WORKSHEET_ROLE_EDITOR,
    Role.OWNER: pb.WORKSHEET_ROLE_OWNER,
}

log = structlog.get_logger()


class Client(Protocol):
    """The connection, as a membership sees it."""

    @property
    def congested(self) -> bool:
        """Whether so much waits to be sent that more had better not come now."""

    def tell(self, event: pb.Event) -> None:
        """Send an event."""


class Membership:
    """Somebody's place in a room, from `begin` to `close`."""

    def __init__(self, client: Client, room: Room, visitor: Visitor, role: Role) -> None:
        self.room = room
        self.visitor = visitor
        self.role = role
        self.person = ""
        """What they are called among those who show where they are."""
        self.editing = asyncio.Lock()
        """Held by the edit that is tried: edits are in the order in which they were sent."""
        self.evaluating = asyncio.Lock()
        """Held by the evaluation that is asked for, for the same reason."""
        self.speaking = asyncio.Lock()
        """Held by the message of a widget that is on its way to the session, likewise."""
        self.senders: set[str] = set()
        """Whose updates this client has: its own."""
        self.on_ended: Callable[[int], None] = lambda reason: None
        """Is told, with a WorksheetReason, that the room is of no use any more."""
        self.begun = asyncio.Event()
        """Set when the client was sent what it lacked, or has left."""
        self._client = client
        self._unsaved = ""
        self._state = b"\0"
        """Of what the client has, as of the moment in which it fell behind."""
        self._read = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._sending: asyncio.Task[None] | None = None

    @property
    def worksheet(self) -> str:
        """Its id."""
        return self.room.worksheet

    def begin(self, request: int, epoch: str, state: bytes, name: str) -> None:
        """Send what the client lacks who has this state, of this epoch; from then on, what others write.

        Raises EpochError if it is another one, WorksheetError if the state is none.
        """
        lacking = self.room.join(self._hear, epoch or None, state or b"\0")
        self._state = lacking.state
        event = pb.Event(request=request)
        event.worksheet_opened.epoch = self.room.epoch
        event.worksheet_opened.role = ROLES[self.role]
        event.worksheet_opened.name = name
        self._begin_to_send(event, lacking.payload, lacking.seq)
        self._tasks.append(asyncio.create_task(self._watch()))

    def drained(self) -> None:
        """Know that the client reads again."""
        self._read.set()

    def meet(self, presence: pb.WorksheetPresence) -> bool:
        """Tell of the people who are there, and return whether that was done: not where the client reads too slowly."""
        if self._client.congested:
            return False
        self._tell(pb.Event(worksheet_presence=presence))
        return True

    def stand(self, unsaved: str) -> None:
        """Tell why the worksheet cannot be saved into its file, or that it can be; what was told is not told again."""
        if unsaved == self._unsaved or self._client.congested:
            return
        self._unsaved = unsaved
        event = pb.Event()
        event.worksheet_unsaved.worksheet, event.worksheet_unsaved.why = self.worksheet, unsaved
        self._tell(event)

    def close(self) -> None:
        """Leave the room."""
        self.begun.set()
        self.room.leave(self._hear)
        for task in self._tasks:
            task.cancel()

    def end(self, reason: int) -> None:
        """Leave it, and say why: a WorksheetReason."""
        self.close()
        event = pb.Event()
        event.worksheet_ended.worksheet = self.worksheet
        event.worksheet_ended.reason = reason  # type: ignore[assignment]
        self._tell(event)

    # ---------------------------------------------------------------- within

    def _hear(self, update: Update) -> None:
        """Take an update that was kept; what is stored has it already, and nothing after it."""
        if self._sending is not None and not self._sending.done():
            return
        if update.sender not in self.senders:
            event = pb.Event()
            said = event.worksheet_updates
            # One update is no more than a piece.
            said.worksheet, said.seq, said.update = self.worksheet, update.seq, update.payload
            self._tell(event)
        if self._client.congested:
            self._state = self.room.stored.state
            self._begin_to_send(None, b"", update.seq)

    def _begin_to_send(self, event: pb.Event | None, update: bytes, seq: int) -> None:
        self._sending = asyncio.create_task(self._sent(event, update, seq))
        self._tasks = [task for task in self._tasks if not task.done()] + [self._sending]

    async def _sent(self, event: pb.Event | None, update: bytes, seq: int) -> None:
        try:
            await self._send(event, update, seq)
        except Exception:
            log.exception("worksheet not sent", worksheet=self.worksheet)
            self.on_ended(pb.WORKSHEET_REASON_FAULT)

    async def _send(self, event: pb.Event | None, update: bytes, seq: int) -> None:
        """Send an update in pieces, as fast as they are read, and then what has come since, until that is nothing.

        `event`: the one in which its first piece goes; None: the client has all up to this number.
        """
        if event is not None:
            await self._send_pieces(event, update, seq)
            self.begun.set()
        await self._until_read()
        while self.room.ended is None and self.room.seq > seq:
            lacking, seq = self.room.stored.since(self._state), self.room.seq
            self._state = self.room.stored.state
            await self._send_pieces(pb.Event(), lacking, seq)
            await self._until_read()

    async def _send_pieces(self, event: pb.Event, update: bytes, seq: int) -> None:
        for piece, more in _pieces(update):
            await self._until_read()
            said = event.worksheet_opened if event.HasField("worksheet_opened") else event.worksheet_updates
            said.worksheet, said.seq, said.update, said.more = self.worksheet, seq, piece, more
            self._tell(event)
            event = pb.Event()

    async def _until_read(self) -> None:
        while self._client.congested:
            self._read.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE):
                    await self._read.wait()

    async def _watch(self) -> None:
        """Wait for the end of the room."""
        await self.room.gone.wait()
        other = isinstance(self.room.ended, EpochError)
        self.on_ended(pb.WORKSHEET_REASON_OTHER_EPOCH if other else pb.WORKSHEET_REASON_FAULT)

    def _tell(self, event: pb.Event) -> None:
        event.time = time.time()
        self._client.tell(event)


def _pieces(update: bytes) -> list[tuple[bytes, int]]:
    """Return the pieces in which an update is sent, and how many follow each."""
    count = max(1, -(-len(update) // MAX_UPDATE))
    return [(update[number * MAX_UPDATE : (number + 1) * MAX_UPDATE], count - number - 1) for number in range(count)]
