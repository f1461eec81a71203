"""The two pipes that carry what a session writes to descriptors 1 and 2, as far as order is concerned.

Text goes through the pipes, everything else through the channel. Their order
is kept by waiting: before a report is sent, and before Python's code changes
from one stream to the other, the pipes must be drained. The supervisor, for
its part, reads the channel before the pipes.
"""

import fcntl
import os
import struct
import termios
import time

from sagews.session.descriptors import out_of_the_way

PATIENCE = 2.0
"""Seconds to wait for a pipe that somebody else keeps filling; a pipe that stands still is waited for without limit."""

_FIRST_PAUSE = 0.00002
_LAST_PAUSE = 0.02
_STILL = 0.5
"""Seconds without a change after which a pipe counts as standing still: its reader pauses."""
_SAMPLES = 50
"""Looks at a pipe in one go: one that is read and filled again between two rare looks would seem to stand still."""


class Pipes:
    """Knows how much waits in the pipes. In the zygote, and in a forked child, there is nothing to wait for."""

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}

    def attach(self, lowest: int) -> None:
        """Begin to watch descriptors 1 and 2, by duplicates, since user code may redirect the originals."""
        self._ends = {fd: out_of_the_way(fd, lowest) for fd in (1, 2)}

    def detach(self) -> None:
        """Stop watching: this process has no say in the order."""
        ends, self._ends = self._ends, {}
        for end in ends.values():
            os.close(end)

    @property
    def attached(self) -> bool:
        """Whether order is kept here."""
        return bool(self._ends)

    def wait_until_drained(self, *numbers: int) -> None:
        """Wait until the reader has taken all that was written to these descriptors (1, 2).

        An interrupt ends the wait with KeyboardInterrupt.
        """
        before = self._waiting(numbers)
        if not any(before):
            return
        pause = _FIRST_PAUSE
        began_to_move = moved = time.monotonic()
        while True:
            time.sleep(pause)
            samples = [self._waiting(numbers) for _ in range(_SAMPLES if pause == _LAST_PAUSE else 1)]
            if not any(samples[-1]):
                return
            now = time.monotonic()
            if any(sample != before for sample in samples):
                if now - moved > _STILL:
                    began_to_move = now
                moved = now
            if now - began_to_move > PATIENCE and now - moved < _STILL:
                return
            before = samples[-1]
            pause = min(pause * 1.5, _LAST_PAUSE)

    def _waiting(self, numbers: tuple[int, ...]) -> list[int]:
        return [unread(self._ends[number]) for number in numbers if number in self._ends]


def unread(fd: int) -> int:
    """Return the bytes that wait in a pipe or socket (FIONREAD, see pipe(7)); 0 for what is closed."""
    try:
        (count,) = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))
    except OSError:
        return 0
    return int(count)
