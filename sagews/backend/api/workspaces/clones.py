"""Workspaces made of repositories of other sites, over HTTP, where this site allows it."""

from aiohttp import web

from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import Nothing
from sagews.backend.api.workspaces import answers
from sagews.backend.api.workspaces.archives import IMPORTS
from sagews.backend.api.workspaces.door import Door
from sagews.backend.api.workspaces.shapes import Cloned
from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.api.workspaces.workspaces import MADE, made
from sagews.backend.cloning.clone import Cloning
from sagews.backend.rates import WORKSPACES
from sagews.backend.refusal import Refusal
from sagews.backend.workspaces.shelf import Shelf
from sagews.protocol.json_events import encode

AT_ONCE = 2
"""Repositories that are fetched at once, one for an account."""


class CloneRoutes:
    """Answers who wants a workspace made of a repository."""

    def __init__(self, shelf: Shelf, door: Door) -> None:
        self._shelf = shelf
        self._door = door
        self._cloning = Cloning(shelf)
        self._turnstile = Turnstile(AT_ONCE, each=1)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            self._door.own(
                method="GET",
                path=IMPORTS,
                name="list_imports",
                summary="See from where workspaces may be made",
                text="The hosts from which `clone_workspace` fetches.",
                serve=self._list,
                replies=(Reply(200, "They are these.", answers.Importing),),
            ),
            self._door.own(
                method="POST",
                path=IMPORTS + "/clone",
                name="clone_workspace",
                summary="Make a workspace of a git repository of another site",
                text="Of its main branch, with its history, if everybody can read it at this address by HTTPS, and"
                " this site allows its host. The answer comes when all of it is there and checked; who goes away"
                " before ends it.",
                body=Cloned,
                rate=WORKSPACES,
                serve=self._clone,
                replies=(MADE,),
                refusals={
                    403: "This site has no workspaces made so.",
                    422: "It cannot be fetched, or may not be a workspace; the answer says why. Nothing is made.",
                },
            ),
        ]

    async def _list(self, asked: Asked[None, Nothing]) -> web.Response:
        return web.Response(text=encode({"clone": self._cloning.hosts}), content_type=JSON)

    async def _clone(self, asked: Asked[Cloned, Nothing]) -> web.Response:
        if not self._cloning.hosts:
            raise Refusal(403, "not_allowed", "are fetched from no other site", "workspaces", "import a bundle")
        async with self._turnstile.one(asked.reader):
            identifier = await self._cloning.make(asked.body.name, asked.body.clone, asked.account)
        return await made(self._shelf, identifier, asked.account)
