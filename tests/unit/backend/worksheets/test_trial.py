"""Trials: an update that would make a worksheet something else is refused, whatever the library says to it."""

import asyncio
import os
import random
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pycrdt import Map, Text

from sagews.backend.worksheets import trial as module
from sagews.backend.worksheets.binding import GarbledError
from sagews.backend.worksheets.contents import contents
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.trial import Trial
from sagews.errors import WorksheetError
from tests.unit.backend.worksheets.backends import BASE, WORDS
from tests.unit.backend.worksheets.mutating import MUTATED
from tests.unit.backend.worksheets.wire import (
    CLIENT,
    deleted,
    new_map,
    number,
    root,
    text,
    update,
    value,
    within,
)
from tests.unit.backend.worksheets.writer import Writer, new_cell

DEADLINE = 1800.0 if os.environ.get("SAGEWS_PROVE") else 60.0


@pytest.fixture
def trial() -> Trial:
    trial = Trial()
    trial.document.take_kept(BASE)
    return trial


@pytest.fixture
def writer() -> Writer:
    writer = Writer()
    writer._apply(BASE)
    return writer


def attempt(trial: Trial, *payloads: bytes) -> list[bool]:
    return [trial.attempt(payload, contents(payload)) for payload in payloads]


def sent(writer: Writer) -> list[bytes]:
    return [new.payload for new in writer.unacknowledged.values()]


def test_what_people_do_is_allowed_and_changes_something(trial: Trial, writer: Writer) -> None:
    writer.write(1, 2, "学👩‍👩‍👧‍👦")
    writer.erase(1, 0, 1)
    writer.add_cell(4, "last")
    writer.move_cell(0, 3)
    writer.cells[0]["cell_type"] = "markdown"
    writer.cells[0]["metadata"]["collapsed"] = "true"
    writer.cells[0]["attachments"] = Map({"a.png": "{}"})
    writer.meta["metadata"]["title"] = '"λ"'
    del writer.cells[1]
    assert all(attempt(trial, *sent(writer)))
    assert trial.document.cells.to_py() == writer.cells.to_py()
    # Once more, deletions among it: nothing changes.
    assert not any(attempt(trial, *sent(writer)))
    trial.document.check()


def put(name: str, value: Any) -> Callable[[Writer], None]:
    def change(writer: Writer) -> None:
        writer.cells[2][name] = value

    return change


REFUSED: dict[str, Callable[[Writer], None]] = {
    "a number as a cell": lambda writer: writer.cells.append(5),
    "a text as a cell": lambda writer: writer.cells.append(Text("x")),
    "a cell without source": lambda writer: writer.cells.append(Map({"id": "x", "cell_type": "code"})),
    "outputs": put("outputs", "[]"),
    "an execution state": put("execution_state", "busy"),
    "another type": put("cell_type", "script"),
    "no type": lambda writer: writer.cells[2].pop("cell_type"),
    "a source that is no text": put("source", "x"),
    "a source that is a map": put("source", Map()),
    "an id of a path": put("id", "../x"),
    "metadata that are no map": put("metadata", "{}"),
    "metadata that are a number": lambda writer: writer.cells[2]["metadata"].update({"a": 5}),
    "metadata that are no JSON": lambda writer: writer.cells[2]["metadata"].update({"a": "{"}),
    "a map within metadata": lambda writer: writer.cells[2]["metadata"].update({"a": Map()}),
    "a state of the worksheet": lambda writer: writer.meta.update({"state": "x"}),
    "metadata of the worksheet that are no JSON": lambda writer: writer.meta["metadata"].update({"a": "x"}),
    "a long source": lambda writer: [writer.write(2, 0, "x" * (600 << 10)) for _ in range(2)],
}


