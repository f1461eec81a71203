"""Calls what may block, such as a write into a pipe that nobody reads, beside the event loop.

The connection stays alive meanwhile, and Ctrl-C is heard. The thread is a
daemon: an end that does not wait for the pipe does not wait for it either.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress

_Call = tuple[Callable[[], None], "asyncio.Future[None]"]


class Aside:
    """One thread, which makes one call after the other."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._work, name="aside", daemon=True).start()

    async def call(self, function: Callable[[], None]) -> None:
        """Call the function, and raise what it raises; when cancelled, the call may still go on."""
        future = self._loop.create_future()
        self._calls.put((function, future))
        await future

    def end(self) -> None:
        """Let the thread end after its last call."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            function, future = call
            error: Exception | None = None
            try:
                function()
            except Exception as raised:
                error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(_settle, future, error)


def _settle(future: "asyncio.Future[None]", error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
