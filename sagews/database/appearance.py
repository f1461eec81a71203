"""How the pages of a site look to an account."""

import enum


class Appearance(enum.StrEnum):
    """Light or dark."""

    SYSTEM = "system"
    """As the browser, or the system below it, has it."""
    LIGHT = "light"
    DARK = "dark"

    @classmethod
    def of(cls, word: str) -> "Appearance":
        """Return what a word of the database stands for; one that is not known here, for the system's."""
        return cls(word) if word in set(cls) else cls.SYSTEM
