"""One line of the log for each request: what was asked, not by whom, and no secret."""

import logging

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

MAX_PATH = 200
ROUTE = "sagews-route"
"""Key under which the doorkeeper leaves the route of a request."""

log = structlog.get_logger()


class AccessLog(AbstractAccessLogger):
    """Writes the line when a request has been answered; see aiohttp's AbstractAccessLogger."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Log the route rather than the path where there is one, and never the query, which may hold a token."""
        log.info(
            "request",
            method=request.method,
            path=request.get(ROUTE) or request.path[:MAX_PATH],
            status=response.status,
            bytes=response.body_length,
            seconds=round(time, 4),
        )


class WithoutBlame(logging.Filter):
    """Makes one line of what aiohttp logs, with a traceback, about bytes that are no HTTP: that is no fault here."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the traceback off."""
        if record.exc_info and (said := _said(record.exc_info[1])):
            record.msg, record.args = "bytes that are no HTTP: %s", (said,)
            record.exc_info, record.levelno = None, logging.INFO
        return True


def _said(error: BaseException | None) -> str:
    """Return what to say of bytes that are no HTTP, without quoting them; nothing of any other error."""
    match error:
        case LineTooLong():
            # Its message begins with the query.
            return "a line that is too long"
        case HttpProcessingError():
            return error.message.split("\n")[0][:MAX_PATH]
        case web.RequestPayloadError():
            return "a body that is not encoded as its headers say"
        case _:
            return ""
