"""All that a backend has of open worksheets: their rooms, who is in them, and the desks of its connections."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from urllib.parse import urlsplit

import structlog

from sagews.backend.reader import Reader
from sagews.backend.sessions import Sessions
from sagews.backend.worksheets.admissions import Admissions, Visitor
from sagews.backend.worksheets.agreement import Agreement
from sagews.backend.worksheets.company import Company
from sagews.backend.worksheets.desk import Desk
from sagews.backend.worksheets.evaluating import WorksheetRuns
from sagews.backend.worksheets.membership import Client
from sagews.backend.worksheets.opening import Opening
from sagews.backend.worksheets.outside import Outside
from sagews.backend.worksheets.rooms import Rooms
from sagews.backend.worksheets.session_files import SessionFiles
from sagews.backend.worksheets.snapshots import Snapshots
from sagews.backend.worksheets.troubles import Troubles
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.evaluations import Evaluations
from sagews.database.hints import Hints
from sagews.database.logins import TOKEN
from sagews.database.members import Entry
from sagews.database.merges import Merges
from sagews.database.outputs import Outputs
from sagews.database.storage import Storage
from sagews.database.updates import Updates
from sagews.database.worksheet_files import WorksheetFiles
from sagews.database.worksheets import Worksheets
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

LOOK_SECONDS = 1.5
"""Between two looks whether those who have a worksheet open still may."""
ASKED_AT_ONCE = 4
"""Visitors of whom the database is asked at once for that."""

log = structlog.get_logger()


class Desks:
    """Worksheets as connections use them, from `start` to `stop`."""

    def __init__(self, site: Site, database: Database, shelf: Shelf) -> None:
        own = {"localhost", site.backend.host, *site.backend.hosts}
        self._foreign = {each.lower() for each in site.backend.origins if urlsplit(each).hostname not in own}
        self._hints = Hints(database)
        self.worksheets = Worksheets(database)
        self.rooms = Rooms(self.worksheets, Updates(database, self._hints), self._hints)
        self.company = Company(database, self._hints)
        self.admissions = Admissions(shelf.members)
        files = WorksheetFiles(database)
        self.opening = Opening(shelf, self.worksheets, self.rooms, files)
        merges = Merges(database, site.quotas)
        tables = (self.worksheets, files, Evaluations(database), Outputs(database), merges)
        agreement = Agreement(self.rooms, lambda: shelf.store, tables, shelf.packs.turns)
        self.outside = Outside(agreement)
        self.snapshots = Snapshots(agreement, self.outside)
        self._desks: set[Desk] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._troubles = Troubles(files, lambda: [each for desk in self._desks for each in desk.memberships])
        self.snapshots.on_standing = self._troubles.hint
        shelf.on_pushed = self.outside.after
        self.storage = Storage(database, site.quotas)
        self._database = database
        self._store = lambda: shelf.store
        self._most_file = site.limits.file_bytes
        self.runs: WorksheetRuns
        self.files: SessionFiles
        self.environments = [environment.name for environment in site.environment]
        """Of the site, its first one before the others."""
        self._task: asyncio.Task[None] | None = None

    def attend(self, sessions: Sessions) -> None:
        """Have worksheets evaluated in sessions of a backend; before `start`."""
        self.files = SessionFiles(self._database, sessions, self._store, self.outside, self._most_file)
        self.runs = WorksheetRuns(self._database, sessions, self._hints, self.snapshots.run_ended, self.files.furnish)

    def start(self) -> None:
        """Begin to listen to other backends, and to look after rooms and rights."""
        self._hints.start()
        self.rooms.start()
        self.company.start()
        self.snapshots.start()
        self._troubles.start()
        self.runs.start()
        self._task = asyncio.create_task(self._look_again_and_again())

    async def stop(self) -> None:
        """End all of it. What is not committed was acknowledged to nobody."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(*self._ending, return_exceptions=True)
        await self.company.stop()
        await self._troubles.stop()
        await self.runs.stop()
        await self.snapshots.stop()
        await self.rooms.stop()
        await self._hints.stop()

    def desk(self, client: Client, reader: Callable[[], Reader]) -> Desk:
        """Return the desk of a new connection."""
        return Desk(self, client, reader)

    def check(self, reader: Reader) -> None:
        """Raise RefusedRequest for whom worksheets are not, whoever they are.

        As with workspaces: neither for pages of other origins, although these may have cells, nor for tokens of the
        API whose scopes say nothing of them.
        """
        if reader.embedded or reader.origin.lower().rstrip("/") in self._foreign or reader.login.startswith(TOKEN):
            hint = "open it on the page of its workspace, or use /api/v1/workspaces"
            what = "is for people on this site's own pages"
            raise RefusedRequest(pb.FAILURE_CODE_FORBIDDEN, what, "worksheet", hint)

    def enter(self, desk: Desk) -> None:
        """Look after a desk."""
        self._desks.add(desk)

    def leave(self, desk: Desk, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Look after it no more, but wait for these before the end: each may have work in the database."""
        self._desks.discard(desk)
        for task in tasks:
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    # ---------------------------------------------------------------- within

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except ServiceError as error:
                # Nobody is told anything new meanwhile.
                log.info("rights to worksheets not looked at", error=str(error))
            except Exception:
                log.exception("rights to worksheets not looked at")

    async def _look(self) -> None:
        """End what is open of worksheets for whom the database knows another role by now, or none."""
        visitors = {each.visitor for desk in self._desks for each in desk.memberships}
        some = asyncio.Semaphore(ASKED_AT_ONCE)

        async def ask(visitor: Visitor) -> Entry | None:
            async with some:
                return await self.admissions.asked(visitor)

        order = list(visitors)
        entries = dict(zip(order, await asyncio.gather(*map(ask, order)), strict=True))
        for desk in list(self._desks):
            for membership in desk.memberships:
                if membership.visitor not in entries:
                    continue
                entry = entries[membership.visitor]
                if entry is None or entry.role is not membership.role:
                    desk.end(membership, pb.WORKSHEET_REASON_RIGHTS)
