"""Whole workspaces over HTTP: fetched as a zip file or a git bundle, copied, and made of such files."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from aiohttp import web

from sagews.backend import headers
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import Nothing
from sagews.backend.api.workspaces.door import Door
from sagews.backend.api.workspaces.download import send_file
from sagews.backend.api.workspaces.shapes import At, Named, NewWorkspace
from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.api.workspaces.upload import read_into
from sagews.backend.api.workspaces.workspaces import MADE, ONE, made
from sagews.backend.rates import WORKSPACES
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.shelf import Shelf
from sagews.backend.workspaces.zips import MOST_ZIP
from sagews.database.members import Role
from sagews.database.packs import MOST_PACKED

IMPORTS = "/api/v1/imports"
OUT_AT_ONCE, IN_AT_ONCE = 4, 2
"""Archives that are on a disk of the backend at once, on their way out and in."""


class ArchiveRoutes:
    """Answers what is about whole workspaces as files."""

    def __init__(self, shelf: Shelf, door: Door) -> None:
        self._shelf = shelf
        self._door = door
        self._out, self._in = Turnstile(OUT_AT_ONCE), Turnstile(IN_AT_ONCE, each=1)

    def routes(self) -> list[Route]:
        """Return the routes."""
        fetched = {
            404: "There is no such workspace, or not for the caller.",
            422: "There is nothing in it yet, or the version is not known.",
        }
        refused = {422: "It may not be a workspace; the answer says what is wrong with which file. Nothing is made."}
        return [
            self._door.route(
                Role.VIEWER,
                method="GET",
                path=ONE + "/zip",
                name="fetch_zip",
                summary="Fetch the files of a workspace as a zip file",
                text="Those of its newest version, or of the one that is named.",
                query=At,
                rate=WORKSPACES,
                serve=self._zip,
                replies=(Reply(200, "The zip file.", media=("application/octet-stream",)),),
                refusals=fetched,
            ),
            self._door.route(
                Role.VIEWER,
                method="GET",
                path=ONE + "/bundle",
                name="fetch_bundle",
                summary="Fetch a workspace with its history as a git bundle",
                text="`git clone FILE` makes a repository of it. It is sent when all was restored from it once.",
                rate=WORKSPACES,
                serve=self._bundle,
                replies=(Reply(200, "The bundle.", media=("application/octet-stream",)),),
                refusals=fetched,
            ),
            self._door.route(
                Role.VIEWER,
                account=True,
                method="POST",
                path=ONE + "/copy",
                name="copy_workspace",
                summary="Copy a workspace",
                text="The copy is the caller's, with the whole history and no members or links.",
                body=NewWorkspace,
                rate=WORKSPACES,
                serve=self._copy,
                replies=(MADE,),
                refusals=refused,
            ),
            self._door.own(
                method="POST",
                path=IMPORTS + "/zip",
                name="import_zip",
                summary="Make a workspace of a zip file",
                text=f"Of at most {MOST_ZIP >> 20} MiB. Links, odd names and what unpacks to too much are refused"
                " before anything is unpacked.",
                query=Named,
                file=True,
                rate=WORKSPACES,
                serve=self._import_zip,
                replies=(MADE,),
                refusals=refused,
            ),
            self._door.own(
                method="POST",
                path=IMPORTS + "/bundle",
                name="import_bundle",
                summary="Make a workspace of a git bundle",
                text=f"Of at most {MOST_PACKED >> 20} MiB, and of a whole history, as `git bundle create FILE --all`"
                " makes it. Branches and tags are taken; every object is checked.",
                query=Named,
                file=True,
                rate=WORKSPACES,
                serve=self._import_bundle,
                replies=(MADE,),
                refusals=refused,
            ),
        ]

    # ------------------------------------------------------------------ out

    async def _zip(self, asked: Asked[None, At]) -> web.StreamResponse:
        archive = self._shelf.archives.zip(asked.entry.workspace.id, asked.query.version)
        return await self._sent(asked, archive, "zip")

    async def _bundle(self, asked: Asked[None, Nothing]) -> web.StreamResponse:
        return await self._sent(asked, self._shelf.archives.bundle(asked.entry.workspace.id), "bundle")

    async def _sent(
        self, asked: Asked[Any, Any], archive: AbstractAsyncContextManager[Path], suffix: str
    ) -> web.StreamResponse:
        name = f"{asked.entry.workspace.name}.{suffix}".encode()
        response = web.StreamResponse(headers=headers.file_headers(name))
        async with self._out.one(asked.reader), archive as file:
            await send_file(asked.request, response, file)
        return response

    # ------------------------------------------------------------------- in

    async def _copy(self, asked: Asked[NewWorkspace, Nothing]) -> web.Response:
        async with self._out.one(asked.reader):
            other, name = asked.entry.workspace.id, asked.body.name
            identifier = await self._shelf.making.of_workspace(other, name, asked.account)
        return await made(self._shelf, identifier, asked.account)

    async def _import_zip(self, asked: Asked[None, Named]) -> web.Response:
        account = await self._shelf.accounts.get(asked.account)
        author = Author((account.name if account is not None else "") or asked.account, asked.account)
        async with self._in.one(asked.reader):
            with self._shelf.copies.scratch() as folder, (folder / "import.zip").open("w+b") as file:
                await read_into(asked.request, file, MOST_ZIP, "zip file")
                identifier = await self._shelf.making.of_zip(file, asked.query.name, asked.account, author)
        return await made(self._shelf, identifier, asked.account)

    async def _import_bundle(self, asked: Asked[None, Named]) -> web.Response:
        async with self._in.one(asked.reader):
            with self._shelf.copies.scratch() as folder:
                file = folder / "import.bundle"
                with file.open("wb") as body:
                    await read_into(asked.request, body, MOST_PACKED, "bundle")
                identifier = await self._shelf.making.of_bundle(file, asked.query.name, asked.account)
        return await made(self._shelf, identifier, asked.account)
