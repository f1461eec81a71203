"""The connections of people who are signed in: each is closed when its login ends, at whatever backend that happens.

The end of a login is a row in the database. Every backend that has somebody
signed in looks once a second, so that a sign-out reaches all of them.
"""

import asyncio
import time
from collections import defaultdict
from contextlib import suppress
from typing import Protocol

import structlog

from sagews.backend.accounts.known import Known
from sagews.database.logins import Logins
from sagews.errors import ServiceError

EVERY = 1.0
"""Seconds between two looks."""
TOUCH = 600.0
"""Seconds between two notes that a login is used by what it has open."""

log = structlog.get_logger()


class Present(Protocol):
    """A connection, as far as its login is concerned."""

    def sign_out(self) -> None:
        """Close it, because its login has ended."""


class Presence:
    """Who is here with a login."""

    def __init__(self, logins: Logins, known: Known) -> None:
        self._logins = logins
        self._known = known
        self._here: defaultdict[str, dict[Present, float]] = defaultdict(dict)
        self._since = time.time()
        """When it was looked last."""
        self._touched = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def enter(self, login: str, connection: Present, expires: float) -> None:
        """Know that somebody is here; `expires`: when the login ends in any case, in seconds since the epoch."""
        if self._known.has_ended(login):
            # By a ticket from before.
            connection.sign_out()
        elif login:
            self._here[login][connection] = expires

    def leave(self, login: str, connection: Present) -> None:
        """Know that they are gone."""
        if login in self._here:
            self._here[login].pop(connection, None)
            if not self._here[login]:
                del self._here[login]

    def end(self, *logins: str) -> None:
        """Let logins count no more, and close what they have open here."""
        for login in self._known.end(logins):
            for connection in self._here.pop(login, {}):
                connection.sign_out()

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_now_and_then())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def look(self) -> None:
        """End here what has ended anywhere. Raises ServiceError while that cannot be known."""
        now = time.time()
        if self._here or len(self._known):
            self.end(*await self._logins.ends(self._since))
        self._since = now

    async def _touch(self) -> None:
        """Have what is open count as a use of its login, now and then."""
        if time.monotonic() - self._touched > TOUCH and self._here:
            self._touched = time.monotonic()
            await self._logins.touch(list(self._here))

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                # What ends while the database is away is told when it is back.
                with suppress(ServiceError):
                    await self.look()
                    await self._touch()
            except Exception:
                log.exception("ends of logins not seen")
            now = time.time()
            self.end(*[login for login, each in self._here.items() if min(each.values()) <= now])
