"""Names in code that ran in languages which keep their state from cell to cell: what later cells may go on with."""

from collections.abc import Collection

from sagews.protocol.names import words

MOST = 2000
"""Names of one language that are kept; then the oldest goes."""
LONGEST = 100_000
"""Characters of one cell's code that are looked at."""


class Written:
    """Those of one session."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, None]] = {}

    def add(self, language: str, code: str) -> None:
        """Keep the names of code that runs now."""
        names = self._names.setdefault(language, {})
        for name in words(code[:LONGEST], language):
            names.pop(name, None)
            names[name] = None
        for old in list(names)[: max(0, len(names) - MOST)]:
            del names[old]

    def of(self, language: str) -> Collection[str]:
        """Return the names of a language."""
        return self._names.get(language, ())
