"""Where rates are counted by one backend: the memory storage of `limits`, bounded and at a steady cost.

The library's own looks at every counter it has at every hit, which takes
milliseconds with the readers of a university. This one sweeps once in a
while, and forgets the oldest counters rather than grow: whoever can come from
so many addresses cannot be counted by address anyway.
"""

import time

from limits.aio.storage import MemoryStorage

SWEEP_EVERY = 30.0
"""Seconds between sweeps."""
MAX_COUNTERS = 50_000
"""Counters at once, some hundred bytes each; a reader has up to two for each of their rates."""


class Counters(MemoryStorage):
    """Counters that expire. See `limits.aio.storage.Storage`."""

    def __init__(self) -> None:
        super().__init__()
        self._sweep_at = 0.0

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count."""
        now = time.time()
        if now >= self._sweep_at or len(self.expirations) >= MAX_COUNTERS:
            self._sweep(now)
        if self.expirations.get(key, 0.0) <= now:
            self.storage[key] = 0
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]

    async def decr(self, key: str, amount: int = 1) -> int:
        """Take back what was counted."""
        self.storage[key] = max(0, self.storage[key] - amount)
        return self.storage[key]

    def _sweep(self, now: float) -> None:
        """Forget what has expired and, if that is not enough, the older half of the rest."""
        self._sweep_at = now + SWEEP_EVERY
        left = [key for key, expires in self.expirations.items() if expires > now]
        if len(left) >= MAX_COUNTERS:
            left = left[len(left) // 2 :]
        self.expirations = {key: self.expirations[key] for key in left}
        self.storage = type(self.storage)({key: self.storage[key] for key in left})
