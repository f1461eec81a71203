"""Sage's answers beside those of books and tables."""

import asyncio
import json
import pkgutil
from importlib import import_module

import pytest

from tests.replay.outputs import shown
from tests.sage import values
from tests.sage.values.value import Value
from tests.site.client_end import Json
from tests.site.desk import Desk

AREAS: dict[str, list[Value]] = {
    name: import_module(f"tests.sage.values.{name}").VALUES
    for _, name, _ in pkgutil.iter_modules(values.__path__)
    if name != "value"
}


@pytest.mark.parametrize("area", AREAS)
async def test_values_are_those_of_the_books(desk: Desk, area: str) -> None:
    wrong = []
    for code, expected, source in AREAS[area]:
        got = _answer(await asyncio.wait_for(desk.run(code), 30))
        if got != expected:
            wrong.append(f"{code}\n  expected {expected}\n  got      {got}\n  source   {source}")
    assert not wrong, "\n".join(["", *wrong])


def test_there_are_enough_and_each_has_a_source() -> None:
    rows = [row for area in AREAS.values() for row in area]
    assert len(rows) >= 200
    assert len({row.code for row in rows}) == len(rows)
    assert [row.code for row in rows if not row.source.strip()] == []


def _answer(events: list[Json]) -> str:
    """Return the text of what was shown last, or what happened instead."""
    if events[-1]["reason"] != "done":
        return json.dumps(events)[-600:]
    forms = shown(events)
    return str(forms[-1]["text/plain"]) if forms else "nothing"
