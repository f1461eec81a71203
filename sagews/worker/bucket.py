"""How many outputs may come, and how fast: a token bucket. Thinking only, no I/O."""

AVERAGED_OVER = 5.0
"""Seconds over which a rate is averaged: what was not used before may come at once."""


class Bucket:
    """Fills with `rate` tokens a second up to those of `AVERAGED_OVER` seconds; each output takes one."""

    def __init__(self, rate: float, now: float) -> None:
        """Begin full. A rate of 0 never runs dry."""
        self._rate = rate
        self._tokens = self._most = rate * AVERAGED_OVER
        self._at = now

    def take(self, now: float) -> bool:
        """Take a token; return whether there was one."""
        if not self._rate:
            return True
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
