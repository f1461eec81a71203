"""Links to a workspace over HTTP: made, listed and taken back by its owners."""

from aiohttp import web

from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import Nothing
from sagews.backend.api.workspaces import answers
from sagews.backend.api.workspaces.door import Door, act, may_be_id
from sagews.backend.api.workspaces.members import PEOPLE
from sagews.backend.api.workspaces.shapes import NewLink
from sagews.backend.api.workspaces.workspaces import ONE
from sagews.backend.rates import WORKSPACES
from sagews.backend.refusal import Refusal
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.members import Role
from sagews.database.workspace_links import WorkspaceLink
from sagews.database.workspace_tables import DAY
from sagews.protocol.json_events import Json, encode

LINKS = ONE + "/links"


class LinkRoutes:
    """Answers what is about links."""

    def __init__(self, shelf: Shelf, door: Door) -> None:
        self._shelf = shelf
        self._door = door

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            self._door.route(
                Role.OWNER,
                method="GET",
                path=LINKS,
                name="list_links",
                summary="See the links to a workspace",
                text="",
                serve=self._list,
                replies=(Reply(200, "They are good.", answers.Links),),
            ),
            self._door.route(
                Role.OWNER,
                method="POST",
                path=LINKS,
                name="make_link",
                summary="Make a link to a workspace",
                text=f"Whoever has it may come in, with or without an account where the site lets them. {PEOPLE}",
                body=NewLink,
                rate=WORKSPACES,
                serve=self._make,
                replies=(Reply(201, "It is good.", answers.MadeLink),),
                refusals={422: "There are too many."},
            ),
            self._door.route(
                Role.OWNER,
                method="DELETE",
                path=LINKS + "/{link}",
                name="revoke_link",
                summary="Take a link back",
                text=f"Who has joined by it stays a member. {PEOPLE}",
                serve=self._revoke,
                replies=(Reply(204, "It is good no more."),),
                refusals={404: "There is no such workspace or link, or not for the caller."},
            ),
        ]

    async def _list(self, asked: Asked[None, Nothing]) -> web.Response:
        found = await self._shelf.links.of(asked.entry.workspace.id)
        return web.Response(text=encode({"links": [_told(each) for each in found]}), content_type=JSON)

    async def _make(self, asked: Asked[NewLink, Nothing]) -> web.Response:
        role, seconds = Role(asked.body.role), asked.body.days * DAY
        made = act("workspace link made", asked, asked.account, role=role)
        link, token = await self._shelf.links.make(asked.entry.workspace.id, role, seconds, made)
        return web.Response(status=201, text=encode({**_told(link), "token": token}), content_type=JSON)

    async def _revoke(self, asked: Asked[None, Nothing]) -> web.Response:
        link = asked.request.match_info["link"]
        made = act("workspace link taken back", asked, asked.account)
        if not may_be_id(link) or not await self._shelf.links.revoke(asked.entry.workspace.id, link, made):
            raise Refusal(404, "unknown_link", "is not there", "link", "look at the list of links")
        return web.Response(status=204)


def _told(link: WorkspaceLink) -> Json:
    return {name: getattr(link, name) for name in ("id", "role", "by", "created", "expires")}
