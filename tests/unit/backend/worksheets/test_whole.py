"""A large worksheet is encoded seldom, and whoever opens it has all of it nevertheless."""

import asyncio

import pytest

from sagews.backend.worksheets import whole as module
from sagews.backend.worksheets.agreement import values_in
from sagews.backend.worksheets.document import Document, made
from sagews.backend.worksheets.room import Room
from sagews.backend.worksheets.values import CellValues, WorksheetValues
from tests.unit.backend.worksheets.backends import Backend, with_worksheet
from tests.unit.backend.worksheets.writer import Writer

DEADLINE = 30.0


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the bytes of each worksheet that is encoded as a whole."""
    sizes: list[int] = []
    since = Document.since

    def counted(self: Document, state: bytes = b"\0") -> bytes:
        found = since(self, state)
        if state == b"\0":
            sizes.append(len(found))
        return found

    monkeypatch.setattr(Document, "since", counted)
    return sizes


async def test_those_who_open_a_large_worksheet_get_what_is_encoded_already(
    backends: tuple[Backend, Backend], encoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = made(WorksheetValues(tuple(CellValues(f"c{number}", "code", "λ" * 1000) for number in range(400))))
    worksheet = await with_worksheet(backends[0].database, base)
    monkeypatch.setattr(module, "MOST_SINCE", 10_000)
    encoded.clear()
    async with asyncio.timeout(DEADLINE):
        room = await Room.load(worksheet.id, backends[0].updates)
        writers = [Writer() for _ in range(5)]
        for writer in writers:
            writer.connect(room)
            writer.write(0, 0, "μ")
            writer.erase(1, 0, 1)
            await writer.settle()
        assert room.join(lambda update: None).payload == base and encoded == [], "as it came from the database"
        assert values_in(*room.whole()) == room.stored.values()
        # When much has come, it is encoded once for all.
        writers[0].write(0, 0, "n" * 11_000)
        await writers[0].settle()
        for late in (Writer(), Writer()):
            late.connect(room)
            assert str(late.source(0)) == room.stored.values().cells[0].source
        assert len(encoded) == 1 and values_in(*room.whole()) == room.stored.values()
        await room.close()


async def test_a_small_one_is_encoded_as_it_is(backends: tuple[Backend, Backend]) -> None:
    worksheet = await with_worksheet(backends[0].database)
    async with asyncio.timeout(DEADLINE):
        room = await Room.load(worksheet.id, backends[0].updates)
        writer = Writer()
        writer.connect(room)
        writer.write(0, 0, "μ")
        await writer.settle()
        whole = room.join(lambda update: None)
        assert whole.seq == room.seq and values_in(whole.payload) == room.stored.values()
        await room.close()
