"""What comes as the body of a request: into memory or a file, its size seen before anything is kept of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

from aiohttp import StreamReader, web

from sagews.backend.refusal import Refusal

PIECE = 1 << 20
"""Bytes that are taken at once."""
PIECE_DEADLINE = 60.0
"""Seconds that a client has to send, or take, one whole piece, or what is left."""
LEAST_RATE = 64 << 10
"""Bytes of a second that a client has to send, or take, of the whole body, beside one PIECE_DEADLINE."""


async def read_content(request: web.Request, most: int, noun: str) -> bytes:
    """Return the content of a file. Raises Refusal of 408 or 413."""
    content = bytearray()
    async for piece in _pieces(request, most, noun):
        content += piece
    return bytes(content)


async def read_into(request: web.Request, file: BinaryIO, most: int, noun: str) -> None:
    """Write what comes to a file. Raises Refusal of 408 or 413."""
    async for piece in _pieces(request, most, noun):
        await asyncio.to_thread(file.write, piece)
    await asyncio.to_thread(file.flush)


async def _pieces(request: web.Request, most: int, noun: str) -> AsyncIterator[bytes]:
    """Yield what comes, as long as it is not too much and not too slow."""
    check_length(request, most, noun)
    loop = asyncio.get_running_loop()
    came, over = 0, loop.time() + whole_deadline(request.content_length or most)
    while not request.content.at_eof():
        try:
            async with asyncio.timeout_at(min(over, loop.time() + PIECE_DEADLINE)):
                piece = await _piece(request.content)
        except TimeoutError as error:
            raise Refusal(408, "too_slow", "came too slowly", noun, "try again on a faster connection") from error
        came += len(piece)
        if came > most:
            raise _too_large(most, noun)
        yield piece


async def _piece(content: StreamReader) -> bytes:
    """Return a whole piece, or what is left: `read` returns as soon as one byte is there."""
    piece = bytearray()
    while len(piece) < PIECE and not content.at_eof():
        piece += await content.read(PIECE - len(piece))
    return bytes(piece)


def whole_deadline(size: int) -> float:
    """Return the seconds in which a body of so many bytes must have come, or been taken."""
    return PIECE_DEADLINE + size / LEAST_RATE


def check_length(request: web.Request, most: int, noun: str) -> None:
    """Raise Refusal if a request says that its body is too large."""
    if (request.content_length or 0) > most:
        raise _too_large(most, noun)


def _too_large(most: int, noun: str) -> Refusal:
    return Refusal(413, "too_large", f"is over {most:,} bytes", noun, "split it, or keep large files elsewhere")
