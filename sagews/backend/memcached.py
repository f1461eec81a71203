"""A store that all backends of a site share: memcached servers, each of which may be gone at any moment.

A key belongs to one server, chosen by rendezvous hashing, so that all
backends agree whatever order they name the servers in, and the loss of one
moves no key. A server that does not answer within DEADLINE counts as away:
nobody asks it any more, until it has answered again to a question that was
put beside the readers' way. So a reader waits for it once, if at all. The log
has one line when it goes and one when it comes back.
"""

import asyncio
import contextlib
import hashlib
import math
import ssl
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from memcachio import TCPConnection
from memcachio.commands import AddCommand, Command, DecrCommand, GetCommand, IncrCommand, SetCommand, VersionCommand
from memcachio.errors import ClientError, MemcachedError, ServerError

from sagews.backend.metrics import Metrics
from sagews.config.address import TCPAddress
from sagews.config.site import Site
from sagews.service.tls import backend_tls
from sagews.service.watched import Watched

DEADLINE = 0.06
"""Seconds for an answer while a reader waits; a server in the same building takes a hundredth of it."""
BESIDE = 1.0
"""Seconds for an answer while nobody waits."""
RETRY = 2.0
"""Seconds between attempts to reach a server that is away."""
MAX_PUTS = 16
"""Values that are on their way to one server; more are not put."""
PREFIX = "sagews:"
"""What every key begins with."""
_LONGEST_RELATIVE = 30 * 86400
"""Seconds; more than this, memcached takes for a moment since the epoch (its protocol.txt)."""

R = TypeVar("R")

log = structlog.get_logger()


class Memcached:
    """Several servers as one store; see `cache.Store`."""

    name = "memcached"

    def __init__(self, servers: "Sequence[Server]", seconds: float) -> None:
        """`seconds`: how long a value is kept; 0 without end."""
        self._seconds = seconds
        self._servers = servers

    @classmethod
    def of(cls, site: Site, metrics: Metrics) -> "Memcached":
        """Return the servers that a site's settings name. Raises ConfigurationError for what is no address, and for
        certificates that cannot be used.
        """
        servers = [Server(address, metrics) for address in site.memcached_servers]
        if site.cache.memcached_tls:
            tls = backend_tls(site)
            servers += [Server(address, metrics, tls) for address in site.memcached_tls_servers]
        return cls(servers, site.cache.seconds)

    def start(self) -> None:
        """Begin to keep all servers in reach; see `cache.Store`."""
        for server in self._servers:
            server.start()

    async def get(self, key: bytes) -> bytes | None:
        """Ask the server that the key belongs to; see `cache.Store`."""
        return await self._server(key).get(text_of(key))

    def put(self, key: bytes, value: bytes) -> bool:
        """Send a value to the server that the key belongs to; see `cache.Store`."""
        return self._server(key).put(text_of(key), value, expiry(self._seconds))

    async def count(self, group: bytes, key: str, amount: int, seconds: float) -> int:
        """Count at the server of a group of keys, in a counter that lives for so many seconds; return what it is then.

        A negative amount is taken off, down to 0. Raises ConnectionError if that server is away.
        """
        return await self._server(group).count(PREFIX + key, amount, expiry(seconds))

    async def counts(self, group: bytes, keys: Sequence[str]) -> list[int | None]:
        """Return what the counters of one group are; None for one that is not there. Raises ConnectionError."""
        return await self._server(group).counts([PREFIX + key for key in keys])

    async def close(self) -> None:
        """Leave all servers; see `cache.Store`."""
        await asyncio.gather(*(server.close() for server in self._servers))

    def _server(self, key: bytes) -> "Server":
        return max(self._servers, key=lambda server: rank(server.name, key))


def text_of(key: bytes) -> str:
    """Return a key as memcached takes it: no blank, no control character, well under 250 bytes."""
    return PREFIX + key.hex()


def rank(server: str, key: bytes) -> bytes:
    """Return how a server ranks for a key: the highest has it."""
    return hashlib.sha256(server.encode() + b"\0" + key).digest()


def expiry(seconds: float) -> int:
    """Return how memcached is told that a value is good for so many seconds; 0: for ever."""
    return math.ceil(seconds if seconds <= _LONGEST_RELATIVE else time.time() + seconds)


