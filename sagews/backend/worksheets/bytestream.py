"""Numbers and texts as the updates of Yjs have them (lib0's encoding), read strictly: thinking only.

What is read may be hostile: nothing is allocated by a size that it claims.
"""

from sagews.backend.worksheets.binding import GarbledError

MOST_NUMBER = (1 << 53) - 1
"""The highest number: what a browser counts exactly."""
MOST_CLOCK = (1 << 31) - 1
"""The highest clock: the library adds to them in 32 bits, and fails."""


class ByteStream:
    """Bytes that are read from their start to their end."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def byte(self) -> int:
        """Read one byte."""
        if self.position >= len(self.data):
            raise garbled("ends too early")
        self.position += 1
        return self.data[self.position - 1]

    def number(self, most: int = MOST_NUMBER) -> int:
        """Read a number of variable length, least significant seven bits first."""
        data, position = self.data, self.position
        value = shift = 0
        try:
            while True:
                byte = data[position]
                position += 1
                value |= (byte & 127) << shift
                if byte < 128:
                    break
                shift += 7
                if shift > 56:
                    raise garbled("has a number that is too large")
        except IndexError:
            raise garbled("ends too early") from None
        if value > most:
            raise garbled("has a number that is too large")
        self.position = position
        return value

    def skip_signed(self) -> None:
        """Read a number with a sign."""
        for _ in range(10):
            if self.byte() < 128:
                return
        raise garbled("has a number that is too large")

    def skip(self, size: int) -> None:
        """Read so many bytes."""
        if size > len(self.data) - self.position:
            raise garbled("ends too early")
        self.position += size

    def text(self) -> str:
        """Read a text: its bytes of UTF-8 after their number."""
        size = self.number()
        start = self.position
        self.skip(size)
        try:
            return self.data[start : start + size].decode()
        except UnicodeDecodeError:
            raise garbled("has a text that is not UTF-8") from None

    def end(self) -> None:
        """Raise GarbledError if there is more."""
        if self.position != len(self.data):
            raise garbled("has more than an update has")


def garbled(why: str) -> GarbledError:
    """Return the error about an update, with the reason."""
    return GarbledError(why, "update", "reload the page")
