"""Questions about the files of one session, and their answers, on a visit.

One question at a time, each after the answer to the one before: so nobody on
the way holds more of a file than one piece, however slow the reader is.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sagews.backend.sessions import Sessions
from sagews.backend.visit import Visit
from sagews.protocol import MAX_PIECE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest


class Transfer:
    """Files, or a list of them, on their way."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @classmethod
    @asynccontextmanager
    async def begun(cls, sessions: Sessions, name: str, token: str, reader: str) -> AsyncIterator["Transfer"]:
        """Give a transfer with a session, which lives on afterwards. Raises RefusedRequest."""
        async with Visit.begun(sessions, name, token, reader) as visit:
            yield cls(visit)

    async def list(self, path: bytes) -> pb.FilesListed:
        """Return what is in a directory. Raises RefusedRequest."""
        return (await self._visit.ask("files_listed", list_files=pb.ListFiles(path=path))).files_listed

    async def get(self, path: bytes, offset: int = 0, version: bytes = b"") -> pb.FilePiece:
        """Return a piece of a file. Raises RefusedRequest."""
        wish = pb.GetFile(path=path, offset=offset, size=MAX_PIECE, version=version)
        return (await self._visit.ask("file_piece", get_file=wish)).file_piece

    async def put(self, wish: pb.PutFile) -> pb.FilePut:
        """Put a piece of a file. Raises RefusedRequest."""
        return (await self._visit.ask("file_put", put_file=wish)).file_put

    async def put_all(self, wish: pb.PutFiles) -> Sequence[pb.FileFault]:
        """Put small files; return those that were not put, and why. Raises RefusedRequest."""
        return (await self._visit.ask("files_put", put_files=wish)).files_put.refused

    async def scan(self, after: bytes = b"") -> pb.FilesScanned:
        """Return what there is, after a path. Raises RefusedRequest."""
        return (await self._visit.ask("files_scanned", scan_files=pb.ScanFiles(after=after))).files_scanned

    def abandon(self, path: bytes, upload: str) -> None:
        """Have what was put so far removed; nobody waits for it."""
        with contextlib.suppress(RefusedRequest):
            self._visit.send(pb.Request(put_file=pb.PutFile(path=path, upload=upload, abandon=True)))
