"""Memory that code has freed and the C library keeps: given back to the system when it is much.

glibc learns from one large block that is freed to take others of that size
from its heap, of which it gives back the end alone (mallopt(3),
M_MMAP_THRESHOLD). After a hundred figures or arrays a session would stay as
large as it ever was.
"""

import ctypes
import resource
import time
from typing import Any

MUCH = 32 << 20
"""Bytes that must have been freed since they were given back last."""
SHARE = 0.05
"""Of a session's time that may go into looking: counting a million free pieces takes 50 ms."""


class _Count(ctypes.Structure):
    """What mallinfo2(3) returns, all of them size_t."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


class Memory:
    """The C library's heap in this process; where it is not glibc's, or an old one's, nothing is done."""

    def __init__(self) -> None:
        library: Any = ctypes.CDLL(None)
        self._count = getattr(library, "mallinfo2", None)
        self._trim = getattr(library, "malloc_trim", None)
        if self._count is not None:
            self._count.restype = _Count
        self._known = 0
        """Bytes that are free and were given back already."""
        self._next = 0.0
        self._least = 0
        """Bytes that the process must have had at once before it can have freed much: most sessions never do."""

    def open(self) -> None:
        """Note how large the process is as it was forked: nothing of that will be given back."""
        self._least = _peak() + MUCH

    def give_back(self) -> None:
        """Give back what has been freed, if it is much, and if looking for it took no great share of the time."""
        begun = time.monotonic()
        if self._count is None or self._trim is None or begun < self._next or _peak() < self._least:
            return
        free = self._count().fordblks
        now = time.monotonic()
        self._next = now + (now - begun) / SHARE
        self._known = min(self._known, free)
        if free - self._known >= MUCH:
            self._trim(0)
            self._known = self._count().fordblks


def _peak() -> int:
    """Return the most bytes that this process has had at once in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
