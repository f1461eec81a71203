"""Bytes of a log file in, whole records out: lines are joined that belong together, and what is too long is cut.

A line of JSON is a record. Any other line begins one, and the lines after it
that are indented belong to it, as do those of a Python traceback: such a record
stays open until a line comes that does not belong to it, or until the caller
says that nothing more will come (`settle`). The last line of a file may be half
written; it is held until its end comes, or until it is clear that none will
(`finish`).

Memory is bounded: of each record `longest` bytes are kept, the rest is counted.
"""

import re

from sagews.logs.record import Raw

PATIENCE = 16
"""A record of several lines is closed at so many times the bytes that are kept of it."""

_TRACEBACK = b"Traceback (most recent call last)"
_CHAINS = (b"During handling of the above exception", b"The above exception was the direct cause")
_EXCEPTION = re.compile(rb"[A-Za-z_][\w.]*(?:: .*|:?)\r?")
"""The line that ends a traceback: `ValueError: what`, `KeyboardInterrupt`."""
_FAILED = re.compile(rb"\b(?:error|erro|critical|crit|fatal|exception|failed)\b", re.IGNORECASE)


class Assembler:
    """The records of one file, from an offset on, as its bytes come."""

    def __init__(self, offset: int, longest: int) -> None:
        self._longest = longest
        self._line = bytearray()
        self._line_size = 0
        self._line_at = offset
        self._open: _Open | None = None
        self._done = offset

    @property
    def done(self) -> int:
        """The offset before which everything was given out."""
        return self._done

    @property
    def is_open(self) -> bool:
        """Whether there is a record to which more lines may belong."""
        return self._open is not None

    @property
    def held(self) -> int:
        """Bytes of a line whose end has not come."""
        return self._line_size

    def feed(self, data: bytes) -> list[Raw]:
        """Take the next bytes of the file, and return the records that are whole now."""
        out: list[Raw] = []
        first, *rest = data.split(b"\n")
        self._hold(first)
        if not rest:
            return out
        self._take(self._line_at, bytes(self._line), self._line_size, out)
        at = self._line_at + self._line_size + 1
        last = rest.pop()
        for line in rest:
            self._take(at, line, len(line), out)
            at += len(line) + 1
        self._line.clear()
        self._line_size = 0
        self._line_at = at
        self._hold(last)
        return out

    def settle(self) -> list[Raw]:
        """Return the record that was open: nothing more will belong to it."""
        out: list[Raw] = []
        self._close(out, self._line_at)
        return out

    def finish(self) -> list[Raw]:
        """Return what is left: the file will not grow any more."""
        out: list[Raw] = []
        if self._line_size:
            self._take(self._line_at, bytes(self._line), self._line_size, out, ended=False)
            self._line.clear()
            self._line_at += self._line_size
            self._line_size = 0
        self._close(out, self._line_at)
        return out

    # ---------------------------------------------------------------- within

    def _hold(self, piece: bytes) -> None:
        self._line_size += len(piece)
        if len(self._line) < self._longest:
            self._line += piece[: self._longest - len(self._line)]

    def _take(self, at: int, line: bytes, size: int, out: list[Raw], *, ended: bool = True) -> None:
        """Take a line of so many bytes, which are not all in `line`."""
        line = line[: self._longest]
        if self._open is not None:
            if self._open.size < PATIENCE * self._longest and self._open.goes_on(line):
                self._open.add(line, size)
                return
            self._close(out, at)
        if line.startswith(b"{"):
            out.append(Raw(at, line.removesuffix(b"\r"), size - len(line)))
            self._done = at + size + ended
        elif not line.strip() and size == len(line):
            self._done = at + size + ended
        else:
            self._open = _Open(at, self._longest, line, size)

    def _close(self, out: list[Raw], end: int) -> None:
        if self._open is not None:
            out.append(self._open.raw())
            self._open = None
            self._done = end


class _Open:
    """A record that more lines may belong to."""

    def __init__(self, at: int, longest: int, line: bytes, size: int) -> None:
        self._at = at
        self._left = longest
        self._lines: list[bytes] = []
        self._cut = 0
        self.size = 0
        self._failed = _FAILED.search(line[:200]) is not None
        self._traceback = line.startswith(_TRACEBACK)
        """Its frames come, or the line that names the exception."""
        self._named = False
        """The exception was named; another traceback may follow."""
        self._chained = False
        self.add(line, size)

    def goes_on(self, line: bytes) -> bool:
        """Whether the line belongs to it; if so, it has to be added."""
        if line[:1] in (b" ", b"\t"):
            return True
        if line.startswith(_TRACEBACK):
            goes_on = self._chained or (self._failed and not self._traceback and not self._named)
            self._traceback, self._named, self._chained = True, False, False
            return goes_on
        if self._traceback:
            self._traceback = False
            self._named = _EXCEPTION.fullmatch(line) is not None
            return self._named
        if self._named and line.startswith(_CHAINS):
            self._chained = True
            return True
        return self._named and not line.strip()

    def add(self, line: bytes, size: int) -> None:
        """Take a line of so many bytes, with its end."""
        self.size += size + 1
        kept = line[: self._left]
        if self._left:
            self._lines.append(kept)
            self._cut += size - len(kept)
        else:
            self._cut += size + 1
        self._left = max(0, self._left - len(kept) - 1)

    def raw(self) -> Raw:
        """Return it as it is."""
        return Raw(self._at, b"\n".join(self._lines).rstrip(), self._cut)
