"""What somebody takes with them, as one archive that is sent while it is made: what is known of them, then a bundle
of each of their workspaces, and at last a list that says which are there and why others are not.

Nothing is on a disk but one bundle at a time. What fails of one workspace is
said in the list, and the others are there all the same.
"""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from sagews.backend.accounts.export import workspaces_file
from sagews.backend.api.workspaces.upload import PIECE
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.members import Which
from sagews.database.workspaces import Workspace
from sagews.errors import SagewsError, WorkspaceError

MOST = 4 << 30
"""Bytes of all bundles of one archive; what does not fit is fetched by itself."""


async def owned(shelf: Shelf, account: str) -> list[Workspace]:
    """Return the workspaces of which an account is an owner, and those of its own that it can bring back."""
    found: list[Workspace] = []
    for which in (Which.MINE, Which.DELETED):
        after = ""
        while page := await shelf.members.listed(account, which, after):
            found += [workspace for workspace, _, _ in page]
            after = page[-1][0].id
    return found


async def taken_out(shelf: Shelf, account: str, files: Mapping[str, str]) -> AsyncIterator[bytes]:
    """Yield the archive piece by piece: these files, the bundles of an account's workspaces, and a list of them."""
    out = _Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
            yield out.taken()
        told, size = [], 0
        for each in await owned(shelf, account):
            name, why = f"workspaces/{each.id}.bundle", ""
            if each.deleted is not None:
                why = "it is deleted"
            elif size >= MOST:
                why = "the archive is full: fetch it by itself"
            else:
                try:
                    async with shelf.archives.bundle(each.id) as file:
                        more = file.stat().st_size
                        if size + more > MOST:
                            why = "there is no room for it in the archive: fetch it by itself"
                        else:
                            size += more
                            async for piece in _bundle(packed, name, file, out):
                                yield piece
                except WorkspaceError as error:
                    # There is nothing in it, or it was deleted meanwhile.
                    why = str(error)
                except SagewsError as error:
                    why = f"it could not be read: {error}"
            told.append((each, "" if why else name, why))
        packed.writestr("workspaces.json", workspaces_file(told))
    yield out.taken()


async def _bundle(packed: zipfile.ZipFile, name: str, file: Path, out: "_Out") -> AsyncIterator[bytes]:
    """Yield what a bundle is in a zip file. It is packed already."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_STORED
    with file.open("rb") as body, packed.open(entry, "w", force_zip64=True) as target:
        while piece := await asyncio.to_thread(body.read, PIECE):
            # With its checksum, some milliseconds.
            await asyncio.to_thread(target.write, piece)
            yield out.taken()


class _Out:
    """What a zip file is written to: nobody goes back in it."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes, /) -> int:
        """Have more."""
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing to close."""

    def taken(self) -> bytes:
        """Return what was written since this was asked last."""
        written, self._written = bytes(self._written), bytearray()
        return written
