"""What the database takes of a worksheet at no time, or has no room for, is refused, and nobody else waits for it."""

import asyncio
import time

import pytest

from sagews.backend.worksheets.allowance import Allowance
from sagews.config.quotas import Quota, Quotas
from sagews.database import storage as module
from sagews.database.storage import Storage
from sagews.database.updates import NewUpdate
from sagews.database.worksheets import Worksheet
from sagews.errors import NoSpaceError, ServiceError, WorksheetError
from tests.unit.backend.worksheets.backends import Backend
from tests.unit.backend.worksheets.writer import Writer

DEADLINE = 30.0


def unstorable(new: NewUpdate) -> NewUpdate:
    """Give an update a sender that no database has: half of a pair of UTF-16."""
    object.__setattr__(new, "sender", "\ud800")
    return new


async def test_an_update_that_the_database_does_not_take_is_refused_and_the_others_go_on(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    async with asyncio.timeout(DEADLINE):
        room = await backends[0].rooms.open(worksheet.id)
        honest, hostile, late = Writer(), Writer(), Writer()
        for writer in (honest, hostile, late):
            writer._apply(room.stored.since())
            writer.write(1, 0, "λ")
        bad = unstorable(hostile.unacknowledged[1])
        # All of them come into one commit.
        first, refused, after = await asyncio.gather(
            room.submit(honest.unacknowledged[1], room.epoch),
            room.submit(bad, room.epoch),
            room.submit(late.unacknowledged[1], room.epoch),
            return_exceptions=True,
        )
        assert first == 1
        assert isinstance(refused, WorksheetError) and "cannot be kept" in str(refused)
        assert isinstance(after, ServiceError) and "send it again" in str(after)
        with pytest.raises(WorksheetError, match="cannot be kept"):
            await room.submit(bad, room.epoch)
        assert await room.submit(late.unacknowledged[1], room.epoch) == 2
        assert room.ended is None
    assert room.stored.values().cells[1].source == "λλλόγος "


async def test_where_its_owner_has_no_room_only_what_deletes_goes_on(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = backends[0].database
    storage = Storage(database, Quotas(account=Quota(storage=10)))
    by = Allowance("a", "w", storage)
    async with asyncio.timeout(DEADLINE):
        room = await backends[0].rooms.open(worksheet.id)
        writer = Writer()
        writer._apply(room.stored.since())
        writer.write(1, 0, "λ")
        with pytest.raises(NoSpaceError, match="would take up"):
            await room.submit(writer.unacknowledged[1], room.epoch, by)
        assert room.seq == 0
        deleting = Writer()
        deleting._apply(room.stored.since())
        deleting.erase(1, 0, 3)
        assert await room.submit(deleting.unacknowledged[1], room.epoch, by) == 1
        # What comes with a file was counted there.
        assert await room.submit(writer.unacknowledged[1], room.epoch) == 2
        # When there is room again, that is known a moment later.
        storage._quotas = Quotas(account=Quota(storage=1 << 20))
        writer.write(1, 0, "μ")
        with pytest.raises(NoSpaceError):
            await room.submit(writer.unacknowledged[2], room.epoch, by)
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + module.KNOWN_SECONDS)
        assert await room.submit(writer.unacknowledged[2], room.epoch, by) == 3


async def test_whether_there_is_room_is_asked_once_for_all_who_write(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    database = backends[0].database
    storages = [Storage(database, Quotas(account=Quota(storage=most))) for most in (10, 1 << 20)]
    asked = 0
    run = database.run

    async def counted(work):  # type: ignore[no-untyped-def]
        nonlocal asked
        asked += 1
        return await run(work)

    database.run = counted  # type: ignore[method-assign]
    async with asyncio.timeout(DEADLINE):
        for number, storage in enumerate(storages, 1):
            for _ in range(3):
                await asyncio.gather(*(storage.check("w") for _ in range(20)), return_exceptions=True)
            assert asked == number
