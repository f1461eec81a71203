"""What every request passes before anything answers it, and what every answer carries.

The middleware applies `clients.py`, `origin.py`, `accounts/gate.py` and
`access.py`; no route can be reached around it. Errors become one line of plain text, or below `/api/`
the object that every error has there, and an unexpected exception a line in
the log and nothing else to the client.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import structlog
from aiohttp import web

from sagews.backend import headers, operators
from sagews.backend.access import COOKIE_SECONDS, Access
from sagews.backend.access_log import ROUTE
from sagews.backend.accounts.gate import (
    SIGN_IN,
    Gate,
    is_for_git,
    is_for_operators,
    is_for_people,
    is_published,
    is_way_in,
)
from sagews.backend.accounts.tally import Tally
from sagews.backend.bodies import most_body
from sagews.backend.clients import Clients
from sagews.backend.cookies import cookie_of, give_cookie
from sagews.backend.embedding import Embedding, answers, readable
from sagews.backend.languages.choice import language_of
from sagews.backend.languages.speech import say as _
from sagews.backend.languages.speech import speak, spoken
from sagews.backend.operators import Operators
from sagews.backend.origin import Origins, Refused
from sagews.backend.reader import READER, reader_of
from sagews.backend.refusal import CHALLENGES, in_words
from sagews.backend.sagecell.programs import Programs
from sagews.config.language import Language
from sagews.config.sagecell import SageCell
from sagews.errors import ServiceError
from sagews.service.loopback import is_loopback

PUBLIC_PREFIXES = ("/static/", "/nbextensions/", "/embed.js", "/embedded_sagecell.js")
"""Files that are the same for everybody: any page may have them, so that the output frame can."""
API_PREFIX = "/api/"
OPEN_PATHS = frozenset({"/healthz"})
"""What is told without the access token."""

RETRY = {"Retry-After": "5"}

NO_OPERATOR, TOO_MANY = "no operator", "too many sign-ins"
"""What is written down of who is refused."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


