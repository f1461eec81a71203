"""The service `logwatch`: what the services of this machine write into their logs, brought into the database.

Theory of operation. One process of the lowest priority, one event loop, and no
state of its own: how far each file was read stands in the database, and is
advanced in the transaction that brings the records. So it may be stopped or
killed at any time, and nothing is brought twice.

    service  --stderr-->  supervisord  -->  logs/NAME.log, NAME.log.1, ...
    logs/  --inotify-->  watch.py: something has happened
    directory.py: which files are there  -->  tail.py: their next records
    follower.py  --one transaction for each batch-->  PostgreSQL

A file that is renamed stays open and is read to its end. What is deleted
before it was read is a gap, which becomes a row of its own. While the database
is away nothing is read, and deleted files are let go.

It ends at SIGTERM, SIGINT or the end of its lifeline: it brings what is left,
for `drain_seconds` at most. With `--until-idle` it ends by itself once the
services are gone: when for so many seconds no log has grown and its starter
has had no other child. What could not be brought stays in the files for the
next start.
"""

import asyncio
import time
from contextlib import suppress

import structlog

from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.logs import Logs
from sagews.errors import ConfigurationError, ServiceError
from sagews.logs.files import look
from sagews.logwatch.company import Company
from sagews.logwatch.directory import Directory
from sagews.logwatch.follower import Follower
from sagews.logwatch.priority import yield_to_everybody
from sagews.logwatch.watch import Watch
from sagews.service.announcement import announce_ready
from sagews.service.database_password import watched_password
from sagews.service.log import start_log
from sagews.service.stopping import stop_event

LOOK_SECONDS = 5.0
"""Between looks at a directory in which nothing happens."""
AWAY_SECONDS = 1.0
"""Between tries to reach a database that is away."""
SOON = 0.2
"""Seconds until the next look where a record waits to be whole."""
UPKEEP_SECONDS = 3600.0

log = structlog.get_logger()


def run(site: Site, *, machine: str, lifeline: bool, until_idle: float | None) -> None:
    """Follow the logs of this machine until told to end. Raises SagewsError if it cannot start."""
    check_database(site)
    start_log("logwatch")
    yield_to_everybody()
    asyncio.run(_run(site, machine, lifeline, until_idle))


def check_database(site: Site) -> None:
    """Refuse a site whose database takes no logs. Raises ConfigurationError."""
    if not site.database.url:
        raise ConfigurationError(
            "logs go to PostgreSQL only, and the database of this site is a file",
            "setting 'database.url'",
            "name a PostgreSQL database, or read the files with `sagews admin logs`",
        )


def check(site: Site, machine: str) -> str:
    """Return how far this machine's logs were read. Raises SagewsError."""
    check_database(site)
    return asyncio.run(_check(site, machine))


async def _check(site: Site, machine: str) -> str:
    database = Database(site, watched_password(site))
    try:
        positions, _ = await Logs(database, machine, site.logwatch.days).positions()
    finally:
        await database.close()
    known = {position.key: position.offset for position in positions}
    try:
        files = look(site.data / "logs")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read ({error.strerror})", str(site.data / "logs"), "name the data directory with --data"
        ) from error
    behind = sum(max(0, file.size - known.get(file.key, 0)) for file in files)
    return f"{len(files)} logs of {machine}, {behind:,} bytes of them not in the database"


async def _run(site: Site, machine: str, lifeline: bool, until_idle: float | None) -> None:
    stop = stop_event(asyncio.get_running_loop(), lifeline=lifeline)
    database = Database(site, watched_password(site))
    service = _Logwatch(site, Logs(database, machine, site.logwatch.days), until_idle)
    announce_ready(machine=machine)
    log.info("logwatch ready", machine=machine, directory=str(site.data / "logs"))
    following = asyncio.create_task(service.follow(stop))
    try:
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({following, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        await asyncio.wait({following}, timeout=site.logwatch.drain_seconds)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        if not following.cancelled() and (error := following.exception()) is not None:
            raise error
        log.info("logwatch ends")
    finally:
        await service.close()
        await database.close()


class _Logwatch:
    """The loop: look, bring, wait."""

    def __init__(self, site: Site, logs: Logs, until_idle: float | None) -> None:
        self._logs = logs
        self._directory = Directory(site.data / "logs", site.logwatch.longest_record)
        self._follower = Follower(self._directory, logs, site.logwatch)
        self._watch = Watch(site.data / "logs")
        self._company = Company()
        self._until_idle = until_idle
        self._look_seconds = LOOK_SECONDS if until_idle is None else min(LOOK_SECONDS, max(until_idle / 4, SOON))
        self._alone_since: float | None = None
        self._upkept = -UPKEEP_SECONDS
        self._missing = False
        """It was said that there is no directory."""
        self._waiting = False
        """It was said that there is no database."""

    async def close(self) -> None:
        """Close all files."""
        await self._watch.close()
        self._directory.close()

    async def follow(self, stop: asyncio.Event) -> None:
        """Bring what there is; return when there is nothing left after `stop` was set, or nobody to follow."""
        while True:
            now = time.monotonic()
            try:
                await self._upkeep(now)
                brought = await self._follower.step(now)
                if brought and self._follower.is_behind:
                    continue
            except ServiceError as error:
                if not self._waiting:
                    log.warning("logwatch waits for the database", reason=str(error))
                self._waiting = True
                if stop.is_set() or self._is_idle(now):
                    return
                await self._away(now, stop)
                continue
            except OSError as error:
                self._no_directory(error)
                brought = False
            else:
                self._missing = self._waiting = False
            if not brought and not self._follower.waits and (stop.is_set() or self._is_idle(now)):
                return
            if stop.is_set():
                await asyncio.sleep(SOON)
            else:
                await self._watch.wait(SOON if self._follower.waits else self._look_seconds, stop)

    # ---------------------------------------------------------------- within

    async def _upkeep(self, now: float) -> None:
        if now >= self._upkept + UPKEEP_SECONDS:
            await self._logs.upkeep()
            self._upkept = now

    async def _away(self, now: float, stop: asyncio.Event) -> None:
        """Wait before the database is tried again, and let go of what is deleted meanwhile."""
        try:
            self._follower.look(now)
        except OSError as error:
            self._no_directory(error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), AWAY_SECONDS)

    def _no_directory(self, error: OSError) -> None:
        if not self._missing:
            log.warning("logs cannot be looked at", error=str(error))
        self._missing = True

    def _is_idle(self, now: float) -> bool:
        """Whether the services are gone for good."""
        if self._until_idle is None:
            return False
        if self._company.is_there():
            self._alone_since = None
            return False
        if self._alone_since is None:
            self._alone_since = now
        return now - max(self._alone_since, self._directory.grown()) >= self._until_idle
