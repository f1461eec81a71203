"""Backends that are killed while people write: what was acknowledged is there, also if nobody ever comes back."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sagews.backend.worksheets.compaction import compact
from sagews.backend.worksheets.document import made
from sagews.backend.worksheets.room import Room
from sagews.backend.worksheets.values import CellValues, WorksheetValues
from sagews.database.updates import NOTHING_READ
from sagews.database.worksheets import Worksheet
from tests.processes import told_until_killed
from tests.site.worksheets.room_process import AT
from tests.unit.backend.worksheets.backends import Backend, backend, with_worksheet
from tests.unit.backend.worksheets.writer import Writer
from tests.unit.database.conftest import postgresql
from tests.unit.database.emptied import address, migrated_file, migrated_server

__all__ = ["address", "migrated_file", "migrated_server", "postgresql"]

PROVE = bool(os.environ.get("SAGEWS_PROVE"))
KILLS = 60 if PROVE else 1
DEADLINE = 60.0
EMPTY = made(WorksheetValues((CellValues("c", "code"), CellValues("d", "code"))))


@pytest.fixture
async def survivor(address: str, tmp_path: Path) -> AsyncIterator[Backend]:
    """Give a backend that is not killed."""
    async with backend(tmp_path, address) as one:
        yield one


@pytest.fixture
async def worksheet(survivor: Backend) -> Worksheet:
    return await with_worksheet(survivor.database, EMPTY)


async def killed(folder: Path, url: str, worksheet: Worksheet, moment: str, seconds: float | None = None) -> list[str]:
    """Have a process write until it dies, so long after its first word if that is given; return what it was told."""
    words = ("tests.site.worksheets.room_process", str(folder), url, worksheet.id, moment)
    return await told_until_killed(*words, seconds=seconds, deadline=DEADLINE)


def lost(told: list[str], content: str) -> list[str]:
    """Return what was acknowledged and is not so: words that are not there, and deleted ones that are."""
    deleted = [word[1:] for word in told if word[0] == "-"]
    # Which of these are there, and were not acknowledged as deleted, nobody knows.
    perhaps = {word[1:] for word in told if word[0] == "?"}
    there = [word for word in told if word[0] == "<" and word not in perhaps]
    return [word for word in there if content.count(word) != 1] + [word for word in deleted if word in content]


def acknowledged(told: list[str]) -> int:
    """Return how many edits were acknowledged."""
    return sum(word[0] != "?" for word in told)


async def content(survivor: Backend, worksheet: Worksheet) -> str:
    fresh = await Room.load(worksheet.id, survivor.updates)
    await fresh.close()
    fresh.stored.check()
    return fresh.stored.values().cells[0].source


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_at_a_commit_with_somebody_who_never_comes_back(
    survivor: Backend, worksheet: Worksheet, address: str, tmp_path: Path, moment: str
) -> None:
    if not address and moment == "before" and not PROVE:
        pytest.skip("a file is tried after the commit: a process takes seconds to begin")
    async with asyncio.timeout(DEADLINE):
        room = await survivor.rooms.open(worksheet.id)
        told = await killed(tmp_path, address, worksheet, moment)
        stored = await content(survivor, worksheet)
        assert told and lost(told, stored) == []
        news = await survivor.updates.news(worksheet.id, NOTHING_READ)
        assert news.head_seq == len(news.updates) >= AT - 1
        # Between commit and answer: it is there, although nobody was told.
        assert (news.head_seq > acknowledged(told)) == (moment == "after")
        # Whoever is there goes on.
        writer = Writer()
        writer.connect(room)
        writer.write(1, 0, "goes on")
        await writer.settle()
        await room.catch_up()
        assert room.stored.values().cells[0].source == stored and not writer.unacknowledged


async def test_killed_at_random_moments(survivor: Backend, worksheet: Worksheet, address: str, tmp_path: Path) -> None:
    if not address and not PROVE:
        pytest.skip("a file is tried after the commit: a process takes seconds to begin")
    told: list[str] = []
    for number in range(KILLS):
        told += await killed(tmp_path, address, worksheet, "never", random.uniform(0, 0.3))
        async with asyncio.timeout(DEADLINE):
            assert lost(told, await content(survivor, worksheet)) == []
            if number % 5 == 4:
                await compact(worksheet.id, survivor.worksheets, survivor.updates)
                assert lost(told, await content(survivor, worksheet)) == []
    assert told