class Doorkeeper:
    """Lets a request in or answers why not."""

    def __init__(
        self,
        origins: Origins,
        access: Access | None,
        clients: Clients,
        operators: Operators,
        gate: Gate,
        tally: Tally,
        language: Language = Language.ENGLISH,
        embedding: Embedding = Embedding(),  # noqa: B008  # never changed
        programs: Programs = Programs(SageCell()),  # noqa: B008  # never changed
    ) -> None:
        """`language`: of the site, for who has chosen none; `programs`: whom it knows by their address."""
        self._origins = origins
        self._access = access
        self._clients = clients
        self._operators = operators
        self._gate = gate
        self._tally = tally
        self._language = language
        self._embedding = embedding
        self._programs = programs

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Find who asks; check host, origin, login, token and size in this order; then answer, whatever happens."""
        if (resource := request.match_info.route.resource) is not None:
            request[ROUTE] = resource.canonical
        speak(self._language)
        if (refused := self._clients.find(request) or self._stranger(request)) is not None:
            return refuse(request, refused.status, refused.text)
        if request.method == "OPTIONS" and "Origin" in request.headers:
            # A preflight shows no token. A route may have an answer of its own.
            has_own = request.match_info.http_exception is None
            return await handler(request) if has_own else web.Response(status=204, headers=headers.PREFLIGHT)
        if _is_for_all(request.path):
            return await self._answer(request, handler)
        speak(language_of(request, self._language))
        if reader_of(request).embedded:
            return self._without_people(request) or await self._answer(request, handler)
        try:
            await self._gate.identify(request)
        except ServiceError:
            return refuse(request, 503, _("Who is signed in cannot be known now: try again in a while."), RETRY)
        except web.HTTPException as error:
            more = _challenge(request) if error.status == 401 else None
            why = "an API token that is none" if error.status == 401 else "an API token that is not for this"
            self._tally.add(why, reader_of(request))
            return refuse(request, error.status, error.text or error.reason, more)
        # Only now it is known whether somebody is signed in, who may have chosen another one.
        speak(language_of(request, self._language))
        is_let_in = self._programs.let_in(request)
        if not is_let_in and (answer := self._without_token(request) or self._without_login(request)) is not None:
            return answer
        if request.path in operators.PATHS and not self._operators.has(reader_of(request)):
            self._tally.add(NO_OPERATOR, reader_of(request))
            return refuse(request, 403, operators.SORRY)
        with self._gate.while_signed_in(request):
            answer = await self._answer(request, handler)
        if answer.status == 429 and is_way_in(request.path):
            self._tally.add(TOO_MANY, reader_of(request))
        elif answer.status == 403 and is_for_operators(request.path):
            self._tally.add(NO_OPERATOR, reader_of(request))
        return answer

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        most = most_body(request.match_info.handler)
        if most is not None and (request.content_length or 0) > most:
            return refuse(request, 413, f"The body is over {most:,} bytes, which this route does not take: send less.")
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return refuse(request, error.status, error.text or error.reason, _kept(error))
        except asyncio.CancelledError:
            raise
        except ConnectionError:
            raise
        except ServiceError as error:
            return refuse(request, 503, f"{error}.", RETRY)
        except web.RequestPayloadError:
            return refuse(
                request, 400, "The body is not encoded as its headers say: send it as it is, with its length."
            )
        except Exception:
            # By its route: a name in it may be one that nobody else can guess.
            log.exception("request failed", method=request.method, path=request.get(ROUTE) or request.path[:200])
            return refuse(request, 500, _("The service has a fault; its log says which."))

    def _stranger(self, request: web.Request) -> Refused | None:
        hosts = request.headers.getall("Host", [])
        if (refused := self._origins.check_host(hosts)) is not None:
            return refused
        if request.path.startswith(PUBLIC_PREFIXES) and request.method in {"GET", "HEAD"}:
            return None
        refused = self._origins.check_origin(
            method=request.method,
            socket="upgrade" in request.headers.get("Connection", "").lower() or "Upgrade" in request.headers,
            host=hosts[0],
            origin=request.headers.get("Origin"),
            fetch_site=request.headers.get("Sec-Fetch-Site"),
            fetch_mode=request.headers.get("Sec-Fetch-Mode"),
            listed=not is_for_people(request.path),
            secure=reader_of(request).secure,
        )
        origin = request.headers.get("Origin", "")
        if refused is None or not (self._embedding.is_welcome(origin) or self._embedding.is_silent(request)):
            return refused
        resource = request.match_info.route.resource
        if not answers("" if resource is None else resource.canonical, request.path):
            return Refused(403, "Pages of other sites may have cells of this one in them, and nothing else of it.")
        request[READER] = dataclasses.replace(reader_of(request), embedded=True)
        return None

    def _without_people(self, request: web.Request) -> web.StreamResponse | None:
        """Return the answer to a page of another site, if this one is not for whoever comes: it shows nothing."""
        if self._access is None and not self._gate.keeps_out(reader_of(request)):
            return None
        line = "this site is not for whoever comes: pages of other sites cannot have its cells"
        return refuse(request, 403, line)

    def _without_token(self, request: web.Request) -> web.StreamResponse | None:
        """Return the answer to a request that may not go on for want of the token."""
        access = self._access
        if access is None or reader_of(request).account or is_way_in(request.path):
            return None
        is_page = request.path == "/" and request.method in {"GET", "HEAD"}
        if is_page and "token" in request.query:
            return self._welcome(access, request) if access.opens(request.query["token"]) else _sorry()
        subject = access.subject(
            cookie=cookie_of(request, access.cookie_name), authorization=request.headers.get("Authorization")
        )
        if subject:
            request[READER] = dataclasses.replace(reader_of(request), subject=subject)
            return None
        if is_for_git(request.path):
            return plain(
                401, "This site needs an API token as the password; any user name will do.", _challenge(request)
            )
        if request.path.startswith(API_PREFIX):
            line = "this site needs its access token: send Authorization: Bearer TOKEN"
            return refuse(request, 401, line, _challenge(request))
        return _sorry() if is_page else plain(403, "This site needs its access token: Authorization: Bearer TOKEN.")

    def _without_login(self, request: web.Request) -> web.StreamResponse | None:
        """Return the answer to a request that may not go on because nobody is signed in."""
        if not self._gate.keeps_out(reader_of(request)) or is_way_in(request.path) or is_published(request.path):
            return None
        if request.path == "/" and request.method in {"GET", "HEAD"}:
            return web.Response(status=303, headers={"Location": SIGN_IN})
        if is_for_git(request.path) or request.path.startswith(API_PREFIX):
            return refuse(request, 401, "sign in to use this site", _challenge(request))
        return plain(403, _("Sign in to use this site: {address}.").format(address=SIGN_IN))

    @staticmethod
    def _welcome(access: Access, request: web.Request) -> web.Response:
        """Give the cookie and send on to the address without the token, which history shall not keep."""
        rest = [(name, value) for name, value in request.query.items() if name != "token"]
        answer = web.Response(status=303, headers={"Location": "/" + ("?" + urlencode(rest) if rest else "")})
        answer.headers["Cache-Control"] = "no-store"
        give_cookie(request, answer, access.cookie_name, access.cookie_value, path="/", seconds=COOKIE_SECONDS)
        return answer

    async def guard(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put on every answer, also one that streams, the headers that it does not have yet."""
        for name, value in headers.EVERYWHERE.items():
            response.headers.setdefault(name, value)
        if (READER in request and reader_of(request).secure) or is_loopback(request.url.host or ""):
            response.headers.update(headers.TRUSTWORTHY)
        response.headers.setdefault("Content-Security-Policy", headers.PLAIN)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.pop("Server", None)
        origin = request.headers.get("Origin")
        if READER in request and reader_of(request).embedded:
            if origin is not None:
                response.headers.update(readable(reader_of(request).origin, request.path))
            response.headers.add("Vary", "Origin")
        elif origin is not None and self._origins.is_listed(origin) and not is_for_people(request.path):
            response.headers.update(headers.cross_origin(origin))
            response.headers.add("Vary", "Origin")


def refuse(request: web.Request, status: int, line: str, more: dict[str, str] | None = None) -> web.Response:
    """Return an error in the form that its route has: an object in the API, else one line."""
    if request.path.startswith(API_PREFIX):
        return in_words(status, line, more).response()
    return plain(status, line, more)


def plain(status: int, text: str, more: dict[str, str] | None = None) -> web.Response:
    """Return an answer of one line."""
    return web.Response(status=status, text=text.rstrip("\n") + "\n", headers=more)


def _challenge(request: web.Request) -> dict[str, str]:
    """Return how to be let in, as whoever asks understands it."""
    return {"WWW-Authenticate": CHALLENGES["git" if is_for_git(request.path) else "token"]}


def _is_for_all(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(PUBLIC_PREFIXES)


def _kept(error: web.HTTPException) -> dict[str, str]:
    return {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}


def _sorry() -> web.Response:
    """Return the page for a browser that has not shown the token."""
    return web.Response(
        status=403,
        content_type="text/html",
        text=f"""<!doctype html>
<html lang="{spoken()}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>sagews: {_("access token needed")}</title>
<h1>{_("This site needs its access token")}</h1>
<p>{_("Open the whole address that the start of the service printed: it ends in <code>?token=…</code>.")}
{_("Who runs the service can tell you that address.")}</p>
<p>{_("If this browser has used the site before:")} <a href="">{_("open it")}</a>.</p>
</html>
""",
    )
