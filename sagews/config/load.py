"""Reads `sagews.toml` and says in one line what is wrong with it, and where."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import get_args

import msgspec

from sagews.config.check import check_site
from sagews.config.lines import Place
from sagews.config.site import Site
from sagews.config.source import Source
from sagews.errors import ConfigurationError

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_SYNTAX = re.compile(r" \(at (line (?P<line>\d+), column \d+|end of document)\)$")


def load(path: Path | None) -> Site:
    """Return the site that the file describes; the default site for None.

    Raises ConfigurationError for a file that cannot be read, is not TOML, or
    has a setting that is unknown or of the wrong type.
    """
    if path is None:
        return Site()
    return parse(text_of(path), str(path))


def text_of(path: Path) -> str:
    """Return the text of a file. Raises ConfigurationError for one that cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read ({error.strerror})", str(path), "give the path of a readable sagews.toml with --config"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError("is not UTF-8 text", str(path), "save it as UTF-8") from error


def parse(text: str, name: str) -> Site:
    """Return the site that a text of TOML describes; errors are about `NAME:LINE`. Raises ConfigurationError."""
    source = Source(name, text)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _SYNTAX.search(str(error))
        line = int(place["line"] or text.rstrip("\n").count("\n") + 1) if place else 1
        raise ConfigurationError(f"is not valid TOML: {error}", source.line(line), "correct that line") from error
    try:
        site = msgspec.convert(table, Site)
    except msgspec.ValidationError as error:
        raise _explained(str(error), table, source) from error
    check_site(site, source)
    return site


def _explained(message: str, table: dict[str, object], source: Source) -> ConfigurationError:
    """Turn msgspec's message, which ends in a JSON path, into the operator's words."""
    place = _place(message)
    setting = ".".join(str(name) for name in place if isinstance(name, str))
    if unknown := re.search(r"unknown field `([^`]*)`", message):
        guess = difflib.get_close_matches(unknown[1], _settings(place), n=1)
        where = f"in [{setting}]" if setting else "at the top level"
        hint = f"did you mean {guess[0]!r}?" if guess else "see the reference of settings"
        return ConfigurationError(f"unknown setting {unknown[1]!r} {where}", source(*place, unknown[1]), hint)
    what = _AT.sub("", message)
    return ConfigurationError(f"setting {setting!r}: {what[:1].lower()}{what[1:]}", source(*place), "correct its value")


def _place(message: str) -> Place:
    """Return the table or setting that the message's JSON path names; a `[...]`, some value of a table, ends it."""
    found = _AT.search(message)
    words = re.findall(r"[^.\[\]]+|\[\d+\]|\[\.\.\.\]", found["path"]) if found else []
    known = words[: words.index("[...]")] if "[...]" in words else words
    return tuple(int(word[1:-1]) if word.startswith("[") else word for word in known)


def _settings(place: Place) -> list[str]:
    """Return the names of the settings of a table, for a guess at what was meant."""
    types = {field.name: field.type for field in msgspec.structs.fields(Site)}
    table = types.get(str(place[0])) if place else Site
    table = next(iter(get_args(table)), table)
    known = table if isinstance(table, type) and issubclass(table, msgspec.Struct) else Site
    return list(known.__struct_fields__)
