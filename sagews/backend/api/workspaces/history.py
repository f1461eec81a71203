"""The history of a workspace over HTTP."""

from aiohttp import web

from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.workspaces import answers
from sagews.backend.api.workspaces.door import Door
from sagews.backend.api.workspaces.shapes import WhichCommits
from sagews.backend.api.workspaces.workspaces import ONE
from sagews.backend.rates import FILES
from sagews.backend.refusal import Refusal
from sagews.backend.workspaces.history import Version
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.arrivals import Arrival, Way
from sagews.database.members import Role
from sagews.errors import WorkspaceError
from sagews.protocol.json_events import Json, encode


class HistoryRoutes:
    """Answers what is about the history."""

    def __init__(self, shelf: Shelf, door: Door) -> None:
        self._shelf = shelf
        self._door = door

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            self._door.route(
                Role.VIEWER,
                method="GET",
                path=ONE + "/history",
                name="read_workspace_history",
                summary="Read the history of a workspace",
                text="Its commits, each a version whose files can be read.",
                query=WhichCommits,
                rate=FILES,
                serve=self._read,
                replies=(Reply(200, "A page of it.", answers.History),),
                refusals={404: "There is no such workspace or version, or not for the caller."},
            )
        ]

    async def _read(self, asked: Asked[None, WhichCommits]) -> web.Response:
        query, workspace = asked.query, asked.entry.workspace.id
        version = query.version or await self._shelf.store.head(workspace)
        found: list[Version] = []
        if version is not None:
            try:
                found = await self._shelf.history.page(
                    workspace, version=version, skip=query.skip, most=query.limit + 1, path=query.path
                )
            except WorkspaceError as error:
                raise Refusal(404, "unknown_version", *error.args) from error
        commits = [_told(each) for each in found[: query.limit]]
        said = {"version": version or "", "commits": commits, "more": len(found) > query.limit}
        return web.Response(text=encode(said), content_type=JSON)


def _told(version: Version) -> Json:
    commit, arrival = version.commit, version.arrival or Arrival(Way.NOT_KNOWN)
    said = {name: getattr(commit, name) for name in ("parents", "author", "email", "time", "message")}
    # Only of what was made here it is known whose it is.
    of = "account" if arrival.way is Way.SAVED else "brought_by"
    told = {"version": commit.id, **said, "came": arrival.way.value, "account": "", "brought_by": "", "bringer": ""}
    return told | {of: arrival.account} | ({"bringer": arrival.name} if of == "brought_by" else {})
