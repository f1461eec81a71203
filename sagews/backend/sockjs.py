"""The transport `/sockjs`: the same connection where a network lets no plain WebSocket through.

All transports of SockJS are here. Messages come to the client over a
WebSocket, in SockJS's framing or without any, or by requests that receive:
`xhr`, `xhr_streaming`, `eventsource`, `htmlfile`, `jsonp` (`streams.py`,
`polling.py`). They come from the client over the WebSocket or by POST:
`xhr_send`, `jsonp_send`. A GET receives at most; it does nothing.

Of aio-libs' `sockjs` we use the sessions and the receiving transports, whose
queues and responses are bounded here. WebSockets are our own (`socket.py`):
they have a size limit, a bounded queue, and a pulse that only a pong keeps.

SockJS's own sessions live for some seconds without a request. Their ids are
chosen by the client and therefore no credential: each belongs to the cookie
that came with its first request or was set by its answer, and to the origin
of its page, besides all that is asked of every request; without a cookie its
connection gets no rights. Pages of other sites can receive nothing: their
scripts and frames are told apart by `Sec-Fetch-Site` and refused.

Source: SockJS protocol 0.3.3.
"""

import asyncio
import functools
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from aiohttp import web
from sockjs.protocol import MsgType
from sockjs.session import SessionManager
from sockjs.transports.base import HTTPClientClosedConnection
from sockjs.transports.utils import CACHE_CONTROL, session_cookie

from sagews.backend import headers
from sagews.backend.bodies import takes
from sagews.backend.cookies import cookie_of, give_cookie
from sagews.backend.framing import PLAIN, SOCKJS, Framing, sockjs_messages
from sagews.backend.iframe import IFramePage
from sagews.backend.inlet import Connect
from sagews.backend.polling import DISCONNECT_DELAY, HEARTBEAT_DELAY, Polling
from sagews.backend.reader import reader_of
from sagews.backend.streams import BY_GET, BY_POST, RECEIVING, callback_error
from sagews.protocol import MAX_CONNECTION_MESSAGE

PREFIX = "/sockjs"
COOKIE = "sagews-polling"
"""Tells the browsers apart that poll; a random value, made by us."""
STREAM_LIMIT = 128 << 10
"""Bytes after which a response that streams ends, for the browser keeps all of it (SockJS protocol: 128 KiB)."""

SENDING = ("xhr_send", "jsonp_send")
_ALL = {*RECEIVING, *SENDING}
_TEXT = "text/plain; charset=UTF-8"
_OFFERED = "sagews-polling-offered"
"""Key under which a request has the cookie that its answer sets."""

Serve = Callable[[web.Request, Framing], Awaitable[web.StreamResponse]]


