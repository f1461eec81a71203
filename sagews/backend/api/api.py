"""The whole API: its routes, served; its description; and the page that shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aiohttp import web

from sagews.backend import headers
from sagews.backend.api.about import About
from sagews.backend.api.evaluate import Evaluations
from sagews.backend.api.events import EventRoutes
from sagews.backend.api.form import JSON
from sagews.backend.api.openapi import description
from sagews.backend.api.page import page
from sagews.backend.api.permalinks import PermalinkRoutes
from sagews.backend.api.questions import Questions
from sagews.backend.api.route import Route
from sagews.backend.api.sessions import SessionRoutes
from sagews.backend.api.workspaces.routes import workspace_routes
from sagews.backend.drain import Drain
from sagews.backend.files import Files
from sagews.backend.health import Health
from sagews.backend.printer import Printer
from sagews.backend.rates import Rates
from sagews.backend.reader import reader_of
from sagews.backend.runs import Runs
from sagews.backend.sessions import Sessions
from sagews.backend.style import Style
from sagews.backend.workers import Workers
from sagews.backend.worksheets.desks import Desks
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.site import Site
from sagews.database.appearance import Appearance
from sagews.database.permalinks import Permalinks
from sagews.protocol.json_events import encode


def api_routes(
    site: Site,
    workers: Workers,
    runs: Runs,
    sessions: Sessions,
    permalinks: Permalinks,
    health: Health,
    drain: Drain,
    shelf: Shelf,
    desks: Desks,
    printer: Printer,
) -> list[Route]:
    """Return every route of the API, in the order in which it is told of."""
    return [
        *Evaluations(runs).routes(),
        *SessionRoutes(site, sessions).routes(),
        *EventRoutes(sessions, drain).routes(),
        *Questions(sessions).routes(),
        *Files(site, sessions).routes(),
        *PermalinkRoutes(site, permalinks).routes(),
        *workspace_routes(shelf, desks, printer),
        *About(site, workers, health).routes(),
    ]


class API:
    """Serves routes, and tells of them."""

    def __init__(self, routes: Iterable[Route], environments: Sequence[str], style: Style, rates: Rates) -> None:
        """Take the routes, the names of the environments, the page's style, and who has asked too often."""
        self._routes = list(routes)
        self._rates = rates
        said = description(self._routes, environments)
        self._description = encode(said)
        self._pages = {each: page(said, replace(style, appearance=each)) for each in Appearance}

    def routes(self) -> list[web.RouteDef]:
        """Return them all, with the description and the page."""
        return [
            *(route.definition(self._rates) for route in self._routes),
            web.get("/openapi.json", self._describe),
            web.get("/api", self._show),
        ]

    async def _describe(self, request: web.Request) -> web.Response:
        return web.Response(text=self._description, content_type=JSON, headers={"Cache-Control": "no-cache"})

    async def _show(self, request: web.Request) -> web.Response:
        return web.Response(
            text=self._pages[reader_of(request).appearance],
            content_type="text/html",
            charset="utf-8",
            headers={**headers.text_headers(), "Cache-Control": "private, no-cache"},
        )
