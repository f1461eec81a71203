"""Logwatch with a real PostgreSQL: each line is in the table exactly once, whatever is rotated, stopped or killed."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.postgresql import PASSWORD, PostgreSQL, running_postgresql
from tests.site.backend_process import resident
from tests.site.logwatch_process import Logwatch

PROVE = bool(os.environ.get("SAGEWS_PROVE"))
LINES = 100_000 if PROVE else 1_000
KILLS = 60 if PROVE else 4


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture
async def logwatch(postgresql: PostgreSQL, tmp_path: Path) -> AsyncIterator[Logwatch]:
    """Give a logwatch that is not started yet, and a database with empty tables."""
    await postgresql.forget()
    logwatch = Logwatch(tmp_path, postgresql)
    await logwatch.migrate()
    yield logwatch
    assert logwatch.end() == 0
    assert "Traceback" not in (tmp_path / "said").read_text() if (tmp_path / "said").exists() else True


def rotate(log: Path, keep: int = 1000) -> None:
    """Rename a log as supervisord does."""
    for number in range(keep, 0, -1):
        if (old := log.with_name(f"{log.name}.{number}")).exists():
            old.rename(log.with_name(f"{log.name}.{number + 1}"))
    if log.exists():
        log.rename(log.with_name(f"{log.name}.1"))


def line(number: int) -> str:
    return json.dumps({"event": f"line {number}", "level": "info", "timestamp": "2026-11-26T07:00:00.5Z"}) + "\n"


async def all_once(logwatch: Logwatch, count: int) -> None:
    """Assert that the lines up to a number are there, each once, and no gap is."""
    await logwatch.until("SELECT count(DISTINCT message) FROM log_record", count)
    messages = await logwatch.messages()
    assert sorted(messages) == sorted(f"line {number}" for number in range(count))
    assert await logwatch.server.ask("SELECT * FROM log_gap") == []


async def test_records_have_everything_that_a_line_says(logwatch: Logwatch) -> None:
    logwatch.start()
    (logwatch.logs / "backend1.log").write_text(line(1))
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    (row,) = await logwatch.server.ask("SELECT * FROM log_record")
    assert (row["machine"], row["service"], row["level"], row["message"]) == ("here", "backend1", "info", "line 1")
    assert row["time"] == 1795676400.5 and json.loads(row["data"])["event"] == "line 1"
    assert (row["offset"], row["cut"]) == (0, 0)


async def test_every_line_is_there_once_whatever_is_killed(logwatch: Logwatch) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    log = logwatch.logs / "worker1.log"
    moments = sorted(chance.sample(range(LINES), KILLS))
    rotations = set(chance.sample(range(LINES), 12))
    stops = {LINES // 3, 2 * LINES // 3}
    logwatch.start()
    file = log.open("a")
    try:
        for number in range(LINES):
            file.write(line(number))
            if number in moments:
                file.flush()
                await asyncio.sleep(chance.random() * 0.4)
                logwatch.end(signal.SIGKILL)
                logwatch.start()
            if number in rotations:
                file.close()
                rotate(log)
                file = log.open("a")
            if number in stops:
                file.flush()
                logwatch.server.stop()
                await asyncio.sleep(chance.random() * 2)
                logwatch.server.start()
        file.close()
        await all_once(logwatch, LINES)
    finally:
        file.close()


async def test_a_record_is_there_soon_and_half_a_line_waits_for_its_end(logwatch: Logwatch) -> None:
    logwatch.start()
    traceback = (
        'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    1/0\nZeroDivisionError: no\n'
    )
    log = logwatch.logs / "nginx.log"
    with log.open("a", buffering=1) as file:
        file.write(traceback)
        await logwatch.until("SELECT count(*) FROM log_record", 1, 20)
        assert await logwatch.messages() == [traceback.strip()]
        file.write("half a ")
        file.flush()
        await asyncio.sleep(2)
        assert len(await logwatch.messages()) == 1
        file.write("line\n")
        await logwatch.until("SELECT count(*) FROM log_record", 2, 20)
    assert (await logwatch.messages())[1] == "half a line"


async def test_copies_of_a_log_that_is_then_emptied_are_not_sent_again(logwatch: Logwatch) -> None:
    logwatch.start()
    log = logwatch.logs / "haproxy.log"
    total = 10_000 if PROVE else 2_000
    with log.open("a", buffering=1) as file:
        for number in range(total):
            file.write(line(number))
            if number % (total // 5) == total // 10:
                rotate_copies(log)
            if number % 50 == 0:
                await asyncio.sleep(0.005)
    await all_once(logwatch, total)


def rotate_copies(log: Path) -> None:
    """Copy a log and empty it; nobody writes meanwhile, so that nothing may be lost."""
    copies = sorted(log.parent.glob("haproxy.log.*"), key=lambda path: -int(path.suffix[1:]))
    for copy in copies:
        copy.rename(log.with_name(f"haproxy.log.{int(copy.suffix[1:]) + 1}"))
    log.with_name("haproxy.log.1").write_bytes(log.read_bytes())
    os.truncate(log, 0)


async def test_an_inode_that_is_used_again_is_another_file(logwatch: Logwatch) -> None:
    log = logwatch.logs / "stunnel.log"
    times = 6 if PROVE else 3
    for number in range(times):
        logwatch.start()
        log.write_text(line(number))
        await logwatch.until("SELECT count(DISTINCT message) FROM log_record", number + 1)
        assert logwatch.end() == 0
        log.unlink()
    logwatch.start()
    assert await logwatch.messages() == [f"line {number}" for number in range(times)]


async def test_what_is_deleted_while_the_database_is_away_is_let_go_and_is_a_gap(logwatch: Logwatch) -> None:
    log = logwatch.logs / "backend1.log"
    log.write_text(line(0))
    logwatch.start()
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    logwatch.server.stop()
    assert logwatch.process is not None
    try:
        for number in range(20):
            with log.open("a") as file:
                file.write(line(number + 1) * 50)
            await asyncio.sleep(0.1)
            log.unlink()
        held = Path(f"/proc/{logwatch.process.pid}/fd")
        deadline = time.monotonic() + 30
        while any("(deleted)" in os.readlink(link) for link in held.iterdir()):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
    finally:
        logwatch.server.start()
    log.write_text(line(99))
    await logwatch.until("SELECT count(*) FROM log_record WHERE message = 'line 99'", 1)
    gaps = await logwatch.server.ask("SELECT service, reason, size FROM log_gap")
    assert gaps and all(gap["service"] == "backend1" and "deleted" in gap["reason"] for gap in gaps)
    assert any(gap["size"] for gap in gaps)
    messages = await logwatch.messages()
    assert messages.count("line 0") == 1


async def test_rubbish_and_endless_lines_are_survived(logwatch: Logwatch) -> None:
    logwatch.start()
    rubbish = [
        b"\0\0\xff\xfe \x1b[31mred\xc3",
        b"x" * 3_000_000,
        b'{"event": "nul \\u0000 and half \\ud800", "level": "error"}',
        b'{"event": "big", "number": 1e-99999}',
        b'{"event": "deep", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"event": "' + "é".encode() * 100_000 + b'"}',
        b'["no object"]',
        b"the last",
    ]
    (logwatch.logs / "memcached.log").write_bytes(b"\n".join(rubbish) + b"\n")
    await logwatch.until("SELECT count(*) FROM log_record", len(rubbish))
    rows = await logwatch.server.ask('SELECT message, level, cut, data FROM log_record ORDER BY "offset"')
    assert rows[0]["message"] == "\\x00\\x00\\xff\\xfe \x1b[31mred\\xc3"
    assert rows[1]["cut"] == 3_000_000 - 65_536 and "bytes cut" in rows[1]["message"]
    assert rows[2]["message"] == "nul \\x00 and half \\ud800" and rows[2]["level"] == "error" and rows[2]["data"]
    assert [row["message"][:3] for row in rows[3:]] == ["big", '{"e', '{"e', '["n', "the"]


async def test_it_ends_by_itself_when_the_services_are_gone(logwatch: Logwatch) -> None:
    starter = """
