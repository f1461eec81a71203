"""A computation and what a book or a table says of it."""

from typing import NamedTuple


class Value(NamedTuple):
    """What a reader would write, and what must be shown."""

    code: str
    """Sage, as a reader writes it; what its last line gives is compared."""
    expected: str
    """That value's text, from the source and not from Sage."""
    source: str
    """A book, with the place in it, or a table that the value can be looked up in."""
