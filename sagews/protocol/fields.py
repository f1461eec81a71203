"""The fields of a serialised message, found without parsing it. Thinking only, no I/O.

The encoding is that of protobuf: a tag (the field's number and how its value
is written) before each value. Nothing is allocated for what is found.
"""

from collections.abc import Iterator

from sagews.errors import ProtocolError

Field = tuple[int, int, int]
"""The number of a field, and where its value begins and ends; of a text, bytes or a message without its length."""

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_FIXED = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
_MAX_BITS = 70


def fields(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """Yield the fields of a message in their order, one that is repeated each time.

    Raises ProtocolError for what is no message, or has groups, which no
    message of ours has.
    """
    end = len(data) if end is None else end
    while start < end:
        tag, start = _varint(data, start, end)
        kind = tag & 7
        if kind == _VARINT:
            _, after = _varint(data, start, end)
        elif kind == _LENGTH:
            length, start = _varint(data, start, end)
            after = start + length
        elif kind in _FIXED:
            after = start + _FIXED[kind]
        else:
            raise ProtocolError(f"has a field that is written in way {kind}", "message")
        if after > end:
            raise ProtocolError("ends in the middle of a field", "message")
        yield tag >> 3, start, after
        start = after


def _varint(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return a number, and where it ends."""
    number = shift = 0
    while start < end:
        byte = data[start]
        start += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, start
        shift += 7
        if shift >= _MAX_BITS:
            raise ProtocolError("has a number of more than ten bytes", "message")
    raise ProtocolError("ends in the middle of a number", "message")
