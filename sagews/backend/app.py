"""The routes of a backend, and what stands behind each."""

import asyncio

from aiohttp import web

from sagews.backend.access import Access
from sagews.backend.accounts.account import AccountPages
from sagews.backend.accounts.gate import Gate
from sagews.backend.accounts.known import Known
from sagews.backend.accounts.operating import Operating
from sagews.backend.accounts.people import People
from sagews.backend.accounts.presence import Presence
from sagews.backend.accounts.sign_in import SignInPages
from sagews.backend.accounts.tally import Tally
from sagews.backend.api.api import API, api_routes
from sagews.backend.cache import Cache
from sagews.backend.clients import Clients
from sagews.backend.connection import Connection
from sagews.backend.doorkeeper import OPEN_PATHS, Doorkeeper, Handler
from sagews.backend.drain import Drain
from sagews.backend.embedding import Embedding
from sagews.backend.entrance import Entrance
from sagews.backend.framing import PLAIN, Framing
from sagews.backend.health import Health
from sagews.backend.iframe import IFramePage
from sagews.backend.inlet import Inlet
from sagews.backend.languages.routes import LanguageChoice
from sagews.backend.languages.speech import learn
from sagews.backend.metrics import Metrics
from sagews.backend.operators import Operators
from sagews.backend.origin import Origins
from sagews.backend.outlet import Outlet
from sagews.backend.pages import Pages
from sagews.backend.printer import Printer
from sagews.backend.publishing.published import Published
from sagews.backend.publishing.withdrawing import Withdrawing
from sagews.backend.quotas import Quotas
from sagews.backend.rates import Rates
from sagews.backend.reader import reader_of
from sagews.backend.remotes.routes import GitRoutes
from sagews.backend.runs import Runs
from sagews.backend.sagecell.client import Client
from sagews.backend.sagecell.environment import Choice
from sagews.backend.sagecell.first_page import Links
from sagews.backend.sagecell.programs import Programs
from sagews.backend.sagecell.sagecell import PAGE, SageCell
from sagews.backend.sagecell.terms import Terms
from sagews.backend.service import Service
from sagews.backend.sessions import Sessions
from sagews.backend.sign_in.outgoing import Outgoing
from sagews.backend.sign_in.providers import providers_of
from sagews.backend.sign_in.routes import SignIn
from sagews.backend.sockets import Sockets
from sagews.backend.sockjs import SockJS
from sagews.backend.status.status import Status
from sagews.backend.style import Style
from sagews.backend.threejs import Threejs
from sagews.backend.ticket_office import TicketOffice
from sagews.backend.tickets import Tickets
from sagews.backend.workers import Workers
from sagews.backend.worksheets.desks import Desks
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.backend import Backend
from sagews.config.site import Site
from sagews.database.permalinks import Permalinks
from sagews.protocol import MAX_CONNECTION_MESSAGE

MEETING = 1.0
"""Seconds that the first readers wait for the worker, to be told how it isolates sessions."""


