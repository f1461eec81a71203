"""Counting against rates, with the `limits` library. Loaded only where some hold: it is slow to load."""

import contextlib
import math
import time

from limits import RateLimitItem, parse_many
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from sagews.backend.counters import Counters
from sagews.backend.memcached import Memcached
from sagews.backend.shared_counters import SharedCounters
from sagews.config.rates import Rates as Settings


class Counting:
    """The rates of a site, and what was counted in the last windows."""

    def __init__(self, settings: Settings, memcached: Memcached | None = None) -> None:
        """`memcached`: where all backends of the site count together, as long as it can be reached."""
        texts = {name: getattr(settings, name) for name in settings.__struct_fields__ if "_per_" in name}
        self._items: dict[str, list[RateLimitItem]] = {
            name: parse_many(text) for name, text in texts.items() if text.strip()
        }
        self._here = SlidingWindowCounterRateLimiter(Counters())
        self._shared = SlidingWindowCounterRateLimiter(SharedCounters(memcached)) if memcached is not None else None

    async def count(self, rate: str, name: str) -> tuple[str, int] | None:
        """Count one for somebody against a rate (`evaluations_per_address`).

        Returns None, or the limit that it was too much for and the seconds until the next.
        """
        for item in self._items.get(rate, ()):
            if (seconds := await self._hit(item, rate, name)) is not None:
                return str(item), seconds
        return None

    async def _hit(self, item: RateLimitItem, rate: str, name: str) -> int | None:
        """Count one; return the seconds until the next if that was too much. Without memcached, by our own counters."""
        if self._shared is not None:
            with contextlib.suppress(ConnectionError):
                return await _hit(self._shared, item, rate, name)
        return await _hit(self._here, item, rate, name)


async def _hit(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, rate: str, name: str) -> int | None:
    if await limiter.hit(item, rate, name):
        return None
    stats = await limiter.get_window_stats(item, rate, name)
    return max(1, math.ceil(stats.reset_time - time.time()))
