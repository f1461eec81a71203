"""Bad HTTP: what cannot be parsed is answered in one line, guarded like every answer, and nothing else is disturbed."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from tests.running import RunningSite
from tests.site.client_end import assert_serves


@pytest.fixture(autouse=True)
async def undisturbed(site: RunningSite) -> AsyncIterator[None]:
    """Look at the site and its log after the case."""
    yield
    await assert_serves(site.url)
    log = site.log()
    assert "Traceback" not in log and "Unhandled" not in log


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\0\0\0\0\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST /service HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /echo/x/y HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: WebSocket,foo\r\nConnection: Upgrade\r\n\r\n",
    ],
)
async def test_http_that_is_none(site: RunningSite, request_bytes: bytes) -> None:
    answer = await _exchange(site, request_bytes)
    assert answer.split()[1] in {b"400", b"404", b"421", b"426"}, answer
    assert b"Traceback" not in answer
    assert b"\r\nContent-Security-Policy: default-src 'none'; " in answer
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in answer
    assert b"\r\nServer:" not in answer
    head, _, text = answer.partition(b"\r\n\r\n")
    assert text.count(b"\n") == 1 and f"Content-Length: {len(text)}".encode() in head


@pytest.mark.parametrize("path", ["service", "sockjs/000/hollow-{}/xhr_send"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_packed_as_it_says(site: RunningSite, path: str, encoding: str) -> None:
    path = path.format(encoding)
    begun = await _exchange(site, f"POST /{path.removesuffix('_send')} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert "sockjs" not in path or begun.split()[1] == b"200"
    head = f"POST /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: {encoding}\r\n"
    answer = await _exchange(site, head.encode() + b"Content-Length: 8\r\nConnection: close\r\n\r\ncode=1+1")
    _, _, text = answer.partition(b"\r\n\r\n")
    assert answer.split()[1] == b"400" and text.count(b"\n") == 1


async def test_a_line_that_is_too_long_is_not_logged(site: RunningSite) -> None:
    line = b"GET /?token=toolongsecret&c=" + b"x" * 100_000
    answer = await _exchange(site, line + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert answer.split()[1] == b"400" and b"toolongsecret" not in answer
    assert "toolongsecret" not in site.log()


async def _exchange(site: RunningSite, request_bytes: bytes) -> bytes:
    """Return the whole answer to a request, its text as long as it says."""
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        try:
            writer.write(request_bytes)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            return head + (await reader.readexactly(int(length[1])) if length is not None else b"")
        finally:
            writer.close()
