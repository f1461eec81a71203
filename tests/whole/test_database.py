"""The database of a site on three machines goes in every way and comes back: nothing acknowledged is lost."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from tests.whole.figures import within
from tests.whole.keepers import Keepers
from tests.whole.readers import Readers
from tests.whole.three_machines import ThreeMachines

pytestmark = pytest.mark.timeout(300)
AWAY = 6.0
"""Seconds without the database."""


async def restarted(site: ThreeMachines) -> None:
    await asyncio.to_thread(site.database.stop)
    await asyncio.sleep(AWAY)
    await asyncio.to_thread(site.database.start)


async def killed(site: ThreeMachines) -> None:
    await asyncio.to_thread(site.database.kill)
    await asyncio.sleep(AWAY)
    await asyncio.to_thread(site.database.start)


async def all_connections_ended(site: ThreeMachines) -> None:
    ended = 0
    for _ in range(10):
        ended += await site.database.cut_off_everybody()
        await asyncio.sleep(0.3)
    assert ended > 10


async def no_connection_is_free(site: ThreeMachines) -> None:
    """Everybody is sent away, and there is no room to come back."""
    taken: list[asyncpg.Connection] = []
    address = site.database.socket_url.replace("+asyncpg", "")
    try:
        while True:
            try:
                taken.append(await asyncpg.connect(address, timeout=5))
            except asyncpg.TooManyConnectionsError:
                mine = [connection.get_server_pid() for connection in taken]
                others = await taken[0].fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND NOT pid = ANY($1)",
                    mine,
                )
                if not others:
                    break
        await asyncio.sleep(AWAY)
    finally:
        for connection in taken:
            await connection.close(timeout=5)


@pytest.mark.parametrize("fault", [restarted, killed, all_connections_ended, no_connection_is_free])
async def test_what_was_acknowledged_is_there(
    site: ThreeMachines, fault: Callable[[ThreeMachines], Awaitable[None]]
) -> None:
    """10 s after it is back all is kept again, nothing twice, no transaction is left open; what runs goes on."""
    async with Readers(3) as readers, Keepers() as keepers:
        await keepers.until_kept(5)
        await fault(site)
        within(10, f"database: {fault.__name__}", await keepers.until_kept(1))
        within(10, f"readers, database: {fault.__name__}", await readers.until_all_evaluate(20))
    assert not readers.lost and not readers.refusals
    # Whoever asks while it is away is told soon.
    assert keepers.slowest < 20, keepers.slowest
    forgotten = "state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - interval '2 s'"
    await asyncio.sleep(2)
    assert await site.database.ask(f"SELECT * FROM pg_stat_activity WHERE {forgotten}") == []
    codes = list(keepers.kept.values())
    assert len(codes) == len(set(codes))
