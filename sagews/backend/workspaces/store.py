"""Workspaces as files: what they have, what is saved to them, and their packs made into one.

A save is a commit. It is written as a pack in a repository of its own, which
only reads the copy's objects; the pack is staged in the database and taken in
together with the new head, if the head is still the one on which it was
written. If not, the save is merged with what is new, and tried again.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sagews.backend.workspaces import policy
from sagews.backend.workspaces.cache import Cache, Copy, write_refs
from sagews.backend.workspaces.commit import Author, blob_id, stream
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.merge import File, Merged, merge
from sagews.database.packs import OID, Packs
from sagews.errors import LostRaceError, ServiceError, WorkspaceError

BRANCH = "refs/heads/main"
"""Whose head is what the workspace has now."""
TRIES = 10
"""Times that a save is merged with what others saved meanwhile."""
PAUSE = 0.05
"""Seconds before the second of them, on average; before later ones more."""
MOST_LIST = policy.MOST_FILES * (policy.MOST_PATH + 80)
"""Bytes of the list of a workspace's files."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save came to."""

    commit: str
    """The head with it."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """Where that is which could not be saved at its own path, since others had changed it: path by path."""
    left: frozenset[str] = frozenset()
    """Paths at which the head has something else than was asked for, and no copy is beside it.

    A file that was saved as it is in `base`, or deleted, stays as it is if it has changed since. Whoever means it
    loads the head and saves on that: the change may be their own, of a save that they were never told of.
    """


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be saved, once it is known that it may be."""

    changes: Mapping[str, bytes | None]
    oids: Mapping[str, str | None]
    """By which git knows each content."""


