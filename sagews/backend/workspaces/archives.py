"""Whole workspaces as files: a zip file of one version, or a bundle of everything, which git can clone."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from sagews.backend.workspaces import listing, policy
from sagews.backend.workspaces.cache import Cache, write_refs
from sagews.backend.workspaces.commits import Commits
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.making import Making, nothing_yet
from sagews.errors import ServiceError

ATTRIBUTES = "* -export-ignore -export-subst -text -ident -filter -working-tree-encoding\n"
"""Whatever a workspace's own `.gitattributes` say, all files are in the archive, as they are."""


class Archives:
    """Writes archives."""

    def __init__(self, copies: Cache, git: Git, making: Making) -> None:
        self._copies = copies
        self._git = git
        self._making = making
        self._commits = Commits(git)

    @asynccontextmanager
    async def zip(self, workspace: str, version: str | None = None) -> AsyncIterator[Path]:
        """Give a zip file of a version, or the newest one, for as long as it is needed.

        Raises WorkspaceError if the version is not known, or has what is no file or has no name of one.
        """
        with self._copies.scratch() as folder:
            (folder / "info").mkdir()
            (folder / "info" / "attributes").write_text(ATTRIBUTES)
            file = folder / "workspace.zip"
            async with self._copies.copy(workspace) as copy:
                start = await self._commits.known(copy, version)
                if start is None:
                    raise nothing_yet()
                objects = copy.objects
                run = partial(self._git.run, folder, objects=objects, whose=copy.whose)
                await to_thread(_check, await run(*listing.WORDS, start, most=listing.MOST))
                await run("archive", "--format=zip", f"--output={file}", start)
            yield file

    @asynccontextmanager
    async def bundle(self, workspace: str) -> AsyncIterator[Path]:
        """Give a bundle of all refs, from which everything was restored once, for as long as it is needed."""
        with self._copies.scratch() as folder:
            file = folder / "workspace.bundle"
            async with self._copies.copy(workspace) as copy:
                refs = dict(copy.contents.refs)
                if not refs:
                    raise nothing_yet()
                await self._git.run(copy.folder, "bundle", "create", "--quiet", str(file), "--all", whose=copy.whose)
            with self._copies.scratch() as restored:
                found = await self._making.restored(file, restored, copy.whose)
                found.pop("HEAD", None)
                if found != refs:
                    raise ServiceError("has other refs than were written", "bundle", "try again")
                write_refs(restored, refs)
                await self._copies.verify(restored, copy.whose)
            yield file


def _check(listed: bytes) -> None:
    """Raise WorkspaceError unless all of a list are files.

    Only those of branches and tags were looked at when it came in, not those of older versions.
    """
    for path, entry in listing.files_of(listed).items():
        policy.check_path(path)
        policy.check_mode(path, entry.mode)
