"""Who is in which worksheet, and where: shown to the others there, kept nowhere.

At each tick those who are in a worksheet are told who has moved or left since,
not of all: of N people who move, each tick is N messages of a few people, the
same for all. Who comes, or read too slowly for one of them, is told of
everybody. Of a worksheet MOST_SHOWN are shown, those who came first.

Each backend tells the others of its people by a channel of PostgreSQL, now and
then all of them, and of who has moved or left a moment later: a message has
less than 8,000 bytes, and a commit with one holds up all others, so there are
few. What is missed comes the next time; who is not told of any more is gone.
What comes is looked at like anything else from outside.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.database import Database
from sagews.database.hints import Hints
from sagews.errors import ServiceError, WorksheetError
from sagews.protocol import MAX_NAME, MAX_PRESENCE
from sagews.protocol import sagews_pb2 as pb

CHANNEL = "sagews_presence"
TELL_SECONDS = 0.2
"""Between two messages to those who are in a worksheet."""
NOTIFY_SECONDS = 0.5
"""Between two of a backend to the others."""
ALL_SECONDS = 3.0
"""After which a backend tells of all its people again."""
GONE_SECONDS = 10.0
"""After which those are gone of whom nothing was told."""
MOST_SHOWN = 32
"""People of a worksheet who are shown to the others; who comes when there are so many is shown when one has left."""
MOST_ELSEWHERE = 64
"""People of a worksheet at other backends of whom this one knows."""
MOST_CALLED = 100
"""Characters of a name."""
MOST_BYTES = 7900
"""Of one message; PostgreSQL refuses 8,000."""
MOST_MESSAGES = 16
"""That one backend sends at once; the others wait for the next time."""

Tell = Callable[[pb.WorksheetPresence], bool]
"""Tells somebody who are there, and returns whether it did; if not, they are told of everybody the next time."""
Place = tuple[str, str]
"""A worksheet, and somebody in it."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Person:
    name: str
    tell: Tell
    presence: str = ""
    """As they sent it; empty: they show nothing."""
    is_behind: bool = True
    """Whether they are to be told of everybody."""


