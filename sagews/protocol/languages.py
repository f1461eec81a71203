"""The languages of code: their names, on the wire and everywhere else, which are SageMathCell's."""

import re
from collections.abc import Mapping

LANGUAGES = ("sage", "gap", "gp", "html", "macaulay2", "maxima", "octave", "python", "r", "singular")
"""Those that an evaluation can be in. Empty stands for the environment's own: `sage` or `python`."""


def is_known(name: str) -> bool:
    """Whether a language can be asked for by this name."""
    return not name or name in LANGUAGES


_MAGIC = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*%%([a-z0-9]+)[ \t]*(?:\n|\Z)")


def environment_of(language: str, languages: Mapping[str, list[str]]) -> str:
    """Return the first environment that runs a language, by those of each environment; empty if none is known to."""
    return next((name for name, theirs in languages.items() if language in theirs), "")


OF_SESSIONS = frozenset({"", "python", "sage"})
"""Languages whose names are those of the session itself, and no program's; empty: its own."""


def spoken(code: str) -> tuple[str, str]:
    """Return the language that code says it is in by its first line, `%%r`, and what follows that line.

    Only comments and empty lines may stand before it. Where there is none, the name is empty.
    """
    found = _MAGIC.match(code)
    return (found[1], code[found.end() :]) if found is not None and found[1] in LANGUAGES else ("", code)
