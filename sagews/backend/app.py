"""The routes of a backend, and what stands behind each."""

import asyncio

from aiohttp import web

from sagews.backend.access import Access
from sagews.backend.connection import Connection, Outlet
from sagews.backend.doorkeeper import Doorkeeper
from sagews.backend.files import Files
from sagews.backend.framing import PLAIN, Framing
from sagews.backend.health import Health
from sagews.backend.iframe import IFramePage
from sagews.backend.metrics import Metrics
from sagews.backend.origin import Origins
from sagews.backend.pages import Pages
from sagews.backend.reader import reader_of
from sagews.backend.service import Service
from sagews.backend.sessions import Sessions
from sagews.backend.sockets import Sockets
from sagews.backend.sockjs import SockJS
from sagews.backend.status import Status
from sagews.backend.tickets import Tickets
from sagews.backend.workers import Workers
from sagews.config.site import Site
from sagews.protocol import MAX_CONNECTION_MESSAGE

MEETING = 1.0
"""Seconds that the first readers wait for the worker, to be told how it isolates sessions."""


class App:
    """Wires the parts of a backend to an aiohttp application."""

    def __init__(self, site: Site, pages: Pages, workers: Workers, access: Access | None) -> None:
        """Raises ConfigurationError if the keys of tickets can be neither read nor made."""
        self._site = site
        self._access = "loopback" if access is None else "token"
        self._workers = workers
        self._metrics = Metrics()
        self._sessions = Sessions(workers, self._metrics)
        self._tickets = Tickets(site.data)
        # Through a network it pays; a name of the site's own says that there is one.
        self._sockets = Sockets(self._connect, compress=access is not None or bool(site.backend.hosts))
        doorkeeper = Doorkeeper(Origins(site.backend.host, site.backend.hosts, site.backend.origins), access)
        self.web = web.Application(middlewares=[doorkeeper.admit], client_max_size=2 * MAX_CONNECTION_MESSAGE)
        self._sockjs = SockJS(self.web, self._connect, self._serve, IFramePage(site.backend.origins))
        self.web.add_routes(
            [
                *pages.routes(),  # /  /frame  /static/…
                *self._tickets.routes(),  # /ticket
                web.get("/socket", self._serve_socket),
                *self._sockjs.routes(),  # /sockjs/…
                *Service(site, self._sessions).routes(),  # /service
                *Files(site, self._sessions).routes(),  # /session/…
                *Health(workers, self._sessions, self._metrics).routes(),  # /healthz  /metrics
                *Status(workers).routes(),  # /status
            ]
        )
        self.web.on_response_prepare.append(doorkeeper.guard)
        self.web.on_shutdown.append(self._end_connections)

    async def _serve_socket(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, PLAIN)

    async def _serve(self, request: web.Request, framing: Framing) -> web.StreamResponse:
        await self._workers.reach(MEETING)
        return await self._sockets.serve(request, framing)

    def _connect(self, outlet: Outlet, request: web.Request) -> Connection:
        """Return a new connection for a transport, which waits for its hello."""
        reader = reader_of(request)
        connection = Connection(outlet, reader, self._site, self._sessions, self._metrics, self._tickets)
        connection.start(access=self._access, tier=self._workers.tier)
        return connection

    async def _end_connections(self, app: web.Application) -> None:
        """Tell everybody who is connected to come back later; their sessions wait in the worker."""
        why = "the service ends: connect again"
        await asyncio.gather(self._sockets.end(why), self._sockjs.end())
