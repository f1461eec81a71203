"""Notices a link that does not take what waits for it. Thinking only, no I/O.

A link that is behind slows nobody: what it needs stays in the replay, which
is bounded. But a peer that has stopped reading for good would hold its
session, and its send buffer, for ever.
"""


class Stall:
    """Watches how many bytes a peer has taken."""

    def __init__(self, patience: float) -> None:
        """`patience`: seconds that may pass without any progress; 0: any number."""
        self._patience = patience
        self._taken = 0
        self._since: float | None = None

    def is_over(self, taken: int, now: float) -> bool:
        """Whether it is to be cut off: bytes wait, and the number that it has taken has not moved for too long."""
        if self._since is None or taken != self._taken:
            self._taken, self._since = taken, now
        return self._patience > 0 and now - self._since >= self._patience

    def forget(self) -> None:
        """Know that nothing waits."""
        self._since = None
