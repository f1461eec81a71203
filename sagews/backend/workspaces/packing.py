"""Many packs of a workspace made into one, without what no ref needs.

The new pack is written, and takes the place of those of which it was made if,
with those that came since, it has all that the refs need then: `git` looks.
What takes long is done once, however many save meanwhile; what is tried again
is short. Nothing is changed unless all of it is there.
"""

from contextlib import suppress
from pathlib import Path

from sagews.backend.workspaces.cache import Cache, Copy, add_pack, have_too, write_refs
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.save import pack_in
from sagews.database.packs import Pack, Packs
from sagews.database.turns import SAVE
from sagews.errors import LostRaceError

TRIES = 3
"""Times that one pack is brought in the place of others while people save."""
TRIES_IN_TURN = 2
"""Times that it is then brought in a turn, in which nobody saves: for as long as git looks whether all is there."""
PATIENCE = 120.0
"""Seconds that it waits for that turn."""


class Packing:
    """Makes packs one, in the database."""

    def __init__(self, packs: Packs, git: Git, cache: Cache) -> None:
        self._packs = packs
        self._git = git
        self._cache = cache

    async def pack(self, workspace: str) -> bool:
        """Make all packs of a workspace one; return whether there was something to do.

        Raises LostRaceError if others change it each time, WorkspaceError if
        something is missing.
        """
        async with self._cache.copy(workspace, verified=True) as copy:
            if len(copy.contents.packs) < 2 or not copy.contents.refs:
                return False
            with self._cache.scratch() as folder:
                await self._write(copy, folder)
                files = pack_in(folder)
                async with self._packs.staged(workspace, *files, replaces=True) as whole:
                    await self._replace(workspace, copy, files, whole)
            return True

    # ---------------------------------------------------------------- within

    async def _write(self, copy: Copy, folder: Path) -> None:
        """Write the pack of all that the refs of a copy need."""
        heads = "".join(f"{oid}\n" for oid in sorted(set(copy.contents.refs.values()))).encode()
        target = folder / "objects" / "pack" / "pack"
        words = ("pack-objects", "--revs", "--delta-base-offset", "--quiet", str(target))
        await self._git.run(copy.folder, *words, given=[heads], whose=copy.whose)

    async def _replace(self, workspace: str, copy: Copy, files: tuple[Path, Path], whole: Pack) -> None:
        """Have the pack in the place of those that a copy was made of, as soon as nobody saves in that moment.

        Where people save all the time it takes a turn to save, as they do: else it would be overtaken without end.
        """
        if await self._tried(workspace, copy, files, whole, TRIES):
            return
        async with self._packs.turns.one(workspace, SAVE, PATIENCE) as turn:
            if await self._tried(workspace, copy, files, whole, TRIES_IN_TURN, turn.holder):
                return
        raise LostRaceError("was saved to all the time", f"workspace {workspace}", "try again in a while")

    async def _tried(
        self, workspace: str, copy: Copy, files: tuple[Path, Path], whole: Pack, tries: int, turn: str = ""
    ) -> bool:
        """Try that so often; return whether it was done."""
        former = {pack.id for pack in copy.contents.packs}
        for _ in range(tries):
            async with self._cache.copy(workspace) as now:
                there = {pack.id for pack in now.contents.packs}
                if not former <= there:
                    # Somebody else has made one of them meanwhile.
                    raise LostRaceError("was made one by others", f"workspace {workspace}", "try again in a while")
                with self._cache.scratch() as folder:
                    for path in files:
                        have_too(path, folder)
                    for each in there - former:
                        add_pack(now.objects, each, folder)
                    write_refs(folder, now.contents.refs)
                    await self._cache.verify(folder, now.whose)
                with suppress(LostRaceError):
                    await self._packs.replace(workspace, now.contents.version, whole, former, turn=turn)
                    return True
        return False
