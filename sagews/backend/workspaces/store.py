"""Workspaces as files: what they have, what is saved to them, and their packs made into one.

Whoever saves does it at once, and is tried again if somebody else was first
(`save.py`). To be overtaken without end, as a large save by small ones, is
not possible: who was overtaken once waits in line for a turn, in which nobody
else saves, on any backend (`sagews/database/turns.py`). Of those who wait in
one backend the one is next whose last turn was longest ago. So a save ends within
TRIES, and TRIES_IN_TURN for what is not others' saving.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from weakref import WeakValueDictionary

from sagews.backend.workspaces.cache import MOST_BYTES, Cache
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.commits import BRANCH, Commits
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.listing import MOST as MOST_LIST
from sagews.backend.workspaces.merge import File
from sagews.backend.workspaces.packing import Packing
from sagews.backend.workspaces.places import Places, Whose
from sagews.backend.workspaces.save import Also, Asked, ChangedError, Save, Saved
from sagews.database.packs import Packs
from sagews.database.turns import SAVE
from sagews.errors import LostRaceError, ServiceError

__all__ = ["BRANCH", "MOST_LIST", "Also", "ChangedError", "Saved", "Store"]

TRIES = 1
"""Times that a save is tried without a turn."""
TRIES_IN_TURN = 3
"""Times that it is tried in one: packs may be made into one meanwhile, or the turn be lost with the database."""
PATIENCE = 120.0
"""Seconds that it waits for its turn."""


class Store:
    """The workspaces of a site, as this backend reads and writes them."""

    def __init__(self, directory: Path, packs: Packs, git: Git, copies: int = MOST_BYTES) -> None:
        """Keep copies, of so many bytes, in a directory that is this store's alone."""
        self._packs = packs
        self._git = git
        self.copies = Cache(directory, packs, git, copies)
        """For whatever else reads workspaces."""
        self._commits = Commits(git)
        self._packing = Packing(packs, git, self.copies)
        self._lines: WeakValueDictionary[str, Places] = WeakValueDictionary()
        """Where those of this backend wait for a turn to save, by workspace: whoever was served longest ago is next."""

    async def head(self, workspace: str) -> str | None:
        """Return the newest commit; None if nothing was saved yet. Raises WorkspaceError if it is not there."""
        return (await self._packs.contents(workspace)).refs.get(BRANCH)

    async def files(self, workspace: str, commit: str | None = None) -> dict[str, File]:
        """Return the files of a commit by path; without one, those of now."""
        async with self.copies.copy(workspace) as copy:
            return await self._commits.files(copy, await self._commits.known(copy, commit))

    async def read(self, workspace: str, path: str, commit: str | None = None) -> bytes:
        """Return the content of a file. Raises WorkspaceError if there is none."""
        async with self.copies.copy(workspace) as copy:
            return await self._commits.content(copy, path, await self._commits.known(copy, commit))

    async def object(self, workspace: str, oid: str) -> bytes:
        """Return the content by which git knows it. Raises WorkspaceError if there is none."""
        async with self.copies.copy(workspace) as copy:
            return await self._commits.object(copy, oid)

    async def objects(self, workspace: str, oids: Iterable[str], most: int) -> dict[str, bytes]:
        """Return several contents, which have at most so many bytes together."""
        async with self.copies.copy(workspace) as copy:
            return await self._commits.objects(copy, oids, most)

    async def verify(self, workspace: str) -> None:
        """Have git look that nothing is missing in what the database has. Raises WorkspaceError if something is."""
        async with self.copies.copy(workspace, verified=True):
            pass

    async def save(
        self,
        workspace: str,
        changes: Mapping[str, bytes | None],
        *,
        base: str | None,
        author: Author,
        message: str = "",
        modes: Mapping[str, str] | None = None,
        strict: bool = False,
        also: Also | None = None,
    ) -> Saved:
        """Save files, and delete those that have no content here; what came of it is durable when this returns.

        `base` is the commit that the author has seen, None if there was none; `modes` are those of files that become
        new, where they are other ones than of a file that cannot be run.
        `strict`: raise ChangedError if one of the files has changed since.
        `also` is done in the same transaction, if there is one.
        Raises WorkspaceError, and then nothing is saved, if a file may not be
        so; LostRaceError if the turn to save did not come in time.
        """
        asked = await asyncio.to_thread(Asked.of, dict(changes), dict(modes or {}))
        parts = (self._packs, self._git, self.copies)
        line = self._lines.setdefault(workspace, Places(1, PATIENCE))
        async with Save(
            parts, workspace, asked, base=base, author=author, message=message, strict=strict, also=also
        ) as save:
            if not line.is_taken and (saved := await _tried(save, TRIES)):
                return saved
            async with _first_in(line, workspace, author), self._packs.turns.one(workspace, SAVE, PATIENCE) as turn:
                if saved := await _tried(save, TRIES_IN_TURN, turn.holder):
                    return saved
        raise LostRaceError("others were faster each time", f"workspace {workspace}", "save again")

    async def compact(self, workspace: str) -> bool:
        """Make all packs one, without what no ref needs; return whether there was something to do.

        Nothing is changed unless the new pack has all that the refs need.
        Raises LostRaceError if people save all the time.
        """
        return await self._packing.pack(workspace)


@asynccontextmanager
async def _first_in(line: Places, workspace: str, author: Author) -> AsyncIterator[None]:
    """Wait until it is one's own turn in a line. Raises LostRaceError if that takes too long, or too many wait."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(line.one(Whose(author.email)))
        except ServiceError as error:
            what = f"others have saved there for {PATIENCE:.0f} seconds, or too many want to"
            raise LostRaceError(what, f"workspace {workspace}", "save again in a while") from error
        yield


async def _tried(save: Save, tries: int, turn: str = "") -> Saved | None:
    """Try a save so often; return what it came to, None if others were faster each time."""
    for _ in range(tries):
        try:
            return await save.attempt(turn)
        except LostRaceError:
            continue
    return None
