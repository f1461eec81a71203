"""Two updates that come to two backends at once: what is stored is what was tried, in that order."""

import asyncio

import pytest

from sagews.backend.worksheets import trial as trial_module
from sagews.backend.worksheets.compaction import compact
from sagews.backend.worksheets.contents import contents
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.room import Room
from sagews.database.updates import NewUpdate
from sagews.database.worksheets import Worksheet
from sagews.errors import WorksheetError
from tests.unit.backend.worksheets.backends import BASE, Backend
from tests.unit.backend.worksheets.wire import text as text_of
from tests.unit.backend.worksheets.wire import update, within
from tests.unit.backend.worksheets.writer import Writer

DEADLINE = 30.0


async def stored(backend: Backend, worksheet: Worksheet) -> Document:
    room = await Room.load(worksheet.id, backend.updates)
    await room.close()
    return room.stored


async def test_two_that_a_backend_takes_each_but_not_after_each_other_are_not_both_stored(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        one, other = [await each.rooms.open(worksheet.id) for each in backends]
        backends[1].hints.leave(backends[1].rooms._hint)
        mine = source_text()
        short, long = (NewUpdate("h", clock, written(mine, words)) for clock, words in enumerate(("abc", "ab😀c")))
        assert await one.submit(short, one.epoch) == 1
        # The other one knows nothing of the first. An honest writer is there, too.
        writer = Writer()
        writer.connect(other)
        sent = asyncio.create_task(other.submit(long, other.epoch))
        await asyncio.sleep(0)
        writer.write(1, 0, "λ")
        with pytest.raises(WorksheetError, match="takes a character apart"):
            await sent
        await writer.settle()
        writer.connect(other)
        await writer.settle()
        assert not writer.unacknowledged and one.ended is None and other.ended is None
        backends[1].hints.listen(backends[1].rooms._hint)
        kept = (await stored(backends[0], worksheet)).values()
        assert "abc" in kept.cells[0].source and kept.cells[1].source == "λλόγος " and other.seq == 2
        assert await compact(worksheet.id, backends[0].worksheets, backends[0].updates)
        assert (await stored(backends[1], worksheet)).values() == kept == other.stored.values()


async def test_what_is_looked_at_piece_by_piece_is_stored_in_its_order(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_module, "MOST_LOOKED_UP", 2)
    monkeypatch.setattr(trial_module, "AT_ONCE", 1)
    async with asyncio.timeout(DEADLINE):
        writers = [Writer(), Writer(), Writer()]
        for number, writer in enumerate(writers):
            writer.connect(await backends[number % 2].rooms.open(worksheet.id))
        for number in range(10):
            for writer in writers:
                with writer.doc.transaction():
                    for each in range(len(writer.cells)):
                        writer.write(each, 0, f"{number} ")
                writer.add_cell(1, "λ")
                # What goes after what is still looked at.
                writer.write(1, 1, "μ")
            await asyncio.sleep(0.005)
        for writer in writers:
            await writer.settle()
        rooms = [await each.rooms.open(worksheet.id) for each in backends]
        for room in rooms:
            await room.catch_up()
    assert not any(writer.unacknowledged for writer in writers)
    assert rooms[0].stored.values() == rooms[1].stored.values() == (await stored(backends[0], worksheet)).values()
    assert [writer.cells.to_py() for writer in writers] == [rooms[0].stored.cells.to_py()] * 3


async def test_who_goes_away_while_it_is_looked_at_leaves_nothing_behind(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_module, "MOST_LOOKED_UP", 0)
    monkeypatch.setattr(trial_module, "AT_ONCE", 1)
    async with asyncio.timeout(DEADLINE):
        room = await backends[0].rooms.open(worksheet.id)
        writer = Writer()
        writer.connect(room)
        writer.write(0, 0, "a")
        await asyncio.sleep(0)
        writer.cut()
        (new,) = writer.unacknowledged.values()
        await asyncio.sleep(0)
        assert room.seq == 0 and not room.is_used
        # The trial has none of it; so it changes something.
        assert await room.submit(new, room.epoch) == 1
    assert (await stored(backends[1], worksheet)).values().cells[0].source == "ax = 1\n"


def source_text() -> tuple[int, int]:
    """Return client and clock of the text that is the source of the first cell of BASE."""
    (span,) = contents(BASE).spans
    for clock in range(*span[1:]):
        document = Document()
        document.take_kept(BASE)
        try:
            document.take_kept(written((span[0], clock), "abc"))
            if "abc" in document.values().cells[0].source:
                return span[0], clock
        except WorksheetError:
            continue
    raise AssertionError


def written(into: tuple[int, int], words: str) -> bytes:
    return update(bytes([4]) + within(*into) + text_of(words), client=77)
