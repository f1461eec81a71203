"""The client: keeps a connection to a site, through losses, and carries the messages of its sessions.

A lost connection comes back by itself: each session is attached again after
the last event that it has, and what was not settled is sent once more. Only
when the site stays away for RETURN_DEADLINE seconds, or refuses, do those
who wait get an error.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from sagews.client.address import parse_address
from sagews.client.connection import RefusedError, SiteRoute
from sagews.client.events import Attached, Event, Failure, Opened, Welcome
from sagews.client.files import Files
from sagews.client.route import Line, Route
from sagews.client.session import ANSWER_DEADLINE, Json, Session, failure_error
from sagews.errors import ProtocolError, SagewsError, ServiceError

RETURN_DEADLINE = 60.0
"""Seconds that a site may be away."""
FIRST_PAUSE, LAST_PAUSE = 0.1, 3.0
"""Seconds before the next attempt: doubled each time, up to the last."""
STEADY = 3.0
"""Seconds that a connection must last; one that does not is followed by a longer pause."""
_ATTACH_AGAIN = 1.0


class Client:
    """A connection to one site. Use it as an async context manager."""

    def __init__(
        self, server: str | Route, token: str | None = None, *, on_state: Callable[[str], None] | None = None
    ) -> None:
        """`server` is the address of a site, or another route.

        `on_state` is told in words when the connection is lost and when it is back.
        """
        self._route: Route = SiteRoute(parse_address(server, token)) if isinstance(server, str) else server
        self._on_state = on_state or (lambda words: None)
        self._connection: Line | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._sessions: dict[str, Session] = {}
        self._attached: set[str] = set()
        self._attaching: dict[int, Session] = {}
        self._opening: dict[int, tuple[Json, asyncio.Future[Session]]] = {}
        self._last_id = 0
        self._failed: SagewsError | None = None

    async def __aenter__(self) -> Self:
        """Connect. Raises ServiceError if the site cannot be reached or refuses."""
        try:
            self._connection = await self._route.connect()
        except BaseException:
            await self._route.close()
            raise
        self._keeper = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect. Sessions that were not closed live on for the site's grace period."""
        assert self._keeper is not None
        self._keeper.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeper
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
        """Open a session; `limits` lower the site's. Raises ServiceError if the site has no room, or none such."""
        self._check()
        number = self.next_id()
        message: Json = {"kind": "open", "id": number, "environment": environment, "limits": limits or {}}
        future: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self._opening[number] = (message, future)
        self._send(message)
        try:
            async with asyncio.timeout(ANSWER_DEADLINE):
                return await future
        except TimeoutError:
            raise ServiceError(
                f"opened no session within {ANSWER_DEADLINE:.0f} s", str(self._route), "try again later"
            ) from None
        finally:
            self._opening.pop(number, None)

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
        if session.name in self._attached:
            self._send(message)

    # ------------------------------------------------------------ connection

    async def _keep(self) -> None:
        """Receive, and come back after each loss, until the site is away for good."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        try:
            while True:
                began = loop.time()
                await self._receive()
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
        connection = self._connection
        assert connection is not None
        try:
            async for event in connection.events():
                self._dispatch(event)
        except ProtocolError as error:
            self._on_state(str(error))
        finally:
            self._connection = None
            self._attached.clear()
            self._attaching.clear()
            await connection.close()

    async def _return(self) -> None:
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + RETURN_DEADLINE, FIRST_PAUSE
        while self._connection is None:
            try:
                self._connection = await self._route.connect()
            except RefusedError:
                raise
            except ServiceError:
                if loop.time() > end:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, LAST_PAUSE)
        for session in self._sessions.values():
            self._attach(session)
        for message, _ in self._opening.values():
            self._send(message)

    def _attach(self, session: Session) -> None:
        number = self.next_id()
        self._attaching[number] = session
        self._send(
            {
                "kind": "attach",
                "id": number,
                "session": session.name,
                "token": session.token,
                "after_sequence": session.last_sequence,
            }
        )

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
                for message in session.unsettled():
                    self._send(message)
            case Failure() if event.request in self._attaching:
                self._not_attached(self._attaching.pop(event.request), event)
            case Failure() if event.request in self._opening:
                _, future = self._opening.pop(event.request)
                if not future.done():
                    future.set_exception(failure_error(event))
            case Failure() if not event.session:
                for session in list(self._sessions.values()):
                    session.receive(event)
            case _ if (found := self._sessions.get(event.session)) is not None:
                found.receive(event)
                if found.ended is not None:
                    self._forget(found)

    def _opened(self, event: Opened) -> None:
        _, future = self._opening.pop(event.request, (None, None))
        if future is None or future.done():
            self._send({"kind": "close", "id": self.next_id(), "session": event.session})
            return
        session = Session(self, event)
        self._sessions[session.name] = session
        self._attached.add(session.name)
        future.set_result(session)

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
        for _, future in self._opening.values():
            if not future.done():
                future.set_exception(error)

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed
