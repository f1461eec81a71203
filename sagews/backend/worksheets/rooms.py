"""The rooms of a backend: opened when somebody comes, looked after, and dropped when nobody is there any more."""

import asyncio
from contextlib import suppress

import structlog

from sagews.backend.worksheets.binding import GarbledError
from sagews.backend.worksheets.compaction import compact
from sagews.backend.worksheets.rehearsals import Rehearsals
from sagews.backend.worksheets.room import Room
from sagews.database.hints import Hints
from sagews.database.updates import Updates
from sagews.database.worksheets import Worksheets
from sagews.errors import EpochError, ServiceError

LOOK_SECONDS = 3.0
"""Between two looks into the database for what nobody told."""
KEPT_SECONDS = 60.0
"""For which a room stays that nobody uses."""
MOST_ROOMS = 1000
"""Rooms that stay at once although nobody uses them."""
MOST_UPDATES = 2000
"""Updates after which they are made part of the base."""
COMPACTED_AT_ONCE = 2
"""Worksheets whose updates are made fewer at once: all of each is in memory for that."""
AGAIN_SECONDS = 3600.0
"""After which it is tried again to make them so, where it failed and no such number has come since."""

log = structlog.get_logger()


class Rooms:
    """The rooms of one backend, from `start` to `stop`."""

    def __init__(self, worksheets: Worksheets, updates: Updates, hints: Hints) -> None:
        self._worksheets = worksheets
        self._updates = updates
        self._hints = hints
        self._rehearsals = Rehearsals()
        self._compacts = asyncio.Semaphore(COMPACTED_AT_ONCE)
        self._rooms: dict[str, Room] = {}
        self._opening: dict[str, asyncio.Task[Room]] = {}
        self._used: dict[str, float] = {}
        self._compacting: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, tuple[int, float]] = {}
        """Of worksheets that could not be compacted: their newest update then, and when that was."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look after them."""
        self._hints.listen(self._hint)
        self._task = asyncio.create_task(self._look_now_and_then())

    async def stop(self) -> None:
        """Close all of them."""
        self._hints.leave(self._hint)
        for task in [self._task, *self._opening.values(), *self._compacting.values()]:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, ServiceError, EpochError):
                    await task
        for room in list(self._rooms.values()):
            await self._drop(room)

    async def open(self, worksheet: str) -> Room:
        """Return the room of a worksheet. Raises EpochError if there is no such worksheet, ServiceError."""
        room = self._rooms.get(worksheet)
        if room is None or room.ended is not None:
            opening = self._opening.get(worksheet)
            if opening is None:
                opening = self._opening[worksheet] = asyncio.create_task(self._load(worksheet))
                opening.add_done_callback(lambda done: self._opened(worksheet, done))
            # Another one may wait for the same.
            room = await asyncio.shield(opening)
        self._used[worksheet] = asyncio.get_running_loop().time()
        return room

    async def evict(self, worksheet: str) -> None:
        """Drop a room that nobody uses; it is a cache, and nothing is lost."""
        room = self._rooms.get(worksheet)
        if room is not None and not room.is_used:
            await self._drop(room)

    # ---------------------------------------------------------------- within

    async def _load(self, worksheet: str) -> Room:
        if (ended := self._rooms.get(worksheet)) is not None:
            await self._drop(ended)
        room = self._rooms[worksheet] = await Room.load(worksheet, self._updates, self._rehearsals)
        self._used[worksheet] = asyncio.get_running_loop().time()
        return room

    def _opened(self, worksheet: str, done: "asyncio.Task[Room]") -> None:
        self._opening.pop(worksheet, None)
        if not done.cancelled():
            # Who waited for it is told; it may be that nobody does any more.
            done.exception()

    async def _drop(self, room: Room) -> None:
        if self._rooms.get(room.worksheet) is room:
            del self._rooms[room.worksheet]
            self._used.pop(room.worksheet, None)
            self._failed.pop(room.worksheet, None)
        await room.close()

    def _hint(self, worksheet: str | None) -> None:
        for room in [*self._rooms.values()] if worksheet is None else [self._rooms.get(worksheet)]:
            if room is not None:
                room.hint()

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except ServiceError as error:
                log.info("worksheets not looked after", error=str(error))
            except Exception:
                log.exception("worksheets not looked after")

    async def _look(self) -> None:
        """Drop rooms that nobody needs, have the others catch up, and make their updates fewer."""
        now = asyncio.get_running_loop().time()
        unused = []
        for name, room in list(self._rooms.items()):
            if room.is_used:
                self._used[name] = now
            elif room.ended is not None or self._used.get(name, 0.0) < now - KEPT_SECONDS:
                await self._drop(room)
            else:
                unused.append(room)
        unused.sort(key=lambda room: self._used.get(room.worksheet, 0.0))
        for room in unused[: max(0, len(unused) - MOST_ROOMS)]:
            await self.evict(room.worksheet)
        if not self._rooms:
            return
        heads = await self._updates.heads(list(self._rooms))
        for name, room in list(self._rooms.items()):
            epoch, head, base_seq = heads.get(name, ("", 0, 0))
            if epoch != room.epoch or head > room.seq:
                room.hint()
            elif head - base_seq >= MOST_UPDATES and name not in self._compacting and self._may_compact(name, head):
                self._compacting[name] = asyncio.create_task(self._compact(name, head))

    def _may_compact(self, worksheet: str, head: int) -> bool:
        """Whether it did not fail just now: it takes a second of a processor, and would come to the same."""
        failed, when = self._failed.get(worksheet, (-MOST_UPDATES, 0.0))
        return head - failed >= MOST_UPDATES or asyncio.get_running_loop().time() - when > AGAIN_SECONDS

    async def _compact(self, worksheet: str, head: int = 0) -> None:
        # Until it is done; another backend may be faster, then it is no more to be done.
        self._failed[worksheet] = head, asyncio.get_running_loop().time()
        try:
            async with self._compacts:
                if await compact(worksheet, self._worksheets, self._updates):
                    self._failed.pop(worksheet, None)
        except (EpochError, ServiceError) as error:
            # The next time may be another one.
            self._failed.pop(worksheet, None)
            log.info("worksheet not compacted", worksheet=worksheet, error=str(error))
        except GarbledError as error:
            log.error("worksheet cannot be compacted", worksheet=worksheet, error=str(error))
        finally:
            self._compacting.pop(worksheet, None)
