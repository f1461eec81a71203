"""The room of one open worksheet: where updates are checked, kept, acknowledged and told on.

A room is a cache of what the database has, and holds nothing else for longer
than a commit takes; it may be dropped at any time. It has the worksheet twice
(`replica.py`): as it is stored, which is what others get to see, and a trial
that is ahead of it by what is being committed.

    submit --> read, gate, trial --> line --> one commit for all --> stored --> told on, acknowledged

Rooms of several backends have one worksheet in common by the database alone:
each gets the updates of the others in the order of their numbers. If a commit
fails, or nobody knows whether it was done, the same is added again for a while;
after that nothing of it is acknowledged, and whoever sent it sends it again.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from sagews.backend.worksheets.allowance import Allowance
from sagews.backend.worksheets.binding import GarbledError
from sagews.backend.worksheets.bytestream import MOST_NUMBER
from sagews.backend.worksheets.contents import MOST_TYPES, Contents, contents, state_of
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.ledger import Ledger, RefusedError
from sagews.backend.worksheets.line import Line, Waiting
from sagews.backend.worksheets.rehearsal import is_costly
from sagews.backend.worksheets.rehearsals import Rehearsals
from sagews.backend.worksheets.replica import Read, Replica
from sagews.backend.worksheets.whole import Whole
from sagews.database.updates import BehindError, NewUpdate, Update, Updates
from sagews.errors import EpochError, ServiceError, WorksheetError

LARGE = 8 << 10
"""Bytes of an update that is read in a thread of its own: of two bytes for each part, it may take 10 ms."""
MANY = 500
"""Parts of an update after which others have their turn."""
TRIES = 3
"""Times that an update is looked at piece by piece; when others have changed something each time, it is in one."""
SERVER = Allowance()

log = structlog.get_logger()

Member = Callable[[Update], None]
"""Is told each update that was kept, in order; it takes no time, and raises nothing."""


class MissingError(WorksheetError):
    """An update was to be put after something that is not there. Its sender sends all that `state` lacks."""

    def __init__(self, worksheet: str, state: bytes) -> None:
        hint = "send everything that the server's state vector lacks"
        super().__init__("lacks what this update is to be put after", f"worksheet {worksheet}", hint)
        self.state = state
        """The state vector of what is stored."""


class Room:
    """The room of a worksheet, as long as it is open here. Made by `Room.load`."""

    def __init__(self, worksheet: str, updates: Updates, rehearsals: Rehearsals) -> None:
        self.worksheet = worksheet
        self.epoch = ""
        self.members: set[Member] = set()
        self.ended: WorksheetError | ServiceError | None = None
        """Why this room is of no use any more."""
        self.gone = asyncio.Event()
        """Set when it has ended: its members connect again, or are told why they cannot."""
        self._replica = Replica()
        self._ledger = Ledger(worksheet, updates)
        self._rehearsals = rehearsals
        self._line = Line()
        self._singly = 0
        """So many are committed each by itself: the database does not take one of them."""
        self._trying = asyncio.Lock()
        """Of who tries an update: two of one sender stay in their order."""
        self._wanted = asyncio.Event()
        self._behind: list[asyncio.Future[None]] = []
        self._hinted = False
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def load(cls, worksheet: str, updates: Updates, rehearsals: Rehearsals | None = None) -> "Room":
        """Return the room of a worksheet as the database has it.

        Raises EpochError if it is not there, ServiceError if it cannot be read.
        """
        room = cls(worksheet, updates, rehearsals or Rehearsals())
        try:
            await room._read_news()
        except BaseException as error:
            room._replica.close()
            if isinstance(error, GarbledError):
                raise room._unreadable(error) from error
            raise
        room._task = asyncio.create_task(room._work())
        return room

    async def close(self) -> None:
        """End it. What is being committed is waited for no longer: whoever sent it was told nothing."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._end(ServiceError("was closed", f"worksheet {self.worksheet}", "connect again"))

    @property
    def is_used(self) -> bool:
        """Whether somebody is told of it, or waits for it."""
        return bool(self.members or self._line.all or self._behind or self._trying.locked())

    @property
    def stored(self) -> Document:
        """The worksheet as it is stored."""
        return self._replica.stored

    @property
    def seq(self) -> int:
        """The number of the newest update that `stored` has."""
        return self._replica.seq

    # ---------------------------------------------------------- what members do

    def join(self, member: Member, epoch: str | None = None, state: bytes = b"\0") -> Whole:
        """Tell somebody from now on; return what they lack who have this state vector, but for what came just now.

        That is what `stored` has since the state of what is returned. `epoch`: of what they have; None: they have
        nothing. Raises EpochError if it is another one, and then nothing may be merged.
        """
        self.check(epoch)
        is_new = not state_of(state)
        lacking = self._replica.ready() if is_new else Whole(self.stored.since(state), self.stored.state, self.seq)
        self.members.add(member)
        return lacking

    def whole(self) -> list[bytes]:
        """Return the worksheet as it is stored, as updates."""
        return self._replica.whole()

    def leave(self, member: Member) -> None:
        """Tell somebody no more."""
        self.members.discard(member)

    def check(self, epoch: str | None) -> None:
        """Raise EpochError if somebody has a worksheet of another epoch, or why this room has ended."""
        if self.ended is not None:
            raise self.ended
        if epoch is not None and epoch != self.epoch:
            hint = "keep a copy of what is not saved, and load it anew"
            raise EpochError("has another content by now", f"worksheet {self.worksheet}", hint)

    async def submit(self, new: NewUpdate, epoch: str, by: Allowance = SERVER) -> int:
        """Keep an update; return the number up to which the worksheet has it. It is durable when this returns.

        The same may be sent again, here or elsewhere. Raises MissingError if
        something before it is missing, EpochError, WorksheetError if it is
        none of a worksheet, NoSpaceError if it adds something where nothing
        more may be; ServiceError if nobody knows whether it was kept, and it
        is to be sent again.
        """
        self.check(epoch)
        read = await _read(new.payload)
        await self._line.place(len(new.payload))
        if read.spans:
            # Who only deletes makes room.
            self._replica.bytes = await self._ledger.check_size(self._replica.bytes, len(new.payload))
            await by.check()
        if self._replica.missing(read):
            # It may have come to another backend, and not to this one yet.
            await self.catch_up()
        async with self._trying:
            self.check(epoch)
            changes = await self._attempt((new.payload, read), by)
            self.check(epoch)
            waiting = Waiting(new, read, changes, asyncio.get_running_loop().create_future())
            self._line.append(waiting)
            self._wanted.set()
        # Whoever asked may go away; what was taken is committed all the same.
        return await asyncio.shield(waiting.done)

    async def catch_up(self) -> None:
        """Take what others have added. Raises EpochError, or ServiceError while the database is away."""
        if self.ended is not None:
            raise self.ended
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._behind.append(done)
        self._wanted.set()
        await asyncio.shield(done)

    def hint(self) -> None:
        """Hear that there may be something new."""
        self._hinted = True
        self._wanted.set()

    # ---------------------------------------------------------------- within

    async def _attempt(self, update: Read, by: Allowance) -> bool:
        """Try an update; return whether it changes anything. Raises as `submit`."""
        replica, read = self._replica, update[1]
        self._check_missing(read)
        if replica.is_crowded(read):
            await self._recount()
            replica.check_room(read)
        if is_costly(read, replica.parts):
            await self._rehearsals.check(replica.ahead(), update[0], by.whose or self.worksheet)
        for tried in range(TRIES + 1):
            if self.ended is not None:
                raise self.ended
            self._check_missing(read)
            try:
                changes = await replica.attempt_in_pieces(update) if tried < TRIES else replica.attempt(update)
            except WorksheetError:
                self._renew()
                raise
            if changes is not None:
                return changes
        raise AssertionError

    def _check_missing(self, read: Contents) -> None:
        if self._replica.is_stale:
            self._renew()
        if self._replica.missing(read):
            raise MissingError(self.worksheet, self.stored.state)

    async def _recount(self) -> None:
        """Count maps and texts anew: those that were deleted are not among them any more."""
        before = self.stored.types
        types = await asyncio.to_thread(Document.types_in, self.stored.since())
        types += self.stored.types - before
        self._replica.recounted(types, sum(each.read.types for each in self._line.all))

    def _renew(self) -> None:
        """Try again what is on its way, after what others have stored; what must not be stored after that is refused.

        Whatever was tried after one that is refused is to be sent again.
        """
        waiting = self._line.all
        changes, error = self._replica.renew([each.update for each in waiting])
        for each, still in zip(waiting, changes, strict=False):
            each.changes = still
        if error is None:
            return
        self._refuse_first(error, len(changes))

    def _refuse_first(self, error: WorksheetError, of: int | None = None) -> None:
        """Refuse the first of those in line; `of`: the one after so many, with the trial as it is."""
        refused, *after = self._line.keep(of or 0)
        if of is None:
            self._replica.renew([])
        _fail(refused.done, error)
        for each in after:
            _fail(each.done, ServiceError("was not kept", "update", "send it again"))

    async def _work(self) -> None:
        """Commit and catch up, one after the other, as long as this room is of use."""
        while self.ended is None:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                if self._behind or self._hinted:
                    await self._catch_up()
                while self._line.pending:
                    await self._commit()
            except EpochError as error:
                self._end(error)
            except GarbledError as error:
                self._end(self._unreadable(error))
            except Exception:
                log.exception("room ends", worksheet=self.worksheet)
                self._end(ServiceError("has a fault", f"worksheet {self.worksheet}", "load it anew"))

    async def _catch_up(self) -> None:
        behind, self._behind, self._hinted = self._behind, [], False
        try:
            await self._read_news()
        except ServiceError as error:
            for each in behind:
                _fail(each, error)
        except BaseException:
            self._behind += behind
            raise
        else:
            for each in behind:
                if not each.done():
                    each.set_result(None)

    async def _read_news(self) -> None:
        """Take all that the database has after what is stored here."""
        while True:
            news = await self._ledger.news(self.seq)
            if self.epoch:
                self.check(news.epoch)
            self.epoch = news.epoch
            based = [] if news.base is None else [Update(news.base_seq, "", 0, news.base)]
            for update in (*based, *news.updates):
                read = await _read(update.payload, most_types=MOST_NUMBER)
                self._replica.take_news(update.seq, (update.payload, read))
                if update.payload is news.base:
                    self._replica.based(update.payload)
                self._tell(update)
                await _let_others(read)
            if self.seq >= news.head_seq:
                break
        if self._replica.is_stale:
            self._renew()

    async def _commit(self) -> None:
        """Commit what is pending, as much as goes at once."""
        singly = self._singly > 0
        self._singly = max(0, self._singly - 1)
        self._line.begin(singly=singly)
        try:
            while added := [each for each in self._line.committing if each.changes]:
                try:
                    seqs = await self._ledger.add(self.epoch, [each.new for each in added], self.seq)
                except BehindError:
                    # What is stored must be what was tried: in the same order, too.
                    await self._read_news()
                    continue
                await self._take_added(added, seqs)
                break
        except RefusedError as error:
            if singly:
                self._refuse_first(error)
            else:
                # One of them spoils the others.
                self._singly = self._line.again()
            return
        except ServiceError as error:
            # Whether it is stored nobody knows. If it is, it comes as news.
            self._fail_all(error)
            self._replica.renew([])
            self.hint()
            return
        for each in self._line.committed():
            if not each.done.done():
                each.done.set_result(self.seq)

    async def _take_added(self, added: list[Waiting], seqs: list[int]) -> None:
        """Have in `stored` what was added, and what others have added before it."""
        if seqs != list(range(self.seq + 1, self.seq + 1 + len(added))):
            await self._read_news()
            return
        for seq, each in zip(seqs, added, strict=True):
            self._replica.take_own(seq, each.update)
            self._tell(Update(seq, each.new.sender, each.new.clock, each.new.payload))
            await _let_others(each.read)

    def _tell(self, update: Update) -> None:
        for member in list(self.members):
            try:
                member(update)
            except Exception:
                # The others, and who waits for an answer, have no part in it.
                log.exception("member of a room fails", worksheet=self.worksheet)
                self.members.discard(member)

    def _fail_all(self, error: WorksheetError | ServiceError) -> None:
        for each in self._line.keep(0):
            _fail(each.done, error)

    def _end(self, error: WorksheetError | ServiceError) -> None:
        if self.ended is None:
            self.ended = error
        self.gone.set()
        self._fail_all(self.ended)
        self._replica.close()
        behind, self._behind = self._behind, []
        for each in behind:
            _fail(each, self.ended)

    def _unreadable(self, error: GarbledError) -> ServiceError:
        """Return what is said where the database has no worksheet. Nothing is put after it."""
        log.error("worksheet cannot be read", worksheet=self.worksheet, error=str(error))
        return ServiceError("cannot be read", f"worksheet {self.worksheet}", "let the operator restore a backup")


async def _read(payload: bytes, *, most_types: int = MOST_TYPES) -> Contents:
    if len(payload) > LARGE:
        return await asyncio.to_thread(contents, payload, most_types=most_types)
    return contents(payload, most_types=most_types)


async def _let_others(read: Contents) -> None:
    """Let others go on after an update of which the library had much to do."""
    if read.parts > MANY:
        await asyncio.sleep(0)


def _fail(done: "asyncio.Future[int] | asyncio.Future[None]", error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
        # Nobody may be waiting any more.
        done.exception()
