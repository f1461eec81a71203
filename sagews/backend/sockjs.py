"""The transport `/sockjs`: the same connection where a network lets no plain WebSocket through.

Of aio-libs' `sockjs` we use the transports that work by HTTP requests
(`xhr_streaming`, `xhr`, `xhr_send`); SockJS's WebSocket framing is carried by
our own socket, which bounds its queue. Left out are the transports that need
a frame of the SockJS project's script (`iframe*`, `htmlfile`, `eventsource`,
`jsonp`), and every other method than POST, so that no GET does anything.

SockJS's own sessions live for some seconds without a request. Their ids are
chosen by the client and therefore no credential: each belongs to the cookie
and the origin of its first request, besides all that is asked of every
request, and without a cookie its connection gets no rights.

Source: SockJS protocol 0.3.3.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import sockjs
from aiohttp import web
from sockjs import SessionState
from sockjs.protocol import Frame, MsgType
from sockjs.route import SockJSRoute
from sockjs.session import SessionManager
from sockjs.transports import transport_handlers

from sagews.backend.bodies import takes
from sagews.backend.connection import Connection, Outlet
from sagews.backend.cookies import cookie_of, give_cookie
from sagews.backend.socket import HIGH_WATER, MAX_UNSENT, sockjs_messages
from sagews.protocol import MAX_CONNECTION_MESSAGE

PREFIX = "/sockjs"
DISCONNECT_DELAY = 5
"""Seconds without a request after which the client counts as gone (SockJS protocol: 5)."""
COOKIE = "sagews-polling"
"""Tells the browsers apart that poll; a random value, made by us."""

_RECEIVING = ("xhr_streaming", "xhr")
_LEFT_OUT = ("websocket", "websocket-raw", "eventsource", "htmlfile", "jsonp-polling")

HEARTBEAT_DELAY = 25
"""Seconds of silence after which SockJS sends its own heartbeat."""

Connect = Callable[[Outlet, web.Request], Connection]
Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Polling(sockjs.Session):  # type: ignore[misc]  # the library has no types
    """SockJS's session as the outlet of a connection, with a bounded queue."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.connection: Connection | None = None
        self.owner = ("", "")
        self._unsent = 0
        self._ending = False

    @property
    def congested(self) -> bool:
        """Whether much waits for the next request; see `connection.Outlet`."""
        return self._unsent > HIGH_WATER

    @property
    def is_bound(self) -> bool:
        """Whether a cookie tells its client from others; see `connection.Outlet`."""
        return bool(self.owner[0])

    def feed(self, frame: Any, data: Any) -> None:
        """Put a frame in line; a client too far behind is told to come back."""
        if self._ending:
            return
        if frame is Frame.MESSAGE:
            self._unsent += len(data)
            if self._unsent > MAX_UNSENT:
                self.close(3000, "You read too slowly: connect again for the rest.")
                return
        super().feed(frame, data)

    async def get_frame(self, pack: bool = True) -> Any:
        """Take the next frame for a request."""
        frame = await super().get_frame(pack)
        if frame[0] is Frame.CLOSE:
            self.state = SessionState.CLOSING
        was_congested = self.congested
        self._unsent = sum(len(text) for kind, texts in self._queue if kind is Frame.MESSAGE for text in texts)
        if was_congested and not self.congested and self.connection is not None:
            self.connection.drained()
        return frame

    def close(self, code: int = 3000, reason: str = "Go away!") -> None:
        """End it after what stands in line; closed the library's way, it would drop that between two requests."""
        if self.state is SessionState.OPEN:
            self.feed(Frame.CLOSE, (code, reason))
            self._ending = True

    def release(self) -> None:
        """Begin to count, after a request has ended, the seconds until the client is taken for gone."""
        super().release()
        self.expire()


