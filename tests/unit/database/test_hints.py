"""Hints from one backend to the others, and back again after the connection was lost."""

import asyncio
from pathlib import Path

import pytest

from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database import hints as module
from sagews.database.database import Database
from sagews.database.hints import CHANNEL, Hints
from tests.postgresql import PASSWORD, PostgreSQL

DEADLINE = 30.0


async def heard(told: list[str | None], what: str | None) -> None:
    while what not in told:
        await asyncio.sleep(0.01)


async def test_they_are_heard_and_heard_again_after_a_loss(
    empty: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(Site(data_directory=str(tmp_path), database=Settings(url=empty.url)), PASSWORD)
    monkeypatch.setattr(module, "AGAIN", 0.05)
    hints, told = Hints(database), list[str | None]()
    hints.listen(told.append)
    hints.start()
    try:
        async with asyncio.timeout(DEADLINE):
            # What was told before is missed; therefore this.
            await heard(told, None)
            await empty.ask("SELECT pg_notify($1, 'one')", CHANNEL)
            await heard(told, "one")
            told.clear()
            assert await empty.cut_off_everybody() >= 1
            await heard(told, None)
            await empty.ask("SELECT pg_notify($1, 'two')", CHANNEL)
            await heard(told, "two")
    finally:
        await hints.stop()
        await database.close()
    assert await empty.cut_off_everybody() == 0


async def test_within_a_process_they_are_told(tmp_path: Path) -> None:
    database = Database(Site(data_directory=str(tmp_path)))
    hints, told = Hints(database), list[str | None]()
    hints.start()
    hints.listen(told.append)
    hints.tell("one")
    await hints.stop()
    await database.close()
    assert told == ["one"]
