"""Local copies of workspaces: bare repositories, each made from the database alone.

A copy has nothing that the database has not: it may be dropped at any time,
and is, when the backend starts. Before each use it is brought to what the
database has now: packs that are missing are fetched, others removed, refs
written. One use at a time, so that no pack goes under a run of `git`.
"""

import asyncio
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from sagews.backend.workspaces.git import Git
from sagews.database.packs import Contents, Pack, Packs
from sagews.errors import LostRaceError, ServiceError

MOST_COPIES = 100
"""Workspaces of which there is a copy; who was not used for longest goes first."""
TRIES = 3
"""Times that a copy is begun whose packs are replaced while they are fetched."""
HEAD = "ref: refs/heads/main\n"
CONFIGURATION = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
SUFFIXES = {"pack": ".pack", "index": ".idx"}


@dataclass(frozen=True, slots=True)
class Copy:
    """A workspace as it was in the database when this use of it began."""

    folder: Path
    contents: Contents


@dataclass(slots=True)
class _Place:
    """Where a copy is, or will be."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    """Who uses it or waits for that; as long as there is one, it stays."""


class Cache:
    """Copies in a directory that is this cache's alone."""

    def __init__(self, directory: Path, packs: Packs, git: Git) -> None:
        """Begin with no copy: what an earlier life left there is removed. Raises ServiceError if that cannot be."""
        self._directory = directory
        self._packs = packs
        self._git = git
        self._places: OrderedDict[str, _Place] = OrderedDict()
        with _writing(directory):
            _empty(directory)

    @asynccontextmanager
    async def copy(self, workspace: str, *, verified: bool = False) -> AsyncIterator[Copy]:
        """Give a copy for one use; `verified`: git has looked that nothing is missing in it.

        Raises WorkspaceError if the workspace is not there, ServiceError if the
        database is away or has not what it kept.
        """
        place = self._places.setdefault(workspace, _Place())
        self._places.move_to_end(workspace)
        place.users += 1
        try:
            async with place.lock:
                copy = await self._bring(workspace)
                if verified:
                    await self.verify(copy.folder)
                yield copy
        finally:
            place.users -= 1
            await self._drop_some()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give an empty repository of one's own, which is gone afterwards."""
        with _writing(self._directory):
            folder = Path(mkdtemp(prefix="scratch-", dir=self._directory))
        try:
            with _writing(self._directory):
                _make(folder)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def verify(self, repository: Path) -> None:
        """Raise WorkspaceError unless everything that the refs of a repository need is there."""
        await self._git.run(repository, "fsck", "--connectivity-only", "--no-dangling", "--no-progress")

    # ---------------------------------------------------------------- within

    async def _bring(self, workspace: str) -> Copy:
        for tried in range(1, TRIES + 1):
            contents = await self._packs.contents(workspace)
            folder = self._directory / workspace
            try:
                with _writing(self._directory):
                    await self._fill(folder, contents)
            except LostRaceError:
                if tried == TRIES:
                    raise
            else:
                return Copy(folder, contents)
        raise AssertionError

    async def _fill(self, folder: Path, contents: Contents) -> None:
        there = _prepared(folder, contents)
        for pack in contents.packs:
            # The index last: by it git knows that there is a pack.
            for part, size, digest in pack.parts:
                file = there / _name(pack, part)
                if not file.exists():
                    unfinished = file.with_suffix(".unfinished")
                    with unfinished.open("wb") as body:
                        await self._packs.fetch(pack, part, size, digest, body)
                    unfinished.rename(file)
        write_refs(folder, contents.refs)

    async def _drop_some(self) -> None:
        while len(self._places) > MOST_COPIES:
            unused = next((name for name, place in self._places.items() if not place.users), None)
            if unused is None:
                return
            del self._places[unused]
            # Out of the way at once: whoever wants it next makes it anew, or brings it up to date if it could not go.
            with suppress(OSError):
                gone = mkdtemp(prefix="gone-", dir=self._directory)
                with suppress(FileNotFoundError):
                    (self._directory / unused).rename(gone)
                await asyncio.to_thread(shutil.rmtree, gone, ignore_errors=True)


def write_refs(repository: Path, refs: Mapping[str, str]) -> None:
    """Have these refs in a repository, and no others."""
    lines = [f"{oid} {name}\n" for name, oid in sorted(refs.items())]
    unfinished = repository / "packed-refs.unfinished"
    unfinished.write_bytes(("# pack-refs with: sorted\n" + "".join(lines)).encode())
    unfinished.rename(repository / "packed-refs")


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    """Say of a directory that cannot be written that it is this one, and why."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        hint = "look at its owner and the room that is left on its disk"
        raise ServiceError(f"cannot be written: {why}", f"copies of workspaces in {directory}", hint) from error


def _empty(directory: Path) -> None:
    """Have a directory with nothing in it; it may be there, as where another disk is mounted."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    for each in directory.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def _prepared(folder: Path, contents: Contents) -> Path:
    """Return where the packs of a copy are, after those are gone that the database has no more."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        _make(folder)
    there = folder / "objects" / "pack"
    wanted = {_name(pack, part) for pack in contents.packs for part in SUFFIXES}
    for file in list(there.iterdir()):
        if file.name not in wanted:
            file.unlink()
    return there


def _make(folder: Path) -> None:
    for name in ("objects/pack", "objects/info", "refs/heads"):
        (folder / name).mkdir(parents=True)
    (folder / "config").write_text(CONFIGURATION)
    (folder / "HEAD").write_text(HEAD)


def _name(pack: Pack, part: str) -> str:
    return f"pack-{pack.id}{SUFFIXES[part]}"
