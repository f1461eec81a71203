"""What comes as the body of a request: into memory or a file, its size seen before anything is kept of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from aiohttp import web

from sagews.backend.refusal import Refusal

PIECE = 1 << 20
"""Bytes that are taken at once."""
PIECE_DEADLINE = 60.0
"""Seconds that a client has to send, or take, one piece."""


class Places:
    """How many of what takes memory or disk may be under way at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place for a while. Raises Refusal if there is none."""
        if self._taken >= self._most:
            raise Refusal(503, "full", "are on their way in too great a number", "files", "try again in a moment")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


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
    came = 0
    while not request.content.at_eof():
        try:
            async with asyncio.timeout(PIECE_DEADLINE):
                piece = await request.content.read(PIECE)
        except TimeoutError as error:
            raise Refusal(408, "too_slow", "came too slowly", noun, "try again on a faster connection") from error
        came += len(piece)
        if came > most:
            raise _too_large(most, noun)
        yield piece


def check_length(request: web.Request, most: int, noun: str) -> None:
    """Raise Refusal if a request says that its body is too large."""
    if (request.content_length or 0) > most:
        raise _too_large(most, noun)


def _too_large(most: int, noun: str) -> Refusal:
    return Refusal(413, "too_large", f"is over {most:,} bytes", noun, "split it, or keep large files elsewhere")
