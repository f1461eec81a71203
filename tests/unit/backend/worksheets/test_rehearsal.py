"""Rehearsals: what would take the library long is found out in another process, and takes no time of this one."""

import asyncio
from collections.abc import Sequence

import pytest

from sagews.backend.worksheets import rehearsal as module
from sagews.backend.worksheets import rehearsals as places
from sagews.backend.worksheets.binding import GarbledError
from sagews.backend.worksheets.contents import contents
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.rehearsal import MOST_STEPS, is_costly
from sagews.backend.worksheets.rehearsals import Rehearsals
from sagews.backend.worksheets.room import Room
from sagews.database.updates import NewUpdate
from sagews.database.worksheets import Worksheet
from sagews.errors import WorksheetError
from tests.unit.backend.worksheets.backends import BASE, Backend
from tests.unit.backend.worksheets.test_replica import source_text
from tests.unit.backend.worksheets.wire import number, text, update, within
from tests.unit.backend.worksheets.writer import Writer

DEADLINE = 60.0
PARTS = 15_000


def slow() -> tuple[bytes, bytes]:
    """Return a text of many letters, and as many to be put each before one of them and after nothing.

    To find the place of one the library goes past all that have their own.
    """
    letters = update(bytes([4]) + within(*source_text()) + text("r" * PARTS), client=5)
    before = [bytes([4 | 64]) + number(5) + number(clock) + text("x") for clock in range(PARTS)]
    return letters, update(*before, client=6)


async def test_an_update_that_would_hold_everybody_up_is_refused(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        room = await backends[0].rooms.open(worksheet.id)
        letters, before = slow()
        assert await room.submit(NewUpdate("h", 1, letters), room.epoch) == 1
        # Here, it would have been as many steps as PARTS by PARTS.
        with pytest.raises(
            WorksheetError, match="would take too long to be put in its place; send it in smaller pieces"
        ):
            await room.submit(NewUpdate("h", 2, before), room.epoch)
        writer = Writer()
        writer.connect(room)
        writer.write(1, 0, "λ")
        await writer.settle()
        assert not writer.unacknowledged and room.seq == 2


async def test_somebody_who_was_away_is_not_refused(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All of it is rehearsed.
    monkeypatch.setattr(module, "MOST_STEPS", 0)
    async with asyncio.timeout(DEADLINE):
        writer = Writer()
        writer._apply(BASE)
        for _ in range(2000):
            writer.write(0, 1, "λ")
        room = await Room.load(worksheet.id, backends[0].updates)
        whole = NewUpdate("a", 1, writer.doc.get_update(room.stored.state))
        assert await room.submit(whole, room.epoch) == 1
        await room.close()
        assert room.stored.values().cells[0].source == str(writer.source(0))


async def test_what_ends_the_other_process_ends_nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(GarbledError, match="update: cannot be read"):
            await Rehearsals().check([BASE], b"\xff" * 20, "a")
        await Rehearsals().check([BASE], b"\0\0", "a")
        monkeypatch.setattr(module, "MOST_MILLISECONDS", -1)
        with pytest.raises(WorksheetError, match="would take too long"):
            await Rehearsals().check([BASE], b"\0\0", "a")


async def test_an_account_with_many_rehearsals_holds_nobody_else_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsals = Rehearsals()
    begun: list[bytes] = []
    free = asyncio.Event()

    async def held(worksheet: Sequence[bytes], update: bytes) -> None:
        begun.append(update)
        if update.startswith(b"hostile"):
            await free.wait()

    monkeypatch.setattr(places, "rehearse", held)
    async with asyncio.timeout(DEADLINE):
        many = [asyncio.create_task(rehearsals.check([], b"hostile", "h")) for _ in range(10)]
        while not begun:
            await asyncio.sleep(0)
        await rehearsals.check([], b"honest", "ada")
        assert begun == [b"hostile", b"honest"], "it waited for nobody"
        free.set()
        await asyncio.gather(*many)


def test_what_people_write_is_not_rehearsed() -> None:
    document, writer = Document(), Writer()
    document.take_kept(BASE)
    writer._apply(BASE)
    writer.write(0, 0, "a")
    writer.add_cell(1, "x")
    assert document.parts > 0
    for new in writer.unacknowledged.values():
        assert not is_costly(contents(new.payload), MOST_STEPS // 20)
    _, before = slow()
    assert is_costly(contents(before), 1)
