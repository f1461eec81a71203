"""Versions of one file over HTTP: what two differ in, one brought back, an open worksheet saved as a new one."""

import asyncio
import time
from contextlib import suppress
from dataclasses import asdict

from aiohttp import web

from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import Nothing
from sagews.backend.api.workspaces import answers
from sagews.backend.api.workspaces.contents import files_of
from sagews.backend.api.workspaces.door import Door, author_of
from sagews.backend.api.workspaces.files import REFUSALS, SAVED, told, unknown_file
from sagews.backend.api.workspaces.shapes import Restored, WhichDifference, WrittenDown
from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.api.workspaces.workspaces import ONE
from sagews.backend.refusal import Refusal
from sagews.backend.worksheets.desks import Desks
from sagews.backend.worksheets.difference import difference
from sagews.backend.workspaces import policy
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.members import Role
from sagews.errors import EpochError, WorkspaceError
from sagews.protocol.json_events import encode

AT_ONCE = 2
"""Files that are compared at once: two versions of each are in memory, and what they say."""


class VersionRoutes:
    """Answers what is about versions of a file."""

    def __init__(self, shelf: Shelf, door: Door, desks: Desks) -> None:
        self._shelf = shelf
        self._door = door
        self._desks = desks
        self._at_once = Turnstile(AT_ONCE, each=1)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            self._door.route(
                Role.VIEWER,
                method="GET",
                path=ONE + "/differences",
                name="compare_versions",
                summary="See what two versions of a file differ in",
                text="Of notebooks cell by cell, of other text line by line. Its versions are the `history` of its"
                " path; their contents are read as every file of a version.",
                query=WhichDifference,
                serve=self._compare,
                replies=(Reply(200, "What they differ in.", answers.Differences),),
                refusals={404: "There is no such workspace, version or file, or not for the caller."},
            ),
            self._door.route(
                Role.EDITOR,
                method="POST",
                path=ONE + "/restored",
                name="restore_file",
                summary="Bring back an older version of a file",
                text="As a new version, whose content is that of the older one. Who has the worksheet open sees it"
                " change; what was in no file yet becomes a version before it.",
                body=Restored,
                serve=self._restore,
                replies=(SAVED,),
                refusals=REFUSALS,
            ),
            self._door.route(
                Role.EDITOR,
                method="POST",
                path=ONE + "/snapshots",
                name="save_worksheet",
                summary="Save an open worksheet into its file now",
                text="It is saved by itself, too: after quiet, and when a run has ended. No version is made if nothing"
                " has changed.",
                body=WrittenDown,
                serve=self._save,
                replies=(Reply(200, "It is in its file.", answers.SavedWorksheet),),
                refusals=REFUSALS | {404: "There is no such workspace, or no worksheet there that is open."},
            ),
        ]

    async def _compare(self, asked: Asked[None, WhichDifference]) -> web.Response:
        query, workspace = asked.query, asked.entry.workspace.id
        async with self._at_once.one(asked.reader):
            new, after = await self._content(workspace, query.path, query.new)
            old, before = "", None
            if query.old is not None:
                old, before = await self._content(workspace, query.path, query.old)
            if before is None and after is None:
                raise unknown_file(query.path)
            found = await asyncio.to_thread(difference, query.path, before, after)
            said = {"path": query.path, "old": old, "new": new, **asdict(found)}
            return web.Response(text=await asyncio.to_thread(encode, said), content_type=JSON)

    async def _restore(self, asked: Asked[Restored, Nothing]) -> web.Response:
        path, workspace, author = asked.body.path, asked.entry.workspace.id, author_of(asked)
        async with self._at_once.one(asked.reader):
            version, files = await files_of(self._shelf.store, workspace, asked.body.version)
            if path not in files:
                raise unknown_file(path)
            worksheet = await self._desks.worksheets.at(workspace, path)
            if worksheet is not None:
                # What is in no file yet would be nowhere afterwards.
                with suppress(EpochError):
                    await self._desks.snapshots.save(worksheet, author)
            content = await self._shelf.store.read(workspace, path, version)
            base = await self._shelf.store.head(workspace)
            message = asked.body.message or await self._message(workspace, path, version)
            saved = await self._shelf.store.save(workspace, {path: content}, base=base, author=author, message=message)
            await self._desks.outside.after(workspace)
            return told(saved)

    async def _save(self, asked: Asked[WrittenDown, Nothing]) -> web.Response:
        worksheet = None
        with suppress(WorkspaceError):
            # A database does not take every word.
            policy.check_path(asked.body.path)
            worksheet = await self._desks.worksheets.at(asked.entry.workspace.id, asked.body.path)
        if worksheet is None:
            hint = "open it first"
            raise Refusal(404, "unknown_worksheet", "is no open worksheet", policy.shown(asked.body.path), hint)
        version = await self._desks.snapshots.save(worksheet, author_of(asked), asked.body.message)
        return web.Response(text=encode({"version": version}), content_type=JSON)

    # ---------------------------------------------------------------- within

    async def _content(self, workspace: str, path: str, version: str | None) -> tuple[str, bytes | None]:
        """Return a version, or the newest one, and what a file has in it: None if it is not there."""
        version, files = await files_of(self._shelf.store, workspace, version)
        return version, await self._shelf.store.read(workspace, path, version) if path in files else None

    async def _message(self, workspace: str, path: str, version: str) -> str:
        (found,) = await self._shelf.history.page(workspace, version=version, most=1)
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(found.commit.time))
        return f"Restore {path} of {when} UTC"
