"""The pulse of a WebSocket: whether its peer is there, when nothing says that it is not.

A network that fails closes nothing. So the peer is pinged, and must answer
each ping with the pong that belongs to it (RFC 6455 section 5.5.3): another
frame says only that it was there when it sent it. Two things excuse a pong
that is late, since they are no fault of the peer's: what was written before
the ping is on its way still, and we have not read what came. A peer that takes
none of what is on its way is given up by the kernel (`Wire.give_up_after`).

So a peer that is gone is noticed within EVERY + the longer of WITHIN and
UNTAKEN seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sagews.backend.wire import Wire

EVERY = 20.0
"""Seconds between two pings."""
WITHIN = 15.0
"""Seconds that an answer may take."""
UNTAKEN = 20.0
"""Seconds for which a peer's machine may take nothing of what is sent to it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often is asked, and how long an answer may take, in seconds."""

    every: float = EVERY
    within: float = WITHIN


class Pulse:
    """Asks one peer, again and again, until it gives no answer."""

    def __init__(
        self, ping: Callable[[bytes], Awaitable[None]], wire: Wire, is_behind: Callable[[], bool], pace: Pace
    ) -> None:
        """Take what sends a ping, and what says whether we are behind with reading."""
        self._ping = ping
        self._wire = wire
        self._is_behind = is_behind
        self._pace = pace
        self._asked = b""
        self._answered = asyncio.Event()

    def answer(self, pong: bytes) -> None:
        """Take a pong of the peer's; one that answers no question says nothing."""
        if pong == self._asked:
            self._answered.set()

    async def run(self) -> None:
        """Return when the peer is gone."""
        number = 0
        while True:
            await asyncio.sleep(self._pace.every)
            number += 1
            self._asked = b"%d" % number
            self._answered.clear()
            await self._ping(self._asked)
            if not await self._is_answered():
                return

    async def _is_answered(self) -> bool:
        """Wait for the pong; return false if there is none and nothing excuses that."""
        mark = self._wire.written
        while True:
            try:
                async with asyncio.timeout(self._pace.within):
                    await self._answered.wait()
                return True
            except TimeoutError:
                if self._wire.taken >= mark and not self._is_behind():
                    return False
