"""Ends all that users run, one after the other, in steps between which whoever shares the loop has its turn."""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sagews.session import user_processes

PAUSE = 0.02
"""Seconds between two looks for what a user still runs."""
LEAST_PAUSE = 0.002
"""Seconds between two steps, however many users are waiting."""
LOOKS = 2
"""Looks in a row that find nothing, after which there is nothing."""


@dataclass(slots=True)
class _Sweep:
    user: int
    done: Callable[[], None]
    until: float
    looks: int = 0
    killer: int = 0
    """The process that kills; 0 when none does."""


class Sweeper:
    """The users that are to run nothing more."""

    def __init__(self) -> None:
        self._waiting: deque[_Sweep] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def sweep(self, user: int, done: Callable[[], None], deadline: float = float("inf")) -> None:
        """Kill all that a user runs; call `done` when there is nothing, or after so many seconds."""
        until = asyncio.get_running_loop().time() + deadline
        self._waiting.append(_Sweep(user, done, until))
        self._go_on(0)

    def forget(self, user: int) -> None:
        """Leave a user alone, and call nothing."""
        self._waiting = deque(each for each in self._waiting if each.user != user)

    def _go_on(self, pause: float) -> None:
        if self._timer is None and self._waiting:
            self._timer = asyncio.get_running_loop().call_later(pause, self._step)

    def _step(self) -> None:
        """Do what is next for one user."""
        self._timer = None
        if not self._waiting:
            return
        sweep = self._waiting.popleft()
        if not _still_kills(sweep.killer):
            sweep.killer = 0
            killer = user_processes.start_killing(sweep.user)
            sweep.looks = sweep.looks + 1 if killer is None else 0
            sweep.killer = killer or 0
        is_over = sweep.looks >= LOOKS or asyncio.get_running_loop().time() > sweep.until
        if not is_over:
            self._waiting.append(sweep)
        self._go_on(max(LEAST_PAUSE, PAUSE / max(1, len(self._waiting))))
        if is_over:
            sweep.done()


def _still_kills(killer: int) -> bool:
    """Whether a process that kills has not ended yet; it is not waited for."""
    with contextlib.suppress(ChildProcessError):  # Whoever reaps for this process may have been first.
        return killer > 0 and os.waitpid(killer, os.WNOHANG) == (0, 0)
    return False
