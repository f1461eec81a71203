"""Publications over HTTP: a worksheet is published, published again at the same address, withdrawn, or copied from."""

import asyncio
import gzip
import time
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Any

from aiohttp import web

from sagews.backend.accounts.gate import PUBLISHED
from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.workspaces import answers
from sagews.backend.api.workspaces.door import Door, act, author_of, may_be_id
from sagews.backend.api.workspaces.files import REFUSALS, unknown_file
from sagews.backend.api.workspaces.shapes import Publish, Take, WhichPublications
from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.api.workspaces.workspaces import ONE, REFUSED
from sagews.backend.formats.imprint import Imprint
from sagews.backend.publishing.press import printed
from sagews.backend.publishing.published import SCRIPT
from sagews.backend.rates import WORKSPACES
from sagews.backend.reader import reader_of
from sagews.backend.refusal import Refusal
from sagews.backend.workspaces import policy
from sagews.backend.workspaces.kinds import kind_of
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.accounts import plain
from sagews.database.members import Role
from sagews.database.publications import LIST, Publication, new_id
from sagews.protocol.json_events import Json, encode

PUBLICATIONS = ONE + "/publications"
IT = PUBLICATIONS + "/{publication}"
AT_ONCE = 2
"""Pages that are made at once: each takes a processor for a while."""


