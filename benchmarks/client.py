"""One WebSocket client for both sides: JSON in, JSON out, on a TCP connection of its own.

It is written out here, a page of RFC 6455, since a general HTTP client takes
longer to set itself up than the service takes to answer; a browser's share is
not what is measured. The peer's HTTP requests go through aiohttp.

`quickack` is there for the peer. jupyter_server leaves Nagle's algorithm on, so
that each of its small messages waits for the acknowledgement of the one
before, and Linux delays that by 40 ms. A client that sets TCP_QUICKACK
(tcp(7): not permanent, so it is set again after each message) takes that pause
away; it is the fair baseline, and the plain client is reported beside it.
"""

import asyncio
import base64
import json
import os
import re
import socket
import ssl
import struct
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import aiohttp

DEADLINE = 60.0
"""Seconds that any single step may take."""
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
"""Opcodes of frames (RFC 6455, section 5.2)."""

TRUSTING = ssl.create_default_context()
"""Whose certificate a site of a benchmark shows does not matter."""
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE

Json = dict[str, Any]


class Client:
    """A reader that has just come: nothing of it is connected yet."""

    def __init__(self, url: str, headers: dict[str, str] | None = None, *, quickack: bool = False) -> None:
        self._url = url
        self._headers = headers or {}
        self._quickack = quickack
        self._raw: socket.socket | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    @cached_property
    def http(self) -> aiohttp.ClientSession:
        """For plain HTTP requests, beside the WebSocket."""
        timeout = aiohttp.ClientTimeout(total=DEADLINE)
        return aiohttp.ClientSession(self._url, headers=self._headers, timeout=timeout)

    async def connect(self, path: str) -> None:
        """Open the WebSocket (RFC 6455, section 4.1)."""
        await self._reach()
        await self._upgrade(path)

    async def enter(self) -> None:
        """Connect to a site of ours: fetch a ticket, open the socket on the same TCP connection, say hello with it."""
        await self._reach()
        ticket = await self._fetch_ticket()
        await self._upgrade("/socket")
        await self.send({"kind": "hello", "ticket": ticket})

    async def _reach(self) -> None:
        place = urlsplit(self._url)
        async with asyncio.timeout(DEADLINE):
            tls = TRUSTING if place.scheme == "https" else None
            self._reader, self._writer = await asyncio.open_connection(
                place.hostname, place.port, limit=64 << 20, ssl=tls
            )
            if self._quickack:
                self._raw = socket.socket(fileno=os.dup(self._writer.get_extra_info("socket").fileno()))
                self._acknowledge()

    async def _upgrade(self, path: str) -> None:
        upgrade = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
        }
        answer = await self._ask(f"GET {path}", upgrade)
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise RuntimeError(f"no WebSocket at {path}: {answer.splitlines()[0]!r}")

    async def _fetch_ticket(self) -> str:
        answer = await self._ask("POST /ticket", {"Content-Length": "0"})
        length = re.search(rb"(?i)content-length: (\d+)", answer)
        if not answer.startswith(b"HTTP/1.1 200 ") or length is None:
            raise RuntimeError(f"no ticket: {answer.splitlines()[0]!r}")
        async with asyncio.timeout(DEADLINE):
            return str(json.loads(await self._reader.readexactly(int(length[1])))["ticket"])

    async def _ask(self, what: str, more: dict[str, str]) -> bytes:
        """Send the head of a request and return that of the answer."""
        assert self._writer is not None
        headers = {"Host": urlsplit(self._url).netloc, **more, **self._headers}
        lines = [f"{what} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self._writer.write("\r\n".join(lines).encode())
        async with asyncio.timeout(DEADLINE):
            return await self._reader.readuntil(b"\r\n\r\n")

    async def send(self, message: Json) -> None:
        """Send one message."""
        self._send_frame(TEXT, json.dumps(message).encode())

    async def receive(self) -> Json:
        """Return the next message."""
        payload = bytearray()
        while True:
            last, opcode, piece = await self._receive_frame()
            if opcode == CLOSE:
                raise RuntimeError(f"the service closed the connection: {piece[2:].decode(errors='replace')}")
            if opcode == PING:
                self._send_frame(PONG, piece)
            if opcode in (PING, PONG):
                continue
            payload += piece
            if last:
                message: Json = json.loads(payload)
                return message

    async def drain(self) -> None:
        """Read until the service ends the connection, and look at nothing."""
        while await self._reader.read(1 << 20):
            pass

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        """Send one frame, masked as a client's must be (section 5.3); a mask of zeros leaves it as it is."""
        assert self._writer is not None
        size = len(payload)
        if size < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, size)
        self._writer.write(head + bytes(4) + payload)

    async def _receive_frame(self) -> tuple[bool, int, bytes]:
        """Return whether a frame is the last of its message, its opcode and its payload."""
        async with asyncio.timeout(DEADLINE):
            first, second = await self._reader.readexactly(2)
            size = second & 127
            if size == 126:
                (size,) = struct.unpack(">H", await self._reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", await self._reader.readexactly(8))
            payload = await self._reader.readexactly(size)
        if self._raw is not None:
            self._acknowledge()
        return bool(first & 0x80), first & 15, payload

    def _acknowledge(self) -> None:
        assert self._raw is not None
        self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    async def close(self) -> None:
        """Close every connection."""
        if self._raw is not None:
            self._raw.close()
        if self._writer is not None:
            self._writer.close()
        if "http" in vars(self):
            await self.http.close()
