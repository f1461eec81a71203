"""What every request passes before anything answers it, and what every answer carries.

The middleware applies `origin.py` and `access.py`; no route can be reached
around it. Errors become one line of plain text, and an unexpected exception
a line in the log and nothing else to the client.
"""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import structlog
from aiohttp import web

from sagews.backend import headers
from sagews.backend.access import COOKIE_SECONDS, Access
from sagews.backend.access_log import ROUTE
from sagews.backend.origin import Origins, Refused
from sagews.backend.reader import ANONYMOUS, READER, TOKEN, Reader
from sagews.service.loopback import is_loopback

PUBLIC_PREFIX = "/static/"
"""Files that are the same for everybody: any page may have them, so that the output frame can."""
OPEN_PATHS = frozenset({"/healthz"})
"""What is told without the access token."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


class Doorkeeper:
    """Lets a request in or answers why not."""

    def __init__(self, origins: Origins, access: Access | None) -> None:
        self._origins = origins
        self._access = access

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check host, origin and token in this order; then answer, whatever happens."""
        if (resource := request.match_info.route.resource) is not None:
            request[ROUTE] = resource.canonical
        if (refused := self._stranger(request)) is not None:
            return plain(refused.status, refused.text)
        if request.method == "OPTIONS" and "Origin" in request.headers:
            # A preflight shows no token. A route may have an answer of its own.
            has_own = request.match_info.http_exception is None
            return await handler(request) if has_own else web.Response(status=204, headers=headers.PREFLIGHT)
        if (answer := self._without_token(request)) is not None:
            return answer
        request[READER] = Reader(
            address=request.remote or "",
            origin=request.headers.get("Origin", ""),
            subject=ANONYMOUS if self._access is None else TOKEN,
        )
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return plain(error.status, error.text or error.reason, _kept(error))
        except asyncio.CancelledError:
            raise
        except ConnectionError:
            raise
        except web.RequestPayloadError:
            return plain(400, "The body is not encoded as its headers say: send it as it is, with its length.")
        except Exception:
            log.exception("request failed", method=request.method, path=request.path[:200])
            return plain(500, "The service has a fault; its log says which.")

    def _stranger(self, request: web.Request) -> Refused | None:
        hosts = request.headers.getall("Host", [])
        if (refused := self._origins.check_host(hosts)) is not None:
            return refused
        if request.path.startswith(PUBLIC_PREFIX) and request.method in {"GET", "HEAD"}:
            return None
        return self._origins.check_origin(
            method=request.method,
            socket="upgrade" in request.headers.get("Connection", "").lower() or "Upgrade" in request.headers,
            host=hosts[0],
            origin=request.headers.get("Origin"),
            fetch_site=request.headers.get("Sec-Fetch-Site"),
        )

    def _without_token(self, request: web.Request) -> web.StreamResponse | None:
        """Return the answer to a request that may not go on for want of the token."""
        access = self._access
        if access is None or request.path in OPEN_PATHS or request.path.startswith(PUBLIC_PREFIX):
            return None
        is_page = request.path == "/" and request.method in {"GET", "HEAD"}
        if is_page and "token" in request.query:
            return self._welcome(access, request) if access.opens(request.query["token"]) else _sorry()
        if access.admits(
            cookie=request.cookies.get(access.cookie_name), authorization=request.headers.get("Authorization")
        ):
            return None
        return _sorry() if is_page else plain(403, "This site needs its access token: Authorization: Bearer TOKEN.")

    @staticmethod
    def _welcome(access: Access, request: web.Request) -> web.Response:
        """Give the cookie and send on to the address without the token, which history shall not keep."""
        rest = [(name, value) for name, value in request.query.items() if name != "token"]
        answer = web.Response(status=303, headers={"Location": "/" + ("?" + urlencode(rest) if rest else "")})
        answer.headers["Cache-Control"] = "no-store"
        answer.set_cookie(
            access.cookie_name,
            access.cookie_value,
            max_age=COOKIE_SECONDS,
            path="/",
            httponly=True,
            samesite="Strict",
        )
        return answer

    async def guard(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put on every answer, also one that streams, the headers that it does not have yet."""
        for name, value in headers.EVERYWHERE.items():
            response.headers.setdefault(name, value)
        if request.secure or is_loopback(request.url.host or ""):
            response.headers.update(headers.TRUSTWORTHY)
        response.headers.setdefault("Content-Security-Policy", headers.PLAIN)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.pop("Server", None)
        origin = request.headers.get("Origin")
        if origin is not None and self._origins.is_listed(origin):
            response.headers.update(headers.cross_origin(origin))
            response.headers.add("Vary", "Origin")


def plain(status: int, text: str, more: dict[str, str] | None = None) -> web.Response:
    """Return an answer of one line."""
    return web.Response(status=status, text=text.rstrip("\n") + "\n", headers=more)


def _kept(error: web.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}


def _sorry() -> web.Response:
    """Return the page for a browser that has not shown the token."""
    return web.Response(
        status=403,
        content_type="text/html",
        text="""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>sagews: access token needed</title>
<h1>This site needs its access token</h1>
<p>Open the whole address that the start of the service printed: it ends in <code>?token=…</code>.
Who runs the service can tell you that address.</p>
<p>If this browser has used the site before: <a href="">open it</a>.</p>
</html>
""",
    )
