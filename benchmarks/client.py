"""One WebSocket client for both sides: JSON in, JSON out, on a TCP connection of its own.

`quickack` is there for the peer. jupyter_server leaves Nagle's algorithm on, so
that each of its small messages waits for the acknowledgement of the one
before, and Linux delays that by 40 ms. A client that sets TCP_QUICKACK
(tcp(7): not permanent, so it is set again after each message) takes that pause
away; it is the fair baseline, and the plain client is reported beside it.
"""

import json
import os
import socket
from types import TracebackType
from typing import Any, Self

import aiohttp

DEADLINE = 60.0
"""Seconds that any single step may take."""

Json = dict[str, Any]


class Client:
    """A reader that has just come: nothing of it is connected yet."""

    def __init__(self, url: str, headers: dict[str, str] | None = None, *, quickack: bool = False) -> None:
        self.http = aiohttp.ClientSession(
            url,
            headers=headers,
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=DEADLINE),
        )
        self._quickack = quickack
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._raw: socket.socket | None = None

    async def connect(self, path: str) -> None:
        """Open the WebSocket."""
        self._socket = await self.http.ws_connect(path, max_msg_size=0)
        if self._quickack:
            self._raw = socket.socket(fileno=os.dup(self._socket.get_extra_info("socket").fileno()))
            self._acknowledge()

    async def send(self, message: Json) -> None:
        """Send one message."""
        assert self._socket is not None
        await self._socket.send_str(json.dumps(message))

    async def receive(self) -> Json:
        """Return the next message."""
        assert self._socket is not None
        text = await self._socket.receive_str(timeout=DEADLINE)
        if self._raw is not None:
            self._acknowledge()
        message: Json = json.loads(text)
        return message

    def _acknowledge(self) -> None:
        assert self._raw is not None
        self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    async def close(self) -> None:
        """Close every connection."""
        if self._raw is not None:
            self._raw.close()
        if self._socket is not None:
            await self._socket.close()
        await self.http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
