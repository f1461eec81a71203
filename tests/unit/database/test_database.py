"""A database that is away, comes back, cuts its connections, or has not the tables: one clear error, and recovery."""

import asyncio
import os
import stat
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from sagews.admin.certificates import Certificates
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.permalinks import Permalink, Permalinks
from sagews.errors import ConfigurationError, ServiceError
from tests.postgresql import PASSWORD, PostgreSQL


@pytest.fixture
async def remote(empty: PostgreSQL, tmp_path: Path) -> AsyncIterator[Database]:
    """Give PostgreSQL with its tables."""
    database = Database(Site(data_directory=str(tmp_path), database=Settings(url=empty.url)), PASSWORD)
    await database.migrate()
    yield database
    await database.close()


def at(url: str, tmp_path: Path, password: str = "") -> Database:
    return Database(Site(data_directory=str(tmp_path / "data"), database=Settings(url=url)), password)


async def test_a_server_without_tls_is_not_used_where_an_authority_is_named(
    remote: Database, empty: PostgreSQL, tmp_path: Path
) -> None:
    Certificates(tmp_path, lambda _: None).make_for((), (), renew=False)
    settings = Settings(url=empty.url, authority=str(tmp_path / "authority.pem"))
    secured = Database(Site(data_directory=str(tmp_path), database=settings), PASSWORD)
    query = text("SELECT count(*) FROM permalink")
    assert await remote.run(lambda connection: connection.scalar(query)) == 0
    with capture_logs() as said, pytest.raises(ServiceError):
        await secured.run(lambda connection: connection.scalar(query))
    assert "rejected SSL upgrade" in str(said)
    await secured.close()
    with pytest.raises(ConfigurationError, match="holds no certificate"):
        Database(Site(database=Settings(url=empty.url, authority=str(tmp_path / "none"))))


async def test_a_password_is_asked_for_with_each_connection(empty: PostgreSQL, tmp_path: Path) -> None:
    words = ["wrong", PASSWORD]
    site = Site(data_directory=str(tmp_path), database=Settings(url=empty.url))
    database = Database(site, lambda: words.pop(0))
    with pytest.raises(ServiceError):
        await database.migrate()
    assert await database.migrate() == "" and not words
    await database.close()


# ----------------------------------------------------------------------- files


async def test_work_that_is_cancelled_twice_leaves_nothing_behind(tmp_path: Path) -> None:
    database = at("", tmp_path)
    await database.migrate()
    slow = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT max(i) FROM n")
    for turns in range(12):
        working = asyncio.create_task(database.run(lambda connection: connection.scalar(slow)))
        await asyncio.sleep(0.01)
        working.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
    assert await database.run(lambda connection: connection.scalar(slow)) == 200_000
    await database.close()
    async with asyncio.timeout(10):
        while asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.sleep(0.01)


async def test_a_file_is_made_and_migrated_when_it_is_first_used(tmp_path: Path) -> None:
    file = tmp_path / "data" / "sagews.sqlite"
    database = at("", tmp_path)
    assert not file.exists()
    await Permalinks(database).put(Permalink(id="one", code="1"))
    assert {stat.S_IMODE(found.stat().st_mode) for found in file.parent.iterdir()} == {0o600}
    assert await database.run(lambda connection: connection.scalar(text("PRAGMA journal_mode"))) == "wal"
    await database.close()
    again = at("", tmp_path)
    assert await Permalinks(again).get("one") is not None
    await again.close()


async def test_two_backends_share_a_file(tmp_path: Path) -> None:
    both = [at("", tmp_path), at("", tmp_path)]
    async with asyncio.timeout(30):
        await asyncio.gather(
            *(Permalinks(both[number % 2]).put(Permalink(id=str(number), code="1")) for number in range(60))
        )
        assert all([await Permalinks(both[0]).get(str(number)) for number in range(60)])
    for database in both:
        await database.close()


