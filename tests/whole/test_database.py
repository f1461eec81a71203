"""The database of a site on three machines goes in every way and comes back: nothing acknowledged is lost."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from sagews.config.postgresql import OWNER
from tests.whole.database import NAME
from tests.whole.figures import within
from tests.whole.keepers import Keepers
from tests.whole.readers import Readers
from tests.whole.three_machines import ThreeMachines

pytestmark = pytest.mark.timeout(300)
AWAY = 6.0
"""Seconds without the database."""


async def restarted(site: ThreeMachines) -> None:
    for verb in ("stop", "start"):
        done = await asyncio.to_thread(site.admin, verb, NAME)
        assert done.status == 0, done
        await asyncio.sleep(AWAY if verb == "stop" else 0)


async def killed(site: ThreeMachines) -> None:
    """Its processes see that, and end; it is started anew by itself."""
    site.kill(NAME)


async def stopped_at_once(site: ThreeMachines) -> None:
    """Nothing is written at its end ("immediate shutdown"): it recovers from its journal."""
    site.kill(NAME, signal.SIGQUIT)


async def all_connections_ended(site: ThreeMachines) -> None:
    ended = 0
    for _ in range(10):
        ended += await site.database.end_connections()
        await asyncio.sleep(0.3)
    assert ended > 10


async def cut_off(site: ThreeMachines) -> None:
    """Nobody is told that it is away, nor that a worker is."""
    site.switch.cut("right")
    await asyncio.sleep(AWAY)
    site.switch.heal("right")


async def full(site: ThreeMachines) -> None:
    """Its volume is, until it has written what was left of its journal."""
    site.right.fill(site.places.data)
    try:
        await asyncio.sleep(AWAY)
    finally:
        site.right.empty(site.places.data)


async def no_connection_is_free(site: ThreeMachines) -> None:
    """Everybody is sent away, and there is no room to come back."""
    taken: list[asyncpg.Connection] = []
    try:
        while True:
            try:
                taken.append(await site.database.connect())
            except asyncpg.TooManyConnectionsError:
                if not await site.database.end_connections(but=OWNER):
                    break
        await asyncio.sleep(AWAY)
    finally:
        for connection in taken:
            await connection.close(timeout=5)


@pytest.mark.parametrize(
    "fault", [restarted, killed, stopped_at_once, all_connections_ended, no_connection_is_free, cut_off, full]
)
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
