"""The three routes of a remote of git, as its smart protocol over HTTP has them (gitprotocol-http(5))."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sagews.backend.api.workspaces.door import Door
from sagews.backend.bodies import takes
from sagews.backend.refusal import Refusal
from sagews.backend.remotes import fetch, push
from sagews.backend.remotes.entry import answered, enter
from sagews.backend.workspaces.pkt_lines import FLUSH, line
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.members import Role
from sagews.errors import ServiceError, WorkspaceError

REMOTE = "/git/{workspace}.git"
ROLES = {fetch.SERVICE: Role.VIEWER, push.SERVICE: Role.EDITOR}
"""What one has to be for which service."""

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


class GitRoutes:
    """Answers git."""

    def __init__(self, shelf: Shelf) -> None:
        self._door = Door(shelf.members)
        self._fetching = fetch.Fetching(shelf)
        self._pushing = push.Pushing(shelf, self._door)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get(f"{REMOTE}/info/refs", _or_refused(self._advertise), allow_head=False),
            web.post(f"{REMOTE}/{fetch.SERVICE}", takes(None)(_or_refused(self._fetch))),
            web.post(f"{REMOTE}/{push.SERVICE}", takes(None)(_or_refused(self._push))),
        ]

    async def _advertise(self, request: web.Request) -> web.StreamResponse:
        service = request.query.get("service", "")
        entry = await enter(self._door, ROLES.get(service, Role.VIEWER), request)
        if service == fetch.SERVICE:
            told = await self._fetching.advertise(request, entry.workspace.id)
        elif service == push.SERVICE:
            told = await self._pushing.advertise(entry.workspace.id)
        else:
            raise Refusal(400, "bad_message", "asks for no service that is here", "request", "use git 2.39 or newer")
        if not told.startswith(line("version 2\n")):
            told = line(f"# service={service}\n") + FLUSH + told
        return web.Response(body=told, headers={"Content-Type": f"application/x-{service}-advertisement"})

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        entry = await enter(self._door, ROLES[fetch.SERVICE], request)
        return await self._fetching.answer(request, entry.workspace.id)

    async def _push(self, request: web.Request) -> web.StreamResponse:
        entry = await enter(self._door, ROLES[push.SERVICE], request)
        return await self._pushing.answer(request, entry.workspace.id, entry.workspace.account or "")


def _or_refused(serve: Serve) -> Serve:
    """Have refusals answered so that git shows them."""

    async def served(request: web.Request) -> web.StreamResponse:
        try:
            return await serve(request)
        except Refusal as refusal:
            return answered(refusal)
        except ServiceError as error:
            return answered(Refusal(503, "unavailable", error.what, error.noun, error.hint))
        except WorkspaceError as error:
            return answered(Refusal(422, "refused", error.what, error.noun, error.hint))

    return served
