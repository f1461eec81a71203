"""Files that are changed elsewhere: open worksheets get it as an edit, and nothing that people wrote is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sagews.errors import EpochError
from tests.unit.backend.worksheets.filed import EMMY, PATH, Filed, cell, filed, notebook, sources

DEADLINE = 60.0
FIRST = notebook(cell("a", "x = 1\ny = 2\n"), cell("b", "# λ", "markdown"))
SECOND = notebook(cell("b", "# λ 😀", "markdown"), cell("n", "new"), cell("a", "x = 1\ny = 3\n"), k=1)


@pytest.fixture
async def both(address: str, tmp_path: Path) -> AsyncIterator[tuple[Filed, Filed]]:
    """Give two backends."""
    async with AsyncExitStack() as stack, asyncio.timeout(DEADLINE):
        one = await stack.enter_async_context(filed(tmp_path, address))
        shared = None if address else one.of.hints
        yield one, await stack.enter_async_context(filed(tmp_path, address, "two", shared))


async def test_a_file_that_was_saved_elsewhere_reaches_who_has_it_open(both: tuple[Filed, Filed]) -> None:
    one, two = both
    worksheet = await one.opened(FIRST)
    writer = await one.writer(worksheet)
    writer.write(0, 5, "  # mine")
    await writer.settle()
    await two.put(SECOND)
    # Both backends do it at once, and once more: it is done once.
    assert await asyncio.gather(two.outside.take("w"), one.outside.take("w")) == [[], []]
    assert await one.outside.take("w") == []
    values = await one.values(worksheet)
    assert [(each.id, each.source) for each in values.cells] == [
        ("b", "# λ 😀"),
        ("n", "new"),
        ("a", "x = 1  # mine\ny = 3\n"),
    ]
    assert values == await two.values(worksheet) and values.metadata == {"k": "1"}
    assert str(writer.source(2)) == "x = 1  # mine\ny = 3\n"
    known = await one.of.worksheets.get(worksheet.id)
    assert known is not None and known.epoch == worksheet.epoch
    # What was written here is in no file yet, and then is; that is nobody else's change.
    await one.snapshots.save(worksheet, EMMY)
    assert sources(await two.text()) == ["# λ 😀", "new", "x = 1  # mine\ny = 3\n"]
    head = known.head_seq
    assert await two.outside.take("w") == []
    known = await one.of.worksheets.get(worksheet.id)
    assert known is not None and known.head_seq == head


async def test_what_is_no_notebook_any_more_is_told_and_the_worksheet_stays(both: tuple[Filed, Filed]) -> None:
    one, two = both
    worksheet = await one.opened(FIRST)
    before = await one.values(worksheet)
    await one.put(b"======= HEAD")
    (refused,) = await one.outside.take("w")
    assert refused.path == PATH and "is not JSON" in refused.why
    # Told once; and nobody writes over it as long as nobody writes.
    assert await two.outside.take("w") == [] and "not JSON" in (await two.files.get(worksheet.id)).failure
    await one.snapshots.save(worksheet, EMMY)
    assert await one.text() == b"======= HEAD" and await one.values(worksheet) == before
    # Mended from outside, it goes on from what both sides had.
    await one.put(SECOND)
    assert await one.outside.take("w") == []
    assert [each.id for each in (await one.values(worksheet)).cells] == ["b", "n", "a"]
    # Or by who writes: what was there is in the history.
    await one.put(notebook(cell("a", "é" * 700_000)))
    (refused,) = await one.outside.take("w")
    assert "has a source of more than 1 MiB" in refused.why
    writer = await one.writer(worksheet)
    writer.write(1, 0, "more ")
    await writer.settle()
    await one.snapshots.save(worksheet, EMMY)
    assert sources(await one.text())[1] == "more new" and await one.outside.take("w") == []


async def test_a_file_that_is_renamed_takes_its_worksheet_along_and_one_that_is_deleted_ends_it(
    both: tuple[Filed, Filed],
) -> None:
    one, two = both
    worksheet = await one.opened(FIRST)
    other = await one.opened(FIRST, "copy.ipynb")
    before = await one.store.head("w")
    await one.store.save("w", {PATH: None, "b/c.ipynb": FIRST}, base=before, author=EMMY)
    assert await two.outside.take("w") == []
    moved = await one.of.worksheets.at("w", "b/c.ipynb")
    assert moved is not None and moved.id == worksheet.id and moved.epoch == worksheet.epoch
    room = await two.of.rooms.open(other.id)
    writer = await one.writer(other)
    writer.write(0, 0, "last words ")
    await writer.settle()
    await one.put(None, "copy.ipynb")
    assert await one.outside.take("w") == []
    assert await one.of.worksheets.get(other.id) is None
    with pytest.raises(EpochError):
        await room.catch_up()
    # What was written and in no file is a version now.
    assert set(await one.store.files("w")) == {"b/c.ipynb"}
    assert (await one.commits())[:2] == [
        ("sagews", "Delete copy.ipynb"),
        ("sagews", "What was written in copy.ipynb before it was deleted"),
    ]
    kept = (await one.history.page("w"))[1].commit.id
    assert sources(await one.store.read("w", "copy.ipynb", kept))[0].startswith("last words ")


async def test_a_worksheet_whose_file_is_gone_does_not_move_onto_an_older_copy(both: tuple[Filed, Filed]) -> None:
    one, _ = both
    await one.put(FIRST, "copy.ipynb")
    worksheet = await one.opened(FIRST)
    await one.put(None)
    assert await one.outside.take("w") == []
    assert await one.of.worksheets.get(worksheet.id) is None
    assert await one.of.worksheets.at("w", "copy.ipynb") is None


async def test_one_worksheet_that_cannot_be_brought_in_does_not_stop_the_others(both: tuple[Filed, Filed]) -> None:
    one, _ = both
    bad, good = await one.opened(FIRST, "a.ipynb"), await one.opened(FIRST, "b.ipynb")
    (await one.writer(bad)).write(0, 0, "mine ")
    room = await one.of.rooms.open(bad.id)
    await room.catch_up()
    # What it has can be no file: its folder is a file by now.
    await one.of.worksheets.move(bad.id, "b.ipynb/a.ipynb")
    await one.store.save("w", {"a.ipynb": None, "b.ipynb": SECOND}, base=await one.store.head("w"), author=EMMY)
    (refused,) = await one.outside.take("w")
    assert refused.path == "b.ipynb/a.ipynb" and "b.ipynb" in refused.why
    assert [each.id for each in (await one.values(good)).cells] == ["b", "n", "a"]
    assert await one.outside.after("w") == [refused]


async def test_a_file_without_ids_is_matched_by_what_its_cells_say(both: tuple[Filed, Filed]) -> None:
    one, _ = both
    worksheet = await one.opened(notebook(cell("", "1"), cell("", "2"), cell("", "3"), minor=4))
    ids = [each.id for each in (await one.values(worksheet)).cells]
    writer = await one.writer(worksheet)
    writer.write(0, 1, "1")
    await writer.settle()
    await one.put(notebook(cell("", "0"), cell("", "1"), cell("", "2 changed"), cell("", "3"), minor=4))
    assert await one.outside.take("w") == []
    cells = (await one.values(worksheet)).cells
    assert [each.source for each in cells] == ["0", "11", "2 changed", "3"]
    assert [each.id for each in cells[1:]] == ids
    await one.put(notebook(cell("", "0"), cell("", "1"), cell("", "2 changed"), cell("", "3 too"), minor=4))
    assert await one.outside.take("w") == []
    assert [each.source for each in (await one.values(worksheet)).cells] == ["0", "11", "2 changed", "3 too"]


async def test_outputs_of_a_file_are_shown_and_written_back_as_they_were(both: tuple[Filed, Filed]) -> None:
    one, _ = both
    shown = {"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]}
    data = notebook(cell("a", "1", outputs=[shown], execution_count=4), cell("b", "2"))
    worksheet = await one.opened(data)
    latest = await one.evaluations.latest(worksheet.id)
    (output,) = await one.outputs.of_evaluation(latest["a"].id)
    assert (
        list(latest) == ["a"] and output.kind == "stream" and output.body == b'{"name":"stdout","text":["1\\n","2\\n"]}'
    )
    await one.snapshots.save(worksheet, EMMY)
    assert await one.text() == data and len(await one.commits()) == 1
    # What ran here is what is shown, until a file brings something else.
    await one.evaluated(worksheet, "a", {"output_type": "stream", "name": "stdout", "text": "here\n"})
    await one.snapshots.save(worksheet, EMMY)
    assert b"here" in await one.text() and b"1\\n" not in await one.text()
    await one.put(data)
    assert await one.outside.take("w") == []
    latest = await one.evaluations.latest(worksheet.id)
    (output,) = await one.outputs.of_evaluation(latest["a"].id)
    assert b'"1\\n","2' in output.body
    await one.snapshots.save(worksheet, EMMY)
    assert await one.text() == data
