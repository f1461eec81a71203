"""Answers who fetches: `git upload-pack` on a copy, what it puts out sent on as it comes.

What is asked is read to its end before git runs, so that nobody slow in
asking holds a place of it. Who is slow in taking does, for as long as they take
a piece a minute, and 64 KiB a second of all; the places are few for each.
When they go away, what git says next, within five seconds, ends it.
"""

import asyncio
from collections.abc import Iterator
from typing import BinaryIO

import structlog
from aiohttp import web

from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.api.workspaces.upload import PIECE_DEADLINE, read_into, whole_deadline
from sagews.backend.reader import reader_of
from sagews.backend.workspaces.git import PIECE
from sagews.backend.workspaces.shelf import Shelf
from sagews.errors import ServiceError, WorkspaceError

SERVICE = "git-upload-pack"
MOST_ASKED = 4 << 20
"""Bytes in which somebody says what they want and have; a commit is fifty of them."""
AT_ONCE = 8
"""Who fetches at once; no account more than two."""
VERSIONS = ("version=2", "version=1")
"""What a client may ask for in the header `Git-Protocol`; nothing else of it reaches git."""

log = structlog.get_logger()


class Fetching:
    """Answers who fetches."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._turnstile = Turnstile(AT_ONCE)

    async def advertise(self, request: web.Request, workspace: str) -> bytes:
        """Return what a client is told first."""
        version = _version(request)
        async with self._turnstile.one(reader_of(request).name), self._shelf.copies.copy(workspace) as copy:
            words = ("upload-pack", "--strict", "--stateless-rpc", "--http-backend-info-refs", str(copy.folder))
            return await self._shelf.fetching_git.run(copy.folder, *words, whose=copy.whose, environment=version)

    async def answer(self, request: web.Request, workspace: str) -> web.StreamResponse:
        """Answer with what is wanted."""
        taking = _Taking(request, f"application/x-{SERVICE}-result")
        async with self._turnstile.one(reader_of(request).name):
            with self._shelf.copies.scratch() as folder, (folder / "asked").open("w+b") as asked:
                await read_into(request, asked, MOST_ASKED, "fetch")
                asked.seek(0)
                async with self._shelf.copies.copy(workspace) as copy:
                    words = ("upload-pack", "--strict", "--stateless-rpc", str(copy.folder))
                    try:
                        await self._shelf.fetching_git.pour(
                            copy.folder,
                            *words,
                            take=taking.take,
                            given=pieces_of(asked),
                            whose=copy.whose,
                            environment=_version(request),
                        )
                    except (ServiceError, WorkspaceError) as error:
                        if not taking.begun:
                            raise
                        # The client sees that it is not whole, and has heard from git why.
                        log.info("fetch ended early", workspace=workspace, why=str(error))
                        taking.abort(error)
        return await taking.end()


class _Taking:
    """The answer, as it is taken."""

    def __init__(self, request: web.Request, kind: str) -> None:
        self._request = request
        self._response = web.StreamResponse(headers={"Content-Type": kind})
        self._sent, self._waited = 0, 0.0

    @property
    def begun(self) -> bool:
        return self._response.prepared

    async def take(self, piece: bytes) -> None:
        """Send a piece. Raises ConnectionError if it is not taken in time."""
        if not self.begun:
            await self._response.prepare(self._request)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(PIECE_DEADLINE):
                await self._response.write(piece)
        except TimeoutError as error:
            self._cut()
            raise ConnectionResetError("not taken in time") from error
        self._sent += len(piece)
        self._waited += loop.time() - begun
        if self._waited > whole_deadline(self._sent):
            self._cut()
            raise ConnectionResetError("taken too slowly")

    def abort(self, error: Exception) -> None:
        """Have the client see that it is not whole, where git cannot have said so."""
        if isinstance(error, ServiceError):
            self._cut()

    async def end(self) -> web.StreamResponse:
        """Return the whole answer."""
        if not self.begun:
            await self._response.prepare(self._request)
        await self._response.write_eof()
        return self._response

    def _cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """Give what is left of a file."""
    while piece := file.read(PIECE):
        yield piece


def _version(request: web.Request) -> dict[str, str]:
    asked = request.headers.get("Git-Protocol", "").split(":")
    return next(({"GIT_PROTOCOL": each} for each in VERSIONS if each in asked), {})