OTHER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT count(*) FROM permalink").fetchone()[0])
connection.close()
"""


async def test_another_process_that_comes_and_goes_takes_nothing_with_it(tmp_path: Path) -> None:
    database = at("", tmp_path)  # The first to use the file: it makes the tables, too.
    for number in range(3):
        await Permalinks(database).put(Permalink(id=str(number), code="1"))
        file = str(tmp_path / "data" / "sagews.sqlite")
        other = subprocess.run([sys.executable, "-c", OTHER, file], capture_output=True, text=True, timeout=30)
        assert other.stdout.strip() == str(number + 1), other.stderr
    await database.close()


async def test_a_file_that_is_no_database_is_told_and_another_one_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "data" / "sagews.sqlite"
    file.parent.mkdir()
    file.write_bytes(b"this is no database, and it is long enough to be seen to be none" * 100)
    database = at("", tmp_path)
    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(ServiceError, match="database: cannot be reached or used now"):
                await Permalinks(database).get("one")
    assert [line["event"] for line in logs] == ["database away"]
    os.unlink(file)
    with capture_logs() as logs:
        assert await Permalinks(database).get("one") is None
    assert [line["event"] for line in logs] == ["database back"]
    await database.close()


async def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    database = at("", tmp_path)
    with pytest.raises(ServiceError):
        await Permalinks(database).get("one")
    await database.close()


# ------------------------------------------------------------------ PostgreSQL


async def test_it_is_reached_over_its_socket_too(empty: PostgreSQL, tmp_path: Path) -> None:
    database = at(empty.socket_url, tmp_path)
    await database.migrate()
    await Permalinks(database).put(Permalink(id="one", code="1"))
    assert await Permalinks(database).get("one") is not None
    await database.close()


async def test_a_wrong_password_is_told_and_neither_is_logged(empty: PostgreSQL, tmp_path: Path) -> None:
    database = at(empty.url, tmp_path, "this is wrong")
    with capture_logs() as logs, pytest.raises(ServiceError) as refused:
        await database.migrate()
    assert "password authentication failed" in logs[0]["error"]
    for word in ("this is wrong", PASSWORD):
        assert word not in str(logs) and word not in str(refused.value)
    await database.close()


async def test_without_its_tables_it_says_what_to_do_and_goes_on_when_that_is_done(
    empty: PostgreSQL, tmp_path: Path
) -> None:
    database = at(empty.url, tmp_path, PASSWORD)
    with pytest.raises(ServiceError, match="let the operator run `sagews database migrate`"):
        await Permalinks(database).get("one")
    other = at(empty.url, tmp_path, PASSWORD)
    await other.migrate()
    await other.close()
    assert await Permalinks(database).get("one") is None
    await database.close()


async def test_tables_of_a_newer_version_are_no_hindrance(empty: PostgreSQL, tmp_path: Path) -> None:
    first = at(empty.url, tmp_path, PASSWORD)
    await first.migrate()
    await first.close()
    await empty.ask("UPDATE alembic_version SET version_num = 'r9999'")
    database = at(empty.url, tmp_path, PASSWORD)
    assert await Permalinks(database).get("one") is None
    await database.close()


async def test_connections_that_were_cut_off_while_idle_are_not_noticed(
    remote: Database, postgresql: PostgreSQL
) -> None:
    permalinks = Permalinks(remote)
    await asyncio.gather(*(permalinks.put(Permalink(id=str(number), code="1")) for number in range(10)))
    assert await postgresql.cut_off_everybody() >= 2
    assert await permalinks.get("5") is not None


async def test_work_that_was_cut_off_is_done_once_more(remote: Database, postgresql: PostgreSQL) -> None:
    tries = 0

    async def work(connection: AsyncConnection) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            await postgresql.cut_off_everybody()
        return int(await connection.scalar(text("SELECT 42")) or 0)

    assert await remote.run(work) == 42
    assert tries == 2


async def test_a_server_that_stops_is_told_at_once_and_found_again(remote: Database, postgresql: PostgreSQL) -> None:
    permalinks = Permalinks(remote)
    await permalinks.put(Permalink(id="one", code="1"))
    loop = asyncio.get_running_loop()
    postgresql.stop()
    try:
        with capture_logs() as logs:
            for _ in range(3):
                begun = loop.time()
                with pytest.raises(ServiceError, match="try again in a while"):
                    await permalinks.get("one")
                assert loop.time() - begun < 2
        assert [line["event"] for line in logs] == ["database away"]
    finally:
        postgresql.start()
    assert await permalinks.get("one") is not None


async def test_a_server_that_does_not_answer_costs_the_deadline_and_no_more(tmp_path: Path) -> None:
    ends: list[asyncio.StreamWriter] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)

    server = await asyncio.start_server(silent, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    database = at(f"postgresql+asyncpg://u@127.0.0.1:{port}/x", tmp_path, "p")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with pytest.raises(ServiceError):
        await Permalinks(database).get("one")
    assert 3 < loop.time() - begun < 12
    await database.close()
    server.close()
    for end in ends:
        end.transport.abort()
    await asyncio.sleep(0)


async def test_a_statement_that_waits_for_ever_is_given_up(
    remote: Database, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sagews.database.database.DEADLINE", 0.5)
    with pytest.raises(ServiceError):
        await remote.run(lambda connection: connection.execute(text("SELECT pg_sleep(60)")))
    monkeypatch.undo()
    assert await Permalinks(remote).get("one") is None


async def test_of_two_who_wait_for_each_other_both_end_well(remote: Database) -> None:
    met = {1: asyncio.Event(), 2: asyncio.Event()}

    def locking(first: int, second: int) -> Callable[[AsyncConnection], Awaitable[int]]:
        async def work(connection: AsyncConnection) -> int:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({first})"))
            met[first].set()
            await met[second].wait()
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({second})"))
            return first

        return work

    async with asyncio.timeout(20):
        assert await asyncio.gather(*(remote.run(locking(*pair)) for pair in ((1, 2), (2, 1)))) == [1, 2]


async def test_a_server_that_recovers_is_away_whichever_way_it_is_asked() -> None:
    """It refuses each connection with 57P03, `cannot_connect_now` (PostgreSQL's manual, 55.7 and appendix A)."""
    fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is not yet accepting connections\0\0"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            (length,) = struct.unpack("!I", await reader.readexactly(4))
            said = await reader.readexactly(length - 4)
            if said != struct.pack("!I", 80877103):
                break
            # It was asked for TLS, and goes on without.
            writer.write(b"N")
        writer.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)
        writer.close()

    async with asyncio.timeout(20), await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        database = Database(Site(database=Settings(url=f"postgresql+asyncpg://sagews@127.0.0.1:{port}/postgres")), "x")

        async def ask(connection: AsyncConnection) -> None:
            await connection.scalar(text("SELECT 1"))

        for asked in (database.own_connection, partial(database.run, ask)):
            with pytest.raises(ServiceError, match="cannot be reached") as told:
                await asked()
            assert "not yet accepting connections" in str(told.value.__cause__)
        await database.close()
