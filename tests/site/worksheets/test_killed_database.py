"""PostgreSQL killed while people write: whoever was acknowledged finds it there, the others are, after it is back."""

import asyncio
import os
import random
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sagews.backend.worksheets.room import Room
from sagews.database.updates import NOTHING_READ
from sagews.database.worksheets import Worksheet
from sagews.errors import ServiceError
from tests.postgresql import PostgreSQL, running_postgresql
from tests.unit.backend.worksheets.backends import Backend, backend, with_worksheet
from tests.unit.backend.worksheets.writer import Writer

KILLS = 60 if os.environ.get("SAGEWS_PROVE") else 1
DEADLINE = 120.0


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """Give a server of one's own, which is killed."""
    with running_postgresql() as server:
        yield server


@pytest.fixture
async def survivor(server: PostgreSQL, tmp_path: Path) -> AsyncIterator[Backend]:
    async with backend(tmp_path, server.url) as one:
        await one.database.migrate()
        yield one


async def test_killed_at_random_moments(server: PostgreSQL, survivor: Backend) -> None:
    worksheet = await with_worksheet(survivor.database)
    writers = [Writer(), Writer()]
    words: list[str] = []
    for _ in range(KILLS):
        async with asyncio.timeout(DEADLINE):
            writing = asyncio.create_task(write_until_killed(survivor, worksheet, writers, words))
            before = sum(len(writer.acknowledged) for writer in writers)
            while sum(len(writer.acknowledged) for writer in writers) == before and not writing.done():
                await asyncio.sleep(0.01)
            await asyncio.sleep(random.uniform(0, 0.4))
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(random.uniform(0, 0.2))
            await asyncio.to_thread(server.start)
            writing.cancel()
            # Whatever else ended it is a fault.
            with suppress(asyncio.CancelledError):
                await writing
            await acknowledged(survivor, worksheet, writers)
            fresh = await Room.load(worksheet.id, survivor.updates)
            await fresh.close()
        content = fresh.stored.values().cells[0].source
        assert words and [word for word in words if content.count(word) != 1] == []
        news = await survivor.updates.news(worksheet.id, NOTHING_READ)
        seqs, first = list[int](), news.base_seq + 1
        while news.updates:
            seqs += [update.seq for update in news.updates]
            news = await survivor.updates.news(worksheet.id, seqs[-1])
        assert seqs == list(range(first, news.head_seq + 1))


async def write_until_killed(survivor: Backend, worksheet: Worksheet, writers: list[Writer], words: list[str]) -> None:
    room = await survivor.rooms.open(worksheet.id)
    for writer in writers:
        writer.connect(room)
    while True:
        for writer in writers:
            words.append(f"<{secrets.token_hex(6)}λ>")
            writer.write(0, 0, words[-1])
        await asyncio.sleep(0.005)


async def acknowledged(survivor: Backend, worksheet: Worksheet, writers: list[Writer]) -> None:
    """Send again what was not acknowledged, until it is."""
    while any(writer.unacknowledged for writer in writers):
        try:
            room = await survivor.rooms.open(worksheet.id)
            for writer in writers:
                writer.connect(room)
        except ServiceError:
            await asyncio.sleep(0.05)
        for writer in writers:
            await writer.settle()
