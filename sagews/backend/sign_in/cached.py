"""What a provider tells everybody, fetched once for all who wait for it, and kept for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sagews.backend.sign_in.refused import Refused

LIFE = 3600.0
"""Seconds after which it is fetched anew."""
PAUSE = 60.0
"""Seconds between two times that it is fetched anew because of what a token says: a stranger's word."""
AFTER_FAILURE = 5.0
"""Seconds for which a failure stands for those who ask after it."""

T = TypeVar("T")


class Cached(Generic[T]):
    """One document."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], clock: Callable[[], float] = time.monotonic) -> None:
        """`fetch` has a deadline of its own, and raises Refused."""
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._value: T | None = None
        self._fetched = 0.0
        self._failure: Refused | None = None
        self._failed = 0.0

    async def get(self) -> T:
        """Return it, no older than LIFE. Raises Refused."""
        async with self._lock:
            if self._value is not None and self._clock() < self._fetched + LIFE:
                return self._value
            return await self._renew()

    async def get_newer(self, than: T) -> T | None:
        """Return one that was fetched after another one; None if that would be too soon. Raises Refused."""
        async with self._lock:
            if self._value is not None and self._value is not than:
                return self._value
            return await self._renew() if self._clock() >= self._fetched + PAUSE else None

    async def _renew(self) -> T:
        if self._failure is not None and self._clock() < self._failed + AFTER_FAILURE:
            raise Refused(self._failure.why, self._failure.detail)
        try:
            value = await self._fetch()
        except Refused as refused:
            self._failure, self._failed = refused, self._clock()
            raise
        self._failure = None
        self._value, self._fetched = value, self._clock()
        return value
