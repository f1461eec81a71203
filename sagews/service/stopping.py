"""When a service ends: at SIGTERM, at SIGINT, or when its starter is gone.

The starter holds the other end of the service's stdin, its lifeline. The
kernel closes it however the starter dies, so that no service outlives it.

A service can be emptied first: the first SIGTERM asks it to, and SIGINT, a
second SIGTERM or the end of the lifeline end it at once.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable


def stop_event(loop: asyncio.AbstractEventLoop, *, lifeline: bool, drain: asyncio.Event | None = None) -> asyncio.Event:
    """Return an event that is set when the service shall end; the first SIGTERM sets `drain` instead, if given."""
    stop = asyncio.Event()

    def terminate() -> None:
        if drain is None or drain.is_set():
            stop.set()
        else:
            drain.set()

    loop.add_signal_handler(signal.SIGTERM, terminate)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    if lifeline:
        os.set_blocking(0, False)
        loop.add_reader(0, _read_lifeline, loop, stop.set)
    return stop


async def first(*works: Callable[[], Awaitable[object]]) -> None:
    """Return when the first of these has, and end the others."""
    tasks = [asyncio.ensure_future(work()) for work in works]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _read_lifeline(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    try:
        if os.read(0, 4096):
            return
    except BlockingIOError:
        return
    except OSError:
        pass
    loop.remove_reader(0)
    end()
