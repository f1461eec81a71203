"""Gives the session of a worksheet the files of its workspace, over its link: the session itself writes them.

No process of ours opens a path of a session. What it was given is noted in a
table when all of it is there; whoever comes after one that died in between
gives the same again, which changes nothing. What the session's code has
changed is never replaced unless that is asked for.
"""

import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Mapping

from sagews.backend.transfer import Transfer
from sagews.backend.workspaces.merge import File
from sagews.backend.workspaces.policy import FILE_MODES
from sagews.backend.workspaces.store import Store
from sagews.database.given_files import Given, GivenFile
from sagews.protocol import MAX_LISTED, MAX_PIECE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

MOST_GIVEN = 2000
"""Files that a session is given."""
MOST_GIVEN_BYTES = 64 << 20
"""Bytes of all of them."""
AT_ONCE = 4 << 20
"""Bytes of files in memory at once, but for one that is larger."""


class Giving:
    """Files on their way into one session."""

    def __init__(self, store: Store, workspace: str, transfer: Transfer) -> None:
        self._store = store
        self._workspace = workspace
        self._transfer = transfer
        self.refused: dict[str, str] = {}
        """Paths that the session did not take, and why."""

    async def give(
        self, files: Mapping[str, File], before: Mapping[str, str], removed: Mapping[str, str], enter: str | None
    ) -> None:
        """Give files, remove some, and then have the session's code be in a folder, if one is named.

        `before` and `removed`: by path, what there may be now, as git names it; a file with another content stays.
        Raises RefusedRequest, WorkspaceError, ServiceError.
        """
        wish = pb.PutFiles()
        size = 0
        async for path, content in self._contents(files):
            if len(content) > MAX_PIECE:
                await self._put_large(path, content, only_new=not before.get(path))
                continue
            if size + len(content) > MAX_PIECE or len(wish.files) == MAX_LISTED:
                await self._put(wish)
                wish, size = pb.PutFiles(), 0
            size += len(content)
            wish.files.add(path=path.encode(), content=content, before=bytes.fromhex(before.get(path, "")))
        for path, oid in removed.items():
            if len(wish.files) == MAX_LISTED:
                await self._put(wish)
                wish = pb.PutFiles()
            wish.files.add(path=path.encode(), before=bytes.fromhex(oid), removed=True)
        if enter is not None:
            wish.enter, wish.enters = enter.encode(), True
        await self._put(wish)

    # ---------------------------------------------------------------- within

    async def _contents(self, files: Mapping[str, File]) -> AsyncIterator[tuple[str, bytes]]:
        for group in _groups(files):
            most = sum(files[path].size for path in group)
            found = await self._store.objects(self._workspace, [files[path].oid for path in group], most)
            for path in group:
                yield path, found[files[path].oid]

    async def _put(self, wish: pb.PutFiles) -> None:
        for fault in await self._transfer.put_all(wish):
            self.refused[fault.path.decode("utf-8", "replace")] = fault.what

    async def _put_large(self, path: str, content: bytes, *, only_new: bool) -> None:
        upload = secrets.token_hex(8)
        try:
            for offset in range(0, len(content), MAX_PIECE):
                piece = content[offset : offset + MAX_PIECE]
                wish = pb.PutFile(path=path.encode(), upload=upload, offset=offset, piece=piece)
                wish.only_new, wish.with_folders = only_new, True
                wish.last = offset + len(piece) == len(content)
                await self._transfer.put(wish)
        except RefusedRequest as refused:
            if refused.code == pb.FAILURE_CODE_UNKNOWN_SESSION:
                raise
            self.refused[path] = refused.what


def chosen(files: Mapping[str, File], worksheet: str, most_file: int) -> tuple[dict[str, File], list[tuple[str, str]]]:
    """Return the files that a session is given, and those that it is not, with why: those near its worksheet first.

    `most_file`: bytes of a file that may be sent; 0: as many as there are. Thinking only.
    """
    folder = worksheet.rpartition("/")[0]
    near = f"{folder}/" if folder else ""
    order = sorted(files, key=lambda path: (path != worksheet, not path.startswith(near), path))
    given: dict[str, File] = {}
    left: list[tuple[str, str]] = []
    size = 0
    for path in order:
        file = files[path]
        if file.mode not in FILE_MODES:
            left.append((path, "is no file"))
        elif most_file and file.size > most_file:
            left.append((path, f"is over {most_file:,} bytes, the most that one file of a session may have here"))
        elif len(given) == MOST_GIVEN:
            left.append((path, f"is beyond {MOST_GIVEN:,} files, the most that a session is given"))
        elif size + file.size > MOST_GIVEN_BYTES:
            left.append((path, f"is beyond {MOST_GIVEN_BYTES >> 20} MiB, the most that a session is given"))
        else:
            given[path] = file
            size += file.size
    return given, left


def noted(
    session: str, version: str, files: Mapping[str, File], refused: Mapping[str, str], left: Iterable[tuple[str, str]]
) -> Given:
    """Return what is to be noted of files that were given, but for those that were refused."""
    there = {path: GivenFile(file.oid, version) for path, file in files.items() if path not in refused}
    return Given(session, version, there, [*refused.items(), *left])


def _groups(files: Mapping[str, File]) -> Iterable[Collection[str]]:
    group: list[str] = []
    size = 0
    for path, file in files.items():
        if group and (size + file.size > AT_ONCE or len(group) == MAX_LISTED):
            yield group
            group, size = [], 0
        group.append(path)
        size += file.size
    if group:
        yield group
