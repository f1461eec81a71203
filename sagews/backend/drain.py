"""How a backend is emptied before it ends.

From the first moment `/healthz` says that it drains, so that balancers send
nobody new; who comes all the same in the seconds that they need is served.
Then the clients are told to move, one after the other over the whole time, so
that they do not all come to the other backends in the same second. They
connect anew before they let go of this one. It is over when the last request
and the last connection are gone, or the time is up.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

LAG = 3.0
"""Seconds that balancers may need to notice that a backend drains: it tells nobody to move before, and does not end."""
LAST_PART = 0.2
"""Part of the time, at its end, in which no client is told to move any more, but those who have just come."""


class Movable(Protocol):
    """A connection, or a request that listens, as far as its moving is concerned."""

    def move(self, within_seconds: float) -> None:
        """Tell the client to connect anew; the connection is closed after so many seconds."""


class Drain:
    """Who is here, and the end of it."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long it may take."""
        self._seconds = seconds
        self._lag = min(LAG, seconds / 4)
        self._connections: dict[Movable, asyncio.TimerHandle | None] = {}
        self._requests = 0
        self._ends: float | None = None
        self._changed = asyncio.Event()
        self._chance = random.Random()  # noqa: S311  # decides nothing that is secret

    @property
    def begun(self) -> bool:
        """Whether the backend is being emptied."""
        return self._ends is not None

    def enter(self, connection: Movable) -> None:
        """Know that a connection was made."""
        self._connections[connection] = None
        if self.begun:
            self._tell_later(connection)

    @contextmanager
    def here(self, movable: Movable) -> Iterator[None]:
        """Tell somebody to move who is here for as long as this lasts."""
        self.enter(movable)
        try:
            yield
        finally:
            self.leave(movable)

    def leave(self, connection: Movable) -> None:
        """Know that a connection is gone."""
        timer = self._connections.pop(connection, None)
        if timer is not None:
            timer.cancel()
        self._changed.set()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Know that a request is being answered, for as long as this lasts."""
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1
            self._changed.set()

    async def run(self) -> None:
        """Empty the backend; return when nobody is left, or the time is up."""
        loop = asyncio.get_running_loop()
        self._ends = loop.time() + self._seconds
        for connection in self._connections:
            self._tell_later(connection)
        await asyncio.sleep(self._lag)
        try:
            async with asyncio.timeout_at(self._ends):
                while self._connections or self._requests:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass

    def _tell_later(self, connection: Movable) -> None:
        """Tell a connection to move at a moment by chance within the time that is left."""
        assert self._ends is not None
        loop = asyncio.get_running_loop()
        first = max(self._ends - self._seconds + self._lag, loop.time())
        last = max(self._ends - LAST_PART * self._seconds, first)
        self._connections[connection] = loop.call_at(self._chance.uniform(first, last), self._tell, connection)

    def _tell(self, connection: Movable) -> None:
        assert self._ends is not None
        connection.move(max(self._ends - asyncio.get_running_loop().time(), 0.0))
