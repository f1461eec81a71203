"""The workspaces that somebody takes with them: a bundle of each, in the archive of their account."""

import asyncio
import zipfile
from collections.abc import Mapping
from pathlib import Path

from sagews.backend.workspaces.shelf import Shelf
from sagews.database.members import Which
from sagews.database.workspaces import Workspace
from sagews.errors import WorkspaceError

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


def add_files(archive: Path, files: Mapping[str, str]) -> None:
    """Add files of text to a zip file."""
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)


async def bundled(shelf: Shelf, workspaces: list[Workspace], archive: Path) -> list[tuple[Workspace, str]]:
    """Write a bundle of each workspace that has something in it to a zip file; return each with its name there."""
    told, size = [], 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for each in workspaces:
            name = "" if each.deleted is not None else f"workspaces/{each.id}.bundle"
            try:
                if name:
                    async with shelf.archives.bundle(each.id) as file:
                        size += file.stat().st_size
                        if size > MOST:
                            name = ""
                        else:
                            await asyncio.to_thread(packed.write, file, name)
            except WorkspaceError:
                # There is nothing in it, or it was deleted meanwhile.
                name = ""
            told.append((each, name))
    return told
