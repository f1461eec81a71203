"""How long to wait before a service that ended is started again. Thinking only, no I/O."""

LONGEST_PAUSE = 30.0
"""Seconds."""
GOOD_WHILE = 60.0
"""Seconds between two ends after which the earlier one is forgotten."""


class Restarts:
    """The pauses of one service: 1, 2, 4 … 30 s, from the start again once it ran for a good while."""

    def __init__(self) -> None:
        self._next = 1.0
        self._last: float | None = None

    def pause(self, now: float) -> float:
        """Return the seconds to wait after an end at time `now` of a steady clock."""
        if self._last is not None and now - self._last > GOOD_WHILE + self._next:
            self._next = 1.0
        self._last = now
        pause = self._next
        self._next = min(pause * 2, LONGEST_PAUSE)
        return pause