class App:
    """Wires the parts of a backend to an aiohttp application."""

    def __init__(
        self,
        site: Site,
        pages: Pages,
        workers: Workers,
        access: Access | None,
        permalinks: Permalinks,
        people: People,
        drain: Drain,
        shelf: Shelf,
        desks: Desks,
    ) -> None:
        """Raises ConfigurationError if the keys of tickets can be neither read nor made."""
        learn()
        self._site = site
        self._access = "loopback" if access is None else "token"
        self._workers = workers
        self._drain = drain
        self._metrics = Metrics()
        entrance = Entrance(workers, site.backend, self._metrics)
        self._tickets = Tickets(site.backend_data)
        quotas = Quotas(site, people.quotas, people.usage, self._tickets.pseudonym, workers, self._metrics)
        self._sessions = Sessions(workers, entrance, self._metrics, quotas)
        self._metrics.sessions.set_function(lambda: len(self._sessions))
        self._metrics.waiting.set_function(lambda: entrance.waiting)
        self._cache = Cache.of(site, self._metrics)
        self._runs = Runs(site, workers, self._sessions, self._cache, self._metrics, quotas)
        self._rates = Rates(site, self._tickets, self._metrics, self._cache.memcached, quotas)
        self._sockets = Sockets(self._connect, compress=_is_afar(site.backend, access))
        origins = Origins(site.backend.host, site.backend.hosts, site.backend.origins)
        known = Known(people.logins, people.tokens)
        self._presence = Presence(people.logins, known)
        gate = Gate(known, self._presence, anonymous=site.accounts.anonymous)
        self._tally = Tally(people.audit)
        embedding = Embedding(site.embedding.origins)
        pages.embedders = embedding.ancestors
        doorkeeper = Doorkeeper(
            *(origins, access, Clients(site.backend), Operators(site), gate, self._tally, site.backend.language),
            embedding=embedding,
            programs=Programs(site.sagecell),
        )
        self.web = web.Application(
            middlewares=[self._count, doorkeeper.admit], client_max_size=2 * MAX_CONNECTION_MESSAGE
        )
        self._sockjs = SockJS(self.web, self._connect, self._serve, IFramePage(site.backend.origins))
        health = Health(workers, entrance, drain, self._metrics)
        printer = Printer(site, workers, self._sessions, self._rates.take)
        routes = api_routes(
            *(site, self._workers, self._runs, self._sessions, permalinks, health, drain, shelf, desks, printer)
        )
        token = "" if access is None else access.token
        style = Style(pages.address("reference.css"), pages.address("dark.css"))
        pages.has_sign_in = bool(site.provider)
        status = Status(site, workers, drain, self._metrics, token=token, style=style)
        outgoing = Outgoing()
        providers = providers_of(site, outgoing)
        ways_in = SignInPages(people, self._presence, self._rates, providers, style, self._tally)
        recent = 60 * site.accounts.recent_minutes
        sign_in = SignIn(
            *(providers, outgoing, people.sign_ins, ways_in.admit, self._metrics, self._rates, style),
            note=ways_in.note,
            recent=recent,
        )
        pages.status_of = Links(permalinks).status
        terms, choice = Terms(site.sagecell), Choice(site, workers)
        self._cells = SageCell(
            *(site, self._sessions, self._rates, self._metrics, permalinks, choice, terms),
            *(self._enter, self._leave, style),
            compress=_is_afar(site.backend, access),
        )
        environments = [environment.name for environment in site.environment]
        api = API(routes, environments, style, self._rates)
        self.web.add_routes(
            [
                *pages.routes(),  # /  /frame  /static/…  /embed.js
                *Threejs().routes(),
                *TicketOffice(self._tickets, self._rates).routes(),  # /ticket
                web.get("/socket", self._serve_socket),
                *self._sockjs.routes(),  # /sockjs/…
                *Service(site, self._runs, self._rates, choice, terms).routes(),  # /service
                *self._cells.routes(),  # /kernel…  /permalink  /tos.html  /help.html  /static/about.html
                *api.routes(),  # /api/…  /openapi.json  /healthz  /metrics
                *GitRoutes(shelf).routes(),  # /git/…
                *LanguageChoice(people, self._presence, style).routes(),  # /language
                *status.routes(),  # /status  /status.json
                *Published(site, shelf.publications, style).routes(),  # /published…
                *ways_in.routes(),  # /sign-in  /sign-in/link…  /sign-out
                *sign_in.routes(),  # /sign-in/NAME…
                *AccountPages(
                    people, self._presence, self._rates, quotas, providers, style, shelf, recent=recent
                ).routes(),  # /account…
                *Operating(people, self._presence, quotas, site.limits, style, recent=recent).routes(),  # /accounts…
                *Withdrawing(shelf.publications, style, recent=recent).routes(),  # /accounts/published…
            ]
        )
        self.web.on_response_prepare.append(doorkeeper.guard)
        self._shelf = shelf
        self._desks = desks
        desks.attend(self._sessions)
        self.web.on_startup.append(self._start_cache)
        self.web.on_startup.append(self._start_shelf)
        self.web.on_startup.append(status.start)
        self.web.on_startup.append(self._start_presence)
        self.web.on_startup.append(self._start_desks)
        self.web.on_shutdown.append(self._end_connections)
        self.web.on_cleanup.append(status.stop)
        self.web.on_cleanup.append(sign_in.close)
        self.web.on_cleanup.append(self._end_runs)

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Have the end of this backend wait for the answer."""
        with self._drain.request():
            answer = await handler(request)
        if answer.status >= 500 and request.path not in OPEN_PATHS:
            self._metrics.errors.inc()
        return answer

    async def _serve_socket(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, PLAIN)

    async def _serve(self, request: web.Request, framing: Framing) -> web.StreamResponse:
        await self._workers.reach(MEETING)
        return await self._sockets.serve(request, framing)

    def _connect(self, outlet: Outlet, request: web.Request) -> Inlet:
        """Return a new connection for a transport, which waits for its hello; SageMathCell's pages say none."""
        if PAGE in request.query:
            return self._cells.connect(outlet, request)
        reader = reader_of(request)
        connection = Connection(
            *(outlet, reader, self._site, self._sessions, self._runs, self._metrics, self._tickets, self._rates),
            desks=self._desks,
        )
        connection.on_greeted, connection.on_closed = self._enter, self._leave
        connection.start(access=self._access, tier=self._workers.tier, languages=self._workers.languages)
        return connection

    def _enter(self, connection: "Connection | Client") -> None:
        reader = connection.who
        self._drain.enter(connection)
        self._presence.enter(reader.login, connection, reader.login_expires)

    def _leave(self, connection: "Connection | Client") -> None:
        self._drain.leave(connection)
        self._presence.leave(connection.who.login, connection)

    async def _end_connections(self, app: web.Application) -> None:
        """Tell everybody who is connected to come back later; their sessions wait in the worker."""
        why = "the service ends: connect again"
        await asyncio.gather(self._sockets.end(why), self._cells.end(why), self._sockjs.end())

    async def _start_presence(self, app: web.Application) -> None:
        self._presence.start()
        self._tally.start()

    async def _start_cache(self, app: web.Application) -> None:
        self._cache.start()

    async def _start_shelf(self, app: web.Application) -> None:
        await self._shelf.start()

    async def _start_desks(self, app: web.Application) -> None:
        self._desks.start()

    async def _end_runs(self, app: web.Application) -> None:
        await self._desks.stop()
        await self._presence.stop()
        await self._tally.stop()
        await self._runs.close()
        await self._cache.close()


def _is_afar(backend: Backend, access: Access | None) -> bool:
    """Whether readers come through a network, where it pays to compress: within one machine it costs."""
    return access is not None or backend.https or bool(backend.hosts or backend.trusted_proxies)
