"""The HTTP side of one TCP connection: aiohttp's, with our limits and our answer to what is no HTTP.

What cannot be parsed reaches no route and therefore not the doorkeeper; it is
answered here, with the same headers and in one line.

Behind a proxy that speaks the PROXY protocol, its header comes before the
first byte of HTTP. Whoever is not trusted to send one, or sends none, is not
answered at all: the protocol wants it so.
"""

import asyncio
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from sagews.backend import headers, proxy_protocol
from sagews.backend.access_log import AccessLog
from sagews.backend.forwarded import Proxies
from sagews.service.keepalive import notice_loss

MAX_LINE = 1 << 16
"""Bytes of a request's first line: a link holds whole cells."""
MAX_HEADER = 8190
"""Bytes of one header."""

log = structlog.get_logger()


class HTTP(web.RequestHandler):
    """One connection's protocol."""

    __slots__ = ("_deadline", "_held", "_proxies", "header")

    def __init__(self, runner: web.AppRunner, loop: asyncio.AbstractEventLoop, proxies: Proxies | None = None) -> None:
        """Take the runner, which has been set up, and those whose connections begin with a PROXY header; None: none."""
        assert runner.server is not None
        self._proxies = proxies
        self._held = b""
        """What has come of a header that is not whole."""
        self._deadline: asyncio.TimerHandle | None = None
        self.header: proxy_protocol.Header | None = None
        """What a proxy says of the connection; None where no header is expected, or as long as it has not come."""
        super().__init__(
            runner.server,
            loop=loop,
            access_log_class=AccessLog,
            max_line_size=MAX_LINE,
            max_field_size=MAX_HEADER,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or end at once with a stranger who is not trusted to send a PROXY header."""
        super().connection_made(transport)
        if (sock := transport.get_extra_info("socket")) is not None:
            notice_loss(sock)
        if self._proxies is None:
            return
        self._deadline = self._loop.call_later(
            proxy_protocol.HEADER_DEADLINE, self._refuse, "sends no whole PROXY header in time"
        )
        if not self._proxies.trusts(_peer(transport)):
            self._refuse("is none of backend.trusted_proxies")

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        self._settle()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take the PROXY header off, where there is one; the rest is HTTP."""
        if self._deadline is not None:
            self._held += data
            try:
                self.header = proxy_protocol.parse(self._held)
            except ValueError as error:
                self._refuse(str(error))
            if self.header is None:
                return
            self._settle()
            data, self._held = self._held[self.header.size :], b""
        super().data_received(data)

    @property
    def peername(self) -> Any:
        """Where the connection comes from; what requests have as `remote`."""
        if self.header is not None and self.header.address:
            return self.header.address
        return self.transport.get_extra_info("peername") if self.transport is not None else None

    def _settle(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, why: str) -> None:
        """End the connection without an answer."""
        log.info("connection refused", peer=_peer(self.transport), why=why)
        self._settle()
        self._held = b""
        self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to what is no HTTP, or to a fault outside of any route; the connection ends with it."""
        # This logs, and raises ConnectionError if an answer has begun.
        super().handle_error(request, status, exc, message)
        answer = _Unrouted(status=status, text=f"{_words(exc)}\n", headers=headers.EVERYWHERE)
        answer.headers["Content-Security-Policy"] = headers.PLAIN
        answer.headers["Cache-Control"] = "no-store"
        answer.force_close()
        return answer


class _Unrouted(web.Response):
    """An answer without the name of the server, which aiohttp adds as the last thing before it is sent."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.pop(hdrs.SERVER, None)


def _peer(transport: asyncio.BaseTransport | None) -> str:
    """Return the address at the other end; empty if that is gone already."""
    peer = transport.get_extra_info("peername") if transport is not None else None
    return str(peer[0]) if peer else ""


def _words(error: BaseException | None) -> str:
    if isinstance(error, LineTooLong):
        return f"The address is over {MAX_LINE:,} bytes or a header over {MAX_HEADER:,}: send less in them."
    if isinstance(error, HttpProcessingError):
        return "This is not HTTP: use a browser or a library for HTTP."
    return "The service has a fault; its log says which."
