"""Rooms: what is refused, what is acknowledged and when, and what becomes of it if somebody or the database is away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from sagews.backend.worksheets import ledger as module
from sagews.backend.worksheets import rooms as rooms_module
from sagews.backend.worksheets.document import made
from sagews.backend.worksheets.room import MissingError, Room
from sagews.backend.worksheets.values import CellValues, WorksheetValues
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database, T, Work
from sagews.database.updates import NewUpdate, Update, Updates
from sagews.database.worksheets import Worksheet
from sagews.errors import EpochError, ServiceError, WorksheetError
from tests.postgresql import PASSWORD
from tests.unit.backend.worksheets.backends import BASE, WORDS, Backend
from tests.unit.backend.worksheets.wire import root, update, value
from tests.unit.backend.worksheets.wire import text as text_of
from tests.unit.backend.worksheets.writer import Writer

DEADLINE = 30.0


class Unsure(Database):
    """A database whose answer is lost after the work was done, or which is away before, so many times."""

    lost = 0
    away = 0

    async def run(self, work: Work[T]) -> T:
        if self.away:
            self.away -= 1
            raise ServiceError("cannot be reached", "database")
        done = await super().run(work)
        if self.lost:
            self.lost -= 1
            raise ServiceError("cannot be reached", "database")
        return done


@pytest.fixture
async def unsure(address: str, backends: object, tmp_path: Path) -> AsyncIterator[Unsure]:
    database = Unsure(Site(data_directory=str(tmp_path / "data"), database=Settings(url=address)), PASSWORD)
    yield database
    await database.close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)


async def count(backend: Backend) -> int:
    wanted = text("SELECT count(*) FROM worksheet_update")
    return await backend.database.run(lambda connection: connection.scalar(wanted)) or 0


async def fresh(backend: Backend, worksheet: Worksheet) -> Room:
    room = await Room.load(worksheet.id, backend.updates)
    await room.close()
    return room


async def test_what_lacks_its_predecessor_is_refused_and_not_stored(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        room = await backends[0].rooms.open(worksheet.id)
        writer = Writer()
        writer.connect(room)
        writer.cut()
        for letter in "ABC":
            writer.write(0, 0, letter)
        a, b, c = writer.unacknowledged.values()
        assert await room.submit(a, room.epoch) == 1
        for _ in range(2):
            with pytest.raises(MissingError, match="lacks what this update is to be put after") as refused:
                await room.submit(c, room.epoch)
        assert await count(backends[0]) == 1
        # Whoever is told so sends all that the server lacks.
        whole = NewUpdate(writer.sender, 9, writer.doc.get_update(refused.value.state))
        assert await room.submit(whole, room.epoch) == 2
        assert await room.submit(b, room.epoch) == 2
    assert (await fresh(backends[1], worksheet)).stored.values().cells[0].source == "CBAx = 1\n"
    assert await count(backends[0]) == 2


async def test_what_came_to_another_backend_is_no_missing_predecessor(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        one, other = [await each.rooms.open(worksheet.id) for each in backends]
        backends[1].hints.leave(backends[1].rooms._hint)
        writer = Writer()
        writer.connect(one)
        writer.write(0, 0, "λ")
        await writer.settle()
        assert other.seq == 0
        # The other one knows nothing of the first letter, and looks for it.
        writer.room = other
        writer.write(0, 1, "μ")
        await writer.settle()
        assert other.seq == 2 and other.stored.values().cells[0].source == "λμx = 1\n"
        backends[1].hints.listen(backends[1].rooms._hint)


async def test_others_are_told_in_order_and_only_after_the_commit(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        told: list[Update] = []
        one, other = [await each.rooms.open(worksheet.id) for each in backends]
        one.join(told.append)

        def fail(update: Update) -> None:
            raise ValueError

        one.join(fail)
        there: list[Update] = []
        other.join(there.append)
        writer = Writer()
        writer.connect(one)
        for _ in range(300):
            writer.write(1, 0, "学")
        assert told == [] and one.stored.values().cells[1].source == "λόγος "
        await writer.settle()
        assert [each.seq for each in told] == list(range(1, 301))
        while len(there) < 300:
            await asyncio.sleep(0.01)
    assert fail not in one.members and there == told and {each.sender for each in there} == {writer.sender}


async def test_the_same_again_changes_nothing(backends: tuple[Backend, Backend], worksheet: Worksheet) -> None:
    async with asyncio.timeout(DEADLINE):
        one, other = [await each.rooms.open(worksheet.id) for each in backends]
        writer = Writer()
        writer.connect(one)
        writer.write(0, 0, "a")
        writer.erase(0, 1, 3)
        await writer.settle()
        await other.catch_up()
        for room in (one, other, one):
            for new in writer.acknowledged:
                assert await room.submit(new, room.epoch) == 2
        # Also while nobody at the other backend knows yet that it is there.
        writer.write(0, 0, "b")
        new = writer.unacknowledged[3]
        assert await asyncio.gather(one.submit(new, one.epoch), other.submit(new, other.epoch)) == [3, 3]
    assert await count(backends[0]) == 3


async def test_a_deletion_of_somebody_who_was_offline_comes_in(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        writer = Writer()
        writer.connect(await backends[0].rooms.open(worksheet.id))
        writer.cut()
        # No state vector tells of it.
        state = writer.doc.get_state()
        writer.erase(0, 0, 4)
        assert writer.doc.get_state() == state
        writer.connect(await backends[1].rooms.open(worksheet.id))
        await writer.settle()
    assert (await fresh(backends[0], worksheet)).stored.values().cells[0].source == "1\n"


async def test_nothing_is_acknowledged_while_the_database_is_away(
    unsure: Unsure, backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRY_SECONDS", 0.1)
    async with asyncio.timeout(DEADLINE):
        room = await Room.load(worksheet.id, Updates(unsure, backends[0].hints))
        writer = Writer()
        writer.connect(room)
        writer.write(0, 0, "a")
        unsure.away = 1000
        writer.write(0, 0, "b")
        await writer.settle()
        assert len(writer.unacknowledged) == 2 and writer.acknowledged == []
        assert room.stored.values().cells[0].source == "x = 1\n" and await count(backends[0]) == 0
        # It is back: what is sent again is kept, by the same room.
        unsure.away = 0
        writer.connect(room)
        await writer.settle()
        assert not writer.unacknowledged and room.stored.values().cells[0].source == "bax = 1\n"
        # For a moment only: nobody notices.
        unsure.away = 2
        writer.write(0, 0, "c")
        await writer.settle()
        assert not writer.unacknowledged
        await room.close()
    assert (await fresh(backends[1], worksheet)).stored.values().cells[0].source == "cbax = 1\n"
    assert await count(backends[0]) == 3


@pytest.mark.parametrize("lost", [1, 3, 1000])
async def test_a_commit_whose_answer_is_lost_is_done_once(
    unsure: Unsure, backends: tuple[Backend, Backend], worksheet: Worksheet, lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRY_SECONDS", 0.2 if lost == 1000 else DEADLINE)
    async with asyncio.timeout(DEADLINE):
        room = await Room.load(worksheet.id, Updates(unsure, backends[0].hints))
        writer = Writer()
        writer.connect(room)
        unsure.lost = lost
        writer.write(0, 0, "a")
        writer.erase(0, 1, 2)
        await writer.settle()
        assert bool(writer.unacknowledged) == (lost == 1000)
        unsure.lost = 0
        # Somebody else in between, and the same sent again after that.
        other = Writer()
        other.connect(await backends[1].rooms.open(worksheet.id))
        other.write(1, 0, "b")
        await other.settle()
        writer.connect(room)
        writer.write(0, 0, "c")
        await writer.settle()
        assert not writer.unacknowledged
        await room.close()
    there = (await fresh(backends[1], worksheet)).stored
    assert (there.values().cells[0].source, there.values().cells[1].source) == ("ca = 1\n", f"b{WORDS[1]}")
    assert await count(backends[0]) == 4


async def test_who_goes_away_before_the_answer_loses_nothing(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        room = await backends[0].rooms.open(worksheet.id)
        writer = Writer()
        writer.connect(room)
        writer.write(0, 0, "a")
        await asyncio.sleep(0)
        writer.cut()
        while room.seq < 1:
            await asyncio.sleep(0.01)
    assert (await fresh(backends[1], worksheet)).stored.values().cells[0].source == "ax = 1\n"


async def test_another_epoch_is_told_and_never_merged(backends: tuple[Backend, Backend], worksheet: Worksheet) -> None:
    async with asyncio.timeout(DEADLINE):
        rooms = [await each.rooms.open(worksheet.id) for each in backends]
        writer = Writer()
        writer.connect(rooms[0])
        with pytest.raises(EpochError, match="has another content by now; keep a copy of what is not saved"):
            rooms[0].join(lambda update: None, "another")
        with pytest.raises(EpochError):
            await rooms[0].submit(NewUpdate("x", 1, BASE), "another")
        again = made(WorksheetValues((CellValues("n", "code", "new"),)))
        replaced = await backends[1].worksheets.replace(worksheet.id, worksheet.epoch, again)
        # Whoever writes on, at whatever backend, is told.
        writer.write(0, 0, "a")
        (new,) = writer.unacknowledged.values()
        for room in rooms:
            with pytest.raises(EpochError, match="another content by now"):
                await room.submit(new, room.epoch)
        with pytest.raises(EpochError):
            writer.connect(rooms[0])
        assert rooms[0].gone.is_set()
        room = await backends[0].rooms.open(worksheet.id)
        assert room is not rooms[0] and room.epoch == replaced.epoch != worksheet.epoch
        with pytest.raises(EpochError):
            room.join(lambda update: None, writer.epoch, writer.doc.get_state())
    assert [cell.source for cell in room.stored.values().cells] == ["new"]
    assert await count(backends[0]) == 0


async def test_an_update_that_is_none_harms_nobody_else(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        room = await backends[0].rooms.open(worksheet.id)
        writer = Writer()
        writer.connect(room)
        writer.write(0, 0, "a")
        wrong = [b"", b"\xff" * 20, BASE[:-1], update(value(b"\x77" + text_of("x"), parent=root("meta")))]
        for clock, payload in enumerate(wrong):
            sent = asyncio.create_task(room.submit(NewUpdate("hostile", clock, payload), room.epoch))
            writer.write(0, 0, "b")
            with pytest.raises(WorksheetError):
                await sent
        await writer.settle()
        assert not writer.unacknowledged
    assert (await fresh(backends[1], worksheet)).stored.values().cells[0].source == "bbbbax = 1\n"


@pytest.mark.parametrize(("sender", "clock"), [("", 1), ("a\0", 1), ("x" * 65, 1), ("λ", 1), ("a", -1), ("a", 1 << 53)])
def test_who_sends_has_a_name_and_a_number(sender: str, clock: int) -> None:
    with pytest.raises(WorksheetError, match="has no sender and number"):
        NewUpdate(sender, clock, b"")


def test_an_update_has_an_end() -> None:
    with pytest.raises(WorksheetError, match="is larger than 1 MiB; send it in pieces"):
        NewUpdate("a", 1, bytes((1 << 20) + 1))


async def test_a_worksheet_that_is_full_takes_no_more(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_STORED", len(BASE) + 100)
    async with asyncio.timeout(DEADLINE):
        writer = Writer()
        room = await backends[0].rooms.open(worksheet.id)
        writer.connect(room)
        writer.write(0, 0, "a")
        await writer.settle()
        writer.cut()
        writer.write(0, 0, "b" * 100)
        with pytest.raises(WorksheetError, match="is full"):
            await room.submit(writer.unacknowledged[2], room.epoch)
        writer = Writer()  # who only deletes
        writer._apply(room.stored.since())
        writer.erase(0, 0, 3)
        monkeypatch.setattr(module, "MOST_STORED", len(BASE))
        assert await room.submit(writer.unacknowledged[1], room.epoch) == 2
    assert await count(backends[0]) == 2


async def test_a_room_is_a_cache(backends: tuple[Backend, Backend], worksheet: Worksheet) -> None:
    async with asyncio.timeout(DEADLINE):
        one, _ = backends
        room = await one.rooms.open(worksheet.id)
        assert await one.rooms.open(worksheet.id) is room
        writer = Writer()
        writer.connect(room)
        await one.rooms.evict(worksheet.id)
        assert await one.rooms.open(worksheet.id) is room, "somebody is in it"
        writer.write(0, 0, "a")
        await writer.settle()
        writer.cut()
        await one.rooms.evict(worksheet.id)
        again = await one.rooms.open(worksheet.id)
        assert again is not room and again.stored.values() == room.stored.values()
        with pytest.raises(ServiceError, match="was closed; connect again"):
            await room.submit(NewUpdate("a", 1, BASE), room.epoch)
        with pytest.raises(EpochError, match="is not there any more"):
            await one.rooms.open("nowhere")


async def test_what_nobody_told_is_found(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asyncio.timeout(DEADLINE):
        rooms = [await each.rooms.open(worksheet.id) for each in backends]
        backends[1].hints.leave(backends[1].rooms._hint)
        writer = Writer()
        writer.connect(rooms[0])
        writer.write(0, 0, "a")
        await writer.settle()
        assert rooms[1].seq == 0
        await backends[1].rooms._look()
        while rooms[1].seq < 1:
            await asyncio.sleep(0.01)
        backends[1].hints.listen(backends[1].rooms._hint)


async def test_a_room_that_nobody_uses_goes_by_itself(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asyncio.timeout(DEADLINE):
        rooms = backends[0].rooms
        room = await rooms.open(worksheet.id)
        writer = Writer()
        writer.connect(room)
        monkeypatch.setattr(rooms_module, "KEPT_SECONDS", -1.0)
        await rooms._look()
        assert await rooms.open(worksheet.id) is room
        writer.cut()
        await rooms._look()
        assert room.ended is not None and await rooms.open(worksheet.id) is not room
        # Those who open it at the same time get the same one.
        await rooms.evict(worksheet.id)
        several = await asyncio.gather(*(rooms.open(worksheet.id) for _ in range(5)))
        assert all(each is several[0] for each in several)


async def test_many_updates_become_a_base_by_themselves(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms_module, "MOST_UPDATES", 10)
    async with asyncio.timeout(DEADLINE):
        writer = Writer()
        writer.connect(await backends[0].rooms.open(worksheet.id))
        for number in range(10):
            writer.write(0, 0, str(number))
        await writer.settle()
        await backends[0].rooms._look()
        while await count(backends[0]):
            await asyncio.sleep(0.01)
    assert (await fresh(backends[1], worksheet)).stored.values().cells[0].source == "9876543210x = 1\n"
