"""A limit on the time that a call may take, in the main thread."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def within(seconds: float) -> Generator[None]:
    """Raise TimeoutError in what runs inside the `with` once the seconds are over.

    A timer that user code has set (signal.setitimer) is set again afterwards.
    """
    handler = signal.signal(signal.SIGALRM, _expired)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, left, interval)


def _expired(number: int, frame: FrameType | None) -> None:
    raise TimeoutError
