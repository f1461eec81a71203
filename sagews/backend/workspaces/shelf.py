"""All that a backend has of workspaces: their tables, the store, and copies that are read while others save."""

import asyncio
from functools import cached_property
from pathlib import Path

import structlog

from sagews.backend.workspaces.archives import Archives
from sagews.backend.workspaces.cache import Cache
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.history import History
from sagews.backend.workspaces.making import Making
from sagews.backend.workspaces.store import Store
from sagews.database.accounts import Accounts
from sagews.database.database import Database
from sagews.database.members import Members
from sagews.database.packs import Packs
from sagews.database.workspace_links import WorkspaceLinks
from sagews.database.workspaces import Workspaces
from sagews.errors import ServiceError

READING_AT_ONCE = 3
"""Runs of git at once for what only reads; see `git.AT_ONCE` for the others."""

log = structlog.get_logger()


class Shelf:
    """Workspaces as the routes use them."""

    def __init__(self, directory: Path, database: Database) -> None:
        """`directory`: of this backend alone; copies are there, and nothing else."""
        self._directory = directory
        self.packs = Packs(database)
        self.accounts = Accounts(database)
        self.workspaces = Workspaces(database)
        self.members = Members(database)
        self.links = WorkspaceLinks(database)

    async def start(self) -> None:
        """Make ready what may take a while. If it cannot be, what needs it is refused, and nothing else."""
        try:
            await asyncio.to_thread(lambda: (self.store, self.copies))
        except ServiceError as error:
            log.warning("no workspaces", error=str(error))

    @cached_property
    def store(self) -> Store:
        """What is saved. Raises ServiceError if its directory cannot be written."""
        return Store(self._directory / "store", self.packs, Git())

    @cached_property
    def reading_git(self) -> Git:
        """Runs of git that only read."""
        return Git(at_once=READING_AT_ONCE)

    @cached_property
    def copies(self) -> Cache:
        """Copies for what reads a whole workspace: history, archives. Raises ServiceError as `store`."""
        return Cache(self._directory / "reading", self.packs, self.reading_git)

    @cached_property
    def making(self) -> Making:
        """Makes workspaces."""
        return Making(self.workspaces, self.packs, self.store, self.copies, self.reading_git)

    @property
    def archives(self) -> Archives:
        """Whole workspaces as files."""
        return Archives(self.copies, self.reading_git, self.making)

    @property
    def history(self) -> History:
        """The commits of workspaces."""
        return History(self.copies, self.reading_git)
