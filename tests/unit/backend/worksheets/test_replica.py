"""Two updates that come to two backends at once: what is stored is what was tried, in that order."""

import asyncio

import pytest

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
