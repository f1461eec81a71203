"""The text that a configuration was read from, for errors that say where in it."""

from functools import cached_property

from sagews.config.lines import Place, lines_of


class Source:
    """A text of TOML with its name."""

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self._text = text

    def __call__(self, *place: str | int) -> str:
        """Return the noun of an error about a setting: `FILE:LINE`, or the line of its table where it is not in there.

        For what the text does not have at all, and without a place: the file.
        """
        for length in range(len(place), 0, -1):
            if line := self._lines.get(place[:length]):
                return self.line(line)
        return self.name

    def line(self, number: int) -> str:
        """Return the noun of an error about a line, from 1, as compilers write it."""
        return f"{self.name}:{number}"

    @cached_property
    def _lines(self) -> dict[Place, int]:
        return lines_of(self._text)
