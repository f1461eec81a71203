"""The ladder of signals by which an evaluation is stopped. Thinking only, no I/O.

    SIGINT    an exception in the reader's code, which stops the evaluation
    SIGQUIT   shows on stderr where the session is, if Python still answers, and ends it
    SIGKILL   ends everything that there is of the session

Each comes a pause after the one before it, and none twice: two quick SIGINTs
crash Maxima and PARI. A limit climbs to the top; a reader's interrupt is the
first rung alone, since it is the reader who decides to lose the variables.
"""

from enum import Enum


class Rung(Enum):
    """A signal, in the order in which they are sent."""

    SIGINT = 1
    SIGQUIT = 2
    SIGKILL = 3


class Ladder:
    """Is told times, of the monotonic clock, and answers with the signal that is to be sent then."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._reached: Rung | None = None
        self._at = 0.0
        self._climbs = False

    @property
    def climbs(self) -> bool:
        """Whether a limit is the reason, so that stronger signals follow."""
        return self._climbs

    @property
    def is_above_interrupts(self) -> bool:
        """Whether a signal was sent that ends the session."""
        return self._reached in (Rung.SIGQUIT, Rung.SIGKILL)

    @property
    def due(self) -> float | None:
        """When the next signal is to be sent; None if none is."""
        return self._at + self._pause if self._climbs and self._reached is not Rung.SIGKILL else None

    def interrupt(self, now: float) -> Rung | None:
        """Take a reader's wish to interrupt; None if one was sent within the pause, or a stronger signal will be."""
        if self._climbs or (self._reached is not None and now < self._at + self._pause):
            return None
        return self._send(Rung.SIGINT, now)

    def climb(self, now: float) -> Rung | None:
        """Begin to stop what runs for a limit; None if that has begun, or the reader has interrupted it just now."""
        if self._climbs:
            return None
        self._climbs = True
        if self._reached is not None and now < self._at + self._pause:
            return None
        return self._send(Rung.SIGINT, now)

    def step(self, now: float) -> Rung | None:
        """Return the next signal if it is due."""
        due = self.due
        if due is None or now < due:
            return None
        assert self._reached is not None
        return self._send(Rung(self._reached.value + 1), now)

    def leave(self) -> None:
        """Begin anew: what was to be stopped has stopped."""
        self._reached = None
        self._climbs = False

    def _send(self, rung: Rung, now: float) -> Rung:
        self._reached, self._at = rung, now
        return rung
