"""Where rates are counted by all backends of a site together: memcached, by the way that results take there too.

What `limits` counts with memcached is used as it is; only its client is not.
That keeps connections of its own, and would learn anew, at a reader's cost,
that a server is away.
"""

import time
from collections.abc import Iterable

from limits.aio.storage import MemcachedStorage
from limits.aio.storage.base import Storage
from limits.aio.storage.memcached.bridge import MemcachedBridge

from sagews.backend.memcached import Memcached


class SharedCounters(MemcachedStorage):
    """Counters in memcached; what is asked of one that is away raises ConnectionError, at once or within its deadline.

    See `limits.aio.storage.Storage`.
    """

    def __init__(self, memcached: Memcached) -> None:
        Storage.__init__(self)
        self.bridge = Bridge(memcached)


class Bridge(MemcachedBridge):
    """What the storage asks of memcached."""

    def __init__(self, memcached: Memcached) -> None:
        self._memcached = memcached

    @property
    def base_exceptions(self) -> type[Exception]:
        """What is raised when it is away."""
        return ConnectionError

    async def get_many(self, keys: Iterable[str]) -> dict[bytes, int]:
        """Return those counters that are there, all of one rate and one name."""
        names = list(keys)
        return {
            name.encode(): count
            for name, count in zip(names, await self._memcached.counts(_group(names[0]), names), strict=True)
            if count is not None
        }

    async def get(self, key: str) -> int:
        """Return one counter."""
        return (await self.get_many([key])).get(key.encode(), 0)

    async def incr(self, key: str, expiry: float, amount: int = 1, set_expiration_key: bool = True) -> int:
        """Count; the windows themselves say when they end, and need no second key for that."""
        return await self._memcached.count(_group(key), key, amount, expiry)

    async def decr(self, key: str, amount: int = 1, noreply: bool = False) -> int:
        """Take back what was counted."""
        return await self._memcached.count(_group(key), key, -amount, 0)

    async def clear(self, key: str) -> None:
        """Forget a counter."""
        await self._memcached.count(_group(key), key, -(1 << 62), 0)

    async def get_expiry(self, key: str) -> float:
        """Return when a counter expires, which nobody asks of windows."""
        return time.time()

    async def check(self) -> bool:
        """Whether it can be reached is known by asking."""
        return True


def _group(key: str) -> bytes:
    """Return what the windows of one rate and name have in common, so that one server has them all."""
    return key.rpartition("/")[0].encode()
