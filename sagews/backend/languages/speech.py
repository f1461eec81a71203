"""What pages say, in the language of who asks. No I/O after the start.

The texts stand in the code in English, as `_("...")`; `texts/TAG.po` has those
of each other language, in gettext's format. Babel reads them, and not the standard library, which
reads compiled ones alone: so nothing has to be built before pages are shown.
The language is that of the request at hand (PEP 567: each task has its own).
"""

import gettext
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from sagews.config.language import Language

FOLDER = Path(__file__).with_name("texts")
"""Where the catalogues are."""

T = TypeVar("T")

_spoken: ContextVar[Language] = ContextVar("language", default=Language.ENGLISH)


def speak(language: Language) -> None:
    """Have what follows in this task said in a language."""
    _spoken.set(language)


def spoken() -> Language:
    """Return the language in which is spoken."""
    return _spoken.get()


def in_language(language: Language, act: Callable[[], T]) -> T:
    """Do something in a language, after which the former one is spoken again."""
    context = copy_context()
    context.run(speak, language)
    return context.run(act)


def say(text: str) -> str:
    """Return a text, which stands in the code in English, in the language of who asks."""
    return catalogue(spoken()).gettext(text)


def later(text: str) -> str:
    """Mark a text of a table, which `say` gets later."""
    return text


def number(value: float, *, grouped: bool = True) -> str:
    """Return a number as the language of who asks has it; `grouped`: with a mark at thousands."""
    return format_decimal(value, locale=spoken().replace("-", "_"), group_separator=grouped)


@cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """Return the texts of a language; what it lacks is said in English."""
    file = FOLDER / f"{language}.po"
    if not file.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language.replace("-", "_")))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def learn() -> None:
    """Read all catalogues, which takes tens of milliseconds, before anybody waits for it."""
    for language in Language:
        catalogue(language)
