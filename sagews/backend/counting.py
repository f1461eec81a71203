"""Counting against rates, with the `limits` library. Loaded only where some hold: it is slow to load."""

import math
import time

from limits import RateLimitItem, parse_many
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from sagews.backend.counters import Counters
from sagews.config.rates import Rates as Settings


class Counting:
    """The rates of a site, and what was counted in the last windows."""

    def __init__(self, settings: Settings) -> None:
        texts = {name: getattr(settings, name) for name in settings.__struct_fields__ if "_per_" in name}
        self._items: dict[str, list[RateLimitItem]] = {
            name: parse_many(text) for name, text in texts.items() if text.strip()
        }
        self._here = SlidingWindowCounterRateLimiter(Counters())

    async def count(self, rate: str, name: str) -> tuple[str, int] | None:
        """Count one for somebody against a rate (`evaluations_per_address`).

        Returns None, or the limit that it was too much for and the seconds until the next.
        """
        for item in self._items.get(rate, ()):
            if not await self._here.hit(item, rate, name):
                stats = await self._here.get_window_stats(item, rate, name)
                return str(item), max(1, math.ceil(stats.reset_time - time.time()))
        return None
