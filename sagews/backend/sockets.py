"""The WebSockets that are open at a backend, in whatever framing."""

import asyncio

from aiohttp import web

from sagews.backend.framing import Framing
from sagews.backend.inlet import Connect
from sagews.backend.pulse import Pace
from sagews.backend.socket import MAX_RECEIVED, Socket


class Sockets:
    """Serves each, and can end them all."""

    def __init__(
        self,
        connect: Connect,
        *,
        compress: bool,
        max_received: int = MAX_RECEIVED,
        pace: Pace = Pace(),  # noqa: B008  # frozen
    ) -> None:
        self._connect = connect
        self._compress = compress
        self._max_received = max_received
        self._pace = pace
        self._open: set[Socket] = set()

    async def serve(self, request: web.Request, framing: Framing) -> web.StreamResponse:
        """Make a WebSocket of a request, and carry its messages until it ends."""
        socket = Socket(framing, compress=self._compress, max_received=self._max_received, pace=self._pace)
        self._open.add(socket)
        try:
            return await socket.serve(request, self._connect)
        finally:
            self._open.discard(socket)

    async def end(self, why: str) -> None:
        """Close all of them because the service ends, telling the clients why."""
        await asyncio.gather(*(socket.end(why) for socket in self._open))
