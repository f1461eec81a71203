"""One line of the log for each request: what was asked, not by whom, and no secret."""

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

MAX_PATH = 200

log = structlog.get_logger()


class AccessLog(AbstractAccessLogger):
    """Writes the line when a request has been answered; see aiohttp's AbstractAccessLogger."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Log the route rather than the path where there is one, and never the query, which may hold a token."""
        path = request.path[:MAX_PATH]
        if isinstance(request, web.Request) and (resource := request.match_info.route.resource) is not None:
            path = resource.canonical
        log.info(
            "request",
            method=request.method,
            path=path,
            status=response.status,
            bytes=response.body_length,
            seconds=round(time, 4),
        )
