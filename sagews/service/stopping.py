"""When a service ends: at SIGTERM, at SIGINT, or when its starter is gone.

The starter holds the other end of the service's stdin, its lifeline. The
kernel closes it however the starter dies, so that no service outlives it.
"""

import asyncio
import os
import signal


def stop_event(loop: asyncio.AbstractEventLoop, *, lifeline: bool) -> asyncio.Event:
    """Return an event that is set when the service shall end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if lifeline:
        os.set_blocking(0, False)
        loop.add_reader(0, _read_lifeline, loop, stop)
    return stop


def _read_lifeline(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    try:
        if os.read(0, 4096):
            return
    except BlockingIOError:
        return
    except OSError:
        pass
    loop.remove_reader(0)
    stop.set()
