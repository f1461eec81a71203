"""Notebooks of nbformat 1 to 3 as those of nbformat 4, as nbformat's own `convert` makes them."""

import re
from collections.abc import Iterator

from sagews.backend.formats.json_text import (
    NoNumberError,
    check_size,
    escaped,
    items,
    list_of,
    members,
    object_of,
    quoted,
    simple,
    strings,
)
from sagews.errors import FormatError

_MIMES = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
}
_TYPES = {"pyout": "execute_result", "pyerr": "error"}
_LEVELS = re.compile(r"[1-9]\d?")


def upgraded(top: dict[str, str], version: int) -> dict[str, str]:
    """Return the members of a notebook of version 1, 2 or 3 as those of 4.4. Raises FormatError."""
    cells = [_cell(cell, f"cell {number}", version) for number, cell in enumerate(_cells(top, version), 1)]
    metadata = members(top["metadata"]) if top.get("metadata", "").startswith("{") and version > 1 else {}
    for name in ("name", "signature"):
        metadata.pop(name, None)
    own = ("metadata", "worksheets", "cells", "nbformat", "nbformat_minor", "orig_nbformat", "orig_nbformat_minor")
    rest = {name: value for name, value in top.items() if name not in own and version > 1}
    found = {
        **rest,
        "metadata": object_of(metadata),
        "cells": list_of(cells),
        "nbformat": "4",
        "nbformat_minor": "4",
    }
    try:
        # JSON that stood in strings is part of it now.
        check_size(object_of(found))
    except ValueError as why:
        raise FormatError(f"{why}, upgraded to version 4", "notebook", "clear its outputs") from None
    return found


def _cells(top: dict[str, str], version: int) -> Iterator[str]:
    """Yield the cells of all worksheets, one after the other."""
    if version == 1:
        yield from _list(top, "cells", "notebook")
        return
    for number, worksheet in enumerate(_list(top, "worksheets", "notebook"), 1):
        if not worksheet.startswith("{"):
            raise FormatError("is no object", f"worksheet {number}")
        yield from _list(members(worksheet), "cells", f"worksheet {number}")


def _cell(text: str, noun: str, version: int) -> str:
    if not text.startswith("{"):
        raise FormatError("it is no object", noun)
    parts = members(text)
    kind = simple(parts.get("cell_type", "null"))
    parts.setdefault("metadata", "{}")
    if kind == "code":
        if version == 1:
            # So nbformat has it, which says so of all that it makes.
            parts.setdefault("collapsed", "false")
        _upgrade_code(parts, noun)
    elif kind == "heading":
        level = parts.pop("level", "1")
        marks = "#" * int(level) if _LEVELS.fullmatch(level) else "#"
        source = simple(_joined(parts.get("source", '""')))
        if isinstance(source, str):
            parts["source"] = quoted(f"{marks} {' '.join(source.splitlines())}")
        parts["cell_type"] = '"markdown"'
    elif kind in ("html", "text"):
        parts["source"] = parts.pop("source", parts.pop("text", '""'))
        parts["cell_type"] = '"markdown"'
    if "source" in parts:
        parts["source"] = _joined(parts["source"])
    return object_of(parts)


def _upgrade_code(parts: dict[str, str], noun: str) -> None:
    parts.pop("language", None)
    if "collapsed" in parts and parts["metadata"].startswith("{"):
        parts["metadata"] = object_of({**members(parts["metadata"]), "collapsed": parts.pop("collapsed")})
    parts["source"] = parts.pop("input", parts.pop("code", '""'))
    parts["execution_count"] = parts.pop("prompt_number", "null")
    parts["outputs"] = list_of([_output(output) for output in _list(parts, "outputs", noun)])


def _output(text: str) -> str:
    """Return an output as nbformat 4 has it; one that is no object as it is: who reads version 4 will say so."""
    if not text.startswith("{"):
        return text
    parts = {name: _joined_lines(name, value) for name, value in members(text).items()}
    kind = simple(parts.get("output_type", "null"))
    if kind == "stream":
        parts["name"] = parts.pop("stream", '"stdout"')
    elif kind == "pyerr":
        parts["output_type"] = '"error"'
    elif kind in ("pyout", "display_data"):
        parts = _shown(parts, str(kind))
    return object_of(parts)


def _shown(parts: dict[str, str], kind: str) -> dict[str, str]:
    found = {"output_type": quoted(_TYPES.get(kind, kind)), "metadata": _with_mimes(parts.pop("metadata", "{}"))}
    del parts["output_type"]
    if kind == "pyout":
        found["execution_count"] = parts.pop("prompt_number", "null")
    data = {_MIMES.get(name, name): value for name, value in parts.items()}
    if isinstance(text := simple(data.get("application/json", "null")), str):
        data["application/json"] = _json_within(text)
    return {**found, "data": object_of(data)}


def _json_within(text: str) -> str:
    """Return JSON that stood in a string; what is none as the string that it was."""
    try:
        check_size(text)
        found = items(f"[{text}]")
    except (NoNumberError, ValueError, RecursionError):
        found = []
    # A surrogate may stand there by itself: in the string around it, it was an escape.
    return escaped(found[0]) if len(found) == 1 else quoted(text)


def _with_mimes(metadata: str) -> str:
    if not metadata.startswith("{"):
        return metadata
    return object_of({_MIMES.get(name, name): value for name, value in members(metadata).items()})


def _joined_lines(name: str, value: str) -> str:
    """Return text that stood in lines in one piece."""
    return _joined(value) if name in _MIMES else value


def _joined(text: str) -> str:
    """Return a list of lines as a string, in JSON, anything else as it is; the earliest writers left line ends out."""
    lines = strings(text)
    if lines is None:
        return text
    return quoted(("" if lines and lines[0].endswith(("\n", "\r")) else "\n").join(lines))


def _list(parts: dict[str, str], name: str, noun: str) -> list[str]:
    text = parts.get(name, "null")
    if text == "null":
        return []
    if not text.startswith("["):
        raise FormatError(f"its {name} are no list", noun)
    return items(text)
