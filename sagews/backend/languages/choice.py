"""In which language somebody is spoken to: as they have chosen, else as their browser wants. Thinking only, no I/O."""

import re

from aiohttp import web

from sagews.backend.cookies import cookie_of, give_cookie
from sagews.backend.reader import reader_of
from sagews.config.language import Language

COOKIE = "sagews-language"
YEAR = 365 * 86400
"""Seconds for which a browser keeps the choice of somebody without an account."""
LONGEST = 1000
"""Characters of the wish of a browser that are read."""
ENGLISH_ALONE = re.compile(r"/(accounts|status|api|published)(/|$)")
"""The pages of operators and of the API, and what is published, which caches keep for all: they are not translated."""

_WISH = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([0-9.]{1,5})\s*)?")


def language_of(request: web.Request, default: Language) -> Language:
    """Return the language in which a request is answered; `default` is the site's."""
    wish = request.headers.get("Accept-Language", "")
    return decided(request.path, reader_of(request).language, cookie_of(request, COOKIE), wish, default)


def decided(path: str, chosen: Language | None, cookie: str | None, wish: str, default: Language) -> Language:
    """Return the language of an answer: the account's choice, what the browser keeps, its wish, else the site's."""
    if ENGLISH_ALONE.match(path):
        return Language.ENGLISH
    return chosen or Language.of(cookie) or wished(wish) or default


def keep(request: web.Request, response: web.StreamResponse, language: Language | None) -> None:
    """Have the browser keep a choice; None: forget it."""
    seconds = YEAR if language else 0
    give_cookie(request, response, COOKIE, language or "", path="/", seconds=seconds, same_site="Lax")


def wished(header: str) -> Language | None:
    """Return the language that a browser wants most (RFC 9110, 12.5.4); None if it wants none of ours.

    The first part of a tag decides: who wants any Chinese gets ours.
    """
    known = {language.partition("-")[0]: language for language in Language}
    best, weight = None, 0.0
    for part in header[:LONGEST].split(","):
        if (found := _WISH.fullmatch(part)) is None or (language := known.get(found[1].lower())) is None:
            continue
        try:
            wanted = float(found[2] or 1)
        except ValueError:
            continue
        if wanted > weight:
            best, weight = language, wanted
    return best