class SockJS:
    """The routes below one prefix."""

    def __init__(
        self,
        app: web.Application,
        connect: Connect,
        serve: Serve,
        page: IFramePage,
        *,
        prefix: str = PREFIX,
        stream_limit: int = STREAM_LIMIT,
        websocket: bool = True,
        jsessionid: bool = False,
    ) -> None:
        """Take what stands behind a client that polls, what serves a WebSocket, and the page for frames.

        `jsessionid` sets the cookie that some balancers want to see; it says nothing.
        """
        self._connect = connect
        self._serve = serve
        self._page = page
        self._prefix = prefix
        self._websocket = websocket
        self._jsessionid = jsessionid
        self._manager = SessionManager(prefix, app, self._told, HEARTBEAT_DELAY, DISCONNECT_DELAY)
        self._manager.factory = functools.partial(Polling, stream_limit)
        app.on_response_prepare.append(self._dress)
        app.on_startup.append(self._start)
        app.on_cleanup.append(self._manager.stop)

    async def _start(self, app: web.Application) -> None:
        self._manager.start()

    def routes(self) -> list[web.RouteDef]:
        """Return all that is served under the prefix."""
        session = f"{self._prefix}/{{server:[^/.]+}}/{{session:[^/.]+}}"
        info = f"{self._prefix}/info"
        posted = [f"{session}/{transport}" for transport in BY_POST]
        sending = [f"{session}/{transport}" for transport in SENDING]
        return [
            web.get(self._prefix, self._greet),
            web.get(f"{self._prefix}/", self._greet),
            web.get(info, self._info),
            web.get(f"{self._prefix}/iframe{{version:(?:-[^/]*)?}}.html", self._iframe),
            *(web.post(path, self._receive) for path in posted),
            *(web.get(f"{session}/{transport}", self._receive, allow_head=False) for transport in BY_GET),
            *(web.post(path, self._send) for path in sending),
            *(web.options(path, self._preflight) for path in (info, *posted, *sending)),
            *(self._sockets(session) if self._websocket else ()),
        ]

    def _sockets(self, session: str) -> list[web.RouteDef]:
        framed, plain = f"{session}/websocket", f"{self._prefix}/websocket"
        return [
            web.get(framed, functools.partial(self._serve_framed, SOCKJS), allow_head=False),
            web.route("*", framed, self._only_get),
            web.get(plain, functools.partial(self._serve_framed, PLAIN), allow_head=False),
            web.route("*", plain, self._only_get),
        ]

    async def end(self) -> None:
        """Tell every client that polls to come back later."""
        for polling in list(self._manager.sessions.values()):
            polling.close(3000, "The service ends: connect again.")
        await asyncio.sleep(0)

    # ------------------------------------------------------------ pages

    async def _greet(self, request: web.Request) -> web.Response:
        return web.Response(body=b"Welcome to SockJS!\n", headers={"Content-Type": _TEXT})

    async def _info(self, request: web.Request) -> web.Response:
        told = {
            "entropy": secrets.randbelow(1 << 32),
            "websocket": self._websocket,
            "cookie_needed": True,
            "origins": ["*:*"],
        }
        fields = {"Content-Type": "application/json; charset=UTF-8", "Cache-Control": CACHE_CONTROL}
        return web.Response(body=json.dumps(told).encode(), headers=fields)

    async def _iframe(self, request: web.Request) -> web.Response:
        return self._page.response(request)

    async def _preflight(self, request: web.Request) -> web.Response:
        asked = request.headers.get("Access-Control-Request-Headers", "")
        return web.Response(status=204, headers=headers.socket_preflight(asked))

    async def _serve_framed(self, framing: Framing, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, framing)

    async def _only_get(self, request: web.Request) -> web.Response:
        # Without a body, as the SockJS protocol has it.
        return web.Response(status=405, headers={"Allow": "GET"})

    # --------------------------------------------------- clients that poll

    def _known(self, request: web.Request) -> Polling | None:
        """Return the client's session if there is one. Raises HTTPNotFound if it is another client's."""
        polling: Polling | None = self._manager.sessions.get(request.match_info["session"])
        if polling is not None and not polling.belongs_to(*_client(request)):
            raise web.HTTPNotFound(text="This SockJS session is another client's.")
        return polling

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        """Answer a request with what waits for the client; the first one makes its session."""
        name = _transport(request)
        if name in {"htmlfile", "jsonp"} and (error := callback_error(request.query.get("c"))):
            return web.Response(status=500, text=error)  # status as the SockJS protocol has it
        if "Origin" not in request.headers and request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
            raise web.HTTPForbidden(text="Scripts and frames of other sites' pages receive nothing here.")
        known, embedded = self._known(request), reader_of(request).embedded
        if known is None and not embedded and cookie_of(request, COOKIE) is None:
            request[_OFFERED] = secrets.token_urlsafe(16)
        # Not by the library's own route, which closes the session of the first when a second one asks.
        polling = self._manager.get(request.match_info["session"], create=True)
        try:
            response: web.StreamResponse = await RECEIVING[name](self._manager, polling, request).process()
        except HTTPClientClosedConnection as error:
            raise ConnectionResetError from error
        return response

    @takes(2 * MAX_CONNECTION_MESSAGE)
    async def _send(self, request: web.Request) -> web.Response:
        """Take messages of the client."""
        if (polling := self._known(request)) is None:
            raise web.HTTPNotFound(text="There is no such SockJS session: connect again.")
        is_xhr = _transport(request) == "xhr_send"
        body = await request.read()
        if not is_xhr and request.content_type == "application/x-www-form-urlencoded":
            body = unquote_to_bytes(body[2:].replace(b"+", b" ")) if body.startswith(b"d=") else b""
        # Statuses and words as the SockJS protocol has them.
        if not body:
            return web.Response(status=500, text="Payload expected.")
        try:
            messages = sockjs_messages(body.decode())
        except ValueError:
            return web.Response(status=500, text="Broken JSON encoding.")
        await self._manager.remote_messages(polling, messages)
        fields = {"Content-Type": _TEXT, "Cache-Control": CACHE_CONTROL}
        if is_xhr:
            return web.Response(status=204, headers=fields)
        return web.Response(body=b"ok", headers=fields)

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put on an answer to a client that polls the headers that the library does not, and take off its cookie."""
        transport = _transport(request)
        if transport not in _ALL or not request.path.startswith(f"{self._prefix}/"):
            return
        response.headers.popall("Set-Cookie", None)
        if offered := request.get(_OFFERED):
            # The cookies of the answer itself are among its headers by now.
            jar = web.Response()
            give_cookie(request, jar, COOKIE, offered, path=self._prefix)
            response.headers.extend(("Set-Cookie", morsel.OutputString()) for morsel in jar.cookies.values())
        if self._jsessionid:
            response.headers.extend(session_cookie(request))
        if transport == "htmlfile":
            response.headers["Content-Security-Policy"] = headers.SCRIPTED_STREAM
        response.headers["X-Accel-Buffering"] = "no"  # nginx would hold a stream back

    async def _told(self, manager: SessionManager, polling: Polling, message: Any) -> None:
        """Carry what SockJS tells of a client to what stands behind it."""
        match message.type:
            case MsgType.OPEN:
                request = polling.request
                assert request is not None
                polling.begin(*_client(request), offered=request.get(_OFFERED, ""))
                polling.inlet = self._connect(polling, request)
            case MsgType.MESSAGE if polling.inlet is not None:
                await polling.inlet.receive(message.data)
            case MsgType.CLOSE | MsgType.CLOSED:
                polling.let_go()


def _transport(request: web.Request) -> str:
    """Return the last part of the path, by which a client says in which way it asks."""
    return request.path.rpartition("/")[2]


def _client(request: web.Request) -> tuple[str, str | None]:
    """Return what tells the client of a request from others: its cookie, and the origin of its page.

    That is empty for a program, and None where it is not known: a browser
    tells it with every POST, but not with a GET to the page's own host.
    Behind a page of another site there is no cookie: its client is known by
    its address, and by a name that it has made too long to be guessed.
    """
    origin = request.headers.get("Origin", "" if request.method == "POST" else None)
    reader = reader_of(request)
    if reader.embedded:
        return f"address:{reader.network}", reader.origin.lower()
    return cookie_of(request, COOKIE) or "", origin if origin is None else origin.lower()
