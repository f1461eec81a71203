"""Updates in both databases: numbered without holes in the order of their commits, added once, read whole."""

import asyncio
import random

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database import updates as module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.hints import Hints
from sagews.database.updates import MOST_PAYLOAD, NOTHING_READ, BehindError, NewUpdate, Updates
from sagews.database.worksheets import Worksheet, Worksheets
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import EpochError, ServiceError
from tests.unit.database.emptied import database

__all__ = ["database"]

DEADLINE = 30.0


@pytest.fixture
async def worksheet(database: Database) -> Worksheet:
    await Accounts(database).add(Account("a"), Act("added", "a"))
    await Workspaces(database).add(Workspace("w", "a", "one"))
    return await Worksheets(database).add("w", "a.ipynb", b"base")


@pytest.fixture
def updates(database: Database) -> Updates:
    return Updates(database, Hints(database))


def new(clock: int, payload: bytes = b"payload", sender: str = "a") -> NewUpdate:
    return NewUpdate(sender, clock, payload)


async def run(database: Database, statement: str) -> None:
    await database.run(lambda connection: connection.execute(text(statement)))


async def test_they_come_back_as_they_were(updates: Updates, worksheet: Worksheet) -> None:
    news = await updates.news(worksheet.id, NOTHING_READ)
    assert (news.epoch, news.head_seq, news.base_seq, news.base) == (worksheet.epoch, 0, 0, b"base")
    bodies = [b"\0\xff\x80'", b"\0\0", b"x" * MOST_PAYLOAD]
    added = [new(clock, body) for clock, body in enumerate(bodies)]
    assert await updates.add(worksheet.id, worksheet.epoch, added) == [1, 2, 3]
    assert await updates.add(worksheet.id, worksheet.epoch, [new(0, b"\0\0", "b")]) == [4]
    news = await updates.news(worksheet.id, 0)
    assert news.head_seq == 4 and news.base is None
    assert [(each.seq, each.sender, each.clock, each.payload) for each in news.updates] == [
        *((clock + 1, "a", clock, body) for clock, body in enumerate(bodies)),
        (4, "b", 0, b"\0\0"),
    ]
    assert [each.seq for each in (await updates.news(worksheet.id, 3)).updates] == [4]
    assert await updates.heads([worksheet.id, "nowhere"]) == {worksheet.id: (worksheet.epoch, 4, 0)}
    assert await updates.size(worksheet.id) == len(b"base") + sum(map(len, bodies)) + 2


async def test_a_reader_misses_none_whoever_adds_at_the_same_time(updates: Updates, worksheet: Worksheet) -> None:
    # Numbers of a sequence appear out of their order: a reader who goes on after the highest one lost 444 of 3,000.
    chance = random.Random(1)
    told: list[int] = []

    async def add(sender: str) -> list[int]:
        seqs: list[int] = []
        while len(seqs) < 40:
            some = [new(len(seqs) + number, sender=sender) for number in range(chance.randint(1, 5))]
            seqs += await updates.add(worksheet.id, worksheet.epoch, some, again=chance.random() < 0.3)
            await asyncio.sleep(0)
        return seqs

    async def follow(adding: "asyncio.Future[list[list[int]]]") -> None:
        while True:
            done = adding.done()
            news = await updates.news(worksheet.id, len(told))
            told.extend(each.seq for each in news.updates)
            if done and not news.updates:
                return

    async with asyncio.timeout(DEADLINE):
        adding = asyncio.gather(*map(add, "abcd"))
        await follow(adding)
        seqs = sorted(seq for some in await adding for seq in some)
    assert told == seqs == list(range(1, len(seqs) + 1))


async def test_the_same_is_added_once(updates: Updates, worksheet: Worksheet) -> None:
    first = [new(1), new(2), new(3)]
    assert await updates.add(worksheet.id, worksheet.epoch, first) == [1, 2, 3]
    for again in (False, True):
        assert await updates.add(worksheet.id, worksheet.epoch, first[1:], again=again) == [2, 3]
    mixed = [new(3), new(4), new(4), new(3, b"another")]
    assert await updates.add(worksheet.id, worksheet.epoch, mixed) == [3, 4, 4, 5]
    async with asyncio.timeout(DEADLINE):
        both = await asyncio.gather(*(updates.add(worksheet.id, worksheet.epoch, [new(9)]) for _ in range(6)))
    assert both == [[6]] * 6
    assert (await updates.news(worksheet.id, 0)).head_seq == 6


