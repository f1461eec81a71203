"""The languages that pages are in."""

import enum


class Language(enum.StrEnum):
    """A language, by its tag (BCP 47)."""

    ENGLISH = "en"
    GERMAN = "de"
    SPANISH = "es"
    FRENCH = "fr"
    CHINESE = "zh-Hans"

    @property
    def called(self) -> str:
        """What those who speak it call it."""
        return _CALLED[self]

    @classmethod
    def of(cls, word: str | None) -> "Language | None":
        """Return what a word of the database, or of a cookie, stands for; None for none, and for one not known here."""
        return cls(word) if word is not None and word in set(cls) else None


_CALLED = {
    Language.ENGLISH: "English",
    Language.GERMAN: "Deutsch",
    Language.SPANISH: "Español",
    Language.FRENCH: "Français",
    Language.CHINESE: "简体中文",
}
