"""Follows the logs of a directory and brings what is in them to the database, a batch of one file at a time.

Nothing is read ahead: while a batch is on its way, or cannot be brought
because the database is away, no file is read, and what is in the files stays
there. So memory is bounded by one batch and one record of each file.
"""

from dataclasses import replace

import structlog

from sagews.config.logwatch import Logwatch
from sagews.database.logs import Batch, Logs, MovedError, RefusedError
from sagews.logs.position import MARK, Farewell, Position
from sagews.logs.record import Record
from sagews.logwatch.directory import Directory
from sagews.logwatch.tail import ChangedError, Tail

MOST_FAREWELLS = 1000
"""Files of which it is remembered, while the database is away, what of them was lost."""

log = structlog.get_logger()


class Follower:
    """What is known of a machine's logs, between the files and the database."""

    def __init__(self, directory: Directory, logs: Logs, settings: Logwatch) -> None:
        self._directory = directory
        self._logs = logs
        self._settings = settings
        self.is_behind = False
        """Whether there was more to bring at the last step than one batch of a file."""
        self._begun = False
        self._crossed = False
        self._farewells: list[Farewell] = []
        self._on_its_way: tuple[Tail, Batch] | None = None

    async def step(self, now: float) -> bool:
        """Look once, and bring a batch of each file; whether anything was brought.

        `now`: by a clock that never jumps. Raises ServiceError while the
        database is away, OSError if there is no directory.
        """
        try:
            return await self._step(now)
        except MovedError:
            # Said once: it stands in a log that is followed, too.
            if not self._crossed:
                log.warning("somebody else reads these logs")
            self._crossed = True
            self._begun = self.is_behind = False
            return True

    def look(self, now: float) -> None:
        """Look while the database is away: what is deleted meanwhile is let go. Raises OSError."""
        if self._begun:
            self._farewells += self._directory.look(now, away=True, busy=self._busy)
            self._farewells = merged(self._farewells)

    @property
    def waits(self) -> bool:
        """Whether there is a record that is whole when nothing is added to it for a while."""
        return self._directory.is_restless or any(tail.waits for tail in self._directory.tails)

    # ---------------------------------------------------------------- within

    @property
    def _busy(self) -> Tail | None:
        return self._on_its_way[0] if self._on_its_way is not None else None

    async def _step(self, now: float) -> bool:
        if not self._begun:
            self._farewells.clear()
            self._on_its_way = None
            self._directory.begin(*await self._logs.positions())
            self._begun = True
        self._farewells += self._directory.look(now, busy=self._busy)
        if self._on_its_way is not None:
            await self._send(*self._on_its_way)
        if self._farewells:
            await self._part()
        brought = self.is_behind = False
        for tail in self._directory.tails:
            brought |= await self._bring(tail, now)
        return brought

    async def _bring(self, tail: Tail, now: float) -> bool:
        """Bring the next batch of a file; whether there was one."""
        try:
            batch = tail.batch(self._settings.batch, self._settings.settle_seconds, now)
        except ChangedError:
            return False
        except OSError as error:
            log.warning("log cannot be read", file=tail.found.name, error=error.strerror)
            return False
        if batch is not None:
            self.is_behind |= tail.has_more
            await self._send(tail, batch)
            return True
        if tail.position.file is not None and tail.position.name != tail.found.name:
            renamed = replace(tail.position, name=tail.found.name)
            await self._logs.rename(renamed)
            tail.position = renamed
        return False

    async def _send(self, tail: Tail, batch: Batch) -> None:
        self._on_its_way = tail, batch
        try:
            tail.position = await self._logs.ship(batch)
        except RefusedError:
            await self._send_less(tail, batch)
        except MovedError:
            # It came, though nobody said so; or somebody else was there first.
            positions, _ = await self._logs.positions()
            self._on_its_way = None
            if not self._directory.back_to(tail, positions):
                raise
            self.is_behind = True
        self._on_its_way = None

    async def _send_less(self, tail: Tail, batch: Batch) -> None:
        """Bring a batch with a record that PostgreSQL refuses: by halves, until it is alone."""
        count = len(batch.records)
        if count == 1:
            await self._send(tail, replace(batch, records=[simpler(batch.records[0])]))
            return
        middle = batch.records[count // 2].offset
        between = replace(
            batch.after,
            offset=middle,
            head=batch.after.head[:middle],
            tail=tail.bytes_at(max(0, middle - MARK), min(middle, MARK)),
        )
        await self._send(tail, replace(batch, after=between, records=batch.records[: count // 2]))
        if tail.position.offset == middle:
            rest = replace(batch, before=tail.position, records=batch.records[count // 2 :])
            await self._send(tail, rest)

    async def _part(self) -> None:
        for farewell in self._farewells:
            if farewell.gap != 0:
                position = farewell.position
                log.warning("lines were lost", file=position.name, bytes=farewell.gap, reason=farewell.reason)
        await self._logs.part(self._farewells)
        self._farewells.clear()


def simpler(record: Record) -> Record:
    """Return a record that was refused with less of what may be the reason."""
    if record.data is not None:
        return replace(record, data=None)
    return replace(record, message="(a record that PostgreSQL refused)", cut=record.cut + len(record.message))


def merged(farewells: list[Farewell]) -> list[Farewell]:
    """Return farewells with those of files that the database has never heard of as one for each service, if many."""
    if len(farewells) <= MOST_FAREWELLS:
        return farewells
    kept: list[Farewell] = []
    sums: dict[str, tuple[Position, int]] = {}
    for farewell in farewells:
        if farewell.position.file is not None or farewell.copies or farewell.gap is None:
            kept.append(farewell)
        else:
            position, lost = sums.get(farewell.position.service, (farewell.position, 0))
            sums[position.service] = position, lost + farewell.gap
    reason = "deleted before they were read"
    return kept + [Farewell(position=position, gap=lost, reason=reason) for position, lost in sums.values()]