class _Word(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """What one backend tells of somebody."""

    worksheet: str
    person: str
    name: str
    presence: str
    """Empty: they have left."""


class _Message(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    backend: str
    words: list[_Word]


@dataclass(slots=True)
class _Worksheet:
    """The people of one worksheet."""

    here: dict[str, _Person] = field(default_factory=dict)
    elsewhere: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    """Name, what they show, and until when that holds."""
    shown: dict[str, pb.WorksheetPerson] = field(default_factory=dict)
    """Those who were shown at the last tick, as they were."""
    is_changed: bool = False

    def showing(self) -> dict[str, pb.WorksheetPerson]:
        """Return who is to be shown now: those who were, if they are still there, and others where there is room."""
        there = {person: (each.name, each.presence) for person, each in self.here.items() if each.presence}
        there |= {person: (name, presence) for person, (name, presence, _) in self.elsewhere.items()}
        order = [
            *(person for person in self.shown if person in there),
            *(one for one in there if one not in self.shown),
        ]
        found: dict[str, pb.WorksheetPerson] = {}
        for person in order[:MOST_SHOWN]:
            name, presence = there[person]
            found[person] = pb.WorksheetPerson(person=person, name=name, presence=presence)
        return found


class Company:
    """The people in the worksheets of one backend, from `start` to `stop`."""

    def __init__(self, database: Database, hints: Hints) -> None:
        self._database = database
        self._backend = secrets.token_hex(8)
        self._worksheets: dict[str, _Worksheet] = {}
        self._news: dict[Place, None] = {}
        """Who is to be told of to other backends."""
        self._somebody = asyncio.Event()
        """Set while there is anybody."""
        self._tasks: list[asyncio.Task[None]] = []
        hints.hear(CHANNEL, self.hear)

    def start(self) -> None:
        """Begin to tell."""
        self._tasks.append(asyncio.create_task(self._tell_again_and_again()))
        if not self._database.is_file:
            self._tasks.append(asyncio.create_task(self._notify_again_and_again()))

    async def stop(self) -> None:
        """End."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def enter(self, worksheet: str, name: str, tell: Tell) -> str:
        """Have somebody come into a worksheet, and be told of the others; return what they are called here."""
        person = secrets.token_hex(6)
        place = self._worksheets.setdefault(worksheet, _Worksheet())
        place.here[person] = _Person(name[:MOST_CALLED], tell)
        place.is_changed = True
        self._somebody.set()
        return person

    def leave(self, worksheet: str, person: str) -> None:
        """Have somebody gone."""
        place = self._worksheets[worksheet]
        if place.here.pop(person).presence:
            place.is_changed = True
            self._note(worksheet, person)
        if not place.here:
            del self._worksheets[worksheet]
            if not self._worksheets:
                self._somebody.clear()

    def show(self, worksheet: str, person: str, presence: str) -> None:
        """Show to the others what somebody says of where they are. Raises WorksheetError unless it is an object."""
        try:
            msgspec.json.decode(presence, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, RecursionError) as error:
            raise WorksheetError("is no JSON of an object", "presence", "send an object as text") from error
        place = self._worksheets[worksheet]
        place.here[person].presence = presence
        place.is_changed = True
        self._note(worksheet, person)

    def hear(self, text: str) -> None:
        """Take what a backend tells of its people."""
        try:
            message = msgspec.json.decode(text, type=_Message)
        except (msgspec.DecodeError, RecursionError):
            log.info("presence not understood")
            return
        if message.backend == self._backend:
            return
        until = asyncio.get_running_loop().time() + GONE_SECONDS
        for word in message.words:
            place = self._worksheets.get(word.worksheet)
            if place is None or len(word.presence.encode()) > MAX_PRESENCE:
                continue
            if len(word.person) > MAX_NAME or len(word.name) > MOST_CALLED or word.person in place.here:
                continue
            before = place.elsewhere.pop(word.person, None)
            if word.presence and len(place.elsewhere) < MOST_ELSEWHERE:
                place.elsewhere[word.person] = word.name, word.presence, until
            place.is_changed |= (before or ("", ""))[:2] != (word.name, word.presence)

    # ---------------------------------------------------------------- within

    def _note(self, worksheet: str, person: str) -> None:
        """Have somebody told of to other backends. On a file there are none, and nobody would ever forget it."""
        if not self._database.is_file:
            self._news[worksheet, person] = None

    async def _tell_again_and_again(self) -> None:
        while True:
            await self._somebody.wait()
            await asyncio.sleep(TELL_SECONDS)
            try:
                self._tell()
            except Exception:
                log.exception("presence not told")

    def _tell(self) -> None:
        now = asyncio.get_running_loop().time()
        for worksheet, place in list(self._worksheets.items()):
            for person in [name for name, (_, _, until) in place.elsewhere.items() if until < now]:
                del place.elsewhere[person]
                place.is_changed = True
            if not place.is_changed:
                continue
            place.is_changed = False
            before, place.shown = place.shown, place.showing()
            changed = [each for person, each in place.shown.items() if before.get(person) != each]
            gone = [person for person in before if person not in place.shown]
            for person, each in list(place.here.items()):
                if each.is_behind:
                    each.is_behind = not each.tell(_presence(worksheet, place.shown.values(), person))
                elif gone or any(other.person != person for other in changed):
                    each.is_behind = not each.tell(_presence(worksheet, changed, person, gone))
            # Whoever could not be told is told at the next tick.
            place.is_changed = any(each.is_behind for each in place.here.values())

    async def _notify_again_and_again(self) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(NOTIFY_SECONDS)
            if loop.time() - last >= ALL_SECONDS:
                last = loop.time()
                self._news |= dict.fromkeys(self._shown())
            try:
                await self._notify()
            except ServiceError as error:
                log.info("presence not told to other backends", error=str(error))
            except Exception:
                log.exception("presence not told to other backends")

    def _shown(self) -> Iterator[Place]:
        for worksheet, place in self._worksheets.items():
            for person, each in place.here.items():
                if each.presence:
                    yield worksheet, person

    async def _notify(self) -> None:
        if not (messages := list(self._messages())):
            return
        wanted = [select(func.pg_notify(CHANNEL, message)) for message in messages]

        async def notify(connection: AsyncConnection) -> None:
            for each in wanted:
                await connection.execute(each)

        await self._database.run(notify)

    def _messages(self) -> Iterator[str]:
        """Yield what is to be told now, and forget that it is."""
        for _ in range(MOST_MESSAGES):
            words: list[str] = []
            size = len(self._backend) + 8
            for place in list(self._news):
                word = self._word(*place)
                length = len(word.encode()) + 1
                if words and size + length > MOST_BYTES:
                    break
                del self._news[place]
                if size + length <= MOST_BYTES:
                    words.append(word)
                    size += length
            if not words:
                return
            yield f'["{self._backend}",[{",".join(words)}]]'

    def _word(self, worksheet: str, person: str) -> str:
        place = self._worksheets.get(worksheet)
        here = None if place is None else place.here.get(person)
        said = ["", ""] if here is None else [here.name, here.presence]
        return json.dumps([worksheet, person, *said], ensure_ascii=False, separators=(",", ":"))


def _presence(
    worksheet: str, people: Iterable[pb.WorksheetPerson], but: str, gone: Sequence[str] | None = None
) -> pb.WorksheetPresence:
    """Return what is said of people, but for one; `gone`: they are those who moved, and these are gone."""
    said = pb.WorksheetPresence(worksheet=worksheet, changes=gone is not None, gone=gone)
    said.people.extend(each for each in people if each.person != but)
    return said