class Server:
    """One memcached server, kept in reach by one connection, on which questions follow each other unanswered."""

    def __init__(self, address: TCPAddress, metrics: Metrics, tls: Watched[ssl.SSLContext] | None = None) -> None:
        self.name = str(address)
        self._address = address
        self._tls = tls
        self._metrics = metrics
        self._connection: Connection | None = None
        """None while it is away."""
        self._why = ""
        """Why it went away."""
        self._went = asyncio.Event()
        self._puts: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep it in reach."""
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Leave it."""
        tasks = [task for task in (self._keeper, *self._puts) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._connection is not None:
            self._lost(self._connection, "the backend ends")

    async def get(self, key: str) -> bytes | None:
        """Return the value of a key; None if there is none, or the server does not answer."""
        items = await self._ask(GetCommand[bytes](key), DEADLINE)
        item = items.get(key.encode()) if items else None
        return item.value if item is not None else None

    def put(self, key: str, value: bytes, expires: int) -> bool:
        """Send a value, beside; return false if it is away, or has too much to take already."""
        if self._connection is None or len(self._puts) >= MAX_PUTS:
            return False
        task = asyncio.create_task(self._put(SetCommand(key, value, expiry=expires)))
        self._puts.add(task)
        task.add_done_callback(self._puts.discard)
        return True

    async def count(self, key: str, amount: int, expires: int) -> int:
        """Count; return what the counter is then. Raises ConnectionError if it is away, or does not count this."""
        counting = DecrCommand(key, -amount, False) if amount < 0 else IncrCommand(key, amount, False)
        counted = await self._told(counting)
        if counted is None and amount < 0:
            return 0
        if counted is None and await self._told(AddCommand(key, str(amount), expiry=expires)):
            return amount
        # Somebody else may have begun the same counter meanwhile.
        counted = counted if counted is not None else await self._told(IncrCommand(key, amount, False))
        return counted if counted is not None else amount

    async def counts(self, keys: Sequence[str]) -> list[int | None]:
        """Return what counters are; None for one that is not there. Raises ConnectionError."""
        items = await self._told(GetCommand[bytes](*keys))
        try:
            return [int(items[key.encode()].value) if key.encode() in items else None for key in keys]
        except ValueError as error:
            raise ConnectionError("a counter is no number") from error

    async def _put(self, command: SetCommand) -> None:
        if await self._ask(command, BESIDE) is False:
            self._metrics.memcached_errors.labels("refused").inc()

    async def _ask(self, command: Command[R], deadline: float) -> R | None:
        """Return the answer to a command; None if none came, or one that refuses."""
        with contextlib.suppress(ConnectionError):
            return await self._told(command, deadline)
        return None

    async def _told(self, command: Command[R], deadline: float = DEADLINE) -> R:
        """Return the answer to a command. Raises ConnectionError if none came, or one that refuses."""
        if (connection := self._connection) is None:
            raise ConnectionError("memcached is away")
        try:
            async with asyncio.timeout(deadline):
                return await _answer(connection, command)
        except (ClientError, ServerError) as error:
            # It is there, and does not want this value: it is too large for it, or there is no room.
            self._metrics.memcached_errors.labels("refused").inc()
            raise ConnectionError("memcached refuses") from error
        except (OSError, MemcachedError) as error:
            self._lost(connection, _in_words(error))
            raise ConnectionError("memcached is away") from error

    def _lost(self, connection: "Connection", why: str) -> None:
        """Know that it is away, if this is the connection to it."""
        if self._connection is connection:
            self._connection, self._why = None, why
            self._went.set()
        connection.close()

    async def _keep(self) -> None:
        """Connect whenever it is away; tell the log of each outage once, and of its end."""
        away: float | None = None
        while True:
            self._went.clear()
            if why := await self._reach():
                if away is None:
                    away = self._tell(why)
                await asyncio.sleep(RETRY)
                continue
            if away is not None:
                log.info("memcached is back", server=self.name, seconds=round(time.monotonic() - away, 1))
            await self._went.wait()
            away = self._tell(self._why)

    def _tell(self, why: str) -> float:
        """Tell that it is away; return since when."""
        self._metrics.memcached_errors.labels("away").inc()
        log.warning("memcached away", server=self.name, error=why)
        return time.monotonic()

    async def _reach(self) -> str:
        """Connect, and see that it answers; return why not, or nothing."""
        connection = Connection(self._address, self._lost, None if self._tls is None else self._tls.get())
        try:
            async with asyncio.timeout(BESIDE):
                await connection.connect()
                await _answer(connection, VersionCommand())
        except (OSError, MemcachedError) as error:
            connection.close()
            return _in_words(error)
        except asyncio.CancelledError:
            connection.close()
            raise
        self._connection = connection
        return ""


class Connection(TCPConnection):
    """A connection that tells of its end."""

    def __init__(
        self, address: TCPAddress, on_lost: "Callable[[Connection, str], None]", tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(
            (address.host, address.port),
            connect_timeout=BESIDE,
            read_timeout=None,
            socket_nodelay=True,
            ssl_context=tls,
        )
        self._on_lost = on_lost

    def eof_received(self) -> None:
        """Tell of the end; see asyncio.Protocol."""
        super().eof_received()
        self._on_lost(self, "it ended the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell of the end; see asyncio.Protocol."""
        super().connection_lost(exc)
        self._on_lost(self, str(exc or "it ended the connection"))


async def _answer(connection: Connection, command: Command[R]) -> R:
    connection.create_request(command)
    return await command.response


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error.__cause__ or error) or type(error).__name__
