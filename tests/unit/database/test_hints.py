"""Hints from one backend to the others, and back again after the connection was lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
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


async def test_a_connection_that_died_without_a_word_is_noticed(
    empty: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.05)
    monkeypatch.setattr(module, "PROBE", 0.1)
    monkeypatch.setattr(module, "PROBE_DEADLINE", 0.5)
    async with asyncio.timeout(DEADLINE), cuttable(empty.host, empty.port) as (port, stalled):
        url = empty.url.replace(f":{empty.port}/", f":{port}/")
        database = Database(Site(data_directory=str(tmp_path), database=Settings(url=url)), PASSWORD)
        hints, told = Hints(database), list[str | None]()
        hints.listen(told.append)
        hints.start()
        try:
            await heard(told, None)
            told.clear()
            # Nothing is passed on any more, and nobody is told so.
            stalled.set()
            await heard(told, None)
            await empty.ask("SELECT pg_notify($1, 'one')", CHANNEL)
            await heard(told, "one")
        finally:
            await hints.stop()
            await database.close()


@asynccontextmanager
async def cuttable(host: str, port: int) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """Give the port of a way to a server on which, once this event is set, those who are there hear nothing more."""
    stalled, tasks = asyncio.Event(), set[asyncio.Task[None]]()
    ends: list[asyncio.StreamWriter] = []

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter, *, late: bool) -> None:
        while piece := await source.read(1 << 16):
            if stalled.is_set() and not late:
                await asyncio.Event().wait()
            target.write(piece)
            await target.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, port)
        ends.extend((writer, back))
        late = stalled.is_set()
        for source, target in ((reader, back), (there, writer)):
            tasks.add(asyncio.create_task(pass_on(source, target, late=late)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], stalled
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            end.transport.abort()
            with suppress(OSError):
                await end.wait_closed()


async def test_within_a_process_they_are_told(tmp_path: Path) -> None:
    database = Database(Site(data_directory=str(tmp_path)))
    hints, told = Hints(database), list[str | None]()
    hints.start()
    hints.listen(told.append)
    hints.tell("one")
    await hints.stop()
    await database.close()
    assert told == ["one"]
