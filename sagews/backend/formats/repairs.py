"""What was mended while a file was read, so that whoever brought it can be told."""

MOST = 100
"""Sentences that are kept."""


class Repairs:
    """Sentences on what was mended, in the order of the file."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._more = 0

    def note(self, what: str) -> None:
        """Take a sentence, without its full stop."""
        if len(self._said) < MOST:
            self._said.append(what)
        else:
            self._more += 1

    def said(self) -> tuple[str, ...]:
        """Return them, and at the end how many there are more."""
        return (*self._said, f"and {self._more} more") if self._more else tuple(self._said)