@pytest.mark.parametrize("looked_up", [0, module.MOST_LOOKED_UP])
@pytest.mark.parametrize("what", REFUSED)
def test_what_no_worksheet_has_is_refused(
    trial: Trial, writer: Writer, what: str, looked_up: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LOOKED_UP", looked_up)
    REFUSED[what](writer)
    with pytest.raises(WorksheetError):
        attempt(trial, *sent(writer))


def test_too_many_cells_are_refused(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    from sagews.backend.worksheets import shape

    monkeypatch.setattr(shape, "MOST_CELLS", 4)
    writer = Writer()
    writer._apply(BASE)
    writer.cells.append(new_cell("x", ""))
    with pytest.raises(WorksheetError, match="would have more than 4 cells"):
        attempt(trial, *sent(writer))


def test_maps_in_maps_end_nothing(trial: Trial) -> None:
    # Some sixty thousand, one in the other, ended the process when the first was deleted.
    deep = update(*[new_map(parent=within(CLIENT, clock - 1)) if clock else new_map() for clock in range(3000)])
    with pytest.raises(WorksheetError):
        attempt(trial, deep)


def test_maps_and_texts_are_not_without_number(trial: Trial, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TYPES", trial.document.types + 5)
    for word in WORDS[:3]:
        writer.add_cell(0, word)
        del writer.cells[0]
    payloads = sent(writer)
    for payload in payloads:
        # Those that are deleted do not count for ever.
        if trial.is_crowded(contents(payload)):
            trial.document.types = Document.types_in(trial.document.since())
        trial.check_room(contents(payload))
        attempt(trial, payload)
    writer.add_cell(0), writer.add_cell(0)
    first, second = sent(writer)[-2:]
    attempt(trial, first)
    with pytest.raises(WorksheetError, match="worksheet: has too many cells; go on in another one"):
        trial.check_room(contents(second))


def test_a_character_is_not_taken_apart(trial: Trial, writer: Writer) -> None:
    # The library would count one thing and write another: whoever loaded the worksheet anew would get garbage.
    writer.write(0, 1, "\U0001d4b5a")
    (payload,) = sent(writer)
    attempt(trial, payload)
    ((client, start, _),) = contents(payload).spans
    half = b"\0" + deleted(client, start, 1)
    between = update(bytes([4 | 128]) + number(client) + number(start) + text("x"), client=8)
    for wrong in (half, between, b"\0" + deleted(client, start + 1, 1)):
        assert not contents(wrong).missing(trial.document.known)
        with pytest.raises(GarbledError, match="takes a character apart"):
            attempt(trial, wrong)
    assert attempt(trial, b"\0" + deleted(client, start, 2)) == [True]
    assert trial.document.values().cells[0].source == "xa = 1\n"


def test_what_refers_to_itself_in_a_circle_is_refused(trial: Trial) -> None:
    one = update(value(b"\x77" + text("1"), parent=within(9, 0)), client=8)
    other = update(value(b"\x77" + text("1"), parent=within(8, 0)), client=9)
    circle = b"\2" + other[1:-1] + one[1:]
    assert not contents(circle).missing({})
    with pytest.raises(GarbledError):
        attempt(trial, circle)


def test_what_is_put_into_what_can_have_nothing_ends_nothing(trial: Trial, writer: Writer) -> None:
    client = contents(BASE).spans[0][0]
    for clock in range(12):
        each = update(value(b"\x77" + text("1"), parent=within(client, clock)), client=100 + clock)
        other = update(bytes([4]) + within(client, clock) + text("x"), client=200 + clock)
        for payload in (each, other, update(bytes([4]) + root("meta") + text("x"), client=300 + clock)):
            fresh = Trial()
            fresh.document.take_kept(BASE)
            try:
                attempt(fresh, payload)
            except WorksheetError:
                continue
            fresh.document.check()


async def test_updates_that_met_with_accidents_break_nothing() -> None:
    # In a process of its own, whose end is part of the question.
    seed = random.randrange(1 << 32)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.unit.backend.worksheets.mutating", str(seed), str(MUTATED)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE):
            said, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"seed {seed}: {errors.decode()[-3000:]}"
    refused, kept = map(int, said.split())
    assert refused + kept == MUTATED and refused > MUTATED // 2 and kept > MUTATED // 100
