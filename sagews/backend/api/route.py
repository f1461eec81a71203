"""A route of the API: declared once, served and described from that."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import msgspec
from aiohttp import web

from sagews.backend.api.body import read_json, read_query
from sagews.backend.api.form import JSON, Form, form_of
from sagews.backend.api.shapes import Nothing
from sagews.backend.bodies import takes
from sagews.backend.quotas import Counted
from sagews.backend.rates import Rates
from sagews.backend.reader import reader_of
from sagews.backend.refusal import CHALLENGES, Refusal
from sagews.database.members import Entry, Role
from sagews.errors import FormatError, LostRaceError, ServiceError, WorksheetError, WorkspaceError
from sagews.protocol.json_requests import RefusedRequest

TOKEN_HEADER = "Sagews-Session-Token"  # noqa: S105  # the name of a header, not a token
NOT_SO = (WorkspaceError, WorksheetError, FormatError)
"""Errors of what somebody asks for that is understood, and cannot be done with what is there."""
LINK_HEADER = "Sagews-Workspace-Link"
"""In which the token of a link is shown: no address holds it."""

Body = TypeVar("Body")
Query = TypeVar("Query")


@dataclass(frozen=True, slots=True)
class Asked(Generic[Body, Query]):
    """A request that is of the declared shape."""

    request: web.Request
    body: Body
    query: Query
    token: str
    """Of the session, if the route is about one."""
    counted: Counted = field(default_factory=Counted)
    """What is given back if it is refused, unless `serve` has it kept."""
    entered: Entry | None = None

    @property
    def session(self) -> str:
        """The session that the address names."""
        return self.request.match_info["session"]

    @property
    def form(self) -> Form:
        """In which form the caller wants events."""
        return form_of(", ".join(self.request.headers.getall("Accept", [])))

    @property
    def reader(self) -> str:
        """Who asks, for the log and for counting; empty if that is not known."""
        return reader_of(self.request).name

    @property
    def entry(self) -> Entry:
        """As what the caller is in the workspace that the address names."""
        assert self.entered is not None
        return self.entered

    @property
    def account(self) -> str:
        """The account of the caller; empty if nobody is signed in."""
        return reader_of(self.request).account


Enter = Callable[[web.Request], Awaitable[Entry | None]]
Serve = Callable[[Asked[Any, Any]], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer that is no error."""

    status: int
    text: str
    shape: type[msgspec.Struct] | None = None
    """Of its JSON; None: it has no body, or one of another media type."""
    media: tuple[str, ...] = (JSON,)
    """Of its body, if it has one."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that it has beside the usual ones, each with what it holds."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    name: str
    """Of the operation, unique, for programs that are made from the description."""
    summary: str
    text: str
    """What more there is to know, in Markdown of one paragraph."""
    serve: Serve
    replies: tuple[Reply, ...]
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = Nothing
    """None: whatever is there is ignored."""
    file: bool = False
    """The body is a file's content, of any media type, and `serve` reads it."""
    session: bool = False
    """It is about a session, whose token must be shown."""
    role: Role | None = None
    """What one has to be, at least, in the workspace that it is about; None: it is about none."""
    account: bool = False
    """It is for who is signed in, or shows a token of the API; a link to a workspace is not enough."""
    enter: Enter | None = None
    """Finds that out before anything of the request is read, and again when a body of JSON has come. Raises Refusal."""
    rate: str = ""
    """As what `rates.py` counts it; empty: it is not counted."""
    headers: Mapping[str, Any] = field(default_factory=dict)
    """Headers of the request that mean something here, each with its type, annotated."""
    refusals: Mapping[int, str] = field(default_factory=dict)
    """Statuses of errors beside those that `all_refusals` adds."""
    pattern: str = ""
    """What aiohttp matches, where the path has more than names in it."""

    @property
    def in_api(self) -> bool:
        """Whether its errors are objects; elsewhere they are one line of text."""
        return self.path.startswith("/api/")

    @property
    def all_refusals(self) -> dict[int, str]:
        """Every status of an error that it can have, with when."""
        found = {
            400: "The request is not as it is described here.",
            403: "Pages of another site may not ask this one.",
            421: "The Host header names another site.",
        }
        if self.in_api:
            found[401] = "The access token of the site is missing or wrong."
        if self.body is not None:
            found |= {408: "The body came too slowly.", 413: "The body is too large.", 415: "The body is no JSON."}
        if self.rate:
            found[429] = "The address, account or token is past one of the site's rates."
        if self.file:
            found |= {408: "The body came too slowly.", 413: "The body is too large."}
        if self.account or self.role is not None:
            found[401] = "Nobody is signed in, or the token of the API is none."
            found[403] = "The caller's role or token is not enough, or pages of another site may not ask this one."
            found[503] = "The database cannot be had now; try again."
        if self.role is not None:
            found[404] = "There is no such workspace, or not for the caller."
        if self.session:
            found[401] = "The token of the session, or of the site, is missing or wrong."
            found |= {404: "There is no such session.", 503: "It cannot be had now; try again."}
        return dict(sorted((found | dict(self.refusals)).items()))

    def definition(self, rates: Rates) -> web.RouteDef:
        """Return it as aiohttp's; `rates` count what is asked for, and refuse what is too much."""
        more = {"allow_head": False} if self.method == "GET" else {}

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, rates)

        if self.body is not None or self.file:
            serve = takes(None)(serve)
        return web.route(self.method, self.pattern or self.path, serve, **more)

    async def _serve(self, request: web.Request, rates: Rates) -> web.StreamResponse:
        try:
            asked = await self._asked(request)
            if not self.rate:
                return await self.serve(asked)
            asked = replace(asked, counted=await rates.take(self.rate, reader_of(request)))
            try:
                return await self.serve(asked)
            except (RefusedRequest, Refusal, ServiceError, *NOT_SO):
                rates.give_back(asked.counted)
                raise
        except RefusedRequest as refused:
            return Refusal.of(refused).response()
        except Refusal as refusal:
            return refusal.response()
        except ServiceError as error:
            return Refusal(503, "unavailable", error.what, error.noun, error.hint).response()
        except LostRaceError as error:
            return Refusal(409, "lost_race", error.what, error.noun, error.hint).response()
        except NOT_SO as error:
            hint = error.hint or "mend the file, and try again"
            return Refusal(422, "refused", error.what, error.noun, hint).response()

    async def _asked(self, request: web.Request) -> Asked[Any, Any]:
        token = _token(request) if self.session else ""
        entered = None if self.enter is None else await self.enter(request)
        query = None if self.query is None else read_query(request.query, self.query)
        body = None if self.body is None else await read_json(request, self.body)
        if self.enter is not None and self.body is not None:
            # The right may have been taken away while the body was on its way.
            entered = await self.enter(request)
        return Asked(request, body, query, token, entered=entered)


def _token(request: web.Request) -> str:
    """Return the token of a session that a request shows. Raises Refusal."""
    if (token := request.headers.get(TOKEN_HEADER)) is None:
        raise Refusal(
            401,
            "wrong_token",
            "shows no token of the session",
            "request",
            f"send {TOKEN_HEADER}: TOKEN, as the opening of the session told it",
            {"WWW-Authenticate": CHALLENGES["session"]},
        )
    return token
