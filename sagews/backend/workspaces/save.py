"""One save: a commit on the newest files, tried again if somebody else was first.

It is written as a pack in a repository of its own, which only reads the
copy's objects; the pack is staged in the database and taken in together with
the new head, if the head is still the one on which it was written. If not, the
save is merged with what is new, and tried again. What was large in a try
stays staged: `git` does not write again what it has there, so that the next try
brings only what is new, and it is all taken in together.
"""

import time
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.backend.workspaces import policy
from sagews.backend.workspaces.cache import Cache, Copy
from sagews.backend.workspaces.commit import Author, blob_id, stream
from sagews.backend.workspaces.commits import BRANCH, Commits
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.merge import File, Merged, merge
from sagews.database.arrivals import Arrival, Way, note
from sagews.database.packs import Pack, Packs
from sagews.errors import LostRaceError, ServiceError, WorkspaceError

Also = Callable[[AsyncConnection, str], Awaitable[None]]
"""Is done within the transaction of a save, of which it is told the commit."""

LARGE = 1 << 20
"""Bytes of a pack that stays staged for the next try; a smaller one is written anew."""


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
class Asked:
    """What is to be saved, once it is known that it may be."""

    changes: Mapping[str, bytes | None]
    oids: Mapping[str, str | None]
    """By which git knows each content."""
    modes: Mapping[str, str] = field(default_factory=dict)
    """As git writes them, of files that are new at their path and can be run."""

    @classmethod
    def of(cls, changes: Mapping[str, bytes | None], modes: Mapping[str, str]) -> Self:
        """Raises WorkspaceError if a file may not be so."""
        _check(changes)
        for path, mode in modes.items():
            policy.check_mode(path, mode)
        oids = {path: None if content is None else blob_id(content) for path, content in changes.items()}
        return cls(changes, oids, modes)


class ChangedError(WorkspaceError):
    """A file that was to be saved only as its author had seen it is another one by now; nothing was changed."""


class Save:
    """A save that may take several tries; what it has staged and not taken in is gone when it ends."""

    def __init__(
        self,
        parts: tuple[Packs, Git, Cache],
        workspace: str,
        asked: Asked,
        *,
        base: str | None,
        author: Author,
        message: str,
        strict: bool = False,
        also: Also | None = None,
    ) -> None:
        self._packs, self._git, self._cache = parts
        self._commits = Commits(self._git)
        self._workspace = workspace
        self._asked = asked
        self._base = base
        self._author = author
        self._message = message
        self._strict, self._also = strict, also
        self._staged: list[Pack] = []
        """In earlier tries."""
        self._folders: list[Path] = []
        """Of their objects."""
        self._kept = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._kept.aclose()

    async def attempt(self, turn: str = "") -> Saved:
        """Save on the newest files, as the holder of a turn if this is one. Raises LostRaceError if they change."""
        async with self._cache.copy(self._workspace) as copy:
            head = copy.contents.refs.get(BRANCH)
            files = await self._commits.files(copy, head)
            seen = files if self._base == head else await self._seen(copy)
            merged = await to_thread(merge, seen, files, self._asked.oids, _mark(self._author))
            if self._strict and (merged.copies or merged.left):
                (path, *_) = [*merged.copies, *merged.left]
                raise ChangedError("was changed meanwhile", policy.shown(path), "look at it, and save again")
            commit = head
            if head is None or merged.written or merged.deleted:
                await to_thread(_check_result, files, merged)
                commit = await self._commit(copy, head, files, merged, turn)
            assert commit is not None
            return Saved(commit, merged.copies, frozenset(merged.left))

    # ---------------------------------------------------------------- within

    async def _seen(self, copy: Copy) -> dict[str, File]:
        """Return the files that the author has seen."""
        if self._base is None:
            return {}
        return await self._commits.files(copy, await self._commits.known(copy, self._base))

    async def _commit(self, copy: Copy, head: str | None, files: Mapping[str, File], merged: Merged, turn: str) -> str:
        """Write the commit, stage its pack and take it in; return its name."""
        written = {}
        for place, path in merged.written.items():
            mode = files[place].mode if place in files else self._asked.modes.get(path, "100644")
            written[place] = (mode, self._asked.changes[path] or b"")
        async with AsyncExitStack() as this:
            folder = this.enter_context(self._cache.scratch())
            given = stream(BRANCH, head, self._author, self._message, merged.deleted, written)
            words, objects = ("fast-import", "--quiet", "--done"), (copy.objects, *self._folders)
            await self._git.run(folder, *words, given=given, objects=objects, whose=copy.whose)
            commit = (await self._git.run(folder, "rev-parse", BRANCH, whose=copy.whose)).decode().strip()
            new = []
            if not self._staged or packs_in(folder):
                # Else all is staged already: the workspace changed, and its head did not.
                new = [await this.enter_async_context(self._packs.staged(self._workspace, *pack_in(folder)))]
            first, *further = [*new, *self._staged]
            try:
                await self._packs.take(
                    self._workspace,
                    copy.contents.version,
                    {BRANCH: commit},
                    first,
                    partial(self._note, commit),
                    further=further,
                    smaller=_becomes_smaller(files, merged, written),
                    turn=turn,
                )
            except LostRaceError:
                if new and new[0].size >= LARGE:
                    self._keep(new[0], folder, this.pop_all())
                raise
        return commit

    async def _note(self, commit: str, connection: AsyncConnection) -> None:
        """Do what belongs into the transaction."""
        await note(connection, self._workspace, commit, Arrival(Way.SAVED, self._author.email))
        if self._also is not None:
            await self._also(connection, commit)

    def _keep(self, pack: Pack, folder: Path, stack: AsyncExitStack) -> None:
        """Have what a try wrote stay until the save ends."""
        self._staged.append(pack)
        self._folders.append(folder / "objects")
        self._kept.push_async_exit(stack)
        self._kept.push_async_callback(self._discard, pack)

    async def _discard(self, pack: Pack) -> None:
        """Let a pack not stay staged; one that was taken in stays. Where the database is away, a sweep does it."""
        with suppress(ServiceError):
            await self._packs.discard(pack)


