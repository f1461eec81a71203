"""Frames: a big-endian uint32 length and that many bytes. Thinking only, no I/O."""

import struct

from sagews.errors import ProtocolError
from sagews.protocol import MAX_FRAME

_LENGTH = struct.Struct(">I")


def frame(payload: bytes) -> bytes:
    """Return the payload with its length before it.

    Raises ProtocolError if the payload is longer than MAX_FRAME.
    """
    if len(payload) > MAX_FRAME:
        raise ProtocolError(f"a message of {len(payload)} bytes is over {MAX_FRAME}", "frame")
    return _LENGTH.pack(len(payload)) + payload


class FrameReader:
    """Cuts a stream of bytes into frames: bytes in, payloads out.

    The announced length is checked as soon as its four bytes are there, before
    anything of that size is allocated.
    """

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._limit = limit
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of an unfinished frame; a peer that ends with some was cut off in the middle."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes of the stream and return the payloads that are whole now.

        Raises ProtocolError for a length over the limit; the reader is of no
        use after that.
        """
        self._buffer += data
        payloads: list[bytes] = []
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            if length > self._limit:
                raise ProtocolError(f"a frame of {length} bytes is over {self._limit}", "frame")
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            payloads.append(bytes(self._buffer[start + _LENGTH.size : end]))
            start = end
        del self._buffer[:start]
        return payloads
