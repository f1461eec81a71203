"""Lines of sources: each is a string of its own where a notebook is written."""

from sagews.errors import FormatError

MOST_LINES = 200_000
"""Lines of all sources of a notebook."""

_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What Python takes for the end of a line."""


def line_ends(text: str) -> int:
    """Return how many lines end in a text; nothing is built for it."""
    return sum(map(text.count, _ENDS))


def check_lines(text: str, noun: str) -> None:
    """Raise FormatError about a noun if a text has too many lines for the sources of a notebook."""
    if line_ends(text) > MOST_LINES:
        raise FormatError(f"has more than {MOST_LINES} lines", noun, "make it two")