class SockJS:
    """The routes of `/sockjs`."""

    def __init__(self, app: web.Application, connect: Connect, serve: Serve) -> None:
        """Take what makes a connection of an outlet, and what serves a WebSocket in SockJS's framing."""
        self._connect = connect
        self._serve = serve
        self._manager = SessionManager("sagews", app, self._told, HEARTBEAT_DELAY, DISCONNECT_DELAY)
        self._manager.factory = Polling
        # The address of the SockJS project's script is for its iframe page, which has no route here.
        self._route = SockJSRoute("sagews", self._manager, "", transport_handlers, _LEFT_OUT, cookie_needed=True)
        app.on_response_prepare.append(self._without_dummy)
        app.on_cleanup.append(self._manager.stop)

    def routes(self) -> list[web.RouteDef]:
        """Return all that is served under the prefix."""
        session = f"{PREFIX}/{{server:[^/.]+}}/{{session:[^/.]+}}"
        return [
            web.get(PREFIX, self._greet),
            web.get(f"{PREFIX}/", self._greet),
            web.get(f"{PREFIX}/info", self._info),
            web.get(f"{session}/websocket", self._serve),
            *(web.post(f"{session}/{{transport:{transport}}}", self._poll) for transport in _RECEIVING),
            web.post(f"{session}/{{transport:xhr_send}}", self._send),
        ]

    @staticmethod
    async def _without_dummy(request: web.Request, response: web.StreamResponse) -> None:
        """Take off the cookie that the library sets for balancers that want one; it says nothing."""
        cookies = response.headers.popall("Set-Cookie", [])
        response.headers.extend(("Set-Cookie", cookie) for cookie in cookies if not cookie.startswith("JSESSIONID="))

    async def end(self) -> None:
        """Tell every client that polls to come back later."""
        for polling in list(self._manager.sessions.values()):
            polling.close(3000, "The service ends: connect again.")
        await asyncio.sleep(0)

    async def _greet(self, request: web.Request) -> web.Response:
        return web.Response(text="Welcome to SockJS!\n")

    async def _info(self, request: web.Request) -> web.Response:
        response = web.json_response(
            {"entropy": secrets.randbelow(1 << 32), "websocket": True, "cookie_needed": True, "origins": ["*:*"]},
            headers={"Cache-Control": "no-store, no-cache, no-transform, must-revalidate, max-age=0"},
        )
        if cookie_of(request, COOKIE) is None:
            give_cookie(request, response, COOKIE, secrets.token_urlsafe(16), path=PREFIX)
        return response

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        """Answer a client that polls for messages."""
        self._check_owner(request)
        response: web.StreamResponse = await self._route.handler(request)
        return response

    @takes(2 * MAX_CONNECTION_MESSAGE)
    async def _send(self, request: web.Request) -> web.StreamResponse:
        """Take messages of a client that polls."""
        self._check_owner(request)
        body = await request.read()
        try:
            readable = bool(body) and sockjs_messages(body.decode()) is not None
        except ValueError:
            readable = False
        if not readable:
            # Status and words as the SockJS protocol has them.
            return web.Response(status=500, text="Broken JSON encoding." if body else "Payload expected.")
        response: web.StreamResponse = await self._route.handler(request)
        return response

    def _check_owner(self, request: web.Request) -> None:
        known = self._manager.sessions.get(request.match_info["session"])
        if known is not None and known.owner != _owner(request):
            raise web.HTTPNotFound(text="This SockJS session is another client's.")

    async def _told(self, manager: SessionManager, polling: Polling, message: Any) -> None:
        """Carry what SockJS tells of a client to its connection."""
        match message.type:
            case MsgType.OPEN:
                assert polling.request is not None
                polling.owner = _owner(polling.request)
                polling.connection = self._connect(polling, polling.request)
            case MsgType.MESSAGE if polling.connection is not None:
                await polling.connection.receive(message.data)
            case MsgType.CLOSE | MsgType.CLOSED if polling.connection is not None:
                polling.connection.close()
                polling.connection = None


def _owner(request: web.Request) -> tuple[str, str]:
    """Return what tells the client of a request from others: its cookie, and the origin of its page."""
    return cookie_of(request, COOKIE) or "", request.headers.get("Origin", "").lower()
