"""All that is served to pages and programs that were made for SageMathCell, wired.

POST, DELETE /kernel      opening.py    a session is opened, or closed
/kernel/ID/channels       client.py     a WebSocket: one session's messages
/sockjs?CellSessionID=…   client.py     the same for all sessions of a page
/kernel/ID/files/PATH     files.py
/permalink /tos.html /help.html /static/about.html, and OPTIONS of /
"""

from collections.abc import Callable

from aiohttp import web

from sagews.backend import headers
from sagews.backend.embedding import Embedding
from sagews.backend.files import Files
from sagews.backend.framing import PLAIN
from sagews.backend.languages.choice import language_of
from sagews.backend.languages.speech import speak
from sagews.backend.metrics import Metrics
from sagews.backend.outlet import Outlet
from sagews.backend.rates import Rates
from sagews.backend.reader import Reader, reader_of
from sagews.backend.sagecell import about_page, help_page
from sagews.backend.sagecell.channels import Channels
from sagews.backend.sagecell.client import Client
from sagews.backend.sagecell.completer import Completer
from sagews.backend.sagecell.environment import Choice
from sagews.backend.sagecell.files import SessionFiles
from sagews.backend.sagecell.ids import Id
from sagews.backend.sagecell.lingering import Resting
from sagews.backend.sagecell.memory import Memory
from sagews.backend.sagecell.message import MAX_MESSAGE
from sagews.backend.sagecell.opening import Opening
from sagews.backend.sagecell.permalink import PermalinkRoutes
from sagews.backend.sagecell.terms import Terms
from sagews.backend.sessions import Sessions
from sagews.backend.sockets import Sockets
from sagews.backend.style import Style
from sagews.config.site import Site
from sagews.database.permalinks import Permalinks

PAGE = "CellSessionID"
"""The argument by which SageMathCell's library says, on `/sockjs`, which page it is of: so it is known for that."""


class SageCell:
    """The room's routes, and its connections."""

    def __init__(
        self,
        site: Site,
        sessions: Sessions,
        rates: Rates,
        metrics: Metrics,
        permalinks: Permalinks,
        choice: Choice,
        terms: Terms,
        enter: Callable[[Client], None],
        leave: Callable[[Client], None],
        style: Style,
        *,
        compress: bool,
    ) -> None:
        """`enter` and `leave` are told of each connection."""
        self._sessions = sessions
        self._rates = rates
        self._metrics = metrics
        self._choice = choice
        self._enter = enter
        self._leave = leave
        self._style = style
        self._language = site.backend.language
        self._terms = terms
        self._memory = Memory()
        self._resting = Resting()
        embedders = Embedding(site.embedding.origins).ancestors
        self._opening = Opening(sessions, rates, terms, self._resting, choice, embedders)
        self._permalinks = PermalinkRoutes(site, permalinks, rates, embedders)
        self._files = SessionFiles(Files(site, sessions), embedders)
        self._sockets = Sockets(self._connect_alone, compress=compress, max_received=4 * MAX_MESSAGE)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            *self._opening.routes(),
            web.get("/kernel/{id}/channels", self._serve, allow_head=False),
            *self._files.routes(),
            *self._permalinks.routes(),
            *self._terms.routes(),
            web.get("/help.html", self._help),
            web.get("/static/about.html", self._about),
            web.options("/", self._is_there),
        ]

    async def end(self, why: str) -> None:
        """Close the connections because the service ends."""
        await self._sockets.end(why)

    def connect(self, outlet: Outlet, request: web.Request) -> Client:
        """Return a page's new connection."""
        return self._client(outlet, reader_of(request), None)

    def _connect_alone(self, outlet: Outlet, request: web.Request) -> Client:
        return self._client(outlet, reader_of(request), Id.read(request.match_info["id"]))

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if Id.read(request.match_info["id"]) is None:
            raise web.HTTPNotFound(text="There is no such session: POST /kernel opens one.")
        return await self._sockets.serve(request, PLAIN)

    async def _help(self, request: web.Request) -> web.Response:
        style = self._style.seen_by(reader_of(request))
        fields = {**headers.text_headers(), "Cache-Control": "private, no-cache"}
        return web.Response(text=help_page.page(style), content_type="text/html", charset="utf-8", headers=fields)

    @staticmethod
    async def _is_there(_request: web.Request) -> web.Response:
        """Answer a balancer that asks as it asks SageMathCell (HAProxy's `option httpchk`, without more)."""
        return web.Response(headers={"Allow": "GET, HEAD, OPTIONS"})

    async def _about(self, request: web.Request) -> web.Response:
        """Tell authors how they have cells; it is read as freely as the files beside it are."""
        speak(language_of(request, self._language))
        reader = reader_of(request)
        root = f"{'https' if reader.secure else 'http'}://{request.host}/"
        fields = {**headers.text_headers(), **headers.PUBLIC, "Cache-Control": "private, no-cache"}
        text = about_page.page(self._style.seen_by(reader), root)
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=fields)

    def _client(self, outlet: Outlet, reader: Reader, alone: Id | None) -> Client:
        completer = Completer(reader, self._sessions, self._rates, self._choice)
        client = Client(outlet, reader, self._begin, completer, self._metrics, alone)
        client.on_closed = self._leave
        self._enter(client)
        return client

    def _begin(
        self, identity: Id, outlet: Outlet, reader: Reader, send: Callable[[str], None], has_widgets: bool
    ) -> Channels:
        return Channels(
            *(identity, reader, outlet, send, self._sessions, self._rates, self._memory),
            lingering=self._resting,
            has_widgets=has_widgets,
        )
