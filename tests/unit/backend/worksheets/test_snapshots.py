"""Worksheets saved into their files: once, by whoever, with what cells show, and nothing where nothing changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Never

import pytest

from sagews.backend.worksheets.shown import MOST_OF_CELL
from sagews.backend.worksheets.snapshots import Snapshots
from sagews.database.evaluations import ENDED, RUNNING, Evaluation
from sagews.database.outputs import Output
from sagews.database.recording import Change, Recording
from sagews.database.worksheet_sessions import WorksheetSessions
from sagews.errors import EpochError, NoSpaceError
from tests.unit.backend.worksheets.filed import EMIL, EMMY, PATH, Filed, cell, filed, notebook, sources

DEADLINE = 60.0
# Not as it would be written: in one line, with numbers that floats do not have.
FIRST = (
    b'{"nbformat_minor": 5, "nbformat": 4, "metadata": {"z": 1.0, "a": 1e400}, "cells": [{"source": ["x\\n"],'
    b' "outputs": [], "metadata": {}, "id": "a", "execution_count": null, "cell_type": "code"}]}'
)


@pytest.fixture
async def both(address: str, tmp_path: Path) -> AsyncIterator[tuple[Filed, Filed]]:
    """Give two backends."""
    async with AsyncExitStack() as stack, asyncio.timeout(DEADLINE):
        one = await stack.enter_async_context(filed(tmp_path, address))
        shared = None if address else one.of.hints
        yield one, await stack.enter_async_context(filed(tmp_path, address, "two", shared))


async def test_nothing_is_saved_where_nothing_changed(both: tuple[Filed, Filed]) -> None:
    one, two = both
    worksheet = await one.opened(FIRST)
    head = await one.store.head("w")
    assert await one.snapshots.save(worksheet, EMMY) == head == await two.snapshots.save(worksheet, EMIL)
    writer = await one.writer(worksheet)
    writer.write(0, 0, "😀")
    await writer.settle()
    writer.erase(0, 0, 1)
    await writer.settle()
    assert await two.snapshots.save(worksheet, EMIL) == head and await one.text() == FIRST
    assert await one.files.unsaved() == []


async def test_two_backends_at_once_make_one_version(both: tuple[Filed, Filed]) -> None:
    one, two = both
    worksheet = await one.opened(FIRST)
    for number in range(3):
        writer = await one.writer(worksheet)
        writer.write(0, 0, f"{number}λ")
        await writer.settle()
        first, second = await asyncio.gather(
            one.snapshots.save(worksheet, EMMY), two.snapshots.save(worksheet, EMIL, "by hand")
        )
        assert first == second == await one.store.head("w")
    assert len(await one.commits()) == 4 and list(await one.store.files("w")) == [PATH]
    saved = json.loads(await two.text(), parse_float=str)
    assert saved["cells"][0]["source"] == ["2λ1λ0λx\n"] and saved["metadata"] == {"z": "1.0", "a": "1e400"}


async def test_it_is_saved_after_quiet_and_when_a_run_has_ended_by_who_wrote_last(both: tuple[Filed, Filed]) -> None:
    one, two = both
    worksheet = await one.opened(FIRST)
    writer = await one.writer(worksheet)
    for letter in "abc":
        writer.write(0, 0, letter)
        await writer.settle()
        one.snapshots.edited(worksheet.id, EMIL)
        await asyncio.sleep(0.05)
    one.snapshots.edited(worksheet.id, EMMY)
    while len(await one.commits()) < 2:
        await asyncio.sleep(0.05)
    assert sources(await one.text()) == ["cbax\n"]
    await one.evaluated(worksheet, "a", {"output_type": "stream", "name": "stdout", "text": "out"})
    two.snapshots.run_ended(worksheet.id)
    while len(await one.commits()) < 3:
        await asyncio.sleep(0.05)
    assert await one.commits() == [
        ("Emmy", "Worksheet a.ipynb"),
        ("Emmy", "Worksheet a.ipynb"),
        ("Emil", ""),
    ]
    assert json.loads(await one.text())["cells"][0]["outputs"][0]["text"] == ["out"]
    await asyncio.sleep(0.5)
    assert len(await one.commits()) == 3


async def test_while_somebody_writes_on_and_on_it_is_saved_too(both: tuple[Filed, Filed]) -> None:
    one, _ = both
    worksheet = await one.opened(FIRST)
    writer = await one.writer(worksheet)
    for _ in range(100):
        writer.write(0, 0, "a")
        one.snapshots.edited(worksheet.id, EMMY)
        await asyncio.sleep(0.1)
        if len(await one.commits()) > 1:
            break
    else:
        raise AssertionError("nothing was saved")
    await writer.settle()


async def test_what_a_backend_that_died_left_another_one_saves(both: tuple[Filed, Filed]) -> None:
    one, two = both
    worksheet = await one.opened(FIRST)
    writer = await one.writer(worksheet)
    writer.write(0, 0, "kept ")
    await writer.settle()
    dead = Snapshots(one.agreement, one.outside)
    dead.edited(worksheet.id, EMMY)
    while not (await one.files.get(worksheet.id)).editor:
        await asyncio.sleep(0.05)
    await dead.stop()
    assert len(await one.commits()) == 1
    await two.snapshots.look()
    # It might be about to be saved there.
    await asyncio.sleep(0.3)
    assert len(await one.commits()) == 1
    await two.snapshots.look()
    while len(await one.commits()) < 2:
        await asyncio.sleep(0.05)
    assert (await one.commits())[0][0] == "Emmy" and sources(await one.text()) == ["kept x\n"]


async def test_a_file_has_so_much_of_the_outputs(both: tuple[Filed, Filed]) -> None:
    one, _ = both
    cells = [cell(f"c{number}", str(number)) for number in range(2)]
    worksheet = await one.opened(notebook(*cells))
    large = {"output_type": "stream", "name": "stdout", "text": "é" * MOST_OF_CELL}
    await one.evaluated(worksheet, "c0", large)
    await one.snapshots.save(worksheet, EMMY)
    data = await one.text()
    first, said = json.loads(data)["cells"][0]["outputs"]
    assert "".join(first["text"]) == "é" * (MOST_OF_CELL // 2)
    assert (
        "".join(said["text"]) == "[1,048,576 bytes of output are not in this file: it would be too large with them.]\n"
    )


async def test_a_worksheet_that_is_gone_is_not_saved(both: tuple[Filed, Filed]) -> None:
    one, _ = both
    worksheet = await one.opened(FIRST)
    await one.put(None)
    with pytest.raises(EpochError):
        await one.snapshots.save(worksheet, EMMY)
    assert await one.store.files("w") == {}


async def test_what_ran_at_a_backend_that_died_another_one_saves(both: tuple[Filed, Filed]) -> None:
    one, two = both
    worksheet = await one.opened(FIRST)
    table = WorksheetSessions(one.of.database)
    asked = Evaluation("e1", worksheet.id, "a", "-", b"1")
    row = await table.ask(asked, environment="", account="a", holder="h", seconds=60.0)
    said = Output(row.name, 1, "e1", "stream", b'{"name": "stdout", "text": "out"}')
    recording = Recording(one.of.database)
    await recording.record(worksheet.id, row.name, 1, [said], [Change("e1", RUNNING, 1.0)])
    assert await two.files.unsaved() == [], "it runs still"
    await recording.record(worksheet.id, row.name, 2, [], [Change("e1", ENDED, 2.0, "done")])
    # The backend that wrote this down dies before it saves.
    await two.snapshots.look()
    assert len(await one.commits()) == 1
    await two.snapshots.look()
    while len(await one.commits()) < 2:
        await asyncio.sleep(0.05)
    assert json.loads(await one.text())["cells"][0]["outputs"][0]["text"] == ["out"]
    assert await one.files.unsaved() == []


async def test_what_cannot_be_saved_is_tried_seldom_and_why_is_told(
    both: tuple[Filed, Filed], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = both
    worksheet = await one.opened(FIRST)
    writer = await one.writer(worksheet)
    writer.write(0, 0, "kept ")
    await writer.settle()
    told: list[str] = []
    tries = 0

    async def full(*_: object, **__: object) -> Never:
        nonlocal tries
        tries += 1
        raise NoSpaceError("is full", "workspace w", "delete something")

    for each in both:
        monkeypatch.setattr(each.store, "save", full)
    one.snapshots.on_standing = lambda: told.append("one")
    one.snapshots.edited(worksheet.id, EMMY)
    while not told:
        await asyncio.sleep(0.02)
    assert await two.files.troubles([worksheet.id]) == {worksheet.id: "workspace w: is full; delete something"}
    # Neither the next edits nor another backend try it again at once.
    for _ in range(5):
        one.snapshots.edited(worksheet.id, EMMY)
        await two.snapshots.look()
        await asyncio.sleep(0.1)
    assert tries == 1 and (await one.files.get(worksheet.id)).tries == 1
    # After a while it is, and less and less often.
    await two.files.put(worksheet.id, retry=1.0)
    for _ in range(2):
        await two.snapshots.look()
    while (await two.files.get(worksheet.id)).tries < 2:
        await asyncio.sleep(0.02)
    assert await two.files.unsaved() == []
    monkeypatch.undo()
    await one.snapshots.save(worksheet, EMMY)
    assert await two.files.troubles([worksheet.id]) == {} and told == ["one", "one"]
    assert (await two.files.get(worksheet.id)).retry is None


async def test_a_worksheet_whose_file_is_none_any_more_is_not_looked_at_for_ever(both: tuple[Filed, Filed]) -> None:
    one, _ = both
    worksheet = await one.opened(FIRST)
    writer = await one.writer(worksheet)
    writer.write(0, 0, "a")
    await writer.settle()
    writer.erase(0, 0, 1)
    await writer.settle()
    await one.put(b"no notebook")
    assert await one.files.unsaved()
    head = await one.snapshots.save(worksheet, EMMY)
    assert head == await one.store.head("w") and await one.text() == b"no notebook"
    assert await one.files.unsaved() == []
