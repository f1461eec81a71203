"""All that a backend has of workspaces: their tables, the store, and copies that are read while others save."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property

import structlog

from sagews.backend.workspaces.archives import Archives
from sagews.backend.workspaces.cache import Cache
from sagews.backend.workspaces.compaction import Compaction
from sagews.backend.workspaces.directory import own_directory
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.history import History
from sagews.backend.workspaces.making import Making
from sagews.backend.workspaces.receiving import Receiving
from sagews.backend.workspaces.store import Store
from sagews.config.site import Site
from sagews.database.accounts import Accounts
from sagews.database.arrivals import Arrivals
from sagews.database.database import Database
from sagews.database.loose import Loose
from sagews.database.members import Members
from sagews.database.packs import Packs
from sagews.database.publications import Publications
from sagews.database.storage import Storage
from sagews.database.workspace_links import WorkspaceLinks
from sagews.database.workspaces import Workspaces
from sagews.errors import ServiceError

READING_AT_ONCE = 4
"""Runs of git at once for what only reads; see `git.AT_ONCE` for the others."""
FETCHING_AT_ONCE = 8
"""Runs of git at once that last as long as whoever fetches takes what they put out."""
TELLING = 10.0
"""Seconds that whoever is told of a save may take, of which the one who pushes waits for the end."""

log = structlog.get_logger()


class Shelf:
    """Workspaces as the routes use them."""

    def __init__(self, site: Site, database: Database) -> None:
        self._place = site.backend_data / "workspaces"
        self._backend = site.backend
        self._loose = Loose(database)
        self._compaction: Compaction | None = None
        self.on_pushed: Callable[[str], Awaitable[object]] | None = None
        """Is told in which workspace a push is the head now. What it raises is logged."""
        self.packs = Packs(database, site.quotas)
        self.accounts = Accounts(database)
        self.arrivals = Arrivals(database)
        self.workspaces = Workspaces(database, site.quotas)
        self.members = Members(database)
        self.links = WorkspaceLinks(database)
        self.storage = Storage(database, site.quotas)
        self.imports = site.imports
        self.publishing = site.publications
        self.publications = Publications(database, site.publications)

    async def start(self) -> None:
        """Make ready what may take a while. If it cannot be, what needs it is refused, and nothing else."""
        try:
            store = await asyncio.to_thread(lambda: self.store)
        except ServiceError as error:
            log.warning("no workspaces", error=str(error))
            return
        self._compaction = Compaction(store, self._loose, self.packs.turns)
        self._compaction.start()

    async def stop(self) -> None:
        """End what goes on in the background."""
        if self._compaction is not None:
            await self._compaction.stop()

    @cached_property
    def store(self) -> Store:
        """What is saved. Raises ServiceError if its directory cannot be written."""
        directory = own_directory(self._place, self._backend.name)
        return Store(directory, self.packs, Git(), self._backend.workspace_copies)

    @cached_property
    def reading_git(self) -> Git:
        """Runs of git that only read."""
        return Git(at_once=READING_AT_ONCE)

    @cached_property
    def fetching_git(self) -> Git:
        """Runs of git that answer who fetches."""
        return Git(at_once=FETCHING_AT_ONCE)

    @cached_property
    def receiving(self) -> Receiving:
        """Takes in what is pushed."""
        return Receiving(self.packs, self.reading_git, self.copies, self._tell)

    @property
    def copies(self) -> Cache:
        """Copies for what reads a whole workspace: history, archives. Raises ServiceError as `store`."""
        return self.store.copies

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
        return History(self.copies, self.reading_git, self.arrivals)

    async def _tell(self, workspace: str) -> None:
        """Tell of a push, which is durable, whatever comes of the telling."""
        if self.on_pushed is None:
            return
        try:
            async with asyncio.timeout(TELLING):
                await self.on_pushed(workspace)
        except Exception:
            log.exception("nobody could be told of a push", workspace=workspace)
