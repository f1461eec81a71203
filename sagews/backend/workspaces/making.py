"""Workspaces that are made of something: a zip file, a bundle, a repository, another one. Nobody sees half of one."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sagews.backend.workspaces import listing
from sagews.backend.workspaces.bundles import read_head, wanted
from sagews.backend.workspaces.cache import Cache, write_refs
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.git import PIECE, Git
from sagews.backend.workspaces.places import Whose
from sagews.backend.workspaces.store import BRANCH, Store
from sagews.backend.workspaces.zips import Zip
from sagews.database.arrivals import Arrival, Way, note, note_copy
from sagews.database.packs import Also, Packs
from sagews.database.workspaces import Workspace, Workspaces, new_id
from sagews.errors import ServiceError, WorkspaceError

CHECKING = 120.0
"""Seconds in which the files of all refs of a bundle are checked."""


class Making:
    """Makes workspaces."""

    def __init__(self, workspaces: Workspaces, packs: Packs, store: Store, copies: Cache, git: Git) -> None:
        self._workspaces = workspaces
        self._packs = packs
        self._store = store
        self._copies = copies
        self._git = git
        self._discarding: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def new(self, name: str, account: str) -> AsyncIterator[str]:
        """Give the id of a new workspace, which becomes an account's when what is done with it has succeeded.

        Otherwise nothing of it stays. Raises WorkspaceError if the account has too many.
        """
        identifier = new_id()
        await self._workspaces.begin(Workspace(identifier, None, name, created=time.time()))
        try:
            yield identifier
            await self._workspaces.claim(identifier, account)
        except BaseException:
            # Where the database is away, a sweep does it later. One that was claimed, and nobody could say so, stays.
            with suppress(ServiceError):
                discarding = asyncio.create_task(self._workspaces.discard(identifier))
                self._discarding.add(discarding)
                discarding.add_done_callback(self._discarding.discard)
                await asyncio.shield(discarding)
            raise

    async def of_zip(self, file: BinaryIO, name: str, account: str, author: Author) -> str:
        """Return a new workspace with the files of a zip file. Raises WorkspaceError if it may not be one."""
        packed = await asyncio.to_thread(Zip, file)
        async with self.new(name, account) as workspace:
            version, batches = None, packed.batches()
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                saved = await self._store.save(
                    workspace, dict(batch), base=version, author=author, message="Imported from a zip file"
                )
                version = saved.commit
        return workspace

    async def of_bundle(self, file: Path, name: str, account: str) -> str:
        """Return a new workspace with the history of a bundle. Raises WorkspaceError if it may not be one."""
        whose = Whose(account)
        with self._copies.scratch() as folder:
            refs = wanted(await self.restored(file, folder, whose))
            return await self._of(folder, refs, name, whose)

    async def of_pack(self, file: Path, head: str, name: str, account: str) -> str:
        """Return a new workspace with the history of a commit, which a pack has. Raises WorkspaceError."""
        whose = Whose(account)
        with self._copies.scratch() as folder:
            with file.open("rb") as body:
                await self._git.run(folder, "index-pack", "--strict", "--stdin", given=_rest(body), whose=whose)
            return await self._of(folder, {BRANCH: head}, name, whose)

    async def of_workspace(self, other: str, name: str, account: str) -> str:
        """Return a new workspace with all that another one has."""
        async with self.new(name, account) as workspace:
            with self._copies.scratch() as folder:
                async with self._copies.copy(other) as copy:
                    refs = dict(copy.contents.refs)
                    if not refs:
                        return workspace
                    target = folder / "objects" / "pack" / "pack"
                    heads = "".join(f"{oid}\n" for oid in sorted(set(refs.values()))).encode()
                    words = ("pack-objects", "--revs", "--delta-base-offset", "--quiet", str(target))
                    await self._git.run(copy.folder, *words, given=[heads], whose=copy.whose)
                write_refs(folder, refs)
                await self._copies.verify(folder, copy.whose)
                await self._take(workspace, folder, refs, partial(note_copy, workspace=workspace, other=other))
        return workspace

    async def restored(self, file: Path, folder: Path, whose: Whose) -> dict[str, str]:
        """Unpack a bundle into an empty repository, every object checked; return all its refs."""
        with file.open("rb") as body:
            head = await asyncio.to_thread(read_head, body)
            await self._git.run(folder, "index-pack", "--strict", "--stdin", given=_rest(body), whose=whose)
        return dict(head.refs)

    # ---------------------------------------------------------------- within

    async def _of(self, folder: Path, refs: dict[str, str], name: str, whose: Whose) -> str:
        """Return a new workspace with these refs of a repository, all of which is looked at first."""
        write_refs(folder, refs)
        await self._git.run(folder, "fsck", "--full", "--no-dangling", "--no-progress", whose=whose)
        await self._check_all(folder, refs, whose)
        async with self.new(name, whose.account) as workspace:
            arrival = Arrival(Way.IMPORTED, whose.account)
            also = partial(note, workspace=workspace, oid=refs[BRANCH], arrival=arrival)
            await self._take(workspace, folder, refs, also)
        return workspace

    async def _take(self, workspace: str, folder: Path, refs: dict[str, str], also: Also) -> None:
        (pack,) = (folder / "objects" / "pack").glob("*.pack")
        async with self._packs.staged(workspace, pack, pack.with_suffix(".idx")) as staged:
            await self._packs.take(workspace, 0, refs, staged, also)

    async def _check_all(self, folder: Path, refs: dict[str, str], whose: Whose) -> None:
        """Raise WorkspaceError unless the files of all refs may be those of a workspace; each object is looked at once.

        A bundle of some KB can name a thousand refs, each with many files: what is listed of all is bounded together.
        """
        branches = {oid for ref, oid in refs.items() if ref.startswith("refs/heads/")}
        left = 2 * listing.MOST
        try:
            async with asyncio.timeout(CHECKING):
                for oid in sorted(set(refs.values())):
                    left -= await self._check(folder, oid, whose, branch=oid in branches, most=left)
        except TimeoutError as error:
            raise WorkspaceError(
                "takes too long to be checked", "history", "make it of fewer branches and tags"
            ) from error

    async def _check(self, folder: Path, oid: str, whose: Whose, *, branch: bool, most: int) -> int:
        """Raise WorkspaceError unless the files of an object may be a workspace's; return the bytes of their list."""
        if branch:
            await self._git.run(folder, "rev-parse", "--verify", "--quiet", f"{oid}^{{commit}}", whose=whose)
        listed = await self._git.run(folder, *listing.WORDS, oid, most=min(most, listing.MOST), whose=whose)
        await asyncio.to_thread(listing.check_files, listed)
        return len(listed)


def _rest(body: BinaryIO) -> Iterator[bytes]:
    while piece := body.read(PIECE):
        yield piece


def nothing_yet() -> WorkspaceError:
    """Return the refusal of an archive of nothing."""
    return WorkspaceError("has nothing in it yet", "workspace", "save something first")
