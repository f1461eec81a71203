"""Which interacts are to run, and when: after all that has come at the same time was taken.

A change of a control does not run its function. The session takes a message
of a page and asks whether another one waits; only when none does, what is due
runs, once for whatever has changed, with the newest values. So a slider, or
two of them, cannot get ahead of a slow function: while that runs, their
messages wait, and all are taken before it runs again. In a cell, what has
changed runs at the cell's end.

Messages that come without a pause do not put a run off for ever: what is due
runs after PATIENCE seconds.
"""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

PATIENCE = 0.25
"""Seconds that messages which follow each other may put off a run."""


class Runnable(Protocol):
    """What can be due."""

    def run(self) -> None:
        """Run once, with the values that there are now."""


class Due:
    """The interacts of a session that are to run."""

    def __init__(self) -> None:
        self._waiting: dict[int, Runnable] = {}
        self._since = 0.0
        self._in_cell = False
        self.in_message = False
        """Whether a message is being taken, or what is due because of one runs."""

    def add(self, one: Runnable) -> None:
        """Have one run, at the end of the cell or message; at once if the change came from neither."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting[id(one)] = one
        if not self._in_cell and not self.in_message:
            self._run_soon()

    def forget(self, one: Runnable) -> None:
        """Have one run no more: it does, or it is closed."""
        self._waiting.pop(id(one), None)

    def has(self, one: Runnable) -> bool:
        """Whether one is due."""
        return id(one) in self._waiting

    @contextmanager
    def message(self) -> Generator[None]:
        """Be inside a message of a page."""
        self.in_message = True
        try:
            yield
        finally:
            self.in_message = False

    def cell_begins(self, _cell: object = None) -> None:
        """Be inside a cell."""
        self._in_cell = True

    def cell_ends(self, _result: object = None) -> None:
        """Run what became due in a cell, which is over."""
        self._in_cell = False
        self.run()

    @property
    def is_urgent(self) -> bool:
        """Whether what is due has waited long enough."""
        return bool(self._waiting) and time.monotonic() - self._since > PATIENCE

    def run(self) -> None:
        """Run what is due, and what becomes so meanwhile not."""
        waiting, self._waiting = self._waiting, {}
        for one in waiting.values():
            one.run()

    def _run_soon(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # another thread
            self.run()
        else:
            loop.call_soon(self.run)


DUE = Due()
"""Those of this process."""
