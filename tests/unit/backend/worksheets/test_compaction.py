"""Updates made into a base: nothing is lost by it, and if something would be, nothing is done."""

import asyncio

import pytest
from sqlalchemy import text

from sagews.backend.worksheets import compaction
from sagews.backend.worksheets import rooms as rooms_module
from sagews.backend.worksheets.binding import GarbledError
from sagews.backend.worksheets.compaction import compact, compacted
from sagews.backend.worksheets.room import Room
from sagews.database.updates import NewUpdate, Update
from sagews.database.worksheets import Worksheet
from sagews.errors import EpochError, ServiceError
from tests.unit.backend.worksheets.backends import BASE, Backend
from tests.unit.backend.worksheets.writer import Writer

DEADLINE = 30.0


async def count(backend: Backend) -> int:
    wanted = text("SELECT count(*) FROM worksheet_update")
    return await backend.database.run(lambda connection: connection.scalar(wanted)) or 0


def letters(words: str) -> list[bytes]:
    writer = Writer()
    writer._apply(BASE)
    for number, letter in enumerate(words):
        writer.write(0, number, letter)
    return [new.payload for new in writer.unacknowledged.values()]


async def test_nothing_is_lost_and_those_who_are_there_go_on(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        one, other = backends
        rooms = [await each.rooms.open(worksheet.id) for each in backends]
        writers = [Writer(), Writer()]
        for writer, room in zip(writers, rooms, strict=True):
            writer.connect(room)
        for number in range(120):
            writers[number % 2].write(0, 0, "学")
        writers[0].erase(0, 0, 30)
        asleep = writers[1]
        await asleep.settle()
        asleep.cut()
        asleep.write(2, 0, "λ")
        await writers[0].settle()
        # Both at once, while somebody writes.
        writers[0].write(3, 0, "a")
        done = await asyncio.gather(*(compact(worksheet.id, each.worksheets, each.updates) for each in backends))
        assert any(done)
        await writers[0].settle()
        writers[0].write(3, 0, "b")
        await writers[0].settle()
        # One who was offline meanwhile, and one who comes only now.
        asleep.connect(await other.rooms.open(worksheet.id))
        await asleep.settle()
        fresh = await Room.load(worksheet.id, one.updates)
        await fresh.close()
        for room in rooms:
            await room.catch_up()
    assert not any(writer.unacknowledged for writer in writers)
    assert fresh.stored.values() == rooms[0].stored.values() == rooms[1].stored.values()
    assert fresh.stored.values().cells[2].source == "λ数学 " and fresh.stored.values().cells[3].source[:2] == "ba"
    assert await count(one) < 20
    assert await compact(worksheet.id, one.worksheets, one.updates)
    assert not await compact(worksheet.id, one.worksheets, one.updates), "there is nothing to do"
    assert await count(one) == 0


async def test_one_who_is_behind_a_base_gets_all_of_it(backends: tuple[Backend, Backend], worksheet: Worksheet) -> None:
    async with asyncio.timeout(DEADLINE):
        one, other = backends
        behind = await other.rooms.open(worksheet.id)
        other.hints.leave(other.rooms._hint)
        told: list[Update] = []
        behind.join(told.append)
        writer = Writer()
        writer.connect(await one.rooms.open(worksheet.id))
        for letter in "abc":
            writer.write(0, 0, letter)
        await writer.settle()
        assert await compact(worksheet.id, one.worksheets, one.updates) and behind.seq == 0
        await behind.catch_up()
        other.hints.listen(other.rooms._hint)
    assert behind.seq == 3 and behind.stored.values().cells[0].source == "cbax = 1\n"
    assert [(each.seq, each.sender) for each in told] == [(3, "")]


def test_an_orphan_ends_it() -> None:
    a, b, c = letters("ABC")
    with pytest.raises(GarbledError, match="was to be put after something that is not there"):
        compacted([BASE, a, c])
    assert compacted([BASE, a, b, c]) == compacted([compacted([BASE, a, b]), c])


async def test_a_log_with_an_orphan_stays_as_it_is(backends: tuple[Backend, Backend], worksheet: Worksheet) -> None:
    a, _, c = letters("ABC")
    async with asyncio.timeout(DEADLINE):
        one, _ = backends
        # No room lets this happen; somebody wrote it into the database.
        added = [NewUpdate("x", 1, a), NewUpdate("x", 2, c)]
        assert await one.updates.add(worksheet.id, worksheet.epoch, added) == [1, 2]
        with pytest.raises(GarbledError):
            await compact(worksheet.id, one.worksheets, one.updates)
        assert await count(one) == 2
        # A room of it says so, and takes nothing after it.
        with pytest.raises(ServiceError, match="cannot be read; let the operator restore a backup"):
            await Room.load(worksheet.id, one.updates)
        with pytest.raises(EpochError):
            await compact("nowhere", one.worksheets, one.updates)


async def test_what_cannot_become_a_base_is_not_tried_all_the_time(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms_module, "MOST_UPDATES", 5)
    monkeypatch.setattr(compaction, "MOST_BASE", 10)
    rooms, tried = backends[0].rooms, list[int]()
    async with asyncio.timeout(DEADLINE):
        writer = Writer()
        writer.connect(await rooms.open(worksheet.id))
        for number in range(12):
            writer.write(0, 0, str(number))
            await writer.settle()
            await rooms._look()
            if rooms._compacting:
                tried.append(number + 1)
                await asyncio.gather(*rooms._compacting.values())
        assert tried == [5, 10]
        monkeypatch.setattr(rooms_module, "AGAIN_SECONDS", -1.0)
        await rooms._look()
        assert rooms._compacting
