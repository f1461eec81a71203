"""The database is down for an hour while logs grow and are rotated, by a logwatch whose clock is faster than ours."""

import asyncio
import itertools
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.postgresql import running_postgresql
from tests.site.backend_process import resident
from tests.site.logwatch_process import Logwatch, line
from tests.site.test_logwatch import rotate
from tests.whole.figures import within

TIMES = 60
"""How much faster."""
MINUTES = 60
LINES = 1200
"""A minute: 20 a second."""
KEPT = 4
"""Files that rotation leaves beside the newest, as of each service."""
MEMORY = 50 << 20
"""Bytes that it may grow by."""


class FastLogwatch(Logwatch):
    """A logwatch for which a minute takes a second."""

    @property
    def command(self) -> list[str]:
        """Its command, with a clock of its own."""
        return [sys.executable, str(Path(__file__).with_name("fast_clock.py")), str(TIMES), *super().command[3:]]


@pytest.mark.timeout(400)
async def test_an_hour_without_the_database(tmp_path: Path) -> None:
    """Memory and disk stay bounded, what is left on disk comes in once, and what is not is a gap, byte for byte.

    Its patience with the database is as much shorter as its clock is faster, so that it is not measured how soon.
    """
    with running_postgresql() as server:
        logwatch = FastLogwatch(tmp_path, server)
        await logwatch.migrate()
        try:
            await outage(logwatch)
        finally:
            logwatch.end(signal.SIGKILL)


async def outage(logwatch: Logwatch) -> None:
    """Let the hour pass."""
    numbers, server = itertools.count(), logwatch.server
    log = logwatch.logs / "worker1.log"
    logwatch.start()
    log.write_text(line(next(numbers)))
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    assert logwatch.process is not None
    process, before = logwatch.process.pid, resident(logwatch.process.pid)
    server.stop()
    most, held = 0, 0
    for _ in range(MINUTES):
        with log.open("a") as file:
            file.writelines(line(number) for number in itertools.islice(numbers, LINES))
        await asyncio.sleep(60 / TIMES)
        rotate(log, KEPT)
        log.touch()
        log.with_name(f"{log.name}.{KEPT + 1}").unlink(missing_ok=True)
        most = max(most, resident(process) - before)
        held = max(held, sum("(deleted)" in each for each in open_files(process)))
    assert most < MEMORY and held <= 2, (most, held)
    begun = asyncio.get_running_loop().time()
    server.start()
    log.write_text(last := line(next(numbers)))
    count = next(numbers)
    await logwatch.until(f"SELECT count(*) FROM log_record WHERE message = 'line {count - 1}'", 1, 60)
    left = KEPT * LINES + 2
    await logwatch.until(f"SELECT count(*) >= {left} FROM log_record", True, 60)
    within(60, "an hour without the database: all is brought", asyncio.get_running_loop().time() - begun)
    messages = await logwatch.messages()
    assert len(messages) == len(set(messages)) and len(last) > 0
    missing = sorted(set(range(count)) - {int(message.split()[1]) for message in messages})
    gaps = await server.ask("SELECT size FROM log_gap")
    assert sum(gap["size"] for gap in gaps) == sum(len(line(number)) for number in missing)
    assert logwatch.end() == 0


def open_files(process: int) -> list[str]:
    """Return the names of the files that a process has open."""
    found = []
    for each in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(os.readlink(each))
    return found
