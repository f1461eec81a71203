"""What somebody pushes, taken in: a pack that git checks, and then the new head of the one branch.

The pack is unpacked into a repository of its own, which only reads the copy's
objects: nothing of it is anywhere else before all of it was looked at. Then it
goes the way of a save, staged and taken in with the head, in one transaction.
Who is overtaken by a change that leaves the head as it is, as when packs are
made into one, tries again in a turn; who is overtaken by another head is told
to fetch it first. All of it may last minutes, so it is asked each time, right
before it is taken in, whether whoever pushes still may.
"""

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sagews.backend.workspaces import listing
from sagews.backend.workspaces.cache import Cache, Copy
from sagews.backend.workspaces.commits import BRANCH, Commits
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.merge import File
from sagews.backend.workspaces.save import pack_in, packs_in
from sagews.backend.workspaces.store import PATIENCE, TRIES_IN_TURN
from sagews.database.arrivals import Arrival, Way, note
from sagews.database.packs import MOST_PACKED, Pack, Packs
from sagews.database.turns import SAVE
from sagews.errors import LostRaceError, WorkspaceError

EMPTY_PACK = 32
"""Bytes of a pack without objects: its head, and the hash at its end (gitformat-pack(5))."""

Tell = Callable[[str], Awaitable[object]]
"""Is told in which workspace something new is the head. It raises nothing."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What somebody wants with a pack that they push."""

    workspace: str
    old: str | None
    """The head as they know it; None: there is none."""
    new: str
    """What it is to be."""
    account: str
    """Whose push it is."""
    still_may: Callable[[], Awaitable[object]]
    """Raises unless they still may."""


class Receiving:
    """Takes in pushes."""

    def __init__(self, packs: Packs, git: Git, copies: Cache, tell: Tell) -> None:
        """`tell`: who is told of a new head, when it is durable."""
        self._packs = packs
        self._git = git
        self._copies = copies
        self._commits = Commits(git)
        self._tell = tell

    async def receive(self, pushed: Pushed, pack: Iterable[bytes]) -> None:
        """Have what is pushed as the head, with the pack that it needs; it is durable.

        Raises LostRaceError if there is another head, WorkspaceError, which says why, if it may not be, and what
        `still_may` raises.
        """
        with self._copies.scratch() as folder:
            async with self._copies.copy(pushed.workspace) as copy:
                if not _is_new(copy, pushed):
                    return
                await self._unpack(folder, copy, pack)
                smaller = await self._check(folder, copy, pushed)
                version = copy.contents.version
            await self._bring(pushed, folder, version, smaller=smaller)
        await self._tell(pushed.workspace)

    # ---------------------------------------------------------------- within

    async def _unpack(self, folder: Path, copy: Copy, pack: Iterable[bytes]) -> None:
        words = ("index-pack", "--strict", "--stdin", "--fix-thin", f"--max-input-size={MOST_PACKED}")
        await self._git.run(folder, *words, given=pack, objects=copy.objects, whose=copy.whose)
        for file in packs_in(folder):
            if file.stat().st_size <= EMPTY_PACK:
                file.unlink()

    async def _check(self, folder: Path, copy: Copy, pushed: Pushed) -> bool:
        """Raise unless a commit may be the head after an old one; return whether its files are fewer bytes."""
        old, new = pushed.old, pushed.new
        run = partial(self._git.run, folder, objects=copy.objects, whose=copy.whose)
        try:
            await run("cat-file", "-e", f"{new}^{{commit}}")
        except WorkspaceError as error:
            raise WorkspaceError("is no commit that came with it", "push", "push a commit") from error
        known = "".join(f"^{oid}\n" for oid in sorted(set(copy.contents.refs.values())))
        try:
            await run("rev-list", "--objects", "--quiet", "--stdin", given=[f"{new}\n{known}".encode()])
        except WorkspaceError as error:
            hint = "push from a whole clone: git fetch --unshallow"
            raise WorkspaceError("needs objects that did not come with it", "push", hint) from error
        if old is not None:
            try:
                await run("merge-base", "--is-ancestor", old, new)
            except WorkspaceError as error:
                what = "would take away what others have saved: it does not go on from there"
                raise WorkspaceError(what, "push", "fetch, merge, and push again without force") from error
        files = await self._commits.files(copy, old)
        listed = await run(*listing.WORDS, new, most=listing.MOST)
        return await to_thread(_becomes_smaller, listed, files)

    async def _bring(self, pushed: Pushed, folder: Path, version: int, *, smaller: bool) -> None:
        """Bring it to the database, and take it in."""
        workspace = pushed.workspace
        async with AsyncExitStack() as stack:
            pack = None
            if packs_in(folder):
                pack = await stack.enter_async_context(self._packs.staged(workspace, *pack_in(folder)))
            try:
                await self._take(pushed, version, pack, smaller=smaller)
            except LostRaceError:
                turn = await stack.enter_async_context(self._packs.turns.one(workspace, SAVE, PATIENCE))
            else:
                return
            for _ in range(TRIES_IN_TURN):
                async with self._copies.copy(workspace) as copy:
                    if not _is_new(copy, pushed):
                        return
                    # What it counts on may be no more.
                    smaller = await self._check(folder, copy, pushed)
                    now = copy.contents.version
                    try:
                        await self._take(pushed, now, pack, smaller=smaller, turn=turn.holder)
                    except LostRaceError:
                        continue
                    return
            raise LostRaceError("others were faster each time", f"workspace {workspace}", "push again")

    async def _take(self, pushed: Pushed, version: int, pack: Pack | None, *, smaller: bool, turn: str = "") -> None:
        """Take it in, if whoever pushes still may."""
        await pushed.still_may()
        arrival = Arrival(Way.PUSHED, pushed.account)
        also = partial(note, workspace=pushed.workspace, oid=pushed.new, arrival=arrival)
        head = {BRANCH: pushed.new}
        await self._packs.take(pushed.workspace, version, head, pack, also, smaller=smaller, turn=turn)


def _is_new(copy: Copy, pushed: Pushed) -> bool:
    """Whether a head would be another one than there is. Raises LostRaceError unless that is the old one."""
    head = copy.contents.refs.get(BRANCH)
    if head == pushed.new:
        # Pushed before, by somebody who was never told so.
        return False
    if head != pushed.old:
        raise LostRaceError("was changed meanwhile", "workspace", "fetch first: git pull, then push again")
    return True


def _becomes_smaller(listed: bytes, files: dict[str, File]) -> bool:
    """Whether a list that somebody else made is of fewer bytes than the files before. Raises WorkspaceError."""
    return _bytes(listing.check_newer(listed, files)) < _bytes(files)


def _bytes(files: dict[str, File]) -> int:
    return sum(file.size for file in files.values())
