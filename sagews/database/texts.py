"""Texts that a database takes: PostgreSQL has no NUL in one, and no half of a pair of surrogates is UTF-8."""

import re

_NOT_TAKEN = re.compile("[\0\ud800-\udfff]")


def is_taken(text: str, most: int) -> bool:
    """Whether a database takes a text as a key or a name, of so many bytes of UTF-8 at most, and one at least."""
    return 0 < len(text) <= most and not _NOT_TAKEN.search(text) and len(text.encode()) <= most


def storable(text: str) -> str:
    """Return a text with the sign for what cannot be written in the place of each character that no database takes."""
    return _NOT_TAKEN.sub("\ufffd", text)
