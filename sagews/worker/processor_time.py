"""The processor time of processes that come and go, from what was seen of each at every look. Thinking only, no I/O.

The system adds a process's time to that of the parent that waits for it. A
parent that ignores SIGCHLD waits for none, and the time of its children is
gone with them: then what was seen of it last is what counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one process; times in ticks of the system's clock."""

    began: int
    """When it was started, by which it is told from another one that has its number."""
    own: int
    waited: int
    """Of children that it waited for, and of those for which these had waited."""

    @property
    def ticks(self) -> int:
        """All of it."""
        return self.own + self.waited


class ProcessorTime:
    """Adds up the time of all processes since the first look."""

    def __init__(self, first: Mapping[int, Seen]) -> None:
        """Begin with those that are there, by their numbers; what they used before does not count."""
        self._before = dict(first)
        self._begun = sum(seen.ticks for seen in first.values())
        self._lost = 0
        self.ticks = 0
        """Used until the last look; never less than at an earlier one."""

    def unseen(self, now: Mapping[int, Seen]) -> Iterator[tuple[int, Seen]]:
        """Yield those that are not seen any more: they have ended, or whoever looked has missed them."""
        for pid, seen in self._before.items():
            if pid not in now:
                yield pid, seen

    def take(self, now: Mapping[int, Seen]) -> None:
        """Take what is seen now; whoever is not in it has ended."""
        ended = waited = 0
        for pid, before in self._before.items():
            after = now.get(pid)
            if after is None or after.began != before.began:
                ended += before.ticks
            else:
                waited += after.waited - before.waited
        self._lost += max(0, ended - waited)
        self._before = dict(now)
        total = sum(seen.ticks for seen in now.values()) + self._lost - self._begun
        self.ticks = max(self.ticks, total)
