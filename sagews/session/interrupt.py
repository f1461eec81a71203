"""Interrupts: what SIGINT does to a session.

The signal is delivered to Python's code wherever that is:

    the cell's own code runs        KeyboardInterrupt is raised in it
    the cell awaits something       its task is cancelled, which is shown as KeyboardInterrupt;
                                    other tasks of the reader's go on
    something else keeps the loop   the second interrupt is raised in it
    a background task, no cell      KeyboardInterrupt is raised in it
    a frame is being sent           the interrupt waits until the frame is whole
    nothing runs                    nothing: an interrupt that comes too late hurts nobody

A handler that user code sets lasts until the end of its cell.
"""

import asyncio
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interrupts:
    """The handler of SIGINT, and what it needs to know."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._cell: asyncio.Task[Any] | None = None
        self._asked = False
        self._held = 0
        self._waiting = False
        self.came = False
        """Whether the running evaluation was interrupted, or the last one."""

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to take signals."""
        self._loop = loop
        signal.signal(signal.SIGINT, self._on_signal)

    def begin(self, cell: asyncio.Task[Any]) -> None:
        """Let interrupts meet this cell."""
        self.came = self._asked = False
        self._cell = cell

    def end(self) -> None:
        """Let interrupts meet no cell."""
        self._cell = None
        if signal.getsignal(signal.SIGINT) != self._on_signal:
            signal.signal(signal.SIGINT, self._on_signal)

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold interrupts back inside the `with`; one that came is delivered at its end."""
        if threading.current_thread() is not threading.main_thread():
            yield  # No signal is handled in this thread.
            return
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._waiting and not self._held:
                self._waiting = False
                self._deliver()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._held:
            self._waiting = True
        else:
            self._deliver()

    def _deliver(self) -> None:
        """Deliver an interrupt; see the table at the top of this file."""
        if self._loop is None:
            return
        running = asyncio.current_task(self._loop)
        if self._cell is None or self._cell.done():
            if running is not None and running is not self._cell:
                raise KeyboardInterrupt
            return
        self.came = True
        if running is self._cell or self._asked:
            raise KeyboardInterrupt
        self._asked = True
        # Also wakes the loop, which would go on sleeping after the handler.
        self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self._asked = False
        if self._cell is not None:
            self._cell.cancel()
