"""How much one connection may send. Thinking only, no I/O."""

RATE, BURST = 2000.0, 4000.0
"""Messages a second in the long run, and at once."""
BYTE_RATE, BYTE_BURST = float(8 << 20), float(64 << 20)
"""Bytes a second in the long run, and at once."""


class Allowance:
    """A budget that refills with time. Who overdraws it is read later, not cut off."""

    def __init__(self, now: float) -> None:
        self._messages = BURST
        self._bytes = BYTE_BURST
        self._at = now

    def spend(self, size: int, now: float) -> float:
        """Take one message of this size off; return the seconds to wait before the next is read, mostly 0."""
        passed, self._at = now - self._at, now
        self._messages = min(BURST, self._messages + passed * RATE) - 1
        self._bytes = min(BYTE_BURST, self._bytes + passed * BYTE_RATE) - size
        return max(0.0, -self._messages / RATE, -self._bytes / BYTE_RATE)
