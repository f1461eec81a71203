"""Edits of texts on the server's side, by Python's offsets: the one place that knows how pycrdt counts.

Pycrdt (0.14) counts bytes of UTF-8, browsers UTF-16, Python characters. An
offset that is not converted puts a letter somewhere else, or splits a
character, which is a panic. Everything here is in characters.
"""

from pycrdt import Text

from sagews.backend.worksheets.binding import checked


def insert(text: Text, offset: int, chunk: str) -> None:
    """Insert before the character of an offset."""
    content = str(text)
    _check(content, offset, offset)
    if chunk:
        with checked("text"):
            text.insert(_bytes(content[:offset]), chunk)


def delete(text: Text, start: int, stop: int) -> None:
    """Delete the characters from one offset up to another."""
    content = str(text)
    _check(content, start, stop)
    if start < stop:
        begin = _bytes(content[:start])
        with checked("text"):
            del text[begin : begin + _bytes(content[start:stop])]


def replace(text: Text, wanted: str) -> None:
    """Make a text another one; what both begin and end with stays, with the cursors in it."""
    content = str(text)
    start = _common(content, wanted)
    end = _common(content[start:][::-1], wanted[start:][::-1])
    delete(text, start, len(content) - end)
    insert(text, start, wanted[start : len(wanted) - end])


def is_plain(text: Text) -> bool:
    """Whether there is nothing in a text but characters."""
    return len(text) == _bytes(str(text))


def _check(content: str, start: int, stop: int) -> None:
    if not 0 <= start <= stop <= len(content):
        raise IndexError(f"{start} to {stop} is not within a text of {len(content)} characters")


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with together."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    return next(number for number in range(most) if one[number] != other[number])


def _bytes(content: str) -> int:
    return len(content.encode())
