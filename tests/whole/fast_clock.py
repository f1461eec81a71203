"""Runs `sagews` with a clock that is faster than everybody else's: fast_clock.py TIMES ARGUMENTS.

What waits for a minute by it waits for a minute divided by TIMES; but a database on
the network has as much time to answer as ever.
"""

import asyncio
import selectors
import sys
import time
from typing import Any

TIMES = float(sys.argv.pop(1))
_monotonic, _time = time.monotonic, time.time
_began, _began_at = _monotonic(), _time()


def monotonic() -> float:
    """Return the time by the fast clock."""
    return _began + (_monotonic() - _began) * TIMES


class FastSelector(selectors.EpollSelector):
    """Waits as long as the fast clock says."""

    def select(self, timeout: float | None = None) -> Any:
        """Wait for what is ready."""
        return super().select(timeout / TIMES if timeout and timeout > 0 else timeout)


class FastPolicy(asyncio.DefaultEventLoopPolicy):
    """Makes loops that go by the fast clock, which asyncio asks for as `time.monotonic`."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """Return one."""
        return asyncio.SelectorEventLoop(FastSelector())


if __name__ == "__main__":
    from sagews.__main__ import main
    from sagews.database import database

    database.CONNECT_SECONDS *= TIMES
    database.DEADLINE *= TIMES
    time.monotonic = monotonic
    time.time = lambda: _began_at + (_time() - _began_at) * TIMES
    asyncio.set_event_loop_policy(FastPolicy())
    main()