import subprocess, sys, time
log = open(sys.argv[1], "a", buffering=1)
service = subprocess.Popen(["sh", "-c", "echo alive; sleep 2.5"], stdout=log)
logwatch = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL)
service.wait()
assert logwatch.poll() is None
sys.exit(logwatch.wait(60))
"""
    command = [sys.executable, "-c", starter, str(logwatch.logs / "worker1.log"), *logwatch.command]
    process = await asyncio.create_subprocess_exec(*command, "--until-idle", "1", env=logwatch.environment)
    async with asyncio.timeout(80):
        assert await process.wait() == 0
    assert await logwatch.messages() == ["alive"]


async def test_what_is_left_is_brought_when_it_is_told_to_end(logwatch: Logwatch) -> None:
    log = logwatch.logs / "backend1.log"
    logwatch.start()
    log.write_text("".join(line(number) for number in range(5000)) + "half")
    assert logwatch.end() == 0
    logwatch.start()
    await all_once(logwatch, 5000)


async def test_it_ends_in_time_while_the_database_is_away_and_the_next_one_brings_the_rest(logwatch: Logwatch) -> None:
    log = logwatch.logs / "backend1.log"
    log.write_text(line(0))
    logwatch.start()
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    logwatch.server.stop()
    try:
        with log.open("a") as file:
            file.write(line(1))
        assert logwatch.end() == 0
    finally:
        logwatch.server.start()
    logwatch.start()
    await all_once(logwatch, 2)


def test_a_database_that_is_a_file_takes_no_logs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sagews", "logwatch", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "database.url" in done.stderr


async def test_it_runs_at_low_priority(logwatch: Logwatch) -> None:
    logwatch.start()
    assert logwatch.process is not None
    status = Path(f"/proc/{logwatch.process.pid}/stat").read_text().rpartition(")")[2].split()
    assert status[16] == "19"
    import psutil

    assert psutil.Process(logwatch.process.pid).ionice().ioclass == psutil.IOPRIO_CLASS_IDLE


async def test_two_that_read_the_same_logs_bring_each_line_once(logwatch: Logwatch, tmp_path: Path) -> None:
    logwatch.start()
    first, logwatch.process = logwatch.process, None
    logwatch.start()
    assert first is not None
    log = logwatch.logs / "backend1.log"
    try:
        with log.open("a", buffering=1) as file:
            for number in range(500):
                file.write(line(number))
                if number % 20 == 0:
                    await asyncio.sleep(0.02)
        await all_once(logwatch, 500)
    finally:
        first.terminate()
        assert first.wait(30) == 0


async def test_records_of_days_that_are_long_ago_leave(logwatch: Logwatch) -> None:
    logwatch.start()
    (logwatch.logs / "backend1.log").write_text(line(0))
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    await logwatch.server.ask(
        "CREATE TABLE log_record_20200101 PARTITION OF log_record FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')"
    )
    await logwatch.server.ask(
        "INSERT INTO log_record SELECT '2020-01-01', file, \"offset\", machine, service, time, level, message, data,"
        " cut FROM log_record"
    )
    logwatch.end()
    logwatch.start()
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    await logwatch.until("SELECT to_regclass('log_record_20200101') IS NULL", True)


async def test_its_role_needs_the_rights_that_the_page_says_and_no_more(logwatch: Logwatch) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/logs.md").read_text()
    grants = page.partition("```sql\n")[2].partition("```")[0].strip().splitlines()
    assert len(grants) == 6
    await logwatch.server.ask(f"CREATE ROLE sagews_logwatch LOGIN PASSWORD '{PASSWORD}'")
    try:
        for grant in ["GRANT USAGE ON SCHEMA public TO PUBLIC", *grants]:
            await logwatch.server.ask(grant)
        logwatch.use(logwatch.server.url.replace("//sagews@", "//sagews_logwatch@"))
        logwatch.start()
        log = logwatch.logs / "backend1.log"
        log.write_text(line(0))
        await logwatch.until("SELECT count(*) FROM log_record", 1)
        log.rename(log.with_name("backend1.log.1"))
        log.write_text("half a line that is lost")
        await logwatch.until("SELECT count(*) FROM log_position WHERE name = 'backend1.log.1'", 1)
        os.truncate(log, 0)
        await logwatch.until("SELECT sum(size)::int FROM log_gap", 24)
        logwatch.end()
    finally:
        await logwatch.server.ask("DROP OWNED BY sagews_logwatch")
        await logwatch.server.ask("DROP ROLE sagews_logwatch")


async def test_it_says_how_far_it_is(logwatch: Logwatch) -> None:
    (logwatch.logs / "backend1.log").write_text(line(0))

    async def check() -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *logwatch.command, "--check", env=logwatch.environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    assert await check() == (0, f"1 logs of here, {len(line(0))} bytes of them not in the database\n")
    logwatch.start()
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    assert await check() == (0, "1 logs of here, 0 bytes of them not in the database\n")


async def test_while_the_database_is_away_memory_does_not_grow(logwatch: Logwatch) -> None:
    log = logwatch.logs / "backend1.log"
    log.write_text(line(0))
    logwatch.start()
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    assert logwatch.process is not None
    before = resident(logwatch.process.pid)
    logwatch.server.stop()
    count = 400_000 if PROVE else 40_000
    try:
        with log.open("a") as file:
            file.writelines(line(number) for number in range(1, count))
        await asyncio.sleep(3)
        assert resident(logwatch.process.pid) - before < 50 << 20
    finally:
        logwatch.server.start()
    await logwatch.until("SELECT count(*) FROM log_record", count)
    assert resident(logwatch.process.pid) - before < 50 << 20
    await all_once(logwatch, count)
