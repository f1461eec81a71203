"""Notebook files as Hypothesis makes them: valid ones of every version, in any layout, and broken ones."""

import json
from random import Random
from typing import Any

from hypothesis import strategies as st


class Number(str):
    """A number of JSON, as it is written."""


ODD = (
    "",
    "\0",
    "\ud800",
    "\udfff x",
    "a\r\nb\x0cc\u2028d",
    "é😀\u200d",
    "</script>",
    '"\\',
    "\ufeff",
    "%%time",
    "NaN",
    "[{",
)
TEXT = st.one_of(st.sampled_from(ODD), st.text(max_size=8))
SOURCE = st.one_of(TEXT, st.lists(TEXT, max_size=3), st.just(["a\n", "b"]), st.just("x = 1\ny"))
NUMBERS = ("0", "-0", "1", "1.0", "-0.0", "1e300", "1E+5", "1e99999", "0.10000000000000000001", "9" * 40, "3" * 5000)
NUMBER = st.sampled_from([Number(text) for text in NUMBERS])
LEAF = st.one_of(st.none(), st.booleans(), NUMBER, TEXT)
VALUE = st.recursive(
    LEAF, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)), max_leaves=5
)
OBJECT = st.dictionaries(st.one_of(TEXT.map("x".__add__), st.sampled_from(["widgets", "a/b"])), VALUE, max_size=3)
COUNT = st.sampled_from([None, Number("0"), Number("7"), Number("3.0"), Number("12345678901234567890"), Number("1e3")])
ID = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
MULTILINE = st.one_of(TEXT, st.lists(TEXT, max_size=2))
BUNDLE = st.dictionaries(
    st.sampled_from(["text/plain", "text/html", "image/png", "image/svg+xml", "text/latex"]), MULTILINE, max_size=2
).flatmap(lambda text: VALUE.map(lambda value: {**text, "application/vnd.x+json": value}))


@st.composite
def outputs(draw: st.DrawFn) -> dict[str, Any]:
    """Make a valid output."""
    kind = draw(st.sampled_from(["stream", "display_data", "execute_result", "error"]))
    if kind == "stream":
        return {"output_type": kind, "name": draw(TEXT), "text": draw(MULTILINE)}
    if kind == "error":
        return {
            "output_type": kind,
            "ename": draw(TEXT),
            "evalue": draw(TEXT),
            "traceback": draw(st.lists(TEXT, max_size=2)),
        }
    found = {"output_type": kind, "metadata": draw(OBJECT), "data": draw(BUNDLE)}
    return found | ({"execution_count": draw(COUNT)} if kind == "execute_result" else {})


@st.composite
def notebooks(draw: st.DrawFn) -> dict[str, Any]:
    """Make a valid notebook of 4.0 to 4.7; one above 4.5 has cells, outputs and members that are not known yet."""
    minor = draw(st.integers(0, 7))
    kinds = ["code", "markdown", "raw"] + (["poem"] if minor > 5 else [])
    cells = []
    for number in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(kinds))
        cell: dict[str, Any] = {"cell_type": kind, "metadata": draw(OBJECT)}
        if kind != "poem" or draw(st.booleans()):
            cell["source"] = draw(SOURCE)
        if kind == "code":
            cell |= {"outputs": draw(st.lists(outputs(), max_size=2)), "execution_count": draw(COUNT)}
        elif draw(st.booleans()):
            cell["attachments"] = draw(st.dictionaries(TEXT, BUNDLE, max_size=1))
        if minor >= 5:
            cell["id"] = f"{draw(ID)}-{number}"
        if minor > 5:
            cell |= draw(OBJECT)
        cells.append(cell)
    found = {"nbformat": Number("4"), "nbformat_minor": Number(minor), "metadata": draw(OBJECT), "cells": cells}
    if draw(st.booleans()):
        found |= {"nbformat_minor": Number(f"{minor}.0"), "nbformat": Number("4.0")}
    return found | draw(OBJECT)


@st.composite
def older_notebooks(draw: st.DrawFn) -> dict[str, Any]:
    """Make a valid notebook of version 1, 2 or 3."""
    version = draw(st.sampled_from([1, 2, 3]))
    if version == 1:
        return {"nbformat": Number("1"), "cells": draw(st.lists(first_cells(), max_size=3))}
    kinds = ["code", "markdown", "html"] + (["heading", "raw"] if version == 3 else [])
    plain = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["x", None, True, Number("3")]), max_size=2)
    lines = [["a", "b"]] if version == 2 else [["a", "b"], ["a\n", "b"]]
    text = st.one_of(st.text(max_size=6), st.sampled_from(lines))
    cells = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(kinds))
        cell: dict[str, Any] = {"cell_type": kind, "metadata": draw(plain)}
        if kind == "code":
            cell |= {"input": draw(text), "language": "python", "collapsed": draw(st.booleans())}
            cell |= {"outputs": draw(st.lists(older_outputs(text), max_size=2))}
            cell |= draw(st.sampled_from([{}, {"prompt_number": Number("4")}, {"prompt_number": None}]))
        else:
            cell["source"] = draw(text)
        if kind == "heading":
            cell["level"] = Number(draw(st.integers(1, 6)))
        cells.append(cell)
    metadata = {"name": "old", "signature": "s"} | draw(plain)
    return {
        "nbformat": Number(version),
        "nbformat_minor": Number("0"),
        "metadata": metadata,
        "worksheets": [{"cells": cells}],
    }


