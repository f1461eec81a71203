"""The cache of results: what this backend has in its own memory, before what all backends share.

Nothing rests on it. A store that is away, has forgotten, or gives back what
nobody put there is the same as one that has nothing; and putting is done
beside, so that nobody waits for it.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

from cachetools import LRUCache

from sagews.backend import kept
from sagews.backend.memcached import Memcached
from sagews.backend.metrics import Metrics
from sagews.backend.record import KeptRecord, Record
from sagews.config.cache import Cache as Settings
from sagews.config.site import Site

LOOKUP = 0.08
"""Seconds that a reader may wait for a store to answer, on top of what his evaluation takes."""
INLINE = 64 << 10
"""Bytes of a result, or of its value, up to which it is packed or unpacked between two events; more in a thread."""
_OVERHEAD = 200
"""Bytes that a value in memory takes beside its own: the objects around it."""


class Store(Protocol):
    """Keeps values by keys of 32 bytes, or forgets them; it fails for nobody."""

    name: str
    """What it is, in one word."""

    def start(self) -> None:
        """Begin."""

    async def get(self, key: bytes) -> bytes | None:
        """Return the value of a key; None if there is none, or if it cannot be had now."""

    def put(self, key: bytes, value: bytes) -> bool:
        """Keep a value, perhaps a little later, in the place of an earlier one; return false if that cannot be."""

    async def close(self) -> None:
        """Let go of everything."""


class Memory:
    """A store in this process: what was used last stays, up to so many bytes."""

    name = "memory"

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: LRUCache[bytes, bytes] = LRUCache(limit, getsizeof=_room)

    def start(self) -> None:
        """Do nothing: it is there; see `Store`."""

    async def get(self, key: bytes) -> bytes | None:
        """Return a value, which counts as used; see `Store`."""
        return self._values.get(key)

    def put(self, key: bytes, value: bytes) -> bool:
        """Keep a value that is not larger than everything together may be; see `Store`."""
        if _room(value) > self._limit:
            self._values.pop(key, None)
            return False
        self._values[key] = value
        return True

    async def close(self) -> None:
        """Forget everything; see `Store`."""
        self._values.clear()


def _room(value: bytes) -> int:
    return len(value) + _OVERHEAD


class Found:
    """A result that was kept."""

    def __init__(self, record: KeptRecord, store: str, ttl: float | None) -> None:
        self.record = record
        self.store = store
        """Name of the store that had it."""
        self.ttl = ttl
        """Seconds for which it is good still; None: no end is set."""


class Cache:
    """Stores one behind the other: what a later one finds goes into those before it.

    An eighth of the memory is for results that were asked for and stand ready
    to be told again, unpacked.
    """

    def __init__(self, settings: Settings, stores: Sequence[Store], metrics: Metrics) -> None:
        self._settings = settings
        self._stores = stores
        self.memcached = next((store for store in stores if isinstance(store, Memcached)), None)
        """The store that backends share, if there is one."""
        self._metrics = metrics
        self._ready: LRUCache[bytes, KeptRecord] = LRUCache(settings.memory // 8, getsizeof=lambda record: record.size)

    @classmethod
    def of(cls, site: Site, metrics: Metrics) -> "Cache":
        """Return the cache that a site's settings describe. Raises ConfigurationError; see `Memcached.of`."""
        stores: list[Store] = [Memory(site.cache.memory // 8 * 7)] if site.cache.memory else []
        if site.cache.memcached or site.cache.memcached_tls:
            stores.append(Memcached.of(site, metrics))
        return cls(site.cache, stores, metrics)

    def start(self) -> None:
        """Begin to keep what is elsewhere in reach."""
        for store in self._stores:
            store.start()

    async def close(self) -> None:
        """Let go of what the stores hold."""
        self._ready.clear()
        await asyncio.gather(*(store.close() for store in self._stores))

    def at_hand(self, keys: Sequence[bytes]) -> Found | None:
        """Return a result that stands ready: `find` without waiting."""
        for key in keys:
            record = self._ready.get(key)
            if record is not None and (found := self._good(record, Memory.name)) is not None:
                self._metrics.cache_hits.labels(Memory.name).inc()
                return found
        return None

    async def find(self, keys: Sequence[bytes]) -> Found | None:
        """Return the result that is kept under the first of the keys that has one."""
        for position, store in enumerate(self._stores):
            try:
                async with asyncio.timeout(LOOKUP):
                    values = await asyncio.gather(*(store.get(key) for key in keys))
            except TimeoutError:
                continue
            for key, value in zip(keys, values, strict=True):
                if value is None or (found := await self._unpacked(key, value, store.name)) is None:
                    continue
                for before in self._stores[:position]:
                    before.put(key, value)
                if found.record.size <= self._ready.maxsize // 8:
                    self._ready[key] = found.record
                self._metrics.cache_hits.labels(store.name).inc()
                return found
        self._metrics.cache_misses.inc()
        return None

    async def _unpacked(self, key: bytes, value: bytes, store: str) -> Found | None:
        if len(value) <= INLINE:
            result = kept.unpack(key, value)
        else:
            result = await asyncio.to_thread(kept.unpack, key, value)
        return self._good(KeptRecord(result), store) if result is not None else None

    def _good(self, record: KeptRecord, store: str) -> Found | None:
        """Return a result if it is not too old."""
        if not self._settings.seconds:
            return Found(record, store, None)
        ttl = record.since + self._settings.seconds - time.time()
        return Found(record, store, ttl) if ttl > 0 else None

    async def keep(self, key: bytes, record: Record) -> str:
        """Keep a result, the whole record of a run; return why it cannot be kept, in a word, or nothing."""
        if record.size > kept.MAX_UNPACKED:
            return "size"
        events = record.events()
        if record.size <= INLINE:
            value = kept.pack(key, events)
        else:
            value = await asyncio.to_thread(kept.pack, key, events)
        if value is None or len(value) > self._settings.max_value:
            return "size"
        self._ready.pop(key, None)
        # All of them are to have it.
        if not any([store.put(key, value) for store in self._stores]):
            return "away"
        self._metrics.cache_stored.inc()
        return ""
