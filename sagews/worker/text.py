"""Turns what a session writes to descriptors 1 and 2 into pieces of text. Thinking only, no I/O.

Bytes become text as UTF-8; what is none becomes U+FFFD. A character that is
cut in two by a read is held until its other half comes. Small writes that
follow each other quickly are joined, since an endless loop of prints would
otherwise make an event of each.
"""

import codecs
import json
from collections.abc import Mapping

STREAMS: Mapping[int, str] = {1: "stdout", 2: "stderr"}

PAUSE = 0.015
"""Seconds within which writes are joined to one piece; below what a reader can see."""

PIECE = 1 << 16
"""Characters at which a piece goes out without waiting."""


class StreamText:
    """The two streams of one session: bytes in, pieces (stream name, text) out, in order."""

    def __init__(self) -> None:
        self._decoders = {fd: codecs.getincrementaldecoder("utf-8")("replace") for fd in STREAMS}
        self._fd = 1
        self._pending: list[str] = []
        self._length = 0
        self._last_piece = float("-inf")

    def feed(self, fd: int, data: bytes, now: float) -> list[tuple[str, str]]:
        """Take bytes read from a stream; return the pieces that shall go out now."""
        pieces: list[tuple[str, str]] = []
        if fd != self._fd:
            pieces += self._take(now)
            self._fd = fd
        text = self._decoders[fd].decode(data)
        if text:
            self._pending.append(text)
            self._length += len(text)
        if self._length >= PIECE or (self._length and now - self._last_piece >= PAUSE):
            pieces += self._take(now)
        return pieces

    @property
    def due(self) -> float | None:
        """When the pending text shall go out; None if there is none."""
        return self._last_piece + PAUSE if self._pending else None

    def flush(self, now: float, *, final: bool = False) -> list[tuple[str, str]]:
        """Return all pending text; with `final`, also what half a character left, as U+FFFD."""
        pieces = self._take(now)
        if final:
            for fd, decoder in self._decoders.items():
                if rest := decoder.decode(b"", True):
                    pieces.append((STREAMS[fd], rest))
                decoder.reset()
        return pieces

    def _take(self, now: float) -> list[tuple[str, str]]:
        if not self._pending:
            return []
        text = "".join(self._pending)
        self._pending.clear()
        self._length = 0
        self._last_piece = now
        return [(STREAMS[self._fd], text)]


def stream_body(name: str, text: str) -> bytes:
    """Return the content of Jupyter's `stream` message."""
    return json.dumps({"name": name, "text": text}).encode()


def cut(text: str, room: int) -> str:
    """Return the longest beginning of a text that has at most `room` bytes of UTF-8."""
    return text.encode()[: max(room, 0)].decode(errors="ignore")
