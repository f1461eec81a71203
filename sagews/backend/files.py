"""The files of a session over HTTP: `/api/v1/sessions/ID/files/PATH`.

Whoever asks shows the session's token, in a header of its own: no address
holds a secret, no cookie opens a file, and no page of another site can send
that header here (Fetch standard: it is not on the CORS safelist). The path is
percent-encoded bytes; nothing in this process opens it.

A file is the reader's own and hostile: it comes as an attachment, of no type
that a browser shows, and into a sandbox should one show it all the same. What
a session says of sizes is checked against what comes.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import unquote_to_bytes

import structlog
from aiohttp import web

from sagews.backend import headers
from sagews.backend.api import answers
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import IfNoneMatch, Nothing
from sagews.backend.refusal import Refusal
from sagews.backend.sessions import Sessions
from sagews.backend.transfer import Transfer
from sagews.config.site import Site
from sagews.errors import ProtocolError
from sagews.protocol import MAX_PIECE, paths
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import Json, encode
from sagews.protocol.json_requests import RefusedRequest

PATH = "/api/v1/sessions/{session}/files/{path}"
PATTERN = "/api/v1/sessions/{session}/files/{path:(?s:.*)}"
MAX_TRANSFERS = 100
"""Transfers at once; further ones are told to come back."""
PIECE_DEADLINE = 60.0
"""Seconds that a client has to send, or take, one piece."""

_KINDS = {
    pb.FILE_KIND_FILE: "file",
    pb.FILE_KIND_DIRECTORY: "directory",
    pb.FILE_KIND_LINK: "link",
    pb.FILE_KIND_OTHER: "other",
}

log = structlog.get_logger()

Work = Callable[[web.Request, Transfer, bytes], Awaitable[web.StreamResponse]]


class Files:
    """Answers the requests for files."""

    def __init__(self, site: Site, sessions: Sessions) -> None:
        self._sessions = sessions
        self._most = site.limits.file_bytes
        self._transfers = 0

    def routes(self) -> list[Route]:
        """Return the routes; a path may hold whatever a name can, a line feed too."""
        refusals = {
            403: "It is no file: a directory, a link, a device, or one without the right to open it.",
            404: "There is no such session, file or directory.",
            409: "The file changed on its way.",
            413: "The file is over the site's limit.",
            503: "The session runs an evaluation, or too much is on its way.",
        }
        return [
            Route(
                method="GET",
                path=PATH,
                pattern=PATTERN,
                name="get_file",
                summary="Fetch a file, or list a directory",
                text="A path that is empty or ends in `/` is that of a directory, whose list is the answer. A file"
                " comes as an attachment; one that changes on its way ends the connection before its whole length.",
                serve=self._serve_get,
                replies=(
                    Reply(200, "What is in the directory.", answers.Files),
                    Reply(200, "The file.", media=("application/octet-stream",)),
                ),
                refusals=refusals,
                session=True,
            ),
            Route(
                method="PUT",
                path=PATH,
                pattern=PATTERN,
                name="put_file",
                summary="Put a file",
                text="The body is its content, of any length up to the limit. It appears, or takes the place of an"
                " earlier one, when it is whole.",
                serve=self._serve_put,
                file=True,
                headers={"If-None-Match": IfNoneMatch},
                replies=(
                    Reply(200, "It has taken the place of an earlier one.", answers.FilePut),
                    Reply(201, "It is there.", answers.FilePut),
                ),
                refusals=refusals
                | {
                    408: "The body came too slowly: less than a piece in 60 s.",
                    412: "It is there already.",
                    507: "The disk, or the session's share of it, is full.",
                },
                session=True,
            ),
        ]

    async def _serve_get(self, asked: Asked[None, Nothing]) -> web.StreamResponse:
        path = path_of(asked.request)
        is_directory = not path or path.endswith(b"/")
        return await self._serve(asked, self._list if is_directory else self._fetch, path.removesuffix(b"/"))

    async def _serve_put(self, asked: Asked[None, Nothing]) -> web.StreamResponse:
        return await self._serve(asked, self._put, path_of(asked.request))

    async def _serve(self, asked: Asked[None, Nothing], work: Work, path: bytes) -> web.StreamResponse:
        """Do the work with the session that the request is about. Raises Refusal, RefusedRequest."""
        async with self._transfer(asked.session, asked.token, asked.reader, path) as transfer:
            return await work(asked.request, transfer, path)

    async def fetch(
        self, request: web.Request, identity: tuple[str, str], reader: str, path: bytes, fields: Mapping[str, str]
    ) -> web.StreamResponse:
        """Send a file of the session of this name and token, with these headers. Raises Refusal, RefusedRequest."""
        async with self._transfer(*identity, reader, path) as transfer:
            return await self._send(request, transfer, path, fields)

    @asynccontextmanager
    async def _transfer(self, session: str, token: str, reader: str, path: bytes) -> AsyncIterator[Transfer]:
        """Give a transfer with a session, unless there are too many. Raises Refusal, RefusedRequest."""
        if self._transfers >= MAX_TRANSFERS:
            raise Refusal(503, "full", "are on their way in too great a number", "files", "try again in a moment")
        self._transfers += 1
        try:
            paths.parts(path)
            async with Transfer.begun(self._sessions, session, token, reader) as transfer:
                yield transfer
        except RefusedRequest:
            raise
        except ProtocolError as error:
            raise Refusal(400, "bad_message", error.what, error.noun, error.hint) from error
        finally:
            self._transfers -= 1

    # ------------------------------------------------------------------ out

    async def _list(self, request: web.Request, transfer: Transfer, path: bytes) -> web.Response:
        listed = await transfer.list(path)
        answer = {
            "path": paths.encoded(path),
            "files": [_entry(path, entry) for entry in listed.entries],
            "cut": listed.cut,
            "file_bytes": self._most,
        }
        return web.Response(text=encode(answer), content_type="application/json")

    async def _fetch(self, request: web.Request, transfer: Transfer, path: bytes) -> web.StreamResponse:
        return await self._send(request, transfer, path, headers.file_headers(path.rpartition(b"/")[2]))

    async def _send(
        self, request: web.Request, transfer: Transfer, path: bytes, fields: Mapping[str, str]
    ) -> web.StreamResponse:
        """Send a file piece by piece; one that does not stay as it was ends the connection in the middle."""
        piece = await transfer.get(path)
        size, offset = piece.size, 0
        if self._most and size > self._most:
            raise too_large(self._most, path)
        _check(piece, size, offset, path)
        response = web.StreamResponse(headers=fields)
        response.content_length = size
        await response.prepare(request)
        try:
            while True:
                async with asyncio.timeout(PIECE_DEADLINE):
                    await response.write(piece.piece)
                offset += len(piece.piece)
                if offset == size:
                    break
                piece = await transfer.get(path, offset, piece.version)
                _check(piece, size, offset, path)
        except (RefusedRequest, TimeoutError) as error:
            log.info("file not sent to its end", why=error.what if isinstance(error, RefusedRequest) else "too slow")
            # Its length was promised: whoever reads sees that it is not whole.
            if request.transport is not None:
                request.transport.abort()
        return response

    # ------------------------------------------------------------------- in

    async def _put(self, request: web.Request, transfer: Transfer, path: bytes) -> web.Response:
        """Take a file piece by piece, each when the one before it is put."""
        if self._most and (request.content_length or 0) > self._most:
            raise too_large(self._most, path)
        upload, offset = secrets.token_hex(8), 0
        only_new = request.headers.get("If-None-Match", "").strip() == "*"
        try:
            # Nothing yet, to hear first whether it may be put, and to wait here while an evaluation runs.
            await transfer.put(pb.PutFile(path=path, upload=upload, only_new=only_new))
            while True:
                # A message for each piece: one that is filled anew keeps the memory of what was in it.
                wish = pb.PutFile(path=path, upload=upload, offset=offset, only_new=only_new)
                wish.piece = await _next_piece(request)
                wish.last = request.content.at_eof()
                offset += len(wish.piece)
                if self._most and offset > self._most:
                    raise too_large(self._most, path)
                put = await transfer.put(wish)
                if wish.last:
                    break
        except BaseException:
            transfer.abandon(path, upload)
            raise
        answer = {"path": paths.encoded(path), "size": offset, "replaced": put.replaced}
        return web.Response(status=200 if put.replaced else 201, text=encode(answer), content_type="application/json")


def too_large(most: int, path: bytes) -> RefusedRequest:
    """Return the refusal of a file that is over the site's limit."""
    return RefusedRequest(
        pb.FAILURE_CODE_TOO_LARGE,
        f"is over {most:,} bytes, the most that one file may have here",
        f"file {paths.shown(path)}",
        "split it into smaller ones",
    )


