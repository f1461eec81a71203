"""The client: keeps a connection to a site, through losses, and carries the messages of its sessions.

A lost connection comes back by itself: each session is attached again after
the last event that it has, and what was not settled is sent once more. Only
when the site stays away for RETURN_DEADLINE seconds, or refuses, do those
who wait get an error. When a backend says that it ends, the client connects
anew first, and lets go of the old connection when all is attached to the new.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from sagews.client.address import parse_address
from sagews.client.connection import RefusedError, SiteRoute
from sagews.client.events import Attached, Away, Event, Failure, Moving, Opened, Waiting, Welcome
from sagews.client.files import Files
from sagews.client.opening import Opening
from sagews.client.route import Line, Route
from sagews.client.session import ANSWER_DEADLINE, Json, Session, failure_error
from sagews.errors import ProtocolError, SagewsError, ServiceError

RETURN_DEADLINE = 60.0
"""Seconds that a site may be away."""
FIRST_PAUSE, LAST_PAUSE = 0.1, 3.0
"""Seconds before the next attempt: doubled each time, up to the last."""
STEADY = 3.0
"""Seconds that a connection must last; one that does not is followed by a longer pause."""
MOVE_DEADLINE = 20.0
"""Seconds for moving to another backend: connecting, and attaching all sessions."""
_ATTACH_AGAIN = 1.0


class Client:
    """A connection to one site. Use it as an async context manager."""

    def __init__(
        self,
        server: str | Sequence[str] | Route,
        token: str | None = None,
        *,
        on_state: Callable[[str], None] | None = None,
    ) -> None:
        """`server` is the address of a site, or those of several of its backends, or another route.

        `on_state` is told in words when the connection is lost and when it is back, the place in the line of those
        who wait for a session, and when a session cannot be reached.
        """
        self._route = _route_to(server, token)
        self._on_state = on_state or (lambda words: None)
        self._connection: Line | None = None
        self._events: AsyncIterator[Event]
        """What comes on the connection."""
        self._keeper: asyncio.Task[None] | None = None
        self._moving: asyncio.Task[None] | None = None
        self._sessions: dict[str, Session] = {}
        self._attached: set[str] = set()
        self._attaching: dict[int, Session] = {}
        self._opening: dict[int, Opening] = {}
        self._last_id = 0
        self._failed: SagewsError | None = None

    async def __aenter__(self) -> Self:
        """Connect. Raises ServiceError if the site cannot be reached or refuses."""
        try:
            await self._connect()
        except BaseException:
            await self._route.close()
            raise
        self._keeper = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect. Sessions that were not closed live on for the site's grace period."""
        for task in (self._moving, self._keeper):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        if self._connection is not None:
            await self._connection.close()
        await self._route.close()

    @property
    def welcome(self) -> Welcome:
        """What the site said of itself when it was last connected."""
        assert self._connection is not None, "not connected"
        return self._connection.welcome

    @property
    def failed(self) -> bool:
        """Whether the site is out of reach for good, or has refused this client."""
        return self._failed is not None

    async def open(self, environment: str = "", limits: dict[str, float] | None = None) -> Session:
        """Open a session; `limits` lower the site's. While the site is full, this waits in line.

        Raises ServiceError if the site has no room even there, or none in time, or no such environment.
        """
        self._check()
        number = self.next_id()
        message: Json = {"kind": "open", "id": number, "environment": environment, "limits": limits or {}}
        opening = self._opening[number] = Opening(message)
        self._send(message)
        try:
            return await opening.within(ANSWER_DEADLINE)
        except TimeoutError:
            raise ServiceError(
                f"opened no session within {ANSWER_DEADLINE:.0f} s", str(self._route), "try again later"
            ) from None
        finally:
            if self._opening.pop(number, None) is not None:
                self._send({"kind": "withdraw", "id": self.next_id(), "request": number})

    @property
    def files(self) -> Files:
        """The way that files take."""
        return self._route.files()

    def next_id(self) -> int:
        """Return an id that no request has had."""
        self._last_id += 1
        return self._last_id

    def carry(self, session: Session, message: Json) -> None:
        """Send a session's message; one that is not attached now sends it when it is."""
        self._check()
        if session.name in self._attached and not session.away:
            self._send(message)

    # ------------------------------------------------------------ connection

    async def _connect(self) -> None:
        self._connection = await self._route.connect()
        self._events = self._connection.events()

    async def _keep(self) -> None:
        """Receive, and come back after each loss, until the site is away for good."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        try:
            while True:
                began = loop.time()
                await self._receive()
                if self._connection is not None:
                    continue  # it was left for another one, which has all already
                self._on_state("the connection is lost; trying to get it back")
                pause = FIRST_PAUSE if loop.time() - began > STEADY else min(pause * 2, LAST_PAUSE)
                await asyncio.sleep(pause)
                await self._return()
                self._on_state("the connection is back")
        except SagewsError as error:
            self._fail(error)
        except Exception as error:
            self._fail(ServiceError(f"the client failed ({error!r})", str(self._route), "report this"))
            raise

    async def _receive(self) -> None:
        """Take what comes, until the connection is lost or was left for another one."""
        connection = self._connection
        assert connection is not None
        try:
            async for event in self._events:
                self._dispatch(event)
        except ProtocolError as error:
            self._on_state(str(error))
        if self._moving is not None and self._connection is connection:
            await asyncio.wait([self._moving])
        if self._connection is connection:
            self._connection = None
            self._attached.clear()
            self._attaching.clear()
        await connection.close()

    async def _return(self) -> None:
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + RETURN_DEADLINE, FIRST_PAUSE
        while self._connection is None:
            try:
                await self._connect()
            except RefusedError:
                raise
            except ServiceError:
                if loop.time() > end:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, LAST_PAUSE)
        for session in self._sessions.values():
            self._attach(session)
        self._open_again()

    def _open_again(self) -> None:
        for opening in self._opening.values():
            self._send(opening.message)

    async def _move(self) -> None:
        """Connect anew while the old connection still serves; change over when all sessions are attached.

        If that does not succeed, the old connection stays until it is lost.
        """
        try:
            async with asyncio.timeout(MOVE_DEADLINE):
                line = await self._route.connect()
        except (ServiceError, TimeoutError):
            return
        events = line.events()
        try:
            async with asyncio.timeout(MOVE_DEADLINE):
                refused = await self._attach_all(line, events)
        except (ProtocolError, ServiceError, TimeoutError):
            await line.close()
            return
        except BaseException:
            await line.close()
            raise
        old, self._connection, self._events = self._connection, line, events
        self._attached = {name for name in self._sessions if name not in refused}
        self._attaching.clear()
        for session in list(self._sessions.values()):
            if session.name in refused:
                self._not_attached(session, refused[session.name])
            else:
                self._repeat(session)
        self._open_again()
        if old is not None:
            await old.close()

    async def _attach_all(self, line: Line, events: AsyncIterator[Event]) -> dict[str, Failure]:
        """Attach every session on a new line; return those that were refused. What comes meanwhile is taken.

        Raises ServiceError if the line is lost.
        """
        refused: dict[str, Failure] = {}
        attached: set[str] = set()
        wanted: dict[int, Session] = {}
        while self._sessions.keys() - attached - refused.keys():
            for session in self._sessions.values():
                if session not in wanted.values():
                    wanted[number := self.next_id()] = session
                    line.send(session.attach_message(number))
            if (event := await anext(events, None)) is None:
                raise ServiceError("was lost", "connection")
            asked = wanted.get(event.request)
            if asked is not None and isinstance(event, Attached):
                attached.add(asked.name)
            elif asked is not None and isinstance(event, Failure):
                refused[asked.name] = event
            else:
                self._dispatch(event)
        return refused

    def _attach(self, session: Session) -> None:
        session.away = False
        number = self.next_id()
        self._attaching[number] = session
        self._send(session.attach_message(number))

    def _send(self, message: Json) -> None:
        if self._connection is not None:
            self._connection.send(message)

    # ---------------------------------------------------------------- events

    def _dispatch(self, event: Event) -> None:
        match event:
            case Opened():
                self._opened(event)
            case Attached() if event.request in self._attaching:
                session = self._attaching.pop(event.request)
                self._attached.add(session.name)
                self._repeat(session)
            case Failure() if event.request in self._attaching:
                self._not_attached(self._attaching.pop(event.request), event)
            case Failure() if event.request in self._opening:
                self._opening.pop(event.request).fail(failure_error(event))
            case Waiting() if event.request in self._opening:
                self._opening[event.request].stands_in_line()
                self._on_state(f"the site is full; waiting for a place: {event.place} of {event.waiting}")
            case Moving():
                if self._moving is None or self._moving.done():
                    self._moving = asyncio.create_task(self._move())
            case Away() if event.session in self._sessions:
                self._away(self._sessions[event.session], event)
            case Failure() if not event.session:
                for session in list(self._sessions.values()):
                    session.receive(event)
            case _ if (found := self._sessions.get(event.session)) is not None:
                found.receive(event)
                if found.ended is not None:
                    self._forget(found)

    def _opened(self, event: Opened) -> None:
        opening = self._opening.pop(event.request, None)
        if opening is None or opening.answered:
            self._send({"kind": "close", "id": self.next_id(), "session": event.session})
            return
        session = Session(self, event)
        self._sessions[session.name] = session
        self._attached.add(session.name)
        opening.answer.set_result(session)

    def _away(self, session: Session, event: Away) -> None:
        """Keep what a session asks while the server looks for it; then send again all that may have been lost."""
        session.away = event.within_seconds > 0
        if session.away:
            self._on_state(f"session {session.name} cannot be reached; the server looks for it")
        else:
            self._on_state(f"session {session.name} is reached again")
            if session.name in self._attached:
                self._repeat(session)

    def _repeat(self, session: Session) -> None:
        """Send again what may not have arrived."""
        for message in session.unsettled():
            self._send(message)

    def _not_attached(self, session: Session, failure: Failure) -> None:
        """A session that is unknown has ended; a worker that is away may come back."""
        if failure.code in ("unknown_session", "wrong_token"):
            session.lost("The session has ended: the server does not know it any more. Its variables are gone.")
            self._forget(session)
        else:
            asyncio.get_running_loop().call_later(_ATTACH_AGAIN, self._attach_again, session)

    def _attach_again(self, session: Session) -> None:
        waiting = any(session is other for other in self._attaching.values())
        if self._connection is not None and session.name not in self._attached and not waiting:
            self._attach(session)

    def _forget(self, session: Session) -> None:
        self._sessions.pop(session.name, None)
        self._attached.discard(session.name)

    def _fail(self, error: SagewsError) -> None:
        self._failed = error
        for session in self._sessions.values():
            session.fail(error)
        for opening in self._opening.values():
            opening.fail(error)

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed


def _route_to(server: str | Sequence[str] | Route, token: str | None) -> Route:
    if isinstance(server, str):
        server = [server]
    if isinstance(server, Sequence):
        return SiteRoute([parse_address(text, token) for text in server])
    return server
