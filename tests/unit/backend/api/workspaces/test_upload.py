"""Bodies that come slowly: a byte now and then is not enough."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sagews.backend.api.workspaces import upload
from sagews.backend.refusal import Refusal


async def dripping() -> AsyncIterator[bytes]:
    """Send a byte now and then for as long as somebody listens."""
    while True:
        yield b"x"
        await asyncio.sleep(0.01)


async def take(request: web.Request) -> web.Response:
    try:
        content = await upload.read_content(request, 3 << 20, "file x")
    except Refusal as refusal:
        return refusal.response()
    return web.Response(text=str(len(content)))


async def test_who_sends_a_byte_now_and_then_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    app = web.Application(client_max_size=0)
    app.router.add_put("/", take)
    async with asyncio.timeout(30), TestClient(TestServer(app)) as client:
        assert await (await client.put("/", data=io.BytesIO(b"x" * (2 << 20)))).text() == str(2 << 20)
        monkeypatch.setattr(upload, "PIECE_DEADLINE", 0.1)
        async with client.put("/", data=dripping()) as answer:
            assert answer.status == 408


def test_a_whole_body_has_a_deadline_by_its_size() -> None:
    assert upload.whole_deadline(0) == 60.0 and upload.whole_deadline(64 << 20) == 60.0 + 1024.0
