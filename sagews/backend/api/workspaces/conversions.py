"""Notebooks in other formats over HTTP: a file of a workspace taken out as another one, or made a worksheet there.

What is made of a file is as hostile as the file: a page goes out as every
file does, as an attachment of no type that a browser shows.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import PurePosixPath

from aiohttp import web

from sagews.backend import headers
from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import Nothing
from sagews.backend.api.workspaces import answers
from sagews.backend.api.workspaces.contents import files_of
from sagews.backend.api.workspaces.door import Door, author_of
from sagews.backend.api.workspaces.download import send
from sagews.backend.api.workspaces.files import REFUSALS, VERSION_HEADER, unknown_file
from sagews.backend.api.workspaces.shapes import Exported, Imported
from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.api.workspaces.workspaces import ONE
from sagews.backend.rates import WORKSPACES
from sagews.backend.worksheets.desks import Desks
from sagews.backend.workspaces import policy
from sagews.backend.workspaces.converter import ENDS, Converter, check_convertible
from sagews.backend.workspaces.merge import File
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.members import Role
from sagews.errors import EpochError, WorkspaceError
from sagews.protocol.json_events import encode

AT_ONCE = 4
"""Files that are in memory at once to be converted, and what is made of them until it is taken."""
WORKSHEET = ".ipynb"


class ConversionRoutes:
    """Answers what is about other formats."""

    def __init__(self, shelf: Shelf, door: Door, desks: Desks) -> None:
        self._shelf = shelf
        self._door = door
        self._desks = desks
        self._converter = Converter()
        self._at_once = Turnstile(AT_ONCE, each=1, patience=30.0)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            self._door.route(
                Role.VIEWER,
                method="GET",
                path=ONE + "/exported",
                name="export_file",
                summary="Read a worksheet in another format",
                text="As it is saved; every notebook that is read can be taken out in every format that is written. It"
                " comes as an attachment.",
                query=Exported,
                rate=WORKSPACES,
                serve=self._export,
                replies=(
                    Reply(
                        200,
                        "The file.",
                        media=("application/octet-stream",),
                        headers={VERSION_HEADER: "Of which version it is."},
                    ),
                ),
                refusals={
                    404: "There is no such workspace, version or file, or not for the caller.",
                    422: "It cannot be read, or not be written so; the answer names the cell and the cause.",
                },
            ),
            self._door.route(
                Role.EDITOR,
                method="POST",
                path=ONE + "/imported",
                name="import_file",
                summary="Make a worksheet of a file in another format",
                text="Beside it, under its name with `.ipynb`, or another one that is free. An `.ipynb` without another"
                " name is mended itself: the one before is in the history.",
                body=Imported,
                rate=WORKSPACES,
                serve=self._import,
                replies=(Reply(201, "It is there.", answers.ImportedFile),),
                refusals=REFUSALS
                | {
                    404: "There is no such workspace or file, or not for the caller.",
                    422: "It cannot be read, the answer names the cell and the cause; or the name is taken, or none.",
                },
            ),
        ]

    async def _export(self, asked: Asked[None, Exported]) -> web.StreamResponse:
        query, workspace = asked.query, asked.entry.workspace.id
        async with self._at_once.one(asked.reader):
            version, files = await files_of(self._shelf.store, workspace, query.version)
            content = await self._content(workspace, query.path, version, files)
            written, _ = await self._converter.convert(query.path, content, query.format)
            del content
            name = (PurePosixPath(query.path).stem + ENDS[query.format]).encode()
            response = web.StreamResponse(headers=headers.file_headers(name) | {VERSION_HEADER: version})
            await send(asked.request, response, written)
        return response

    async def _import(self, asked: Asked[Imported, Nothing]) -> web.Response:
        body, workspace, author = asked.body, asked.entry.workspace.id, author_of(asked)
        async with self._at_once.one(asked.reader):
            base, files = await files_of(self._shelf.store, workspace, None)
            target = _target(body, files)
            if target == body.path and (worksheet := await self._desks.worksheets.at(workspace, target)) is not None:
                # What is in no file yet would be nowhere afterwards.
                with suppress(EpochError):
                    await self._desks.snapshots.save(worksheet, author)
                base, files = await files_of(self._shelf.store, workspace, None)
            content = await self._content(workspace, body.path, base, files)
            written, repairs = await self._converter.convert(body.path, content, "ipynb")
            # The right may have been taken away meanwhile.
            await self._door.still(Role.EDITOR, asked.request)
            saved = await self._shelf.store.save(
                workspace, {target: written}, base=base, author=author, message=f"Make a worksheet of {body.path}"
            )
            await self._desks.outside.after(workspace)
        said = {"version": saved.commit, "path": saved.copies.get(target, target), "repairs": list(repairs)}
        return web.Response(status=201, text=encode(said), content_type=JSON)

    # ---------------------------------------------------------------- within

    async def _content(self, workspace: str, path: str, version: str, files: Mapping[str, File]) -> bytes:
        """Return what a file has in it. Raises Refusal if it is not there, WorkspaceError if it is too large."""
        file = files.get(path)
        if file is None or file.mode not in policy.FILE_MODES:
            raise unknown_file(path)
        check_convertible(path, file.size)
        return await self._shelf.store.read(workspace, path, version)


def _target(asked: Imported, there: Collection[str]) -> str:
    """Return under which path a worksheet is made. Raises WorkspaceError if it cannot have it."""
    path = asked.path
    if asked.path not in there:
        raise unknown_file(path)
    if not asked.name:
        if PurePosixPath(path).suffix.lower() == WORKSHEET:
            return path
        target = policy.free(path.removesuffix(PurePosixPath(path).suffix) + WORKSHEET, there) or ""
    else:
        target = asked.name if asked.name.lower().endswith(WORKSHEET) else asked.name + WORKSHEET
    if not target or (asked.name and target in there):
        raise WorkspaceError("is there already", policy.shown(target or path), "choose another name")
    policy.check_path(target)
    return target
