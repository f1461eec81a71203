"""The line of a room: updates between their trial and their commit, so many and so many bytes of them."""

import asyncio
from dataclasses import dataclass

from sagews.backend.worksheets.contents import Contents
from sagews.backend.worksheets.replica import Read
from sagews.database.updates import NewUpdate

MOST_COMMITTED = 256
"""Updates of one commit."""
MOST_COMMITTED_BYTES = 4 << 20
"""Bytes of one commit, but for its last update."""
MOST_PENDING = 2000
"""Updates that wait for their commit; whoever sends more waits before that."""
MOST_PENDING_BYTES = 16 << 20
"""Bytes of them. One update finds its place in any case where none waits."""


@dataclass(slots=True)
class Waiting:
    """An update between its trial and its commit."""

    new: NewUpdate
    read: Contents
    changes: bool
    """If not, all that it has is there, or being committed before it."""
    done: asyncio.Future[int]

    @property
    def update(self) -> Read:
        """It, and what it has."""
        return self.new.payload, self.read


class Line:
    """Those that are being committed, and those that wait for that, in the order in which they were tried."""

    def __init__(self) -> None:
        self.committing: list[Waiting] = []
        self.pending: list[Waiting] = []
        self._bytes = 0
        self._has_place = asyncio.Event()

    @property
    def all(self) -> list[Waiting]:
        """All of them, in their order."""
        return [*self.committing, *self.pending]

    def has_place(self, size: int) -> bool:
        """Whether one of so many bytes may come in now."""
        few = len(self.pending) < MOST_PENDING and self._bytes + size <= MOST_PENDING_BYTES
        return few or not self.pending

    async def place(self, size: int) -> None:
        """Wait until one of so many bytes may come in."""
        while not self.has_place(size):
            self._has_place.clear()
            await self._has_place.wait()

    def append(self, waiting: Waiting) -> None:
        """Have one more."""
        self.pending.append(waiting)
        self._bytes += len(waiting.new.payload)

    def begin(self, *, singly: bool = False) -> None:
        """Have those being committed that come first, as much as goes at once; `singly`: one."""
        size = count = 0
        while count < min(len(self.pending), 1 if singly else MOST_COMMITTED) and size < MOST_COMMITTED_BYTES:
            size += len(self.pending[count].new.payload)
            count += 1
        self.committing = self.pending[:count]
        self._keep(self.pending[count:])

    def committed(self) -> list[Waiting]:
        """Return those that were being committed, which are here no more."""
        done, self.committing = self.committing, []
        return done

    def again(self) -> int:
        """Have those wait again that were being committed; return how many these are."""
        those, self.committing = self.committing, []
        self._keep([*those, *self.pending])
        return len(those)

    def keep(self, count: int) -> list[Waiting]:
        """Keep so many, the first ones; return the others."""
        over = self.all[count:]
        self.committing = self.committing[:count]
        self._keep(self.pending[: count - len(self.committing)])
        return over

    def _keep(self, pending: list[Waiting]) -> None:
        self.pending = pending
        self._bytes = sum(len(each.new.payload) for each in pending)
        self._has_place.set()
