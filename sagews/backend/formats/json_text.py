"""JSON as text: taken apart without changing any part of it, and written as nbformat writes it.

A number has no value here, only its text: so 1.0, 1e300 and integers of any
length stay what they are, as do lone surrogates that are written as escapes,
and the order of what nobody here knows.
"""

import json
import re
from collections.abc import Iterator
from itertools import accumulate, pairwise
from json import JSONDecodeError

MOST_DEPTH = 200
"""Lists and objects within each other."""
MOST_VALUES = 2_000_000
"""Values of a text: what bounds the memory that looking at it takes, about 130 MB."""
DEEPEST_LINE = 16
"""What lies deeper is written in one line: indentation would multiply the size of a text."""

_STRING = r'"(?:[^"\\]++|\\.)*+(?:"|\Z)'
"""A string; one without its end goes to the end of the text, so that no quote is looked at twice."""
_STRINGS = re.compile(_STRING, re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
_BLANK = re.compile(r"[ \t\n\r]*")
_BLANKS = re.compile(rf"({_STRING})|[ \t\n\r]+", re.DOTALL)
_TOKENS = re.compile(rf"{_STRING}|[\[\]{{}},:]|[^\[\]{{}},:\"]+", re.DOTALL)
_CONSTANTS = re.compile(rf"({_STRING})|-?\b(?:NaN|Infinity)\b", re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udfff]")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


class NoNumberError(ValueError):
    """NaN or Infinity, which Python writes and JSON does not have."""


def _no_number(name: str) -> None:
    raise NoNumberError(name)


def _nothing(_: object) -> None:
    return None


_DECODER = json.JSONDecoder(
    parse_float=_nothing, parse_int=_nothing, parse_constant=_no_number, object_pairs_hook=_nothing
)
"""Finds where a value ends; strings and lists are values, all others None."""


def check_size(text: str) -> None:
    """Raise ValueError, which says why, if looking into a text would take too much; nothing is built for it."""
    bare = _STRINGS.sub("", text)
    ends = bare.count("]") + bare.count("}")
    if max(ends, bare.count(",") + bare.count("[") + bare.count("{")) > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES} values")
    if max(accumulate(map(_STEPS.__getitem__, _BRACKETS.findall(bare))), default=0) > MOST_DEPTH:
        raise ValueError(f"its lists and objects are more than {MOST_DEPTH} deep")


def members(text: str) -> dict[str, str]:
    """Return the members of an object by name, each value as compact JSON text; of two of one name the last.

    Raises JSONDecodeError if it is no object, NoNumberError for NaN or Infinity.
    """
    return {name: compact(value) for name, value in _parts(text, "{", "}")}


def items(text: str) -> list[str]:
    """Return the items of a list, each as compact JSON text; raises as `members` does."""
    return [compact(value) for _, value in _parts(text, "[", "]")]


def simple(text: str) -> object:
    """Return a string, or a list of strings; what else there is in it is None."""
    value: object = _DECODER.raw_decode(text)[0]
    return value


def strings(text: str) -> list[str] | None:
    """Return a list of strings; None if JSON is something else."""
    value = simple(text) if text.startswith("[") else None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return value


def compact(text: str) -> str:
    """Return JSON without what is blank between its parts."""
    return _BLANKS.sub(r"\1", text)


def without_constants(text: str) -> str:
    """Return a text with null for every NaN and Infinity."""
    return _CONSTANTS.sub(lambda found: found[1] or "null", text)


def quoted(text: str) -> str:
    """Return a string as JSON; what cannot be UTF-8 is escaped."""
    return escaped(json.dumps(text, ensure_ascii=False))


def escaped(text: str) -> str:
    """Return JSON with each surrogate by itself as an escape, so that it can be UTF-8."""
    return _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def dumped(value: object) -> str:
    """Return a value as compact JSON; NaN and Infinity as null, and what JSON does not have as text.

    Raises TypeError for names that are not text or a number, ValueError for a number of too many digits.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return escaped(without_constants(text) if "NaN" in text or "Infinity" in text else text)


def object_of(parts: dict[str, str]) -> str:
    """Return an object of these members."""
    return "{" + ",".join(f"{quoted(name)}:{value}" for name, value in parts.items()) + "}"


def list_of(parts: list[str]) -> str:
    """Return a list of these items."""
    return "[" + ",".join(parts) + "]"


def indented(text: str) -> str:
    """Return compact JSON as nbformat writes it: each value in a line, a blank for each level."""
    level = 0
    out = []
    before = ""
    for part, after in pairwise([*_TOKENS.findall(text), ""]):
        if part in ("[", "{"):
            level += 1
            out.append(part if after in ("]", "}") else part + _line(level))
        elif part in ("]", "}"):
            level -= 1
            # The line before a closing bracket is that of what it closes.
            out.append(part if before in ("[", "{") or level >= DEEPEST_LINE else _line(level) + part)
        elif part == ",":
            out.append("," + _line(level))
        else:
            out.append(": " if part == ":" else part)
        before = part
    return "".join(out)


def _line(level: int) -> str:
    return "\n" + " " * level if level <= DEEPEST_LINE else ""


def _after_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    assert found is not None
    return found.end()


def _parts(text: str, opening: str, closing: str) -> Iterator[tuple[str, str]]:
    """Yield each part of an object with its name, or of a list without one."""
    at = _after_blank(text, 0)
    if text[at : at + 1] != opening:
        raise JSONDecodeError(f"Expecting '{opening}'", text, at)
    at = _after_blank(text, at + 1)
    while text[at : at + 1] != closing:
        name, at = _name(text, at) if opening == "{" else ("", at)
        end = _DECODER.raw_decode(text, at)[1]
        yield name, text[at:end]
        at = _after_blank(text, end)
        if text[at : at + 1] == ",":
            at = _after_blank(text, at + 1)
            if text[at : at + 1] == closing:
                raise JSONDecodeError("Expecting a value", text, at)
        elif text[at : at + 1] != closing:
            raise JSONDecodeError(f"Expecting ',' or '{closing}'", text, at)
    rest = _after_blank(text, at + 1)
    if rest != len(text):
        raise JSONDecodeError("Extra data", text, rest)


def _name(text: str, at: int) -> tuple[str, int]:
    """Return the name of a member, and where its value begins."""
    name, colon = _DECODER.raw_decode(text, at)
    if not isinstance(name, str):
        raise JSONDecodeError("Expecting a name in double quotes", text, at)
    colon = _after_blank(text, colon)
    if text[colon : colon + 1] != ":":
        raise JSONDecodeError("Expecting ':'", text, colon)
    return name, _after_blank(text, colon + 1)
