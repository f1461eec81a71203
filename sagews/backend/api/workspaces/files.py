"""The files of a workspace over HTTP: listed, read, and saved, each save on the version that its author has seen.

A file is somebody's and hostile: it comes as an attachment, of no type that a
browser shows, and into a sandbox should one show it all the same.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from aiohttp import web

from sagews.backend import headers
from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.workspaces import answers
from sagews.backend.api.workspaces.contents import files_of
from sagews.backend.api.workspaces.door import Door, author_of
from sagews.backend.api.workspaces.download import send
from sagews.backend.api.workspaces.saves import changes_of
from sagews.backend.api.workspaces.shapes import At, On, Save, WhichFiles
from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.api.workspaces.upload import read_content
from sagews.backend.api.workspaces.workspaces import ONE
from sagews.backend.rates import FILES as FILES_RATE
from sagews.backend.refusal import Refusal
from sagews.backend.worksheets.outside import Outside
from sagews.backend.workspaces import policy
from sagews.backend.workspaces.kinds import kind_of
from sagews.backend.workspaces.merge import File
from sagews.backend.workspaces.shelf import Shelf
from sagews.backend.workspaces.store import Saved
from sagews.database.members import Role
from sagews.errors import WorkspaceError
from sagews.protocol.json_events import encode

FILES = ONE + "/files"
PATH, PATTERN = FILES + "/{path}", FILES + "/{path:(?s:.+)}"
AT_ONCE = 8
"""Files that are in memory at once, on their way in or out."""
SAVES_AT_ONCE, SAVES_EACH, SAVES_PATIENCE = 16, 4, 30.0
"""Saves of JSON, whose body has come already: of all, of one who saves, and the seconds that one waits."""
VERSION_HEADER = "Sagews-Workspace-Version"

SAVED = Reply(200, "It is durable; the answer says what is not as it was asked.", answers.Saved)
REFUSALS = {
    409: "Others were faster each time: try again.",
    422: "A file cannot be so, or the version is not known; the answer says why, and nothing is saved.",
}


class FileRoutes:
    """Answers what is about files."""

    def __init__(self, shelf: Shelf, door: Door, outside: Outside) -> None:
        """`outside` has worksheets told of what is saved."""
        self._shelf = shelf
        self._outside = outside
        self._door = door
        self._files_at_once = Turnstile(AT_ONCE)
        self._saves_at_once = Turnstile(SAVES_AT_ONCE, each=SAVES_EACH, patience=SAVES_PATIENCE)

    def routes(self) -> list[Route]:
        """Return the routes."""
        unknown = {404: "There is no such workspace, version or file, or not for the caller."}
        editor = Role.EDITOR
        return [
            self._door.route(
                Role.VIEWER,
                method="GET",
                path=FILES,
                name="list_workspace_files",
                summary="List the files of a workspace",
                text="Those of its newest version, or of the one that is named.",
                query=WhichFiles,
                rate=FILES_RATE,
                serve=self._list,
                replies=(Reply(200, "A page of them.", answers.WorkspaceFiles),),
                refusals=unknown,
            ),
            self._door.route(
                Role.VIEWER,
                method="GET",
                path=PATH,
                pattern=PATTERN,
                name="read_workspace_file",
                summary="Read a file of a workspace",
                text="It comes as an attachment.",
                query=At,
                rate=FILES_RATE,
                serve=self._read,
                replies=(
                    Reply(
                        200,
                        "The file.",
                        media=("application/octet-stream",),
                        headers={VERSION_HEADER: "Of which version it is.", "ETag": "The same for the same content."},
                    ),
                    Reply(304, "It is as the caller has it, by the `If-None-Match` that it sent."),
                ),
                refusals=unknown,
            ),
            self._door.route(
                editor,
                method="PUT",
                path=PATH,
                pattern=PATTERN,
                name="save_workspace_file",
                summary="Save a file to a workspace",
                text="The body is its content. If others have changed the file since `base`, theirs stays, and this"
                " one is saved beside it under a name that says so.",
                query=On,
                rate=FILES_RATE,
                file=True,
                serve=self._put,
                replies=(SAVED,),
                refusals=REFUSALS,
            ),
            self._door.route(
                editor,
                method="DELETE",
                path=PATH,
                pattern=PATTERN,
                name="delete_workspace_file",
                summary="Delete a file of a workspace",
                text="If others have changed it since `base`, it stays, and is told as `left`.",
                query=On,
                rate=FILES_RATE,
                serve=self._delete,
                replies=(SAVED,),
                refusals=REFUSALS,
            ),
            self._door.route(
                editor,
                method="POST",
                path=ONE + "/save",
                name="save_workspace",
                summary="Save several files to a workspace",
                text="All of it is one commit, or nothing is done. What others have changed since `base` is told in"
                " `copies` and `left`; nothing that anybody wrote is lost. No file is renamed onto one that is there.",
                body=Save,
                rate=FILES_RATE,
                serve=self._save,
                replies=(SAVED,),
                refusals=REFUSALS,
            ),
        ]

    async def _list(self, asked: Asked[None, WhichFiles]) -> web.Response:
        version, files = await files_of(self._shelf.store, asked.entry.workspace.id, asked.query.version)
        said = await asyncio.to_thread(_page, version, files, asked.query)
        return web.Response(text=said, content_type=JSON)

    async def _read(self, asked: Asked[None, At]) -> web.StreamResponse:
        path = _path_of(asked.request)
        version, files = await files_of(self._shelf.store, asked.entry.workspace.id, asked.query.version)
        if (file := files.get(path)) is None:
            raise unknown_file(path)
        etag = f'"{file.oid}"'
        more = {VERSION_HEADER: version, "ETag": etag}
        if headers.names_etag(asked.request.headers.getall("If-None-Match", []), etag):
            return web.Response(status=304, headers=more)
        async with self._files_at_once.one(asked.reader):
            content = await self._shelf.store.read(asked.entry.workspace.id, path, version)
            name = path.rpartition("/")[2].encode()
            response = web.StreamResponse(headers=headers.file_headers(name) | more)
            await send(asked.request, response, content)
        return response

    async def _put(self, asked: Asked[None, On]) -> web.Response:
        path = _path_of(asked.request)
        policy.check_path(path)
        async with self._files_at_once.one(asked.reader):
            content = await read_content(asked.request, policy.MOST_FILE, policy.shown(path))
            await self._door.still(Role.EDITOR, asked.request)
            return await self._saved(asked, {path: content}, asked.query.base, asked.query.message)

    async def _delete(self, asked: Asked[None, On]) -> web.Response:
        return await self._saved(asked, {_path_of(asked.request): None}, asked.query.base, asked.query.message)

    async def _save(self, asked: Asked[Save, object]) -> web.Response:
        body, workspace = asked.body, asked.entry.workspace.id
        async with self._saves_at_once.one(asked.reader):
            changes = changes_of(body)
            if body.renamed and not body.base:
                raise unknown_file(body.renamed[0].old)
            seen = await self._check_free(asked) if body.renamed else {}
            modes = {each.new: seen[each.old].mode for each in body.renamed if _is_file(seen.get(each.old))}
            for rename in body.renamed:
                changes[rename.old] = None
                changes[rename.new] = await self._shelf.store.read(workspace, rename.old, body.base or None)
                if sum(len(each or b"") for each in changes.values()) > policy.MOST_SAVED:
                    limit = policy.MOST_SAVED >> 20
                    raise WorkspaceError(f"more than {limit} MiB at once", "workspace", "rename in several steps")
            return await self._saved(asked, changes, body.base, body.message, modes)

    # ---------------------------------------------------------------- within

    async def _check_free(self, asked: Asked[Save, object]) -> dict[str, File]:
        """Return the files that the author has seen.

        Raises WorkspaceError if a file is where another one is to be called so: it would be lost from there.
        """
        body, store, workspace = asked.body, self._shelf.store, asked.entry.workspace.id
        seen = await store.files(workspace, body.base)
        there = set(seen) | set(await store.files(workspace))
        for rename in body.renamed:
            # What is renamed or deleted in the same save is named once: it cannot be a new name beside.
            if rename.new in there:
                raise WorkspaceError(
                    "is there already", policy.shown(rename.new), "choose another name, or delete it first"
                )
        return seen

    async def _saved(
        self,
        asked: Asked[None, On] | Asked[Save, object],
        changes: dict[str, bytes | None],
        base: str,
        message: str,
        modes: dict[str, str] | None = None,
    ) -> web.Response:
        workspace, author = asked.entry.workspace.id, author_of(asked)
        saved = await self._shelf.store.save(
            workspace, changes, base=base or None, author=author, message=message, modes=modes
        )
        await self._outside.after(workspace)
        return told(saved)


def told(saved: Saved) -> web.Response:
    """Return the answer to a save."""
    said = {"version": saved.commit, "copies": dict(saved.copies), "left": sorted(saved.left)}
    return web.Response(text=encode(said), content_type=JSON)


def unknown_file(path: str) -> Refusal:
    """Return the refusal of a file that is not there."""
    return Refusal(404, "unknown_file", "is not in the workspace", policy.shown(path), "look at its list of files")


def _page(version: str, files: Mapping[str, File], query: WhichFiles) -> str:
    """Return a page of files; it takes a while of many."""
    # Old versions of what was brought in may have names that are no text; no address could name them.
    paths = sorted(path for path in files if _is_text(path))
    start = bisect_right(paths, query.after) if query.after else 0
    page = paths[start : start + query.limit]
    said = {
        "version": version,
        "files": [
            {"path": path, "size": files[path].size, "kind": kind_of(path, files[path]), "content": files[path].oid}
            for path in page
        ],
        "more": start + len(page) < len(paths),
    }
    return encode(said)


def _is_file(file: File | None) -> bool:
    return file is not None and file.mode in policy.FILE_MODES


def _is_text(path: str) -> bool:
    """Whether a path is text: bytes that are no UTF-8 are lone surrogates."""
    return not any("\ud800" <= each <= "\udfff" for each in path)


def _path_of(request: web.Request) -> str:
    """Return the path that an address names. Raises Refusal if it is no text."""
    raw = request.rel_url.raw_path.split("/files/", 1)[1]
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as error:
        raise Refusal(400, "bad_message", "is not UTF-8", "path of the file", "percent-encode its UTF-8") from error
