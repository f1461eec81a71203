"""Those at this backend who have one worksheet open, as far as what runs in it goes: each is told what is new.

Whoever wrote it down, at whichever backend, all of it is read from the
database; so what is told is durable, and the same for everybody. One who reads
too slowly is told nothing more for a while, and goes on where that was.
"""

import asyncio
import time
from collections import defaultdict
from contextlib import suppress

import structlog

from sagews.backend.worksheets.following import Following
from sagews.backend.worksheets.membership import Client
from sagews.backend.worksheets.sayings import runs_event, sayings, session_of
from sagews.database.running import Place, Running
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb

LOOK_SECONDS = 3.0
"""Between two looks for what nobody told."""
PAUSE = 0.5
"""Seconds before somebody is looked at again who reads too slowly."""
AGAIN = 1.0
"""Seconds before the database is asked again that is away."""

log = structlog.get_logger()


class Listener:
    """Somebody who has the worksheet open."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.place: Place | None = None
        """Up to where they were told; None: nothing yet."""
        self.session = pb.WorksheetSession()
        """What they were told of it."""
        self.following: Following | None = None
        """Hears what the session says to views of its widgets."""

    def tell(self, event: pb.Event) -> None:
        """Send an event."""
        event.time = time.time()
        self.client.tell(event)


class Audience:
    """The listeners of one worksheet, as long as there are any."""

    def __init__(self, worksheet: str, running: Running) -> None:
        self._worksheet = worksheet
        self._running = running
        self._listeners: set[Listener] = set()
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._tell_again_and_again())

    def __len__(self) -> int:
        return len(self._listeners)

    def enter(self, listener: Listener) -> None:
        """Tell somebody, at first what there is."""
        self._listeners.add(listener)
        self.hint()

    def leave(self, listener: Listener) -> None:
        """Tell them no more."""
        self._listeners.discard(listener)

    def hint(self) -> None:
        """Know that there may be something new."""
        self._news.set()

    def close(self) -> asyncio.Task[None]:
        """End; return what is to be waited for before the database is closed."""
        self._task.cancel()
        return self._task

    # ---------------------------------------------------------------- within

    async def _tell_again_and_again(self) -> None:
        while True:
            self._news.clear()
            pause = LOOK_SECONDS
            try:
                pause = await self._tell()
            except ServiceError as error:
                log.info("worksheet not looked at", worksheet=self._worksheet, error=str(error))
                await asyncio.sleep(AGAIN)
                continue
            except Exception:
                log.exception("worksheet not looked at", worksheet=self._worksheet)
                await asyncio.sleep(AGAIN)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    async def _tell(self) -> float:
        """Tell everybody all there is; return after how long to look again."""
        told = True
        while told:
            told = False
            places = defaultdict[Place | None, list[Listener]](list)
            for listener in self._listeners:
                if not listener.client.congested:
                    places[listener.place].append(listener)
            for place, listeners in places.items():
                if place is None:
                    await self._begin(listeners)
                    told = True
                else:
                    told |= await self._go_on(place, listeners)
        return PAUSE if any(each.client.congested for each in self._listeners) else LOOK_SECONDS

    async def _begin(self, listeners: list[Listener]) -> None:
        news = await self._running.all(self._worksheet)
        event = runs_event(self._worksheet, news)
        for listener in listeners:
            listener.place = news.place
            listener.session.CopyFrom(event.worksheet_runs.session)
            listener.tell(event)

    async def _go_on(self, place: Place, listeners: list[Listener]) -> bool:
        """Tell those who are at one place what comes next; return whether there may be more."""
        news = await self._running.news(self._worksheet, place)
        session = session_of(self._worksheet, news)
        for event in sayings(self._worksheet, news):
            for listener in listeners:
                if listener in self._listeners:
                    listener.tell(event)
        for listener in listeners:
            listener.place = news.place
            if not news.more and listener.session != session:
                listener.session.CopyFrom(session)
                listener.tell(pb.Event(worksheet_session=session))
        return news.more
