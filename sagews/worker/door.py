"""The door of a worker: takes connections, sees who comes, and makes links of them.

Who fails here gets one line in the log and no more. The number of those who
have not shown yet that they belong to the site is bounded: further ones wait
in the kernel's queue, and each of them has seconds, not minutes.
"""

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Callable, Collection

import structlog

from sagews.service.keepalive import keep_alive
from sagews.service.tls import said
from sagews.service.watched import Watched
from sagews.worker.link import Link

MAX_STRANGERS = 64
"""Connections at one door that have not said Hello yet."""
HANDSHAKE_DEADLINE = 5.0
"""Seconds for the TLS handshake."""
PAUSE = 1.0
"""Seconds after a connection that could not be taken, for want of descriptors for example."""

MakeLink = Callable[[str, Callable[[], None]], Link]
"""Makes a link for a peer, whose name in the log is given; calls back when it is no stranger any more, or gone."""

log = structlog.get_logger()


class Door:
    """One listening socket."""

    def __init__(
        self,
        listener: socket.socket,
        make: MakeLink,
        tls: Watched[ssl.SSLContext] | None = None,
        users: Collection[int] = (),
    ) -> None:
        """Without `tls`, the listener is a Unix socket, whose peers the kernel names.

        These users may come in there beside the worker's own and root.
        """
        self._listener = listener
        self._make = make
        self._tls = tls
        self._users = {os.getuid(), 0, *users}
        self._room = asyncio.Semaphore(MAX_STRANGERS)
        self._accepting: asyncio.Task[None] | None = None
        self._entering: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin to take connections."""
        self._accepting = asyncio.create_task(self._accept())

    async def close(self) -> None:
        """Take no more; links that were made go on."""
        tasks = [task for task in (self._accepting, *self._entering) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._room.acquire()
            try:
                sock, address = await loop.sock_accept(self._listener)
            except OSError as error:
                self._room.release()
                log.error("connection not taken", error=error.strerror)
                await asyncio.sleep(PAUSE)
                continue
            task = loop.create_task(self._enter(sock, address))
            self._entering.add(task)
            task.add_done_callback(self._entering.discard)

    async def _enter(self, sock: socket.socket, address: object) -> None:
        """Make a link of a connection if its peer may have one."""
        stranger = _Stranger(self._room)
        try:
            peer = self._peer(sock, address)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._make(peer, stranger.settle),
                sock,
                ssl=self._tls.get() if self._tls is not None else None,
                ssl_handshake_timeout=HANDSHAKE_DEADLINE if self._tls is not None else None,
            )
        except OSError as error:
            if not isinstance(error, PermissionError):
                log.warning("link refused", peer=_name(address), why=said(error))
            stranger.settle()
            sock.close()
        except BaseException:
            stranger.settle()
            sock.close()
            raise

    def _peer(self, sock: socket.socket, address: object) -> str:
        """Return the peer's name for the log. Raises PermissionError for another user of this machine."""
        if self._tls is not None:
            keep_alive(sock)
            return _name(address)
        pid, uid = peer_of(sock)
        if uid not in self._users:
            log.warning("link refused", peer=f"pid {pid}", why=f"peer has user id {uid}")
            raise PermissionError
        return f"pid {pid}"


class _Stranger:
    """A place among those who have not said Hello yet, given back once."""

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room: asyncio.Semaphore | None = room

    def settle(self) -> None:
        """Give the place back."""
        if self._room is not None:
            self._room.release()
            self._room = None


def peer_of(sock: socket.socket) -> tuple[int, int]:
    """Return process id and user id of the other end of a Unix socket (unix(7), SO_PEERCRED)."""
    pid, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(pid), int(uid)


def _name(address: object) -> str:
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else "unknown"
