"""Interrupts: what SIGINT does to a session.

The signal is delivered to Python's code wherever that is:

    the cell's own code runs        KeyboardInterrupt is raised in it
    the cell awaits something       its task is cancelled, which is shown as KeyboardInterrupt;
                                    other tasks of the reader's go on
    something else keeps the loop   the second interrupt is raised in it
    a background task, no cell      KeyboardInterrupt is raised in it
    IPython reads the cell          KeyboardInterrupt is raised there
    IPython prepares the cell       the interrupt waits for the cell's first line
    a frame is being sent           the interrupt waits until the frame is whole
    nothing runs, but a request     it is kept for the cell that this request may start
    has come
    nothing runs                    nothing: an interrupt that comes too late hurts nobody

A handler that user code sets lasts until the end of its cell.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sagews.session.native_interrupt import NativeInterrupt


class Interrupts:
    """The handler of SIGINT, and what it needs to know."""

    def __init__(self) -> None:
        self._native: NativeInterrupt | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._cell: asyncio.Task[Any] | None = None
        self._asked = False
        self._has_come: Callable[[], bool] = lambda: False
        self._early = False
        self._held = 0
        self._waiting = False
        self.came = False
        """Whether the running evaluation was interrupted, or the last one."""
        self.came_again = False
        """Whether it was interrupted more than once."""

    def install(self, loop: asyncio.AbstractEventLoop, has_come: Callable[[], bool]) -> None:
        """Become the handler of SIGINT in the process's main thread, where this loop will run.

        `has_come` says whether a request waits to be served.
        """
        self._loop = loop
        self._has_come = has_come
        self._take_over()

    def stand_above(self, native: NativeInterrupt) -> None:
        """Leave the handler of compiled code in force below this one, wherever one of ours is put from now on."""
        self._native = native
        self._take_over()

    def was(self, error: BaseException) -> bool:
        """Whether an evaluation that ended with this error was interrupted.

        Compiled code that is interrupted tells nobody but by its exception.
        """
        came = self.came or self._native is not None
        return came and isinstance(error, KeyboardInterrupt | asyncio.CancelledError)

    def begin(self, cell: asyncio.Task[Any]) -> None:
        """Let interrupts meet this cell."""
        self.came = self.came_again = self._asked = False
        self._cell = cell
        if self._early:
            self._early = False
            self.came = True
            cell.cancel()

    def end(self) -> None:
        """Let interrupts meet no cell."""
        self._cell = None
        if signal.getsignal(signal.SIGINT) != self._on_signal:
            self._take_over()

    def forget(self) -> None:
        """Forget an interrupt that came before any cell: all that had come is served, and started none."""
        self._early = False

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

    @contextmanager
    def let_in(self) -> Generator[None]:
        """Let interrupts in again, inside a `held`; one that has come meanwhile is delivered first."""
        held, self._held = self._held, 0
        try:
            if self._waiting:
                self._waiting = False
                self._deliver()
            yield
        finally:
            self._held = held

    def _take_over(self) -> None:
        signal.signal(signal.SIGINT, self._on_signal)
        if self._native is not None:
            self._native.put_below()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._native is not None and not self._native.was_noted():
            return  # Compiled code has met it, and raised KeyboardInterrupt.
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
            self._early = self._has_come()
            return
        self.came_again, self.came = self.came, True
        if running is self._cell or self._asked:
            raise KeyboardInterrupt
        self._asked = True
        self._cell.cancel()
        # Wakes the loop, which would go on sleeping after the signal.
        self._loop.call_soon_threadsafe(self._loop_goes_on)

    def _loop_goes_on(self) -> None:
        self._asked = False