def path_of(request: web.Request) -> bytes:
    """Return the path of the file that an address names, byte for byte."""
    raw = request.rel_url.raw_path
    return unquote_to_bytes(raw.split("/files/", 1)[1])


def _entry(directory: bytes, entry: pb.FileEntry) -> Json:
    """Return what is told of a file: its name for eyes, its path for addresses."""
    path = directory + b"/" + entry.name if directory else entry.name
    return {
        "name": paths.shown(entry.name),
        "path": paths.encoded(path) + ("/" if entry.kind == pb.FILE_KIND_DIRECTORY else ""),
        "kind": _KINDS[entry.kind],
        "size": entry.size,
        "modified": entry.modified,
    }


def _check(piece: pb.FilePiece, size: int, offset: int, path: bytes) -> None:
    """Raise RefusedRequest unless this is the piece that comes at this place of a file of this size."""
    if piece.size != size or len(piece.piece) != min(MAX_PIECE, size - offset):
        raise RefusedRequest(
            pb.FAILURE_CODE_FILE_CHANGED,
            "changed while it was read",
            f"file {paths.shown(path)}",
            "try again when nothing writes to it",
        )


async def _next_piece(request: web.Request) -> bytes:
    """Return what the client sends next: a whole piece, or what is left. Raises Refusal."""
    piece = bytearray()
    try:
        async with asyncio.timeout(PIECE_DEADLINE):
            while len(piece) < MAX_PIECE and not request.content.at_eof():
                piece += await request.content.read(MAX_PIECE - len(piece))
    except TimeoutError as error:
        raise Refusal(408, "too_slow", "came too slowly", "file", "try again on a faster connection") from error
    return bytes(piece)
