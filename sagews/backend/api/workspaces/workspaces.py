"""Workspaces as a whole: made, listed, looked at, renamed, deleted and brought back."""

from aiohttp import web

from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import Nothing
from sagews.backend.api.workspaces import answers
from sagews.backend.api.workspaces.door import Door, unknown_workspace
from sagews.backend.api.workspaces.shapes import NewWorkspace, WhichWorkspaces
from sagews.backend.rates import WORKSPACES
from sagews.backend.workspaces.shelf import Shelf
from sagews.database import members
from sagews.database.members import Role, Which
from sagews.database.workspace_tables import KEPT
from sagews.database.workspaces import Workspace
from sagews.protocol.json_events import Json, encode

PATH = "/api/v1/workspaces"
ONE = PATH + "/{workspace}"


class WorkspaceRoutes:
    """Answers what is about a workspace as a whole."""

    def __init__(self, shelf: Shelf, door: Door) -> None:
        self._shelf = shelf
        self._door = door

    def routes(self) -> list[Route]:
        """Return the routes."""
        own, owner = self._door.own, Role.OWNER
        return [
            own(
                method="POST",
                path=PATH,
                name="make_workspace",
                summary="Make a workspace",
                text="It is the caller's, and has nothing in it.",
                body=NewWorkspace,
                rate=WORKSPACES,
                serve=self._make,
                replies=(MADE,),
                refusals=REFUSED,
            ),
            own(
                method="GET",
                path=PATH,
                name="list_workspaces",
                summary="List workspaces",
                text="Those of which the caller is an owner, those of others that the caller is let into, or those that"
                " can be brought back.",
                query=WhichWorkspaces,
                serve=self._list,
                replies=(Reply(200, "A page of them.", answers.Workspaces),),
            ),
            self._door.route(
                Role.VIEWER,
                method="GET",
                path=ONE,
                name="find_workspace",
                summary="See a workspace",
                text="Its version is what a save says that it is based on.",
                serve=self._find,
                replies=(Reply(200, "It is there.", answers.FoundWorkspace),),
            ),
            self._door.route(
                owner,
                method="PUT",
                path=ONE,
                name="rename_workspace",
                summary="Rename a workspace",
                text="",
                body=NewWorkspace,
                serve=self._rename,
                replies=(Reply(200, "It is called so.", answers.FoundWorkspace),),
                refusals=REFUSED,
            ),
            self._door.route(
                owner,
                method="DELETE",
                path=ONE,
                name="delete_workspace",
                summary="Delete a workspace",
                text=f"It is kept for {KEPT} days, in which an owner can bring it back; meanwhile nobody sees it.",
                serve=self._delete,
                replies=(Reply(204, "It is deleted."),),
            ),
            self._door.route(
                owner,
                deleted=True,
                method="POST",
                path=ONE + "/restore",
                name="restore_workspace",
                summary="Bring a deleted workspace back",
                text="With all that it had, its members and links too.",
                serve=self._restore,
                replies=(Reply(200, "It is there again.", answers.FoundWorkspace),),
            ),
        ]

    async def _make(self, asked: Asked[NewWorkspace, Nothing]) -> web.Response:
        async with self._shelf.making.new(asked.body.name, asked.account) as identifier:
            pass
        return await made(self._shelf, identifier, asked.account)

    async def _list(self, asked: Asked[None, WhichWorkspaces]) -> web.Response:
        which, after = Which(asked.query.which), asked.query.after
        found = await self._shelf.members.listed(asked.account, which, after)
        said = {
            "workspaces": [_told(workspace, role, owner) for workspace, role, owner in found],
            "more": len(found) == members.PAGE,
        }
        return web.Response(text=encode(said), content_type=JSON)

    async def _find(self, asked: Asked[None, Nothing]) -> web.Response:
        return await _shown(self._shelf, asked.entry.workspace, asked.entry.role)

    async def _rename(self, asked: Asked[NewWorkspace, Nothing]) -> web.Response:
        identifier = asked.entry.workspace.id
        await self._shelf.workspaces.rename(identifier, asked.body.name)
        return await self._found(asked)

    async def _delete(self, asked: Asked[None, Nothing]) -> web.Response:
        await self._shelf.workspaces.delete(asked.entry.workspace.id)
        return web.Response(status=204)

    async def _restore(self, asked: Asked[None, Nothing]) -> web.Response:
        await self._shelf.workspaces.bring_back(asked.entry.workspace.id)
        return await self._found(asked)

    async def _found(self, asked: Asked[NewWorkspace, Nothing] | Asked[None, Nothing]) -> web.Response:
        found = await self._shelf.workspaces.get(asked.entry.workspace.id)
        if found is None or found.deleted is not None:
            raise unknown_workspace()
        return await _shown(self._shelf, found, asked.entry.role)


MADE = Reply(201, "It is there.", answers.FoundWorkspace, headers={"Location": "Its address in the API."})
REFUSED = {422: "It cannot be so; the answer says why, and nothing is changed."}


async def made(shelf: Shelf, identifier: str, account: str) -> web.Response:
    """Return the answer to who has made a workspace."""
    entry = await shelf.members.enter(identifier, account)
    if entry is None:
        raise unknown_workspace()
    response = await _shown(shelf, entry.workspace, entry.role)
    response.set_status(201)
    response.headers["Location"] = ONE.format(workspace=identifier)
    return response


async def _shown(shelf: Shelf, workspace: Workspace, role: Role) -> web.Response:
    owner = await shelf.accounts.get(workspace.account) if workspace.account else None
    said = _told(workspace, role, owner.name if owner is not None else "")
    said["version"] = await shelf.store.head(workspace.id) or ""
    return web.Response(text=encode(said), content_type=JSON)


def _told(workspace: Workspace, role: Role, owner: str) -> Json:
    said = {name: getattr(workspace, name) for name in ("id", "name", "created", "deleted")}
    return said | {"role": role, "owner": owner}