class Store:
    """The workspaces of a site, as this backend reads and writes them."""

    def __init__(self, directory: Path, packs: Packs, git: Git) -> None:
        """Keep copies in a directory that is this store's alone."""
        self._packs = packs
        self._git = git
        self._cache = Cache(directory, packs, git)

    async def head(self, workspace: str) -> str | None:
        """Return the newest commit; None if nothing was saved yet. Raises WorkspaceError if it is not there."""
        return (await self._packs.contents(workspace)).refs.get(BRANCH)

    async def files(self, workspace: str, commit: str | None = None) -> dict[str, File]:
        """Return the files of a commit by path; without one, those of now."""
        async with self._cache.copy(workspace) as copy:
            return await self._files(copy, await self._known(copy, commit))

    async def read(self, workspace: str, path: str, commit: str | None = None) -> bytes:
        """Return the content of a file. Raises WorkspaceError if there is none."""
        async with self._cache.copy(workspace) as copy:
            file = (await self._files(copy, await self._known(copy, commit))).get(path)
            if file is None:
                raise WorkspaceError("is not in the workspace", policy.shown(path), "look at its list of files")
            if file.size > policy.MOST_FILE:
                raise WorkspaceError("is too large to be read", policy.shown(path), "clone the workspace")
            return await self._git.run(copy.folder, "cat-file", "blob", file.oid, most=policy.MOST_FILE)

    async def verify(self, workspace: str) -> None:
        """Have git look that nothing is missing in what the database has. Raises WorkspaceError if something is."""
        async with self._cache.copy(workspace, verified=True):
            pass

    async def save(
        self,
        workspace: str,
        changes: Mapping[str, bytes | None],
        *,
        base: str | None,
        author: Author,
        message: str = "",
    ) -> Saved:
        """Save files, and delete those that have no content here; what came of it is durable when this returns.

        `base` is the commit that the author has seen, None if there was none.
        Raises WorkspaceError, and then nothing is saved, if a file may not be
        so; LostRaceError if others were faster each time.
        """
        asked = await asyncio.to_thread(_asked, dict(changes))
        for tried in range(TRIES):
            await asyncio.sleep(PAUSE * tried * random.uniform(0, 2))  # noqa: S311  # no secret
            async with self._cache.copy(workspace) as copy:
                try:
                    return await self._save(workspace, copy, asked, base, author, message)
                except LostRaceError as error:
                    lost = error
        raise lost

    async def compact(self, workspace: str) -> bool:
        """Make all packs one, without what no ref needs; return whether there was something to do.

        Nothing is changed unless the new pack, by itself, has all that the
        refs need. Raises LostRaceError if somebody saves meanwhile.
        """
        async with self._cache.copy(workspace, verified=True) as copy:
            refs = copy.contents.refs
            if len(copy.contents.packs) < 2 or not refs:
                return False
            with self._cache.scratch() as folder:
                target = folder / "objects" / "pack" / "pack"
                heads = "".join(f"{oid}\n" for oid in sorted(set(refs.values()))).encode()
                words = ("pack-objects", "--revs", "--delta-base-offset", "--quiet", str(target))
                await self._git.run(copy.folder, *words, given=[heads])
                write_refs(folder, refs)
                await self._cache.verify(folder)
                async with self._packs.staged(workspace, *_pack_in(folder)) as staged:
                    await self._packs.replace(workspace, copy.contents.version, staged)
            return True

    # ---------------------------------------------------------------- within

    async def _save(
        self,
        workspace: str,
        copy: Copy,
        asked: _Asked,
        base: str | None,
        author: Author,
        message: str,
    ) -> Saved:
        head = copy.contents.refs.get(BRANCH)
        files = await self._files(copy, head)
        seen = files if base == head else await self._files(copy, await self._known(copy, base) if base else None)
        merged = await asyncio.to_thread(merge, seen, files, asked.oids, _mark(author))
        if head is not None and not merged.written and not merged.deleted:
            return Saved(head, merged.copies, frozenset(merged.left))
        await asyncio.to_thread(_check_result, files, merged)
        written = {}
        for place, path in merged.written.items():
            mode = files[place].mode if place in files else "100644"
            written[place] = (mode, asked.changes[path] or b"")
        with self._cache.scratch() as folder:
            given = stream(BRANCH, head, author, message, merged.deleted, written)
            words = ("fast-import", "--quiet", "--done")
            await self._git.run(folder, *words, given=given, objects=copy.folder / "objects")
            commit = (await self._git.run(folder, "rev-parse", BRANCH)).decode().strip()
            async with self._packs.staged(workspace, *_pack_in(folder)) as staged:
                refs = {BRANCH: commit}
                await self._packs.take(workspace, copy.contents.version, refs, staged, only_deletes=not written)
        return Saved(commit, merged.copies, frozenset(merged.left))

    async def _known(self, copy: Copy, commit: str | None) -> str | None:
        """Return a commit that is the head or one of those before it; None is the head."""
        head = copy.contents.refs.get(BRANCH)
        if commit is None or commit == head:
            return head
        unknown = WorkspaceError("has not the version that was asked for", "workspace", "load what it has now")
        if head is None or not OID.fullmatch(commit):
            raise unknown
        try:
            await self._git.run(copy.folder, "merge-base", "--is-ancestor", commit, head)
        except WorkspaceError as error:
            raise unknown from error
        return commit

    async def _files(self, copy: Copy, commit: str | None) -> dict[str, File]:
        if commit is None:
            return {}
        words = ("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
        listed = await self._git.run(copy.folder, *words, most=MOST_LIST)
        files = {}
        for line in listed.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            said, _, path = line.partition("\t")
            mode, _, oid, size = said.split()
            files[path] = File(mode, oid, int(size) if size != "-" else 0)
        return files


def _pack_in(repository: Path) -> tuple[Path, Path]:
    """Return the one pack of a repository, and its index."""
    packs = list((repository / "objects" / "pack").glob("*.pack"))
    if len(packs) != 1:
        raise ServiceError(f"git wrote {len(packs)} packs in the place of one", "workspace", "save again")
    return packs[0], packs[0].with_suffix(".idx")


def _asked(changes: Mapping[str, bytes | None]) -> _Asked:
    _check(changes)
    return _Asked(changes, {path: None if content is None else blob_id(content) for path, content in changes.items()})


def _check(changes: Mapping[str, bytes | None]) -> None:
    size = 0
    for path, content in changes.items():
        policy.check_path(path)
        if content is not None and len(content) > policy.MOST_FILE:
            limit = policy.MOST_FILE >> 20
            raise WorkspaceError(f"has more than {limit} MiB", policy.shown(path), "keep it elsewhere")
        size += len(content or b"")
    if size > policy.MOST_SAVED:
        raise WorkspaceError(f"more than {policy.MOST_SAVED >> 20} MiB at once", "workspace", "save in several steps")
    policy.check_places(path for path, content in changes.items() if content is not None)


def _check_result(files: Mapping[str, File], merged: Merged) -> None:
    if not merged.written:
        # Whoever has too many may delete some of them.
        return
    for place in merged.written:
        policy.check_path(place)
    policy.check_places((files.keys() - merged.deleted) | merged.written.keys())


def _mark(author: Author) -> str:
    """Return what stands in the name of a copy: whose it is, and of when."""
    name = "".join(each for each in author.name if each.isalnum() or each in " -_")[:40].strip()
    when = time.strftime("%Y-%m-%d %H.%M.%S", time.gmtime(author.time))
    return f"conflict, {name or 'somebody'}, {when}"
