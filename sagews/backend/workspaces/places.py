"""The places in which `git` runs: so many, shared fairly among accounts, and within one among its workspaces.

No account has all of them, and no workspace more than half, however slow its
runs are: the next ones of others find a place. Of those who wait, the account
that has fewest is served next, then the one that was served longest ago; in
the same way its workspaces. Nobody waits longer than `patience`, and no
account has more than MOST_WAITING in line: whoever comes then is refused at once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sagews.errors import ServiceError

PATIENCE = 30.0
"""Seconds that a run waits for its place."""
MOST_WAITING = 50
"""Runs of one account that wait."""
MOST_IN_LINE = 500
"""Runs of all that wait."""


@dataclass(frozen=True, slots=True)
class Whose:
    """For whom a run is."""

    account: str = ""
    """Of the owner of the workspace."""
    workspace: str = ""


NOBODY = Whose()


@dataclass(frozen=True, slots=True)
class _Waiting:
    whose: Whose
    number: int
    """One more for each that comes."""
    called: asyncio.Future[None]


class Places:
    """Who has them, and who waits."""

    def __init__(self, number: int, patience: float = PATIENCE) -> None:
        """`patience`: seconds that somebody waits."""
        self._number = number
        self._patience = patience
        self._of_account, self._of_workspace = max(1, number - 1), max(1, number // 2)
        self._having: Counter[str | Whose] = Counter()
        self._taken = self._come = 0
        self._served: dict[str | Whose, int] = {}
        """When each of those who are here was served last, by a number that grows."""
        self._line: list[_Waiting] = []

    @asynccontextmanager
    async def one(self, whose: Whose) -> AsyncIterator[None]:
        """Have a place for as long as this lasts. Raises ServiceError if there is none in time."""
        await self._wait(whose)
        try:
            yield
        finally:
            self._give_back(whose)

    @property
    def is_taken(self) -> bool:
        """Whether somebody has a place, or waits for one."""
        return bool(self._taken or self._line)

    # ---------------------------------------------------------------- within

    async def _wait(self, whose: Whose) -> None:
        if len(self._line) >= MOST_IN_LINE or sum(w.whose.account == whose.account for w in self._line) >= MOST_WAITING:
            raise _too_much()
        self._come += 1
        waiting = _Waiting(whose, self._come, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._call()
        try:
            async with asyncio.timeout(self._patience):
                await waiting.called
        except TimeoutError as error:
            self._leave(waiting)
            raise _too_much() from error
        except asyncio.CancelledError:
            self._leave(waiting)
            raise

    def _leave(self, waiting: _Waiting) -> None:
        if waiting in self._line:
            self._line.remove(waiting)
            self._forget(waiting.whose)
        else:
            # It was called, and is not there to hear it.
            self._give_back(waiting.whose)

    def _call(self) -> None:
        """Give each free place to whose turn it is."""
        while self._taken < self._number:
            # Who was cancelled in this moment is still in line.
            may = [waiting for waiting in self._line if self._may(waiting.whose) and not waiting.called.done()]
            if not may:
                return
            first = min(may, key=self._rank)
            self._line.remove(first)
            self._taken += 1
            self._come += 1
            for each in (first.whose.account, first.whose):
                self._having[each] += 1
                self._served[each] = self._come
            first.called.set_result(None)

    def _may(self, whose: Whose) -> bool:
        return self._having[whose.account] < self._of_account and self._having[whose] < self._of_workspace

    def _rank(self, waiting: _Waiting) -> tuple[int, ...]:
        ranks = ((self._having[each], self._served.get(each, 0)) for each in (waiting.whose.account, waiting.whose))
        return (*(number for pair in ranks for number in pair), waiting.number)

    def _give_back(self, whose: Whose) -> None:
        self._taken -= 1
        for each in (whose.account, whose):
            self._having[each] -= 1
        self._forget(whose)
        self._call()

    def _forget(self, whose: Whose) -> None:
        """Know nothing of who neither has a place nor waits for one."""
        for each in (whose.account, whose):
            waits = any(each in (waiting.whose.account, waiting.whose) for waiting in self._line)
            if not self._having[each]:
                del self._having[each]
                if not waits:
                    self._served.pop(each, None)


def _too_much() -> ServiceError:
    return ServiceError("has too much to do to begin with this now", "git", "try again in a while")
