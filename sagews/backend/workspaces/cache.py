"""Local copies of workspaces: their packs, fetched from the database alone.

A copy has nothing that the database has not: it may be dropped at any time,
and is, when the backend starts, and when all of them are more bytes than they
may be: who was not used for longest goes first. Where the disk is full
all that nobody uses go. Before each use it is brought
to what the database has now: packs that are missing are fetched.

Many use one copy at the same time, and nobody waits for anybody's use to end.
That is right, because bringing a copy up to date takes nothing away from those
who use it, and nobody else changes it:

- Only one at a time brings it, and asks the database within that, so that a
  copy never goes back to an older version.
- A pack comes with all its bytes, under a name that was never used before, its
  index last. Whoever looks sees all of it or nothing.
- Each use has a small repository of its own, with the refs and exactly the
  packs of the moment in which it began: links into the copy. What the copy has
  beside them, of another moment, is not there for it. Else a save would
  count on objects that the database has no more, as `git` does not write
  again what it finds.
- A pack that the database has no more stays as long as somebody uses the copy
  who began while the database had it: `git` opens packs when it needs them.
- A save writes into a repository of its own (`scratch`), and only reads here.

So a slow reader stops no save, and a save waits only while packs are fetched
that it needs itself.
"""

import asyncio
import errno
import os
import secrets
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.places import NOBODY, Whose
from sagews.database.packs import Contents, Pack, Packs
from sagews.errors import LostRaceError, ServiceError

MOST_BYTES = 4 << 30
"""Bytes of all copies, if no other number is said."""
TRIES = 3
"""Times that a copy is begun whose packs are replaced while they are fetched."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""How the system says that there is no room left."""
BLOCK = 512
"""Bytes by which the system counts what a file takes up (stat(2))."""
HEAD = "ref: refs/heads/main\n"
CONFIGURATION = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"


@dataclass(frozen=True, slots=True)
class Copy:
    """A workspace as it was in the database when this use of it began."""

    folder: Path
    """A repository of this use alone, which has the refs."""
    objects: Path
    """The folder of its objects: what the database had in that moment, and nothing else."""
    contents: Contents
    whose: Whose


@dataclass(slots=True, eq=False)
class _Place:
    """Where a copy is, or will be."""

    bringing: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    """Who uses it or waits for that; as long as there is one, it stays."""
    uses: list[Contents] = field(default_factory=list)
    """What each of those who use it counts on."""
    size: int = 0
    """Bytes that it takes up on its disk."""


