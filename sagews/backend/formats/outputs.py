"""Outputs of a code cell: which can be read, and what is mended in them."""

from collections.abc import Callable

from sagews.backend.formats.cell import is_count
from sagews.backend.formats.json_text import list_of, members, object_of, quoted, simple, strings


def _text(value: str) -> bool:
    return value.startswith('"')


def _lines(value: str) -> bool:
    return _text(value) or _texts(value)


def _texts(value: str) -> bool:
    return strings(value) is not None


def _object(value: str) -> bool:
    return value.startswith("{")


_BUNDLE: dict[str, tuple[Callable[[str], bool], str]] = {"data": (_object, "{}"), "metadata": (_object, "{}")}
FIELDS: dict[str, dict[str, tuple[Callable[[str], bool], str]]] = {
    "stream": {"name": (_text, '"stdout"'), "text": (_lines, '""')},
    "display_data": _BUNDLE,
    "execute_result": {**_BUNDLE, "execution_count": (is_count, "null")},
    "error": {"ename": (_text, '""'), "evalue": (_text, '""'), "traceback": (_texts, "[]")},
}
"""What an output of each type has, and what stands for a member that is not there or null."""


def mended(output: str) -> tuple[str, tuple[str, ...]]:
    """Return an output, a compact JSON text, with the members that it lacks; one of a type nobody knows as it is.

    The names are of members that were of the wrong type, in whose place others stand now.

    Raises ValueError if it cannot be read, which says why.
    """
    if not output.startswith("{"):
        raise ValueError("it is no object")
    parts = members(output)
    kind = simple(parts.get("output_type", "null"))
    if not isinstance(kind, str):
        raise ValueError("it has no output_type")
    was = dict(parts)
    wrong = []
    for name, (fits, default) in FIELDS.get(kind, {}).items():
        if parts.get(name, "null") == "null":
            parts[name] = default
        elif not fits(parts[name]):
            wrong.append(name)
            parts[name] = list_of([parts[name]]) if name == "traceback" and _text(parts[name]) else default
    return output if parts == was else object_of(parts), tuple(wrong)


def stream(name: str, text: str) -> str:
    """Return the JSON of text that was written to stdout or stderr."""
    return object_of({"output_type": '"stream"', "name": quoted(name), "text": quoted(text)})


def display(mime: str, text: str) -> str:
    """Return the JSON of one thing that was shown."""
    data = object_of({mime: quoted(text)})
    return object_of({"output_type": '"display_data"', "data": data, "metadata": "{}"})
