"""The time by which something has to be done; handed on to each of its steps."""

import time

from sagews.errors import TimeLimitError


class Deadline:
    """A point of time that lies some seconds ahead, by a steady clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left; never less than 0."""
        return max(0.0, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return self.left == 0

    def step(self, seconds: float) -> float:
        """Return the seconds that a step may take: its own, or what is left. Raises TimeLimitError if nothing is."""
        if self.over:
            raise self.passed()
        return min(seconds, self.left)

    def passed(self, noun: str = "") -> TimeLimitError:
        """Return the error that says that the time is over."""
        what = f"was not done within {self._seconds:g} s"
        return TimeLimitError(what, noun, "see sagews admin status; give it more with --timeout")