@st.composite
def first_cells(draw: st.DrawFn) -> dict[str, Any]:
    """Make a cell of version 1, which had no outputs."""
    if draw(st.booleans()):
        return {"cell_type": "text", "text": draw(st.text(max_size=6))}
    count = draw(st.sampled_from([{}, {"prompt_number": Number("4")}]))
    return {"cell_type": "code", "code": draw(st.text(max_size=6))} | count


@st.composite
def older_outputs(draw: st.DrawFn, text: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Make a valid output of version 2 or 3."""
    kind = draw(st.sampled_from(["stream", "display_data", "pyout", "pyerr"]))
    if kind == "stream":
        return {"output_type": kind, "stream": draw(st.sampled_from(["stdout", "stderr"])), "text": draw(text)}
    if kind == "pyerr":
        return {"output_type": kind, "ename": "E", "evalue": draw(st.text(max_size=3)), "traceback": ["a"]}
    names = st.dictionaries(st.sampled_from(["text", "html", "svg", "latex", "javascript"]), text, max_size=2)
    found: dict[str, Any] = {"output_type": kind, "metadata": {}} | draw(names)
    found |= draw(st.sampled_from([{}, {"png": "aGk="}, {"json": '{"a": [1, 2.5]}'}]))
    return found | ({"prompt_number": Number("2")} if kind == "pyout" else {})


def written(value: Any, layout: int = 0) -> str:
    """Return a value as JSON: compact, as nbformat has it, or with blanks wherever there can be some."""
    blank = ("", "", " \r\n\t")[layout % 3]
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        parts = [
            f"{blank}{written(name, layout)}{blank}:{blank}{written(part, layout)}" for name, part in value.items()
        ]
        return "{" + f"{blank},".join(parts) + blank + "}"
    if isinstance(value, list):
        return "[" + f"{blank},".join(blank + written(part, layout) for part in value) + blank + "]"
    # A surrogate by itself cannot be UTF-8, only an escape.
    ascii_only = layout % 2 == 0 or any("\ud800" <= each <= "\udfff" for each in str(value))
    return json.dumps(value, ensure_ascii=ascii_only)


def exact(text: bytes | str) -> Any:
    """Return JSON as a value in which numbers are what is written."""
    return json.loads(text, parse_int=Number, parse_float=Number)


PIECES = (
    b'"id"',
    b"null",
    b"[]",
    b"{}",
    b'"source"',
    b"NaN",
    b"-Infinity",
    b"\0",
    b"\xff",
    b"\\ud800",
    b"[" * 300,
    b"1e999",
)
PIECES += (
    b'"cells"',
    b",",
    b'"',
    b"\\",
    b"}",
    b"]",
    b":",
    b'"cell_type": "code"',
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"4",
    b"99",
)


WRONG = (
    None,
    ...,
    True,
    "",
    "x",
    "\ud800",
    [],
    [None],
    ["a"],
    {},
    {"a": None},
    [[]],
    Number("7"),
    Number("-1"),
    Number("2.5"),
)
WRONG += (Number("1e999"), Number("9" * 5000), {"output_type": "stream"}, {"cell_type": "code"}, "a b", "y" * 65)
"""Values that may stand where another was; `...` takes it away."""


def broken(notebook: dict[str, Any], seed: int) -> bytes:
    """Return a file that may be broken: cut, with pieces put in, left out or repeated, or with a wrong value in it."""
    chance = Random(seed)
    if chance.random() < 0.4:
        place = chance.choice(list(_places(notebook, ())))
        return written(_replaced(notebook, place, chance.choice(WRONG))).encode()
    data = written(notebook, chance.randrange(6)).encode()
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(data))
        end = min(len(data), at + chance.randint(0, 30))
        piece = chance.choice((*PIECES, chance.randbytes(3)))
        ways = (data[:at], data[:at] + piece + data[end:], data[:at] + data[end:], data[:end] + data[at:])
        data = chance.choice(ways)
    return data


def _places(value: Any, path: tuple[Any, ...]) -> Any:
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _places(part, (*path, name))


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return None if new is ... else new
    first, *rest = path
    copy = dict(value) if isinstance(value, dict) else dict(enumerate(value))
    if not rest and new is ...:
        del copy[first]
    else:
        copy[first] = _replaced(copy[first], tuple(rest), new)
    return copy if isinstance(value, dict) else list(copy.values())
