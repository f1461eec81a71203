"""Cells that their file does not name keep their names, whatever was done to them here and there."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sagews.backend.formats.notebook import read
from sagews.backend.worksheets.matching import matched
from sagews.backend.worksheets.notebooks import values_of
from sagews.database.worksheet_files import WorksheetFile, ids_of
from sagews.database.worksheets import Worksheet
from tests.unit.backend.worksheets.filed import EMMY, Filed, cell, filed, notebook, sources

DEADLINE = 60.0
OTHERS = ("third = 3\n", "", "5", "数学")


@pytest.fixture
async def one(address: str, tmp_path: Path) -> AsyncIterator[Filed]:
    async with AsyncExitStack() as stack, asyncio.timeout(DEADLINE):
        yield await stack.enter_async_context(filed(tmp_path, address))


def old(*texts: str) -> bytes:
    """Return a file of a version without ids."""
    return notebook(*(cell("", text) for text in texts), minor=4)


def anew(*texts: str) -> bytes:
    """Return a file as a program makes it of a text: with ids that are others each time."""
    return notebook(*(cell(secrets.token_hex(4), text) for text in texts))


async def told(one: Filed, worksheet: Worksheet) -> list[tuple[str, str]]:
    return [(each.id, each.source) for each in (await one.values(worksheet)).cells]


@pytest.mark.parametrize("file", [old, anew])
async def test_a_cell_that_was_moved_and_changed_here_gets_what_is_changed_there(one: Filed, file: type) -> None:
    worksheet = await one.opened(file("first = 1\n", "second = 2\n", *OTHERS))
    a, b, *others = (name for name, _ in await told(one, worksheet))
    # There, once before: what its cells are called now can be known from no text.
    await one.put(file("first = 1\n", "2nd = 2\n", *OTHERS))
    assert await one.outside.take("w") == []
    assert [name for name, _ in await told(one, worksheet)] == [a, b, *others]
    writer = await one.writer(worksheet)
    writer.write(0, 0, "# mine\n")
    writer.move_cell(0, 2)
    writer.write(0, 0, "# λ\n")
    await writer.settle()
    await one.put(file("first = 1  # theirs\n", "2nd = 2\nx\n", *OTHERS, "new"))
    assert await one.outside.take("w") == []
    found = dict(await told(one, worksheet))
    assert found.pop(a) == "# mine\nfirst = 1  # theirs\n" and found.pop(b) == "# λ\n2nd = 2\nx\n"
    assert [found.pop(name) for name in others] == list(OTHERS) and list(found.values()) == ["new"]


@pytest.mark.parametrize("file", [old, anew])
async def test_the_same_once_more_changes_nothing(one: Filed, file: type) -> None:
    worksheet = await one.opened(file("1", "2", "2", ""))
    await one.put(file("0", "2", "1 changed", "2", ""))
    assert await one.outside.take("w") == []
    before = await told(one, worksheet)
    assert [text for _, text in before] == ["0", "2", "1 changed", "2", ""]
    seq = await head(one, worksheet)
    # Another file, and the first one again: of each the worksheet has all already.
    for data in (file("0", "2", "1 changed", "2", ""), notebook(*(cell(*each) for each in before))):
        await one.put(data)
        assert await one.outside.take("w") == []
        assert await told(one, worksheet) == before
        # The one with names says that it is of another version of the format, and no more.
        assert await head(one, worksheet) - seq == (file is old and b'"nbformat_minor": 5' in data)
    await one.snapshots.save(worksheet, EMMY)
    assert sources(await one.text()) == [text for _, text in before]


@pytest.mark.parametrize("file", [old, anew])
async def test_what_is_written_back_has_the_names_of_the_worksheet(one: Filed, file: type) -> None:
    worksheet = await one.opened(file("1", "2"))
    names = [name for name, _ in await told(one, worksheet)]
    data = file("1 there", "2")
    await one.put(data)
    assert await one.outside.take("w") == []
    await one.snapshots.save(worksheet, EMMY)
    assert await one.text() == data
    await one.snapshots.save(worksheet, EMMY)
    writer = await one.writer(worksheet)
    writer.write(1, 0, "here ")
    await writer.settle()
    await one.snapshots.save(worksheet, EMMY)
    assert [each["id"] for each in json.loads(await one.text())["cells"]] == names
    assert sources(await one.text()) == ["1 there", "here 2"]
    assert (await one.files.get(worksheet.id)).names == ()


async def head(one: Filed, worksheet: Worksheet) -> int:
    known = await one.of.worksheets.get(worksheet.id)
    assert known is not None
    return known.head_seq


def test_a_cell_with_a_name_of_its_own_is_never_another_one() -> None:
    before = read(notebook(cell("a", "1"), cell("b", "2")))
    new = read(notebook(cell("a", "1"), cell("c", "2"), cell("", "2").copy() | {"id": None}))
    assert [each.id for each in matched(new, values_of(before).cells).cells] == ["a", "c", "b"]


def test_names_are_of_their_content_alone() -> None:
    assert WorksheetFile("w", content="x", ids=ids_of("x", ["a", "b"])).names == ("a", "b")
    assert WorksheetFile("w", content="x", ids=ids_of("x")).names == ()
    # Somebody who knows nothing of names has noted another content since, or nothing was ever noted.
    assert WorksheetFile("w", content="y", ids=ids_of("x", ["a"])).names is None
    assert WorksheetFile("w", content="y").names is None