def packs_in(repository: Path) -> list[Path]:
    """Return the packs of a repository."""
    return list((repository / "objects" / "pack").glob("*.pack"))


def pack_in(repository: Path) -> tuple[Path, Path]:
    """Return the one pack of a repository, and its index. Raises ServiceError if it is not one."""
    packs = packs_in(repository)
    if len(packs) != 1:
        raise ServiceError(f"git wrote {len(packs)} packs in the place of one", "workspace", "save again")
    return packs[0], packs[0].with_suffix(".idx")


def _check(changes: Mapping[str, bytes | None]) -> None:
    size = 0
    for path, content in changes.items():
        policy.check_path(path)
        policy.check_size(path, len(content or b""))
        size += len(content or b"")
    if size > policy.MOST_SAVED:
        raise WorkspaceError(f"more than {policy.MOST_SAVED >> 20} MiB at once", "workspace", "save in several steps")
    written = [path for path, content in changes.items() if content is not None]
    policy.check_places(written)
    policy.check_alike(written, written)


def _check_result(files: Mapping[str, File], merged: Merged) -> None:
    if not merged.written:
        # Whoever has too many may delete some of them.
        return
    for place in merged.written:
        policy.check_path(place)
    result = (files.keys() - merged.deleted) | merged.written.keys()
    policy.check_places(result)
    policy.check_alike(result, merged.written.keys() - files.keys())


def _becomes_smaller(files: Mapping[str, File], merged: Merged, written: Mapping[str, tuple[str, bytes]]) -> bool:
    """Whether the files come to fewer bytes than before, or nothing is written at all."""
    gone = sum(files[path].size for path in merged.deleted | (written.keys() & files.keys()))
    return not written or sum(len(content) for _, content in written.values()) < gone


def _mark(author: Author) -> str:
    """Return what stands in the name of a copy: whose it is, and of when."""
    name = "".join(each for each in author.name if each.isalnum() or each in " -_")[:40].strip()
    when = time.strftime("%Y-%m-%d %H.%M.%S", time.gmtime(author.time))
    return f"conflict, {name or 'somebody'}, {when}"
