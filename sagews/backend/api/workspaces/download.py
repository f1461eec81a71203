"""What goes out as a body; whoever does not take it loses the connection, and sees that it has not all."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from aiohttp import web

from sagews.backend.api.workspaces.upload import PIECE, PIECE_DEADLINE, whole_deadline
from sagews.errors import SagewsError

log = structlog.get_logger()


async def send(request: web.Request, response: web.StreamResponse, content: bytes) -> None:
    """Send bytes."""
    response.content_length = len(content)
    await response.prepare(request)
    async with _in_time(request, len(content)):
        for start in range(0, len(content), PIECE):
            await _write(response, content[start : start + PIECE])


async def send_file(request: web.Request, response: web.StreamResponse, file: Path) -> None:
    """Send a file of this backend's own."""
    with file.open("rb") as body:
        response.content_length = size = os.fstat(body.fileno()).st_size
        await response.prepare(request)
        async with _in_time(request, size):
            while piece := await asyncio.to_thread(body.read, PIECE):
                await _write(response, piece)


async def send_pieces(request: web.Request, response: web.StreamResponse, pieces: AsyncIterator[bytes]) -> None:
    """Send what is made meanwhile. How long it is nobody knows before; where it breaks off, the connection is lost."""
    await response.prepare(request)
    try:
        async for piece in pieces:
            if piece:
                await _write(response, piece)
    except (TimeoutError, ConnectionError, SagewsError) as error:
        log.info("download broken off", path=request.path, error=str(error) or "not taken")
        if request.transport is not None:
            request.transport.abort()


async def _write(response: web.StreamResponse, piece: bytes) -> None:
    async with asyncio.timeout(PIECE_DEADLINE):
        await response.write(piece)


@asynccontextmanager
async def _in_time(request: web.Request, size: int) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(whole_deadline(size)):
            yield
    except (TimeoutError, ConnectionError):
        if request.transport is not None:
            request.transport.abort()
