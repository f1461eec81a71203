"""The HTTP side of one TCP connection: aiohttp's, with our limits and our answer to what is no HTTP.

What cannot be parsed reaches no route and therefore not the doorkeeper; it is
answered here, with the same headers and in one line.
"""

import asyncio

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from sagews.backend import headers
from sagews.backend.access_log import AccessLog
from sagews.service.keepalive import notice_loss

MAX_LINE = 1 << 16
"""Bytes of a request's first line: a link holds whole cells."""
MAX_HEADER = 8190
"""Bytes of one header."""


class HTTP(web.RequestHandler):
    """One connection's protocol."""

    __slots__ = ()

    def __init__(self, runner: web.AppRunner, loop: asyncio.AbstractEventLoop) -> None:
        """Take the runner, which has been set up."""
        assert runner.server is not None
        super().__init__(
            runner.server,
            loop=loop,
            access_log_class=AccessLog,
            max_line_size=MAX_LINE,
            max_field_size=MAX_HEADER,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve a client, whose machine is missed when it goes."""
        super().connection_made(transport)
        if (sock := transport.get_extra_info("socket")) is not None:
            notice_loss(sock)

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


def _words(error: BaseException | None) -> str:
    if isinstance(error, LineTooLong):
        return f"The address is over {MAX_LINE:,} bytes or a header over {MAX_HEADER:,}: send less in them."
    if isinstance(error, HttpProcessingError):
        return "This is not HTTP: use a browser or a library for HTTP."
    return "The service has a fault; its log says which."
