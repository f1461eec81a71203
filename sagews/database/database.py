"""The database of a site, as whatever keeps something there uses it: transactions, and one clear error.

Nothing is connected before it is needed, and the database may be away at any
time: then each piece of work fails at once, or after DEADLINE, with a
ServiceError, and the next one tries again. A connection that died while it
was idle is found out before it is used (`pool_pre_ping`); work whose
connection died under it is done once more, on another.

The tables: a SQLite file, which is this site's alone, is migrated when it is
first used; a PostgreSQL database by `sagews database migrate`, since other
backends of an older version may be at work there. A revision that is not
known is a newer version's, and is no hindrance: whoever adds a migration
keeps what the version before it needs.
"""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import structlog
from sqlalchemy import inspect, text
from sqlalchemy.exc import DataError, DBAPIError, EmulatedDBAPIException, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from sagews.config.site import Site
from sagews.database import sqlite
from sagews.database.address import database_url
from sagews.database.tables import REVISION
from sagews.database.tls import client_tls
from sagews.errors import ServiceError, UnstorableError

DEADLINE = 10.0
"""Seconds that one piece of work may take, its wait for a connection included."""
LAST_SECONDS = 2.0
"""Seconds that transactions on a file may still take when the database is closed."""
CONNECT_SECONDS = 4.0
"""Seconds in which PostgreSQL must have taken a connection."""

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

_AWAY = (
    *(OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError),
    # What the driver says of itself where a connection was lost in the middle of a statement.
    asyncpg.InternalClientError,
    # What a connection that is asked for by itself fails with: nothing makes an error of SQLAlchemy's of it.
    EmulatedDBAPIException,
)

log = structlog.get_logger()


IN_THE_WAY = {"40001", "40P01", "23503"}
"""What PostgreSQL says of a transaction that another one spoiled (its manual, appendix A): it could not be put in an
order with it, was one of a circle of those who wait for each other, or names a row that is just gone."""
UNSTORABLE = ("22", "54")
"""What PostgreSQL's codes of such values begin with (the same): data exceptions, and what goes beyond its limits."""


