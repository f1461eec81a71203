"""A WebSocket by hand, frame by frame, for what a library would not send or not show (RFC 6455, RFC 7692)."""

import asyncio
import os
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_RSV1 = 0x40


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of the server's."""

    kind: int
    payload: bytes
    compressed: bool

    @property
    def text(self) -> str:
        """What it says, whether it is compressed or not."""
        if not self.compressed:
            return self.payload.decode()
        return zlib.decompressobj(wbits=-15).decompress(self.payload + b"\0\0\xff\xff").decode()

    @property
    def code(self) -> int:
        """The code of a close."""
        return int.from_bytes(self.payload[:2])


class RawSocket:
    """The client's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, agreed: str) -> None:
        self.reader = reader
        self.writer = writer
        self.agreed = agreed
        """Which extensions the server agreed to."""

    def send(self, kind: int, payload: bytes, *, compressed: bool = False) -> None:
        mask = os.urandom(4)
        if compressed:
            packer = zlib.compressobj(wbits=-15)
            payload = (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
        assert size < 65536
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self.writer.write(bytes([0x80 | kind | (_RSV1 if compressed else 0)]) + length + mask + masked)

    async def frame(self) -> Frame:
        """Return the next frame. Raises IncompleteReadError if there is none."""
        async with asyncio.timeout(10):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size >= 126:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
            return Frame(first & 0xF, await self.reader.readexactly(size), bool(first & _RSV1))


@asynccontextmanager
async def raw_socket(url: str, path: str, extensions: str = "") -> AsyncIterator[RawSocket]:
    """Open a WebSocket at a server of this machine."""
    port = int(url.rsplit(":", 1)[1].rstrip("/"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        offered = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n{offered}\r\n".encode()
        )
        async with asyncio.timeout(10):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, *fields = head.split("\r\n")
        assert status.startswith("HTTP/1.1 101 "), head
        values = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        assert values["sec-websocket-accept"] == "HSmrc0sMlYUkAGmm5OPpG2HaGWk="
        assert values["upgrade"].lower() == "websocket" and values["connection"].lower() == "upgrade"
        assert "content-length" not in values
        yield RawSocket(reader, writer, values.get("sec-websocket-extensions", ""))
    finally:
        writer.transport.abort()
