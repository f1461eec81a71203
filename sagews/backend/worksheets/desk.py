"""What one connection does with worksheets: it opens them, edits them, and shows where it is.

Counterpart: `web/src/worksheets/sync.ts`. Who may do what is asked of the
database at each message, unless it said so a moment ago. Whatever is wrong
with a message is answered with a Failure, and the connection goes on.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import structlog

from sagews.backend.reader import Reader
from sagews.backend.refusal import Refusal
from sagews.backend.worksheets import evaluating, session_files
from sagews.backend.worksheets.admissions import Visitor
from sagews.backend.worksheets.allowance import Allowance
from sagews.backend.worksheets.audience import Listener
from sagews.backend.worksheets.environment import environment_of
from sagews.backend.worksheets.membership import Client, Membership
from sagews.backend.worksheets.places import Places
from sagews.backend.worksheets.room import MissingError
from sagews.backend.workspaces.commit import Author
from sagews.database.members import Entry, Role
from sagews.database.updates import NewUpdate
from sagews.errors import EpochError, NoSpaceError, SagewsError, ServiceError, WorksheetError, WorkspaceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

if TYPE_CHECKING:
    from sagews.backend.worksheets.desks import Desks

KINDS = frozenset({"open_worksheet", "edit_worksheet", "close_worksheet", "show_presence"}) | evaluating.KINDS
KINDS |= session_files.KINDS
"""Requests that are for a desk."""
MOST_OPEN = 32
"""Worksheets that one connection may have open."""
ROOM_AGAIN = 15
"""Seconds after which it may be asked again whether there is room in the workspaces of somebody."""

log = structlog.get_logger()


class Desk:
    """The worksheets that are open on one connection."""

    def __init__(self, desks: "Desks", client: Client, reader: Callable[[], Reader]) -> None:
        """`reader` says who is at the other end, once that is known."""
        self._desks = desks
        self._client = client
        self._reader = reader
        self._open: dict[str, Membership] = {}
        self._listening: dict[Membership, Listener] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = Places()
        self._loading = asyncio.Lock()
        self._read = asyncio.Event()
        self._opening = 0
        self._closed = False
        desks.enter(self)

    @property
    def memberships(self) -> list[Membership]:
        """What is open on it."""
        return list(self._open.values())

    def take(self, request: pb.Request) -> None:
        """Act on a request, beside the reading of further messages. Raises RefusedRequest if there are too many."""
        kind = request.WhichOneof("kind") or ""
        self._places.take(kind)
        task = asyncio.get_running_loop().create_task(self._answered(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._places.give_back(kind))

    def end(self, membership: Membership, reason: int) -> None:
        """Have a worksheet open no more, and say why: a WorksheetReason."""
        if self._forget(membership):
            membership.end(reason)

    def drained(self) -> None:
        """Know that the client reads again."""
        self._read.set()
        for membership in self.memberships:
            membership.drained()

    def close(self) -> None:
        """Leave all worksheets: the client is gone."""
        self._closed = True
        self._desks.leave(self, self._tasks)
        for task in self._tasks:
            task.cancel()
        for membership in self.memberships:
            self._leave(membership)

    # ---------------------------------------------------------------- within

    async def _answered(self, request: pb.Request) -> None:
        try:
            await self._act(request)
        except RefusedRequest as refused:
            self._refuse(request, refused)
        except Exception as error:
            self._refuse(request, _refused(error))
            if not isinstance(error, SagewsError):
                log.exception("request failed", kind=request.WhichOneof("kind"))

    async def _act(self, request: pb.Request) -> None:
        match request.WhichOneof("kind"):
            case "open_worksheet":
                await self._open_worksheet(request.id, request.open_worksheet)
            case "edit_worksheet":
                await self._edit(request.id, request.edit_worksheet)
            case "show_presence":
                await self._show(request.show_presence)
            case "close_worksheet":
                self._leave(self._found(request.close_worksheet.worksheet))
            case kind if kind in session_files.KINDS:
                await self._do_with_files(request, self._found(getattr(request, kind).worksheet))
            case kind if kind in evaluating.KINDS:
                await self._run(request, self._found(getattr(request, kind).worksheet))

    async def _open_worksheet(self, request: int, asked: pb.OpenWorksheet) -> None:
        self._desks.check(self._reader())
        visitor = Visitor(asked.workspace, self._reader().account, asked.link)
        if await self._desks.admissions.entry(visitor) is None:
            raise _unknown()
        if len(self._open) + self._opening >= MOST_OPEN:
            hint = "close some of them"
            raise RefusedRequest(
                pb.FAILURE_CODE_FULL, f"has {MOST_OPEN} worksheets open, its limit", "connection", hint
            )
        self._opening += 1
        try:
            room = await self._desks.opening.room(asked.workspace, asked.path, visitor.account or self._reader().name)
        finally:
            self._opening -= 1
        # It may have taken a while.
        if (entry := await self._desks.admissions.entry(visitor)) is None:
            raise _unknown()
        membership = Membership(self._client, room, visitor, entry.role)
        membership.on_ended = lambda reason: self.end(membership, reason)
        membership.begin(request, asked.epoch, asked.state, asked.path.rpartition("/")[2])
        if (before := self._open.get(room.worksheet)) is not None:
            self._leave(before)
        self._open[room.worksheet] = membership
        membership.person = self._desks.company.enter(room.worksheet, entry.called, membership.meet)
        await membership.begun.wait()
        if self._open.get(room.worksheet) is membership:
            self._listening[membership] = self._desks.runs.join(room.worksheet, self._client)

    async def _edit(self, request: int, asked: pb.EditWorksheet) -> None:
        membership = self._found(asked.worksheet)
        async with membership.editing:
            entry = await self._entry(membership)
            _check_editor(entry)
            new = NewUpdate(asked.sender, asked.clock, asked.update)
            membership.senders.add(asked.sender)
            if len(membership.senders) > MOST_OPEN:
                membership.senders = {asked.sender}
            visitor, account = membership.visitor, membership.visitor.account
            by = Allowance(account or self._reader().name, visitor.workspace, self._desks.storage)
            seq = await membership.room.submit(new, asked.epoch, by)
        self._desks.snapshots.edited(asked.worksheet, _author(membership, entry))
        event = pb.Event(request=request)
        event.worksheet_edited.worksheet = asked.worksheet
        event.worksheet_edited.seq = seq
        self._send(event)

    async def _run(self, request: pb.Request, membership: Membership) -> None:
        """Do what is asked of what runs in a worksheet; evaluations and messages of widgets in the order of asking."""
        answer: pb.Event | None = None
        answering: Coroutine[Any, Any, pb.Event] | None = None
        async with self._turn(request, membership):
            if request.HasField("get_outputs"):
                await self._client_reads()
            entry = await self._entry(membership)
            if request.WhichOneof("kind") not in evaluating.FOR_VIEWERS:
                _check_editor(entry)
            environment = ""
            if request.HasField("evaluate_cell"):
                await self._desks.storage.check(membership.visitor.workspace)
                environment = environment_of(membership.room.stored, self._desks.environments)
            reader = self._reader().name
            if request.WhichOneof("kind") in evaluating.COMMS:
                answering = await self._speaking(request, membership, reader)
            else:
                worksheet = membership.worksheet
                answer = await self._desks.runs.take(request, worksheet, reader=reader, environment=environment)
        # It is sent before the next one may be, and answered when the session has time.
        if answering is not None:
            answer = await answering
        if answer is not None:
            answer.request = request.id
            self._send(answer)

    async def _speaking(
        self, request: pb.Request, membership: Membership, reader: str
    ) -> Coroutine[Any, Any, pb.Event] | None:
        """Have somebody hear what the session says to views of widgets; return what tells it what one of these says."""
        if (listener := self._listening.get(membership)) is None:
            raise _unknown()
        following = await self._desks.runs.follow(membership.worksheet, listener, reader)
        if self._listening.get(membership) is not listener:
            # They have left meanwhile.
            self._desks.runs.unfollow(listener)
            return None
        if not request.HasField("comm_in_worksheet"):
            return None
        await following.ready()
        return following.ask(request.comm_in_worksheet.message)

    def _turn(self, request: pb.Request, membership: Membership) -> AbstractAsyncContextManager[object]:
        """Return what keeps requests of a kind in their order, one after the other."""
        if request.HasField("evaluate_cell"):
            return membership.evaluating
        if request.WhichOneof("kind") in evaluating.COMMS:
            return membership.speaking
        return self._loading if request.HasField("get_outputs") else nullcontext()

    async def _client_reads(self) -> None:
        """Wait until the client has read what it was sent: what it asks for is large, and waits in memory."""
        while self._client.congested:
            self._read.clear()
            await self._read.wait()

    async def _do_with_files(self, request: pb.Request, membership: Membership) -> None:
        """Do what is asked of the files of a worksheet's session."""
        entry = await self._entry(membership)
        _check_editor(entry)
        author = _author(membership, entry)
        reader = self._reader().name
        answer = await self._desks.files.take(request, membership.worksheet, reader=reader, author=author)
        answer.request = request.id
        self._send(answer)

    async def _show(self, asked: pb.ShowPresence) -> None:
        membership = self._found(asked.worksheet)
        await self._entry(membership)
        if self._found(asked.worksheet) is not membership:
            raise _unknown()
        try:
            self._desks.company.show(asked.worksheet, membership.person, asked.presence)
        except WorksheetError as error:
            raise RefusedRequest(pb.FAILURE_CODE_BAD_MESSAGE, error.what, error.noun, error.hint) from error

    def _found(self, worksheet: str) -> Membership:
        if (membership := self._open.get(worksheet)) is None:
            raise _unknown()
        return membership

    async def _entry(self, membership: Membership) -> Entry:
        """Return as what somebody may be in a worksheet that they have open. Raises RefusedRequest: not at all."""
        if (entry := await self._desks.admissions.entry(membership.visitor)) is None:
            self.end(membership, pb.WORKSHEET_REASON_RIGHTS)
            raise _unknown()
        return entry

    def _leave(self, membership: Membership) -> None:
        if self._forget(membership):
            membership.close()

    def _forget(self, membership: Membership) -> bool:
        """Have a membership no more; return whether there was."""
        if self._open.get(membership.worksheet) is not membership:
            return False
        del self._open[membership.worksheet]
        self._desks.company.leave(membership.worksheet, membership.person)
        if (listener := self._listening.pop(membership, None)) is not None:
            self._desks.runs.leave(membership.worksheet, listener)
        return True

    def _refuse(self, request: pb.Request, refused: RefusedRequest) -> None:
        refused.request = request.id
        event = refused.failure()
        # What was counted of it is given back.
        event.evaluation = request.evaluate_cell.evaluation
        self._send(event)

    def _send(self, event: pb.Event) -> None:
        if not self._closed:
            event.time = time.time()
            self._client.tell(event)


