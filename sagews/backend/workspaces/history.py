"""The history of a workspace: its commits, the newest first.

First git names them, then how large each is, and then it gives them: those that
are small all at once, and of each larger one the beginning, after which it is
ended. So however much somebody writes into a message, a page of it is bounded.
"""

import asyncio
from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass

from sagews.backend.workspaces.cache import Cache, Copy
from sagews.backend.workspaces.commit_text import BEGINNING, Commit, read_commit
from sagews.backend.workspaces.commits import Commits
from sagews.backend.workspaces.git import DEADLINE, Git
from sagews.database.arrivals import Arrival, Arrivals
from sagews.errors import ServiceError

MOST_PAGE = 200
"""Commits of one page."""
MOST_LINE = 100
"""Bytes of a line in which git names an object, with its type and size."""


@dataclass(frozen=True, slots=True)
class Version:
    """A commit, and how it came."""

    commit: Commit
    arrival: Arrival | None
    """None: it came with others, or before it was written down how commits come."""


class History:
    """Reads commits from copies."""

    def __init__(self, copies: Cache, git: Git, arrivals: Arrivals) -> None:
        self._copies = copies
        self._git = git
        self._arrivals = arrivals
        self._commits = Commits(git)

    async def page(
        self, workspace: str, *, version: str | None = None, skip: int = 0, most: int = MOST_PAGE, path: str = ""
    ) -> list[Version]:
        """Return at most so many commits from a version on, the newest first.

        `skip`: without so many of them; `path`: only those that change it.
        Without a version, from the newest one. Raises WorkspaceError if it is not known.
        """
        async with self._copies.copy(workspace) as copy:
            if (start := await self._commits.known(copy, version)) is None:
                return []
            pages = (f"--skip={skip}", f"--max-count={min(most, MOST_PAGE + 1)}")
            only = ("--", f":(top,literal){path}") if path else ("--",)
            named = await self._git.run(copy.folder, "rev-list", *pages, start, *only, whose=copy.whose)
            if not (oids := named.decode("ascii").split()):
                return []
            said = await self._said(copy, oids)
        known = await self._arrivals.of(workspace, oids)
        return await to_thread(_versions, oids, said, known)

    # ---------------------------------------------------------------- within

    async def _said(self, copy: Copy, oids: list[str]) -> dict[str, bytes]:
        """Return the beginning of each of these commits."""
        sizes = await self._sizes(copy, oids)
        small = [oid for oid, size in sizes.items() if size < BEGINNING]
        most = sum(sizes[oid] + MOST_LINE for oid in small)
        given = [f"{oid}\n".encode() for oid in small]
        said = await self._git.run(copy.folder, "cat-file", "--batch", given=given, most=most, whose=copy.whose)
        found = _parts(said, small, sizes)
        try:
            async with asyncio.timeout(DEADLINE):
                for oid in sizes.keys() - found.keys():
                    words = ("cat-file", "commit", oid)
                    found[oid] = await self._git.run(copy.folder, *words, most=BEGINNING, cut=True, whose=copy.whose)
        except TimeoutError as error:
            raise ServiceError("takes too long to be read", "history", "ask for fewer versions at once") from error
        return found

    async def _sizes(self, copy: Copy, oids: list[str]) -> dict[str, int]:
        """Return how many bytes each of these commits has."""
        given = [f"{oid}\n".encode() for oid in oids]
        words = ("cat-file", "--batch-check=%(objectname) %(objectsize)")
        said = await self._git.run(copy.folder, *words, given=given, most=MOST_LINE * len(oids), whose=copy.whose)
        return {oid: int(size) for oid, _, size in (line.partition(" ") for line in said.decode("ascii").splitlines())}


def _parts(said: bytes, oids: list[str], sizes: Mapping[str, int]) -> dict[str, bytes]:
    """Return what `git cat-file --batch` said of each (its manual, BATCH OUTPUT): a line, the object, and a newline."""
    found, place = {}, 0
    for oid in oids:
        begin = said.index(b"\n", place) + 1
        place = begin + sizes[oid] + 1
        found[oid] = said[begin : place - 1]
    return found


def _versions(oids: list[str], said: Mapping[str, bytes], known: Mapping[str, Arrival]) -> list[Version]:
    return [Version(read_commit(oid, said[oid]), known.get(oid)) for oid in oids]
