"""Opens a file that should be a notebook: bytes in, the members of one JSON object out, or why it is none."""

import re
from json import JSONDecodeError

from sagews.backend.formats.json_text import NoNumberError, check_size, members, without_constants
from sagews.backend.formats.repairs import Repairs
from sagews.errors import FormatError

MOST_BYTES = 64 << 20
"""Bytes of a file, as of one in a workspace."""

_TOKENS = re.compile(r'"((?:[^"\\]++|\\.)*+)(?:"|\Z)|([\[\]{}])', re.DOTALL)
_LISTS = ("cells", "worksheets")


def decoded(data: bytes, what: str) -> str:
    """Return the text of a file. Raises FormatError if it is too large, empty, or not UTF-8."""
    if len(data) > MOST_BYTES:
        raise FormatError(f"is larger than {MOST_BYTES >> 20} MiB", what, "clear its outputs where it was written")
    if not data.strip():
        raise FormatError("is empty", what)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"is not UTF-8 text, from byte {error.start + 1} on"
        raise FormatError(where, what, "save it as UTF-8, and try again") from None


def opened(data: bytes, repairs: Repairs) -> dict[str, str]:
    """Return the members of the object that a file is, each as compact JSON. Raises FormatError."""
    text = decoded(data, "notebook")
    try:
        check_size(text)
        try:
            return members(text)
        except NoNumberError:
            repairs.note("NaN and Infinity, which JSON does not have, became null")
            return members(without_constants(text))
    except JSONDecodeError as error:
        raise _not_json(text, error) from None
    except RecursionError:
        raise FormatError("its lists and objects are too deep", "notebook") from None
    except ValueError as why:
        raise FormatError(str(why), "notebook", "clear its outputs where it was written") from None


def _not_json(text: str, error: JSONDecodeError) -> FormatError:
    if text.lstrip()[:1] == "<":
        hint = "download the notebook itself, often called raw"
        return FormatError("is an HTML page or XML, and not a notebook", "notebook", hint)
    number = _cell_at(text, error.pos)
    where = f"in line {error.lineno}, column {error.colno}" + (f", in cell {number}" if number else "")
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return FormatError(f"is cut off: its JSON does not end, {where}", "notebook", "bring the whole file")
    return FormatError(f"is not JSON: {error.msg}, {where}", "notebook", "mend it there, and try again")


def _cell_at(text: str, at: int) -> int:
    """Return the number of the cell within which a place is, 0 if it is in none."""
    names: list[str] = []
    last, number = "", 0
    for found in _TOKENS.finditer(text, 0, at):
        bracket = found[2]
        if bracket is None:
            last = found[1]
        elif bracket in "[{":
            if bracket == "{" and names and names[-1] == "cells":
                number += 1
            names.append(last if bracket == "[" and last in _LISTS else bracket)
        elif names:
            names.pop()
    return number if "cells" in names else 0