class PublicationRoutes:
    """Answers what is about publications of a workspace."""

    def __init__(self, shelf: Shelf, door: Door) -> None:
        self._shelf = shelf
        self._door = door
        self._press = Turnstile(AT_ONCE, each=1, patience=30.0)

    def routes(self) -> list[Route]:
        """Return the routes."""
        editor, unknown = Role.EDITOR, {404: "There is no such workspace, file or publication, or not for the caller."}
        return [
            self._door.route(
                Role.VIEWER,
                method="GET",
                path=PUBLICATIONS,
                name="list_publications",
                summary="List what is published of a workspace",
                text="Withdrawn ones, too; the newest first.",
                query=WhichPublications,
                serve=self._list,
                replies=(Reply(200, "A page of them.", answers.Publications),),
            ),
            self._door.route(
                editor,
                account=True,
                method="POST",
                path=PUBLICATIONS,
                name="publish",
                summary="Publish a worksheet",
                text="It becomes a page that whoever has its address can read, as it is in this version: source,"
                " outputs, and the notebook to be copied. Listed, it is in the gallery as well.",
                body=Publish,
                rate=WORKSPACES,
                serve=self._publish,
                replies=(Reply(201, "It can be read.", answers.Publication, headers={"Location": "Where."}),),
                refusals=unknown | REFUSED,
            ),
            self._door.route(
                editor,
                account=True,
                method="PUT",
                path=IT,
                name="publish_again",
                summary="Publish another version at the same address",
                text="Of this worksheet or another one of the workspace; also one that was withdrawn, unless by an"
                " operator. Within a minute, all who read it see it.",
                body=Publish,
                rate=WORKSPACES,
                serve=self._publish_again,
                replies=(Reply(200, "It can be read.", answers.Publication),),
                refusals=unknown | REFUSED,
            ),
            self._door.route(
                editor,
                account=True,
                method="DELETE",
                path=IT,
                name="withdraw_publication",
                summary="Withdraw a publication",
                text="Within a minute nobody can read it. Its address says that it was withdrawn.",
                serve=self._withdraw,
                replies=(Reply(204, "It is withdrawn."),),
                refusals=unknown,
            ),
            self._door.route(
                editor,
                method="POST",
                path=ONE + "/copies",
                name="copy_publication",
                summary="Copy a published worksheet into a workspace",
                text="As a new file; the answer says under which name.",
                body=Take,
                rate=WORKSPACES,
                serve=self._copy,
                replies=(Reply(201, "It is there.", answers.CopiedPublication),),
                refusals=unknown | REFUSALS,
            ),
        ]

    async def _list(self, asked: Asked[None, WhichPublications]) -> web.Response:
        found = await self._shelf.publications.of_workspace(asked.entry.workspace.id, asked.query.after)
        said = {"publications": [_told(each) for each in found], "more": len(found) == LIST}
        return web.Response(text=encode(said), content_type=JSON)

    async def _publish(self, asked: Asked[Publish, object]) -> web.Response:
        made = await self._put(asked, new_id(), time.time(), "worksheet published")
        return web.Response(
            status=201, text=encode(_told(made)), content_type=JSON, headers={"Location": f"{PUBLISHED}/{made.id}"}
        )

    async def _publish_again(self, asked: Asked[Publish, object]) -> web.Response:
        before = await self._its(asked)
        made = await self._put(asked, before.id, before.created, "publication renewed")
        return web.Response(text=encode(_told(made)), content_type=JSON)

    async def _withdraw(self, asked: Asked[None, object]) -> web.Response:
        workspace, its = asked.entry.workspace.id, await self._its(asked)
        done = act("publication withdrawn", asked, asked.account, publication=its.id)
        await self._shelf.publications.withdraw(its.id, done, workspace=workspace)
        return web.Response(status=204)

    async def _copy(self, asked: Asked[Take, object]) -> web.Response:
        name, workspace, store = asked.body.publication, asked.entry.workspace.id, self._shelf.store
        async with self._press.one(asked.reader):
            packed = await self._shelf.publications.notebook(name) if may_be_id(name) else None
            found = await self._shelf.publications.get(name) if packed is not None else None
            if packed is None or found is None:
                raise _unknown()
            content = await asyncio.to_thread(gzip.decompress, packed)
            head = await store.head(workspace)
            there = await store.files(workspace, head) if head is not None else {}
            path = _free(PurePosixPath(found.path).name, there)
            saved = await store.save(
                workspace, {path: content}, base=head, author=author_of(asked), message=f"Copy {PUBLISHED}/{name}"
            )
        said = {"version": saved.commit, "path": saved.copies.get(path, path)}
        return web.Response(status=201, text=encode(said), content_type=JSON)

    # ---------------------------------------------------------------- within

    async def _its(self, asked: Asked[Any, Any]) -> Publication:
        """Return the publication that the address names. Raises Refusal if it is none of this workspace."""
        name = asked.request.match_info["publication"]
        found = await self._shelf.publications.get(name) if may_be_id(name) else None
        if found is None or found.workspace != asked.entry.workspace.id:
            raise _unknown()
        return found

    async def _put(self, asked: Asked[Publish, object], name: str, created: float, what: str) -> Publication:
        body, workspace, settings = asked.body, asked.entry.workspace.id, self._shelf.publishing
        async with self._press.one(asked.reader):
            version, content = await self._content(workspace, body)
            scheme = "https" if reader_of(asked.request).secure else "http"
            now = time.time()
            imprint = Imprint(
                name=PurePosixPath(body.path).stem,
                title=plain(body.title),
                authors=plain(body.authors) or plain(asked.entry.called),
                licence=body.licence,
                address=f"{asked.request.url.with_scheme(scheme).origin()}{PUBLISHED}/{name}",
                copy=f"/workspaces#copy={name}",
                script=SCRIPT,
                updated=now,
                listed=body.listed,
            )
            made = await printed(content, imprint, settings.max_bytes)
            # The right may have been taken away while the page was made.
            await self._door.still(Role.EDITOR, asked.request)
            publication = Publication(
                id=name,
                workspace=workspace,
                path=body.path,
                version=version,
                by=asked.account,
                title=made.title or imprint.name,
                authors=imprint.authors,
                licence=body.licence,
                listed=body.listed,
                created=created,
                updated=now,
                size=made.pages.size,
                hash=made.pages.hash,
            )
            done = act(what, asked, asked.account, publication=name, listed=str(body.listed))
            await self._shelf.publications.put(publication, made.pages, done)
            return publication

    async def _content(self, workspace: str, body: Publish) -> tuple[str, bytes]:
        """Return which version it is, and the notebook in it. Raises Refusal or WorkspaceError."""
        store, path = self._shelf.store, body.path
        version = body.version or await store.head(workspace)
        files = await store.files(workspace, version) if version is not None else {}
        if version is None or (file := files.get(path)) is None:
            raise unknown_file(path)
        if kind_of(path, file) != "worksheet" or not path.lower().endswith(".ipynb") or not path.isprintable():
            raise Refusal(422, "refused", "is no worksheet", path[:200], "publish a file that ends with .ipynb")
        return version, await store.read(workspace, path, version)


def _free(name: str, there: Collection[str]) -> str:
    """Return a name that no file at the top of a workspace has."""
    if (free := policy.free(name, there)) is not None:
        return free
    raise Refusal(422, "refused", f"is there {policy.MOST_BESIDE} times", name[:200], "delete some of the copies first")


def _told(publication: Publication) -> Json:
    names = (
        "id",
        "path",
        "version",
        "title",
        "authors",
        "licence",
        "listed",
        "created",
        "updated",
        "withdrawn",
        "barred",
    )
    said = {name: getattr(publication, name) for name in names}
    return said | {"address": f"{PUBLISHED}/{publication.id}"}


def _unknown() -> Refusal:
    return Refusal(
        404, "unknown_publication", "is not there, or withdrawn", "publication", "see that the whole address was copied"
    )
