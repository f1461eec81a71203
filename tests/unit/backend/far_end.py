"""Both ends of a TCP connection of this machine, of which one reads when it is told to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FarEnd:
    """A peer that reads nothing by itself, and whose machine takes little for it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    async def read(self, size: int) -> None:
        loop = asyncio.get_running_loop()
        while size > 0:
            size -= len(await loop.sock_recv(self._connection, min(size, 1 << 16)))


@asynccontextmanager
async def far_end() -> AsyncIterator[tuple[asyncio.WriteTransport, FarEnd]]:
    """Give the near end's transport, whose kernel keeps what the far one does not take, and the far end."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as far:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        far.connect(server.getsockname())
        far.setblocking(False)
        near, _ = server.accept()
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=near)
        try:
            yield transport, FarEnd(far)
        finally:
            transport.abort()
