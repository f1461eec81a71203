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
from sagews.backend.printer import Printer
from sagews.backend.rates import WORKSPACES
from sagews.backend.reader import reader_of
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
PRINTS_AT_ONCE = 2
"""Of one backend; each takes a session."""
WORKSHEET = ".ipynb"
PDF = ".pdf"


class ConversionRoutes:
    """Answers what is about other formats."""

    def __init__(self, shelf: Shelf, door: Door, desks: Desks, printer: Printer) -> None:
        self._shelf = shelf
        self._door = door
        self._desks = desks
        self._printer = printer
        self._converter = Converter()
        self._at_once = Turnstile(AT_ONCE, each=1, patience=30.0)
        # Apart from the others, whom a print that takes its time must not keep waiting.
        self._prints_at_once = Turnstile(PRINTS_AT_ONCE, each=1, patience=30.0)

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
                " comes as an attachment. A `pdf` is printed by a browser behind the walls of a session, without"
                " scripts and network, where the site has one; that takes seconds, and counts as a session of the"
                " caller's. Who leaves ends it.",
                query=Exported,
                rate=WORKSPACES,
                serve=self._export,
                replies=(
                    Reply(
                        200,
                        "The file.",
                        media=("application/octet-stream", "application/pdf"),
                        headers={VERSION_HEADER: "Of which version it is."},
                    ),
                ),
                refusals={
                    404: "There is no such workspace, version or file, or not for the caller.",
                    422: "It cannot be read, or not be written so; the answer names the cell and the cause. Or this"
                    " site prints nothing.",
                    503: "There is no place now; try again.",
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
        query = asked.query
        if query.format == "pdf":
            return await self._print(asked)
        async with self._at_once.one(asked.reader):
            version, written = await self._written(asked, query.format)
            name = (PurePosixPath(query.path).stem + ENDS[query.format]).encode()
            response = web.StreamResponse(headers=headers.file_headers(name) | {VERSION_HEADER: version})
            await send(asked.request, response, written)
        return response

    async def _print(self, asked: Asked[None, Exported]) -> web.StreamResponse:
        query, noun = asked.query, policy.shown(asked.query.path)
        self._printer.check(noun)
        async with self._prints_at_once.one(asked.reader):
            # Neither waits for the other while it has a place: a page is made in bounded time, and prints are few.
            async with self._at_once.one(asked.reader):
                version, page = await self._written(asked, "html")
            pdf = await self._printer.print(page, query.paper, noun, reader_of(asked.request))
            # The right may have been taken away meanwhile.
            await self._door.still(Role.VIEWER, asked.request)
            name = (PurePosixPath(query.path).stem + PDF).encode()
            more = {VERSION_HEADER: version, "Content-Type": "application/pdf"}
            response = web.StreamResponse(headers=headers.file_headers(name) | more)
            await send(asked.request, response, pdf)
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

    async def _written(self, asked: Asked[None, Exported], write_as: str) -> tuple[str, bytes]:
        """Return the version of what is asked for, and that in another format. Raises Refusal, WorkspaceError."""
        query, workspace = asked.query, asked.entry.workspace.id
        version, files = await files_of(self._shelf.store, workspace, query.version)
        content = await self._content(workspace, query.path, version, files)
        written, _ = await self._converter.convert(query.path, content, write_as)
        return version, written

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