async def test_none_is_added_after_what_was_not_seen(updates: Updates, worksheet: Worksheet) -> None:
    async def add(seen: int, *several: NewUpdate, again: bool = False) -> list[int]:
        return await updates.add(worksheet.id, worksheet.epoch, several, seen=seen, again=again)

    assert await add(0, new(1), new(2)) == [1, 2]
    for again in (False, True):
        for seen in (0, 1, 3):
            with pytest.raises(BehindError, match="has updates that were not seen; try it again after those"):
                await add(seen, new(2), new(3), again=again)
    # Sent again, since the answer was lost.
    assert await add(0, new(1), new(2), again=True) == [1, 2]
    async with asyncio.timeout(DEADLINE):
        both = await asyncio.gather(*(add(2, new(3, sender=one)) for one in "bc"), return_exceptions=True)
    assert [3] in both and sum(isinstance(each, BehindError) for each in both) == 1
    assert (await updates.news(worksheet.id, 0)).head_seq == 3


async def test_another_epoch_takes_none(updates: Updates, worksheet: Worksheet) -> None:
    for again in (False, True):
        for identifier, epoch in ((worksheet.id, "another"), ("nowhere", worksheet.epoch)):
            with pytest.raises(EpochError, match="is not there any more, or has another content by now"):
                await updates.add(identifier, epoch, [new(1)], again=again)
    with pytest.raises(EpochError):
        await updates.news("nowhere", 0)
    assert (await updates.news(worksheet.id, 0)).head_seq == 0


async def test_they_are_read_by_pages(updates: Updates, worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 4)
    await updates.add(worksheet.id, worksheet.epoch, [new(clock) for clock in range(10)])
    pages = [[each.seq for each in (await updates.news(worksheet.id, after)).updates] for after in (-1, 4, 8, 10)]
    assert pages == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10], []]


async def test_a_page_has_not_too_many_bytes(
    database: Database, updates: Updates, worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE_BYTES", 100)
    sizes = (40, 40, 40, 500, 10, 99, 10)
    await updates.add(worksheet.id, worksheet.epoch, [new(clock, bytes(size)) for clock, size in enumerate(sizes)])
    pages, after = [], NOTHING_READ
    while (news := await updates.news(worksheet.id, after)).updates:
        pages.append([len(each.payload) for each in news.updates])
        after = news.updates[-1].seq
    assert pages == [[40, 40, 40], [500], [10, 99], [10]]
    await run(database, "DELETE FROM worksheet_update WHERE seq = 7")
    with pytest.raises(ServiceError, match="has not its updates up to 7"):
        await updates.news(worksheet.id, 6)


async def test_what_is_missing_or_wrong_is_no_news(database: Database, updates: Updates, worksheet: Worksheet) -> None:
    await updates.add(worksheet.id, worksheet.epoch, [new(clock) for clock in range(4)])
    await run(database, "DELETE FROM worksheet_update WHERE seq = 4")
    with pytest.raises(ServiceError, match="has not its updates up to 4; restore the database's backup"):
        await updates.news(worksheet.id, 0)
    await run(database, "DELETE FROM worksheet_update WHERE seq = 2")
    with pytest.raises(ServiceError, match="has not all of its updates after 0"):
        await updates.news(worksheet.id, 0)
    await run(database, "DELETE FROM worksheet_update WHERE seq > 1")
    await run(database, "UPDATE worksheet SET head_seq = 1")
    assert len((await updates.news(worksheet.id, 0)).updates) == 1
    await run(database, "UPDATE worksheet_update SET payload = hash")
    with pytest.raises(ServiceError, match="has other bytes at 1 than were kept"):
        await updates.news(worksheet.id, 0)
    await run(database, "UPDATE worksheet SET base = base_hash")
    with pytest.raises(ServiceError, match="has other bytes at 0 than were kept"):
        await updates.news(worksheet.id, NOTHING_READ)


async def test_the_table_itself_refuses_what_is_too_large(database: Database, worksheet: Worksheet) -> None:
    async def put(connection: AsyncConnection) -> None:
        row = {"w": worksheet.id, "p": bytes(MOST_PAYLOAD + 1)}
        columns = "(worksheet, seq, sender, sender_clock, payload, hash)"
        await connection.execute(text(f"INSERT INTO worksheet_update {columns} VALUES (:w, 1, 'a', 1, :p, :p)"), row)

    with pytest.raises(Exception, match="worksheet_update_size"):
        await database.run(put)


async def test_a_batch_is_one_hint_however_large(database: Database, worksheet: Worksheet) -> None:
    # PostgreSQL refuses a hint of 8,000 bytes; none has what was written.
    hints, told = Hints(database), list[str | None]()
    hints.listen(told.append)
    hints.start()
    updates = Updates(database, hints)
    try:
        async with asyncio.timeout(DEADLINE):
            while not database.is_file and None not in told:
                await asyncio.sleep(0.01)
            told.clear()
            for first, again in ((0, False), (200, True)):
                several = [new(first + clock, bytes(1000)) for clock in range(200)]
                await updates.add(worksheet.id, worksheet.epoch, several, again=again)
                while len(told) < first // 200 + 1:
                    await asyncio.sleep(0.01)
    finally:
        await hints.stop()
    assert told == [worksheet.id] * 2
