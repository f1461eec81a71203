"""Refusals that anybody can bring about as often as they like, written down once a minute for each address.

So a flood of them costs the database no more than a record a minute for each
of a few addresses; whoever comes from more than those is counted together. An
IPv6 address counts as its network, from which one place chooses.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

import structlog

from sagews.backend.reader import Reader
from sagews.database.audit import Act, Audit, network_of
from sagews.errors import ServiceError

EVERY = 60.0
"""Seconds between two records of the same."""
LOOK = 1.0
"""Seconds until the first of them is written."""
MOST = 20
"""Different ones that are told apart within a minute."""

log = structlog.get_logger()


class Same(NamedTuple):
    """What counts as the same."""

    why: str
    address: str = ""
    """As `network_of` has it; empty: several."""
    account: str = ""


class Tally:
    """Counts refusals."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._counts: Counter[Same] = Counter()
        self._written: dict[Same, float] = {}
        """When each was, by the clock that only goes on."""
        self._task: asyncio.Task[None] | None = None

    def add(self, why: str, reader: Reader) -> None:
        """Count one; `why` is of our own words."""
        same = Same(why, network_of(reader.address), reader.account)
        known = self._counts.keys() | self._written.keys()
        if same not in known and len(known) >= MOST:
            same = Same(why)
        self._counts[same] += 1

    async def write(self, *, all_of_them: bool = False) -> None:
        """Keep a record of what was counted and not told in the last minute. Raises ServiceError."""
        now = time.monotonic()
        self._written = {same: when for same, when in self._written.items() if when > now - EVERY}
        for same in [same for same in self._counts if all_of_them or same not in self._written]:
            times = self._counts[same]
            data: dict[str, str | float | bool] = {"why": same.why, "times": float(times)}
            await self._audit.add(Act("refused", same.account, address=same.address, data=data))
            self._written[same] = now
            self._counts[same] -= times
            if not self._counts[same]:
                del self._counts[same]

    def start(self) -> None:
        """Begin to write now and then."""
        self._task = asyncio.create_task(self._write_now_and_then())

    async def stop(self) -> None:
        """Write what is left, and no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        try:
            await self.write(all_of_them=True)
        except ServiceError as error:
            counts: Counter[str] = Counter()
            for same, times in self._counts.items():
                counts[same.why] += times
            log.warning("refusals not written down", error=str(error), counts=dict(counts))

    async def _write_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            try:
                # What is counted while the database is away is told when it is back.
                with suppress(ServiceError):
                    await self.write()
            except Exception:
                log.exception("refusals not written down")
