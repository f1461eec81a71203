"""SockJS over HTTP 1.0 and 1.1, byte by byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

KEEP = "Connection: Keep-Alive\r\n"


class Plain:
    """One TCP connection that speaks HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self.reader = reader
        self._writer = writer
        self._host = host

    async def ask(self, line: str, fields: str = "", body: str = "") -> tuple[int, dict[str, str]]:
        """Send a request; return status and headers of the answer."""
        self._writer.write(f"{line}\r\nHost: {self._host}\r\n{fields}\r\n{body}".encode())
        status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(status.split()[1]), headers

    async def chunk(self) -> bytes:
        size = int(await self.reader.readline(), 16)
        return (await self.reader.readexactly(size + 2))[:-2]


@asynccontextmanager
async def plain(server: str) -> AsyncIterator[Plain]:
    host = server.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    try:
        async with asyncio.timeout(10):
            yield Plain(reader, writer, host)
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_connection_is_kept(server: str, version: str) -> None:
    async with plain(server) as http:
        for _ in range(3):
            status, headers = await http.ask(f"GET /echo HTTP/{version}", KEEP)
            assert status == 200 and headers["content-length"] == "19" and "transfer-encoding" not in headers
            assert headers.get("connection", "keep-alive") == "keep-alive"
            assert await http.reader.readexactly(19) == b"Welcome to SockJS!\n"


async def test_an_old_client_that_does_not_ask_for_it_is_closed(server: str) -> None:
    async with plain(server) as http:
        status, _ = await http.ask("GET /echo HTTP/1.0")
        assert status == 200 and await http.reader.read() == b"Welcome to SockJS!\n"


async def test_a_stream_over_1_0_ends_with_its_connection(server: str) -> None:
    async with plain(server) as http:
        status, headers = await http.ask(
            "POST /close/000/old-stream/xhr_streaming HTTP/1.0", KEEP + "Content-Length: 0\r\n"
        )
        assert status == 200 and not {"transfer-encoding", "content-length"} & set(headers)
        assert await http.reader.read() == b"h" * 2048 + b'\no\nc[3000,"Go away!"]\n'


async def test_a_stream_over_1_1_comes_in_chunks(server: str) -> None:
    async with plain(server) as http:
        status, headers = await http.ask("POST /close/000/new-stream/xhr_streaming HTTP/1.1", "Content-Length: 0\r\n")
        assert status == 200 and headers["transfer-encoding"] == "chunked" and "content-length" not in headers
        chunks = [await http.chunk() for _ in range(4)]
        assert chunks == [b"h" * 2048 + b"\n", b"o\n", b'c[3000,"Go away!"]\n', b""]


async def test_a_post_without_a_length_is_one_without_a_body(server: str) -> None:
    async with plain(server) as http:
        status, _ = await http.ask("POST /echo/000/without-length/xhr HTTP/1.1")
        assert status == 200 and await http.chunk() == b"o\n"
