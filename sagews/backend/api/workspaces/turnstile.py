"""How many of what takes memory or disk may be under way at once, of all and of each who asks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sagews.backend.refusal import Refusal

EACH = 2
"""Places that one account, or one address without an account, has at most."""
PATIENCE = 10.0
"""Seconds that somebody waits for a place."""


class Turnstile:
    """Lets in whoever came first and has not too many places; the others wait a while."""

    def __init__(self, most: int, *, each: int = EACH, patience: float = PATIENCE) -> None:
        """`most`: places of all; `each`: of one; `patience`: seconds that somebody waits."""
        self._most, self._each, self._patience = most, each, patience
        self._having: Counter[str] = Counter()
        self._line: list[tuple[str, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def one(self, whose: str) -> AsyncIterator[None]:
        """Have a place for a while, as an account or address. Raises Refusal if there is none in time."""
        await self._wait(whose)
        try:
            yield
        finally:
            self._give_back(whose)

    # ---------------------------------------------------------------- within

    async def _wait(self, whose: str) -> None:
        waiting = (whose, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._call()
        try:
            async with asyncio.timeout(self._patience):
                await waiting[1]
        except TimeoutError as error:
            self._leave(waiting)
            hint = "try again in a moment"
            raise Refusal(503, "full", "are on their way in too great a number", "files", hint) from error
        except asyncio.CancelledError:
            self._leave(waiting)
            raise

    def _leave(self, waiting: tuple[str, asyncio.Future[None]]) -> None:
        if waiting in self._line:
            self._line.remove(waiting)
        else:
            # It was called, and is not there to hear it.
            self._give_back(waiting[0])

    def _call(self) -> None:
        """Give the places that are free to those who came first and may have one."""
        for waiting in list(self._line):
            whose, called = waiting
            # Who was cancelled in this moment is still in line.
            if called.done() or self._having.total() >= self._most or self._having[whose] >= self._each:
                continue
            self._line.remove(waiting)
            self._having[whose] += 1
            called.set_result(None)

    def _give_back(self, whose: str) -> None:
        self._having[whose] -= 1
        if not self._having[whose]:
            del self._having[whose]
        self._call()
