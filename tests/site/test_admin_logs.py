"""`sagews admin logs` on a real database with a real logwatch, and on the files while the database is away."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sagews.admin.log_files import LogFiles
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.log_search import LogSearch
from sagews.logs.question import Question
from tests.postgresql import PASSWORD, PostgreSQL, running_postgresql
from tests.site.logwatch_process import Logwatch


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture
async def logwatch(postgresql: PostgreSQL, tmp_path: Path) -> AsyncIterator[Logwatch]:
    """Give a running logwatch that has brought some records."""
    await postgresql.forget()
    logwatch = Logwatch(tmp_path, postgresql)
    await logwatch.migrate()
    (logwatch.logs / "backend1.log").write_text(
        '{"event": "begun", "level": "info", "timestamp": "2026-11-26T07:00:00Z", "port": 8080}\n'
        '{"event": "Slow disk", "level": "warning", "timestamp": "2026-11-26T07:00:02Z"}\n'
    )
    (logwatch.logs / "worker1.log").write_text("2026-11-26T07:00:01Z ERROR no place\n")
    logwatch.start()
    await logwatch.until("SELECT count(*) FROM log_record", 3)
    yield logwatch
    logwatch.end()


def command(logwatch: Logwatch, *words: str) -> list[str]:
    config = ["--config", str(logwatch.folder / "logwatch.toml"), "--data", str(logwatch.folder / "data")]
    return [sys.executable, "-m", "sagews", "admin", *words, *config]


def shown(logwatch: Logwatch, *words: str) -> tuple[list[str], str]:
    """Return the messages that the command shows, and where it says they are from."""
    done = subprocess.run(
        command(logwatch, "logs", "--json", *words),
        env=logwatch.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["message"] for line in done.stdout.splitlines()], done.stderr


ERROR = "2026-11-26T07:00:01Z ERROR no place"
CHOICES = [
    (Question(), ["begun", ERROR, "Slow disk"]),
    (Question(lines=1), ["Slow disk"]),
    (Question(services=("backend",)), ["begun", "Slow disk"]),
    (Question(services=("worker1",)), [ERROR]),
    (Question(level="warning"), [ERROR, "Slow disk"]),
    (Question(text="slow DISK"), ["Slow disk"]),
    (Question(text="8080"), ["begun"]),
    (Question(since=1795676401, until=1795676402), [ERROR]),
    (Question(machines=("elsewhere",)), []),
]


async def test_records_are_chosen_in_the_database_as_in_the_files(logwatch: Logwatch) -> None:
    database = Database(Site(database=Settings(url=logwatch.server.url)), PASSWORD)
    for question, wanted in CHOICES:
        assert [entry.message for entry in await LogSearch(database).newest(question)] == wanted, question
        files = LogFiles(logwatch.logs, "here", 4096)
        assert [entry.message for entry in files.newest(question)] == wanted, question
    await database.close()


async def test_the_options_say_what_is_wanted(logwatch: Logwatch) -> None:
    times = ["--since", "2026-11-26T07:00:00Z", "--until", "2026-11-26T07:00:02Z"]
    assert shown(logwatch, "worker", "--level", "error", *times) == ([ERROR], "(from the database)\n")
    choice = ["--files", "backend1", "-n", "1", "--text", "slow"]
    assert shown(logwatch, *choice) == (["Slow disk"], "(from the files of this machine)\n")


async def test_while_the_database_is_away_the_files_are_shown(logwatch: Logwatch) -> None:
    logwatch.server.stop()
    try:
        found, said = shown(logwatch, "backend1")
    finally:
        logwatch.server.start()
    assert found == ["begun", "Slow disk"] and said.startswith("(from the files of this machine: ")


async def test_gaps_are_shown(logwatch: Logwatch) -> None:
    await logwatch.server.ask(
        "INSERT INTO log_gap VALUES (1, 5, 'here', 'backend1', 1234, 'deleted before it was read', 1795676401.5)"
    )
    found = shown(logwatch, "backend1")[0]
    assert found == ["begun", "(a gap: 1,234 bytes were lost, deleted before it was read)", "Slow disk"]


@pytest.mark.parametrize("files", [[], ["--files"]])
async def test_what_comes_is_followed(logwatch: Logwatch, files: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *command(logwatch, "logs", "--json", "--follow", "-n", "1", *files),
        env=logwatch.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            assert json.loads(await process.stdout.readline())["message"] == "Slow disk"
            for number in range(3):
                with (logwatch.logs / f"backend{number}.log").open("a") as file:
                    file.write(f'{{"event": "new {number}"}}\n')
                assert json.loads(await process.stdout.readline())["message"] == f"new {number}"
    finally:
        process.terminate()
        await process.wait()


async def test_logs_are_emptied_and_logwatch_goes_on(logwatch: Logwatch) -> None:
    done = subprocess.run(command(logwatch, "empty-logs", "backend1"), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("1 log files with ")
    with (logwatch.logs / "backend1.log").open("a") as file:
        file.write('{"event": "after"}\n')
    await logwatch.until("SELECT count(*) FROM log_record WHERE message = 'after'", 1)
    assert await logwatch.server.ask("SELECT * FROM log_gap") == []
    assert len(await logwatch.messages()) == 4


def test_wrong_words_are_told() -> None:
    for words in (["--level", "loud"], ["--since", "yesterday"]):
        done = subprocess.run(
            [sys.executable, "-m", "sagews", "admin", "logs", *words], capture_output=True, timeout=60
        )
        assert done.returncode == 2, done.stderr
