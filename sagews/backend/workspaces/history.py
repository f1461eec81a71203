"""The history of a workspace: its commits, the newest first."""

from dataclasses import dataclass

from sagews.backend.workspaces.cache import Cache
from sagews.backend.workspaces.commits import Commits
from sagews.backend.workspaces.git import Git

FORMAT = "%H%x00%P%x00%an%x00%ae%x00%at%x00%B"
"""Of `git log`: each field ends with a NUL, which none can have in it."""
FIELDS = 6
MOST_PAGE = 200
"""Commits of one page."""
MOST_BYTES = MOST_PAGE * (1 << 15)
"""Bytes that git may say of a page."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One version of a workspace."""

    id: str
    parents: tuple[str, ...]
    author: str
    account: str
    """The id of the author's account, or what a program has in the place of an address."""
    time: float
    """Seconds since the epoch."""
    message: str


class History:
    """Reads commits from copies."""

    def __init__(self, copies: Cache, git: Git) -> None:
        self._copies = copies
        self._git = git
        self._commits = Commits(git)

    async def page(
        self, workspace: str, *, version: str | None = None, skip: int = 0, most: int = MOST_PAGE, path: str = ""
    ) -> list[Commit]:
        """Return at most so many commits from a version on, the newest first.

        `skip`: without so many of them; `path`: only those that change it.
        Without a version, from the newest one. Raises WorkspaceError if it is not known.
        """
        async with self._copies.copy(workspace) as copy:
            if (start := await self._commits.known(copy, version)) is None:
                return []
            pages = (f"--skip={skip}", f"--max-count={min(most, MOST_PAGE + 1)}")
            only = ("--", f":(top,literal){path}") if path else ("--",)
            words = ("log", "-z", "--encoding=UTF-8", f"--format={FORMAT}", *pages, start, *only)
            return _commits(await self._git.run(copy.folder, *words, most=MOST_BYTES, whose=copy.whose))


def _commits(said: bytes) -> list[Commit]:
    fields = said.decode("utf-8", "replace").split("\0")
    rows = [fields[start : start + FIELDS] for start in range(0, len(fields) - FIELDS + 1, FIELDS)]
    return [
        Commit(oid, tuple(parents.split()), author, account, _seconds(when), message.rstrip("\n"))
        for oid, parents, author, account, when, message in rows
    ]


def _seconds(text: str) -> float:
    """Return a time of git's; of a commit that somebody else wrote it may be beyond all measure."""
    return float(text) if text.isdecimal() and len(text) < 16 else 0.0