def _author(membership: Membership, entry: Entry) -> Author:
    """Return as whom somebody writes: by the name of their account; no address of theirs is told to others."""
    account = membership.visitor.account
    return Author(entry.called or account, account) if account else Author("somebody with a link")


def _check_editor(entry: Entry) -> None:
    """Raise RefusedRequest for somebody who may see a worksheet, and not change it."""
    if not entry.role.may(Role.EDITOR):
        hint = "ask an owner of the workspace, or copy it to your own"
        raise RefusedRequest(pb.FAILURE_CODE_FORBIDDEN, "is not yours to change", "worksheet", hint)


def _unknown() -> RefusedRequest:
    """Return the refusal of a worksheet that is not there, or not for who asks, or not open: nobody learns which."""
    hint = "open it first, or ask who has it to share it"
    return RefusedRequest(pb.FAILURE_CODE_UNKNOWN_WORKSHEET, "is not open here, or not for you", "worksheet", hint)


def _refused(error: Exception) -> RefusedRequest:
    """Return what a client is told of an error."""
    if isinstance(error, Refusal):
        return RefusedRequest(pb.FAILURE_CODE_FULL, error.what, error.noun, error.hint, retry_after=5)
    if not isinstance(error, SagewsError):
        what = "failed for a fault of the service"
        return RefusedRequest(pb.FAILURE_CODE_INTERNAL, what, "request", "the log says why")
    code = pb.FAILURE_CODE_BAD_UPDATE
    if isinstance(error, MissingError):
        code = pb.FAILURE_CODE_MISSING_UPDATES
    elif isinstance(error, EpochError):
        code = pb.FAILURE_CODE_OTHER_EPOCH
    elif isinstance(error, ServiceError):
        code = pb.FAILURE_CODE_UNAVAILABLE
    elif isinstance(error, NoSpaceError):
        code = pb.FAILURE_CODE_NO_SPACE
    elif isinstance(error, WorkspaceError):
        code = pb.FAILURE_CODE_UNKNOWN_FILE
    refused = RefusedRequest(code, error.what, error.noun, error.hint)
    if isinstance(error, NoSpaceError):
        refused.retry_after = ROOM_AGAIN
    if isinstance(error, MissingError):
        refused.state = error.state
    return refused
