"""The line of those who wait for a place on a worker. Thinking only, no I/O.

It is fair between readers, not between requests: each reader's first request
stands before any reader's second, and so on, so that who asks a hundred times
keeps nobody else waiting (Nagle, RFC 970: a queue for each, served in turn).
When the line is full and somebody comes who has less in it, the last request
of whoever has most has to leave (McKenney, "Stochastic fairness queueing",
1990: a full queue drops from the longest).
"""

import bisect
from collections import Counter
from collections.abc import Callable, Iterator

Tell = Callable[[int, int], None]
"""Takes a place in the line, 1 being the next, and how many wait."""


class Waiter:
    """One request in the line."""

    def __init__(self, reader: str, tell: Tell) -> None:
        self.reader = reader
        """As who is counted; see `counted_as` in `sagews/service/counting.py`."""
        self.called = False
        """Whether it tries to get a place just now."""
        self.displaced = False
        """Whether it had to leave for another reader."""
        self.told = 0
        """The place that its reader knows."""
        self._tell = tell
        self.turn = (0, 0)
        """In which round of its reader it stands, and its number among all that ever came: the order of the line."""

    def tell(self, place: int, waiting: int) -> None:
        """Tell the reader its place, unless that is known."""
        if place != self.told:
            self.told = place
            self._tell(place, waiting)


class WaitingLine:
    """Who waits, in order."""

    def __init__(self, most: int) -> None:
        """`most`: how many may wait."""
        self._most = most
        self._waiters: list[Waiter] = []
        self._of_readers: Counter[str] = Counter()
        self._came = 0

    def __len__(self) -> int:
        return len(self._waiters)

    def __iter__(self) -> Iterator[Waiter]:
        """Give them all, the next to get a place first."""
        return iter(self._waiters)

    @property
    def called(self) -> int:
        """How many of them try to get a place just now."""
        return sum(waiter.called for waiter in self._waiters)

    def join(self, waiter: Waiter) -> Waiter | None:
        """Put somebody in line, who may displace another one: that is returned, and in line no more.

        Raises ValueError if the line is full and nobody in it has more than the reader who comes.
        """
        displaced = self._displace(waiter.reader) if len(self._waiters) >= self._most else None
        self._came += 1
        rounds = [other.turn[0] + 1 for other in self._waiters if other.reader == waiter.reader]
        begun = self._waiters[0].turn[0] if self._waiters else 0
        waiter.turn = (max([begun, *rounds]), self._came)
        bisect.insort(self._waiters, waiter, key=lambda other: other.turn)
        self._of_readers[waiter.reader] += 1
        return displaced

    def leave(self, waiter: Waiter) -> None:
        """Take somebody off; who is off already stays so."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)
            self._of_readers[waiter.reader] -= 1
            if not self._of_readers[waiter.reader]:
                del self._of_readers[waiter.reader]

    def call(self, places: int) -> list[Waiter]:
        """Return who is to try now, this many places being free as far as is known; they count as called."""
        able = places - self.called
        calls = [waiter for waiter in self._waiters if not waiter.called][: max(able, 0)]
        for waiter in calls:
            waiter.called = True
        return calls

    def tell(self) -> None:
        """Tell all whose place has changed."""
        for place, waiter in enumerate(self._waiters, 1):
            waiter.tell(place, len(self._waiters))

    def _displace(self, newcomer: str) -> Waiter:
        """Take off the last request of the reader who has most. Raises ValueError if that would not be fairer."""
        most = max(self._of_readers.values(), default=0)
        last = next(
            (w for w in reversed(self._waiters) if self._of_readers[w.reader] == most and not w.called),
            None,
        )
        if last is None or most <= self._of_readers[newcomer] + 1:
            raise ValueError("is full")
        self.leave(last)
        last.displaced = True
        return last