class Cache:
    """Copies in a directory that is this cache's alone."""

    def __init__(self, directory: Path, packs: Packs, git: Git, most: int = MOST_BYTES) -> None:
        """Begin with no copy: what an earlier life left there is removed. Raises ServiceError if that cannot be.

        `most`: bytes of all copies. One in use stays, however large it is.
        """
        self._directory = directory
        self._packs = packs
        self._git = git
        self._most = most
        self._places: OrderedDict[str, _Place] = OrderedDict()
        with _writing(directory):
            _empty(directory)

    @property
    def size(self) -> int:
        """Bytes that all copies take up on their disk."""
        return sum(place.size for place in self._places.values())

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
            async with place.bringing:
                contents = await self._bring(workspace, place)
                place.uses.append(contents)
            try:
                whose = Whose(contents.account, workspace)
                with self.scratch() as folder:
                    with _writing(self._directory):
                        write_refs(folder, contents.refs)
                        _link_packs(self._directory / workspace, contents, folder)
                    if verified:
                        await self.verify(folder, whose)
                    yield Copy(folder, folder / "objects", contents, whose)
            finally:
                place.uses.remove(contents)
        finally:
            place.users -= 1
            if not place.users and not place.size:
                del self._places[workspace]
            await self._make_room()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give an empty repository of one's own, which is gone afterwards."""
        with _writing(self._directory):
            self._make_again()
            folder = Path(mkdtemp(prefix="scratch-", dir=self._directory))
        try:
            with _writing(self._directory):
                _make(folder)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def verify(self, repository: Path, whose: Whose = NOBODY) -> None:
        """Raise WorkspaceError unless everything that the refs of a repository need is there."""
        words = ("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
        await self._git.run(repository, *words, whose=whose)

    # ---------------------------------------------------------------- within

    def _make_again(self) -> None:
        """Make the directory if it was taken away, as with a disk: it has nothing that cannot be fetched."""
        if not self._directory.exists():
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def _bring(self, workspace: str, place: _Place) -> Contents:
        for tried in range(1, TRIES + 1):
            contents = await self._packs.contents(workspace)
            try:
                with _writing(self._directory):
                    self._make_again()
                    await self._fill_again(self._directory / workspace, contents, place)
            except LostRaceError:
                if tried == TRIES:
                    raise
            else:
                return contents
        raise AssertionError

    async def _fill_again(self, folder: Path, contents: Contents, place: _Place) -> None:
        """Fill a copy; where the disk is full, once more without those that nobody uses."""
        try:
            await self._fill(folder, contents, place)
        except OSError as error:
            if error.errno not in FULL:
                raise
            await self._make_room(0)
            await self._fill(folder, contents, place)

    async def _fill(self, folder: Path, contents: Contents, place: _Place) -> None:
        there = _packs_in(folder)
        names = {file.name for file in there.iterdir()}
        wanted = {name for each in (contents, *place.uses) for pack in each.packs for name in _names(pack.id)}
        for name in names - wanted:
            (there / name).unlink()
        missing = [pack for pack in contents.packs if not names.issuperset(_names(pack.id))]
        # Before they come, so that those who fetch at the same moment know of each other.
        place.size += sum(pack.size + pack.index_size for pack in missing)
        try:
            await self._make_room()
            for pack in missing:
                await self._fetch(pack, there, names)
        finally:
            if missing or names - wanted or not place.size:
                place.size = _size(folder)

    async def _fetch(self, pack: Pack, there: Path, names: Collection[str]) -> None:
        """Fetch what is missing of a pack, the index last: by it git knows that there is a pack."""
        for name, (part, size, digest) in zip(_names(pack.id), pack.parts, strict=True):
            if name not in names:
                unfinished = there / f"{name}.unfinished"
                with unfinished.open("wb") as body:
                    await self._packs.fetch(pack, part, size, digest, body)
                unfinished.rename(there / name)

    async def _make_room(self, most: int | None = None) -> None:
        """Drop copies that nobody uses until all are not over what they may be, or `most` bytes."""
        while (first := self._first_out(self._most if most is None else most)) is not None:
            folder, gone = self._directory / first, self._directory / f"gone-{secrets.token_hex(8)}"
            # Out of the way at once: whoever wants it next makes it anew.
            with suppress(FileNotFoundError):
                try:
                    folder.rename(gone)
                except OSError:
                    # A full disk may have no room for another name.
                    shutil.rmtree(folder, ignore_errors=True)
            if folder.exists():
                # It counts as long as it is there.
                return
            del self._places[first]
            await asyncio.to_thread(shutil.rmtree, gone, ignore_errors=True)

    def _first_out(self, most: int) -> str | None:
        """Return the copy that goes first. One that is over the bytes of all by itself does, and no other for it."""
        unused = [name for name, place in self._places.items() if not place.users]
        for name in unused:
            if self._places[name].size > most:
                return name
        bounded = sum(place.size for place in self._places.values() if place.size <= most)
        return unused[0] if unused and bounded > most else None


def write_refs(repository: Path, refs: Mapping[str, str]) -> None:
    """Have these refs in a repository, and no others."""
    lines = [f"{oid} {name}\n" for name, oid in sorted(refs.items())]
    unfinished = repository / "packed-refs.unfinished"
    unfinished.write_bytes(("# pack-refs with: sorted\n" + "".join(lines)).encode())
    unfinished.rename(repository / "packed-refs")


def _link_packs(copy: Path, contents: Contents, repository: Path) -> None:
    """Have the packs of these contents, which stay in a copy as long as they are used, in a repository."""
    for pack in contents.packs:
        for name in _names(pack.id):
            (repository / "objects" / "pack" / name).symlink_to(copy / "objects" / "pack" / name)


def add_pack(objects: Path, pack: str, repository: Path) -> None:
    """Have a pack of a copy in a repository, too."""
    for name in _names(pack):
        have_too(objects / "pack" / name, repository)


def have_too(file: Path, repository: Path) -> None:
    """Have a file of a pack in a repository; it is never written again, so that both can be one."""
    target = repository / "objects" / "pack" / file.name
    try:
        # Not to a link, which a copy has for its use: what it leads to may go when that ends.
        target.hardlink_to(file.resolve())
    except OSError:
        shutil.copyfile(file, target)


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


def _packs_in(folder: Path) -> Path:
    """Return where the packs of a copy are; what of it is not there is made, be it all or a part."""
    packs = folder / "objects" / "pack"
    packs.mkdir(parents=True, exist_ok=True)
    return packs


def _size(folder: Path) -> int:
    """Return how many bytes a folder takes up on its disk, with all that is in it."""
    found = [Path(inner, name).lstat() for inner, _, files in os.walk(folder) for name in (".", *files)]
    # What was just written may not have its blocks yet.
    return sum(max(each.st_size, each.st_blocks * BLOCK) for each in found)


def _make(folder: Path) -> None:
    for name in ("objects/pack", "objects/info", "refs/heads"):
        (folder / name).mkdir(parents=True)
    (folder / "config").write_text(CONFIGURATION)
    (folder / "HEAD").write_text(HEAD)


def _names(pack: str) -> tuple[str, str]:
    """Return the names of the files of a pack, as of its parts."""
    return f"pack-{pack}.pack", f"pack-{pack}.idx"
