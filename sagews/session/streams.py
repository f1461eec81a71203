"""Python's own streams: `sys.stdout` and `sys.stderr`, written through to descriptors 1 and 2.

Every write goes out at once, whole, as UTF-8; lone surrogates are escaped, so
that no text makes a print fail. The supervisor makes the `stream` outputs.
"""

import io
import os
import sys
from typing import TYPE_CHECKING

from sagews.session.captures import Captures
from sagews.session.pipes import Pipes

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_NAMES = {1: "stdout", 2: "stderr"}


class _Order:
    """Which stream was written to last, by this process."""

    def __init__(self, pipes: Pipes, captures: Captures) -> None:
        self.pipes = pipes
        self.captures = captures
        self.last = 1


class DescriptorStream(io.RawIOBase):
    """A raw stream on a descriptor that writes all that it is given, also where a signal interrupts it.

    Before the first write after one to the other stream it waits until that one's pipe is drained.
    """

    def __init__(self, fd: int, order: _Order) -> None:
        super().__init__()
        self._fd = fd
        self._order = order

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._fd

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all of the data and return its length."""
        captures = self._order.captures
        if captures.are_on and captures.writes(_NAMES[self._fd], bytes(data).decode("utf-8", "replace")):
            return memoryview(data).nbytes
        if self._order.last != self._fd:
            if self._order.pipes.attached:
                self._order.pipes.wait_until_drained(self._order.last)
            self._order.last = self._fd
        rest = memoryview(data)
        size = rest.nbytes
        while rest:
            rest = rest[os.write(self._fd, rest) :]
        return size

    def close(self) -> None:
        """Do nothing: the descriptor is the process's, and a closed stream would end all output."""


def install(pipes: Pipes, captures: Captures) -> None:
    """Replace `sys.stdout` and `sys.stderr`, also as the originals that some code restores."""
    order = _Order(pipes, captures)
    sys.stdout = sys.__stdout__ = _text(DescriptorStream(1, order))  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(DescriptorStream(2, order))  # type: ignore[misc]


def _text(stream: DescriptorStream) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        stream,  # type: ignore[arg-type]  # with write_through a raw stream is as good as a buffered one
        encoding="utf-8",
        errors="backslashreplace",
        write_through=True,
    )
