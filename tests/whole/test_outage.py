"""The site's database is down for an hour while logs grow and are rotated, by a logwatch whose clock is faster."""

import asyncio
import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from sagews.client import Client
from tests.site.logwatch_process import line
from tests.site.test_logwatch import rotate
from tests.whole.database import NAME
from tests.whole.fast_logwatch import FastLogwatch
from tests.whole.figures import within
from tests.whole.keepers import Keepers
from tests.whole.readers import Readers, TrustingRoute
from tests.whole.three_machines import NAME as SITE
from tests.whole.three_machines import ThreeMachines

pytestmark = pytest.mark.timeout(400)
TIMES = 60
"""How much faster."""
MINUTES = 60
LINES = 1200
"""A minute: 20 a second."""
KEPT = 4
"""Files that rotation leaves beside the newest, as of each service."""
MEMORY = 50 << 20
"""Bytes that it may grow by."""
SERVICE = "outage1"
"""The name of the log in the machine's directory of logs; no service of the site writes it."""


async def test_an_hour_without_the_database(site: ThreeMachines) -> None:
    """Memory and disk stay bounded, what is left on disk comes in once, and what is not is a gap, byte for byte.

    Readers go on meanwhile, and what they were told is kept is there afterwards.
    """
    log = site.left.root / str(site.places.logs / f"{SERVICE}.log").lstrip("/")
    numbers = itertools.count()
    states: list[str] = []
    idle = Client(TrustingRoute(f"https://{SITE}/"), on_state=states.append)
    async with (
        FastLogwatch(site, "logwatch2", TIMES) as logwatch,
        Readers(3) as readers,
        Keepers() as keepers,
        idle,
    ):
        log.write_text(line(next(numbers)))
        await until(site, f"SELECT count(*) AS count FROM log_record WHERE service = '{SERVICE}'", 1)
        before = logwatch.memory
        stopped = await asyncio.to_thread(site.admin, "stop", NAME)
        assert stopped.status == 0, stopped
        most, held = 0, 0
        for _ in range(MINUTES):
            with log.open("a") as file:
                file.writelines(line(number) for number in itertools.islice(numbers, LINES))
            await asyncio.sleep(60 / TIMES)
            turn(log)
            most, held = max(most, logwatch.memory - before), max(held, logwatch.deleted)
        assert most < MEMORY and held <= 2, (most, held)
        await readers.until_all_evaluate(10)
        started = await asyncio.to_thread(site.admin, "start", NAME)
        assert started.status == 0, started
        begun = time.monotonic()
        log.write_text(line(last := next(numbers)))
        within(10, "an hour without the database: kept again", await keepers.until_kept(1))
        await until(site, f"SELECT count(*) AS count FROM log_record WHERE message = 'line {last}'", 1)
        left = KEPT * LINES + 2
        await until(site, f"SELECT count(*) >= {left} AS all FROM log_record WHERE service = '{SERVICE}'", True)
        within(60, "an hour without the database: all is brought", time.monotonic() - begun)
        await once_or_a_gap(site, last)
    assert not readers.lost and not readers.refusals
    # Whoever only listens is kept by the heartbeat, however long that is.
    assert states == []


async def once_or_a_gap(site: ThreeMachines, last: int) -> None:
    """Assert that each line is there once, or its bytes are in a gap."""
    rows = await site.database.ask(f"SELECT message FROM log_record WHERE service = '{SERVICE}'")
    messages = [row["message"] for row in rows]
    assert len(messages) == len(set(messages))
    missing = set(range(last + 1)) - {int(message.split()[1]) for message in messages}
    gaps = await site.database.ask(f"SELECT size FROM log_gap WHERE service = '{SERVICE}'")
    assert sum(gap["size"] for gap in gaps) == sum(len(line(number)) for number in missing)


def turn(log: Path) -> None:
    """Rotate a log as supervisord does, which keeps so many."""
    rotate(log, KEPT)
    log.touch()
    log.with_name(f"{log.name}.{KEPT + 1}").unlink(missing_ok=True)


async def until(site: ThreeMachines, query: str, wanted: Any, seconds: float = 60) -> None:
    """Wait until a query of one value gives this one."""
    async with asyncio.timeout(seconds):
        while [*(await site.database.ask(query))[0].values()] != [wanted]:
            await asyncio.sleep(0.1)
