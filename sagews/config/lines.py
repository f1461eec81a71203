"""On which line of a text of TOML a setting stands, so that an error can name it. Thinking only, no I/O."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""Names of tables and of a setting in them; a number is the place in an array of tables, from 0."""


def lines_of(text: str) -> dict[Place, int]:
    """Return the line, from 1, on which each table and each setting of a valid text of TOML begins.

    A statement of TOML, taken alone, is a valid text again: so each is found
    as the fewest lines that are one, and read by the library itself.
    """
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for line, statement in _statements(text.replace("\r\n", "\n")):
        read = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _table(read, counts)
            found.setdefault(table, line)
            continue
        for place in _settings(read, table):
            found.setdefault(place, line)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Give each statement with its first line; an array or a string may go over several."""
    held: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        held.append(line)
        statement = "\n".join(held)
        try:
            read = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if read:
            yield number - len(held) + 1, statement
        held.clear()


def _table(header: Mapping[str, object], counts: dict[Place, int]) -> Place:
    """Return the table that a header begins: of an array of tables its next one; what is below an array, of its last.

    `counts` has how many tables of each array have begun.
    """
    place: Place = ()
    below: object = header
    while isinstance(below, dict) and below:
        ((name, below),) = below.items()
        place = (*place, name)
        if isinstance(below, list):
            counts[place] = counts.get(place, 0) + 1
        if place in counts:
            place = (*place, counts[place] - 1)
    return place


def _settings(read: Mapping[str, object], table: Place) -> Iterator[Place]:
    """Give the place of each setting of a statement, those of inline tables and of dotted names too."""
    for name, value in read.items():
        place = (*table, name)
        yield place
        if isinstance(value, dict):
            yield from _settings(value, place)
