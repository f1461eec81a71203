"""Rates that several backends count together in a real memcached, which is stopped, frozen and wrong."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from sagews.backend.memcached import RETRY
from tests.processes import wait_until
from tests.site.backend_process import running_backend
from tests.site.memcached_process import RunningMemcached, running_memcached
from tests.site.worker_process import QUICK, running_worker

MOST = 6
PATIENCE = 1.0
"""Seconds in which any answer must be there, whatever memcached does."""


@dataclass
class Pair:
    """Two backends of one site, and the memcached by which they count."""

    urls: tuple[str, str]
    memcached: RunningMemcached
    log: Path

    async def tickets(self, address: str, *backends: int) -> list[int]:
        """Ask backends for tickets, one after the other; return the statuses."""
        connector = aiohttp.TCPConnector(local_addr=(address, 0))
        async with aiohttp.ClientSession(connector=connector) as http:
            statuses = []
            for backend in backends:
                async with asyncio.timeout(PATIENCE), http.post(self.urls[backend] + "ticket") as response:
                    statuses.append(response.status)
            return statuses

    def lines(self) -> list[str]:
        """Return what the backends have logged of memcached."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line["event"] for line in lines if "memcached" in line["event"]]

    def await_lines(self, event: str, count: int) -> None:
        wait_until(lambda: self.lines().count(event) >= count, 3 * RETRY + 5, f"{count} x {event}")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with running_worker(tmp_path, QUICK) as worker, running_memcached() as memcached:
        config = (
            f"[backend]\nworkers = ['unix:{worker.socket}']\n[cache]\nmemcached = ['{memcached.address}']\n"
            f"[rates]\nowner = true\ntickets_per_address = '{MOST}/day'\n"
        )
        # One who has asked before may not be gone yet.
        alone = min(memcached.statistics()["curr_connections"] for _ in range(10))
        with running_backend(tmp_path, config) as one, running_backend(tmp_path, config) as other:
            log = tmp_path / "backend.log"
            found = Pair((one, other), memcached, log)
            wait_until(lambda: memcached.statistics()["curr_connections"] >= alone + 2, 10, "both are connected")
            yield found
            assert "Traceback" not in log.read_text(), log.read_text()


async def test_both_count_together(pair: Pair) -> None:
    assert await pair.tickets("127.0.0.30", 0, 1, 0, 1, 0, 1, 0, 1) == [200] * MOST + [429, 429]
    assert await pair.tickets("127.0.0.31", 1, 0) == [200, 200]
    # Nobody who can look into memcached sees who asks.
    assert pair.memcached.held() and not [key for key in pair.memcached.held() if "127.0.0" in key]


async def test_while_it_is_away_each_counts_alone(pair: Pair) -> None:
    assert await pair.tickets("127.0.0.32", *[0] * MOST, 0) == [200] * MOST + [429]
    pair.memcached.stop()
    pair.await_lines("memcached away", 2)
    for backend in (0, 1):
        assert await pair.tickets("127.0.0.32", *[backend] * (MOST + 1)) == [200] * MOST + [429]
    pair.memcached.start()
    pair.await_lines("memcached is back", 2)
    assert await pair.tickets("127.0.0.33", *[0, 1] * 4) == [200] * MOST + [429, 429]
    assert sorted(pair.lines()) == ["memcached away"] * 2 + ["memcached is back"] * 2


async def test_frozen_it_is_waited_for_once(pair: Pair) -> None:
    pair.memcached.freeze()
    assert await pair.tickets("127.0.0.34", *[0] * MOST, 0) == [200] * MOST + [429]
    assert pair.lines() == ["memcached away"]
    pair.memcached.thaw()
    pair.await_lines("memcached is back", 1)
    assert await pair.tickets("127.0.0.35", *[0, 1] * 4) == [200] * MOST + [429, 429]


async def test_what_is_no_number_is_not_believed(pair: Pair) -> None:
    assert await pair.tickets("127.0.0.36", 0) == [200]
    (key,) = (key for key in pair.memcached.held() if "tickets" in key)
    pair.memcached.set(key, b"many")
    assert await pair.tickets("127.0.0.36", *[0] * MOST, 0) == [200] * MOST + [429]
    assert await pair.tickets("127.0.0.37", 0, 1) == [200, 200]
    assert pair.lines() == []
