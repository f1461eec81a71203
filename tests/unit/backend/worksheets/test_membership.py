"""A worksheet that is open on a connection: what its client lacks comes in pieces, and who is slow is not forgotten."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from sagews.backend.worksheets.admissions import Visitor
from sagews.backend.worksheets.document import Document, made
from sagews.backend.worksheets.membership import Membership
from sagews.backend.worksheets.room import Room
from sagews.backend.worksheets.values import CellValues, WorksheetValues
from sagews.database.members import Role
from sagews.database.worksheets import Worksheet
from sagews.errors import EpochError
from sagews.protocol import MAX_UPDATE
from sagews.protocol import sagews_pb2 as pb
from tests.unit.backend.worksheets.backends import Backend
from tests.unit.backend.worksheets.writer import Writer

DEADLINE = 20.0


class Page:
    """A client: it reads, or does not."""

    def __init__(self) -> None:
        self.congested = False
        self.events: list[pb.Event] = []
        self.document = Document()
        self._pieces = b""

    def tell(self, event: pb.Event) -> None:
        self.events.append(event)
        for said in (event.worksheet_opened, event.worksheet_updates):
            if said.worksheet:
                assert len(said.update) <= MAX_UPDATE
                self._pieces += said.update
                if not said.more:
                    self.document.take_kept(self._pieces)
                    self._pieces = b""

    @property
    def sources(self) -> list[str]:
        return [str(cell["source"]) for cell in self.document.cells]


@asynccontextmanager
async def opened(page: Page, room: Room, epoch: str = "", state: bytes = b"") -> AsyncIterator[Membership]:
    membership = Membership(page, room, Visitor("w", "a", ""), Role.EDITOR)
    membership.begin(7, epoch, state, "a.ipynb")
    try:
        yield membership
    finally:
        membership.close()


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not what():
            await asyncio.sleep(0.01)


async def test_who_is_slow_gets_at_once_what_was_written_meanwhile(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    room = await backends[0].rooms.open(worksheet.id)
    writer, page = Writer(), Page()
    writer.connect(room)
    async with opened(page, room) as membership:
        await until(lambda: page.events)
        assert page.events[0].worksheet_opened.role == pb.WORKSHEET_ROLE_EDITOR
        page.congested = True
        for number in range(50):
            writer.write(0, number, "λ")
            await writer.settle()
        # The first was on its way before it was seen that nobody reads.
        assert len(page.events) == 2
        page.congested = False
        membership.drained()
        await until(lambda: page.sources and page.sources[0].startswith("λ" * 50))
        assert len(page.events) == 3
        writer.write(0, 0, "β")
        await writer.settle()
        await until(lambda: page.sources[0].startswith("β"))
        assert page.document.cells.to_py() == room.stored.cells.to_py()
    writer.cut()


async def test_while_it_is_sent_others_write(backends: tuple[Backend, Backend], worksheet: Worksheet) -> None:
    source = "x" * 900_000
    large = made(WorksheetValues(tuple(CellValues(f"c{number}", "code", source) for number in range(4))))
    await backends[0].worksheets.replace(worksheet.id, worksheet.epoch, large)
    room = await backends[0].rooms.open(worksheet.id)
    writer, page = Writer(), Page()
    writer.connect(room)
    page.congested = True
    async with opened(page, room) as membership:
        await asyncio.sleep(0.05)
        writer.write(0, 0, "first ")
        await writer.settle()
        assert page.events == []
        page.congested = False
        membership.drained()
        await until(lambda: page.sources and page.sources[0].startswith("first "))
        kinds = [event.WhichOneof("kind") for event in page.events]
        assert kinds[0] == "worksheet_opened" and set(kinds[1:]) == {"worksheet_updates"} and len(kinds) == 5
        assert [event.request for event in page.events] == [7, 0, 0, 0, 0]
    writer.cut()


async def test_its_own_edits_are_not_told_to_it(backends: tuple[Backend, Backend], worksheet: Worksheet) -> None:
    room = await backends[0].rooms.open(worksheet.id)
    writer, page = Writer(), Page()
    writer.connect(room)
    async with opened(page, room) as membership:
        await until(lambda: page.events)
        membership.senders.add(writer.sender)
        writer.write(0, 0, "mine")
        await writer.settle()
        assert len(page.events) == 1
    writer.cut()


async def test_who_has_a_part_is_sent_the_rest(backends: tuple[Backend, Backend], worksheet: Worksheet) -> None:
    room = await backends[0].rooms.open(worksheet.id)
    writer, page = Writer(), Page()
    writer.connect(room)
    async with opened(page, room):
        await until(lambda: page.events)
    state, whole = page.document.state, len(page.events[0].worksheet_opened.update)
    writer.write(0, 0, "later")
    await writer.settle()
    page.events.clear()
    async with opened(page, room, room.epoch, state):
        await until(lambda: page.events)
        assert len(page.events[0].worksheet_opened.update) < whole
        assert page.sources[0].startswith("later")
    with pytest.raises(EpochError):
        async with opened(page, room, "another", state):
            pass
    writer.cut()


async def test_it_ends_with_its_room(backends: tuple[Backend, Backend], worksheet: Worksheet) -> None:
    room = await backends[0].rooms.open(worksheet.id)
    page, reasons = Page(), list[int]()
    async with opened(page, room) as membership:
        membership.on_ended = reasons.append
        await backends[0].worksheets.replace(worksheet.id, room.epoch, made(WorksheetValues()))
        room.hint()
        await until(lambda: reasons)
        assert reasons == [pb.WORKSHEET_REASON_OTHER_EPOCH]
        membership.end(reasons[0])
        assert page.events[-1].worksheet_ended.reason == pb.WORKSHEET_REASON_OTHER_EPOCH