class Database:
    """Connections to one database."""

    def __init__(self, site: Site, password: str | Callable[[], str] = "") -> None:
        """Take the settings, and the password of PostgreSQL if it has one, or what gives it for each connection.

        Raises ConfigurationError.
        """
        url = database_url(site, password if isinstance(password, str) else "")
        self._is_file = url.get_backend_name() == "sqlite"
        self._file = site.database_file
        how: dict[str, Any] = {"pool_size": 1, "max_overflow": 0}
        if not self._is_file:
            how = {"pool_size": site.database.connections, "max_overflow": 0, "pool_pre_ping": True}
            how["connect_args"] = {"timeout": CONNECT_SECONDS, "command_timeout": DEADLINE}
            if not isinstance(password, str):
                how["connect_args"]["password"] = password
            if site.database.authority:
                how["connect_args"]["ssl"] = client_tls(Path(site.database.authority).expanduser().absolute())
        self._engine = create_async_engine(url, pool_timeout=CONNECT_SECONDS, hide_parameters=True, **how)
        if self._is_file:
            sqlite.set_up(self._engine)
        self._ready = False
        self._preparing = asyncio.Lock()
        self._away = False
        self._at_work: set[asyncio.Task[Any]] = set()
        """Transactions on a file, whose callers may be gone."""

    async def close(self) -> None:
        """End all connections; what is at work in a file has a moment to end by itself."""
        if self._at_work:
            _, left = await asyncio.wait(self._at_work, timeout=LAST_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        await self._engine.dispose()

    async def run(self, work: Work[T]) -> T:
        """Do work in one transaction, and return what it returns.

        It may be done twice, and then has to come to the same. Raises
        ServiceError while the database is away or has not the tables of this version.
        """
        return await self._guarded(lambda: self._prepared(work))

    async def migrate(self) -> str:
        """Bring the tables to the newest revision, and return which they had; empty if there were none.

        Raises ServiceError while the database is away.
        """
        return await self._guarded(self._migrate)

    @property
    def is_file(self) -> bool:
        """Whether it is SQLite: a file, which the processes of one machine share."""
        return self._is_file

    async def own_connection(self) -> asyncpg.Connection:
        """Return a connection to PostgreSQL beside those for work, to listen on; the caller closes it.

        Raises ServiceError while the database is away.
        """
        return await self._guarded(self._own_connection)

    # ---------------------------------------------------------------- within

    async def _own_connection(self) -> asyncpg.Connection:
        lent = await self._engine.raw_connection()
        driver = lent.driver_connection
        lent.detach()
        return driver

    async def _guarded(self, act: Callable[[], Awaitable[T]]) -> T:
        """Act within the deadline; whatever says that the database is away becomes a ServiceError.

        So does a value that it does not take: but that is the same the next time, and so the error is one of its own.
        """
        try:
            async with asyncio.timeout(DEADLINE):
                done = await act()
        except IntegrityError:
            raise
        except (UnicodeEncodeError, OverflowError) as error:
            # SQLite's driver: a surrogate alone, a number of more than 64 bits.
            raise _unstorable(error) from error
        except _AWAY as error:
            if _is_unstorable(error):
                raise _unstorable(error) from error
            if not self._away:
                log.warning("database away", error=_in_words(error))
            self._away = True
            raise ServiceError(
                "cannot be reached or used now", "database", "try again in a while; the operator sees why in the log"
            ) from error
        if self._away:
            log.info("database back")
        self._away = False
        return done

    async def _prepared(self, work: Work[T]) -> T:
        if not self._ready:
            async with self._preparing:
                if not self._ready:
                    await self._prepare()
        return await self._repeated(work)

    async def _prepare(self) -> None:
        if self._is_file:
            sqlite.make_file(self._file)
        if not await self._repeated(_is_current):
            if not self._is_file:
                raise ServiceError(
                    "has not the tables of this version", "database", "let the operator run `sagews database migrate`"
                )
            await self._migrate()
        self._ready = True

    async def _migrate(self) -> str:
        if self._is_file:
            sqlite.make_file(self._file)
        before = await self._repeated(_revision)
        if before >= REVISION:
            return before
        # Alembic takes a while to import, and is needed almost never; others are served meanwhile.
        migration = await asyncio.to_thread(import_module, "sagews.database.migration")
        await self._repeated(lambda connection: connection.run_sync(migration.upgrade))
        return before

    async def _repeated(self, work: Work[T]) -> T:
        """Do work in a transaction, and once more if its connection was lost or others were in its way."""
        try:
            return await self._transaction(work)
        except DBAPIError as error:
            if not (error.connection_invalidated or getattr(error.orig, "sqlstate", None) in IN_THE_WAY):
                raise
        return await self._transaction(work)

    async def _transaction(self, work: Work[T]) -> T:
        """Do work in a transaction. One on a file that has begun goes on to its end, if its caller is gone too.

        A statement cannot be taken back from the thread that the driver does it in. If the driver is left waiting for
        one, it closes the connection, which SQLite then keeps, with its lock, until Python collects the statement;
        left once more, it may wait for its thread for ever.
        """
        if not self._is_file:
            return await self._begun(work)
        left = asyncio.Event()
        task = asyncio.create_task(self._begun(work, left.is_set))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            left.set()
            raise

    async def _begun(self, work: Work[T], is_left: Callable[[], bool] = lambda: False) -> T:
        async with self._engine.begin() as connection:
            if is_left():
                # While it waited for the connection: what it would do nobody expects any more.
                raise asyncio.CancelledError
            return await work(connection)


async def _is_current(connection: AsyncConnection) -> bool:
    """Whether the tables are those of this version, or of a newer one."""
    return await _revision(connection) >= REVISION


async def _revision(connection: AsyncConnection) -> str:
    """Return the revision of the tables; empty if there are none."""
    if not await connection.run_sync(lambda known: inspect(known).has_table("alembic_version")):
        return ""
    revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision if isinstance(revision, str) else ""


def _is_unstorable(error: BaseException) -> bool:
    """Whether it is the value's fault, and would be tomorrow, too."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return isinstance(error, DataError) or str(getattr(cause, "sqlstate", "")).startswith(UNSTORABLE)


def _unstorable(error: BaseException) -> UnstorableError:
    log.warning("value not stored", error=_in_words(error))
    return UnstorableError("takes no such value", "database", "let the operator look at what the log says")


def _in_words(error: BaseException) -> str:
    """Return the reason without the statement and its values, which are readers' code."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(cause).__name__}: {cause}"[:300]
