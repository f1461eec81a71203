"""`POST /service`: one stateless evaluation, one answer.

The interface of SageMathCell, for programs that want a result and no
session: a form with `code`, or a JSON object `{"code": ..., "timeout": ...}`; `language` is ours.
Each call is a reading of its own (`runs.py`), which ends with it, also when
the caller goes away in the middle. What the cache did, the answer says in
`Cache-Status` (RFC 9211).
"""

import asyncio
import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sagews.backend.answer import Answer
from sagews.backend.bodies import takes
from sagews.backend.entrance import HTTP_PATIENCE
from sagews.backend.fields import Fields, fields_of
from sagews.backend.hold import Told
from sagews.backend.quotas import Counted
from sagews.backend.rates import EVALUATIONS, Rates
from sagews.backend.reader import reader_of
from sagews.backend.runs import Runs
from sagews.backend.sagecell.environment import Choice
from sagews.backend.sagecell.programs import Programs
from sagews.backend.sagecell.terms import Terms
from sagews.backend.workers import refused
from sagews.config.site import Site
from sagews.database.logins import TOKEN
from sagews.protocol import MAX_CODE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name
from sagews.protocol.json_requests import RefusedRequest
from sagews.protocol.languages import LANGUAGES, is_known

STRANGER = "Programs use this from known addresses, or with an API token: Authorization: Bearer sagews_…"
TERMS = (
    "When evaluating code, you must acknowledge your acceptance of the terms of service at /tos.html"
    " by passing the parameter accepted_tos=true"
)
PATIENCE = 15.0
"""Seconds beyond the wall time in which the worker must have stopped the evaluation."""
MAX_EXPRESSIONS = 50
MAX_EXPRESSION_BYTES = 100_000

FRESH = {"no-cache", "no-store"}
"""Directives by which a caller wants no kept result."""

RETRY_AFTER = 5
"""Seconds after which to try again, where nothing better is known."""

_BUSY = {pb.FAILURE_CODE_FULL, pb.FAILURE_CODE_DRAINING, pb.FAILURE_CODE_UNAVAILABLE}


class Service:
    """Answers the calls."""

    def __init__(self, site: Site, runs: Runs, rates: Rates, choice: Choice, terms: Terms) -> None:
        self._runs = runs
        self._rates = rates
        self._choice = choice
        self._terms = terms
        self._most = site.sagecell.service_bytes
        self._is_rich = site.sagecell.service_rich
        self._programs = Programs(site.sagecell)
        self._max_seconds = min(site.limits.wall_time or math.inf, site.sagecell.service_seconds)

    def routes(self) -> list[web.RouteDef]:
        """Return the one route."""
        return [web.post("/service", self._serve)]

    @takes(None)
    async def _serve(self, request: web.Request) -> web.Response:
        reader = reader_of(request)
        if self._programs.are_named and not self._programs.have(reader) and not reader.login.startswith(TOKEN):
            raise web.HTTPForbidden(text=STRANGER)
        fields = await _fields(request, self._most)
        if self._terms.are_refused({name: str(value) for name, value in fields if name == "accepted_tos"}):
            raise web.HTTPForbidden(text=TERMS)
        wish = read_wish(fields, self._most)
        directives = cache_directives(request.headers.getall("Cache-Control", []))
        run = pb.Run(evaluation=secrets.token_urlsafe(24), code=wish.code, language=wish.language)
        run.environment = "" if wish.language else self._choice()
        run.expressions.update(wish.expressions)
        run.fresh = not directives.isdisjoint(FRESH)
        run.limits.wall_time = min(wish.timeout or self._max_seconds, self._max_seconds)
        counted = Counted()
        try:
            counted = await self._rates.take(EVALUATIONS, reader)
            answer, status = await self._evaluate(run, reader.name, storable="no-store" not in directives)
        except RefusedRequest as refused:
            self._rates.give_back(counted)
            return _refusal(refused)
        said = answer.to_json()
        if not self._is_rich:
            del said["outputs"]
        text = json.dumps(said)
        return web.Response(text=text, content_type="application/json", headers={"Cache-Status": status})

    async def _evaluate(self, run: pb.Run, account: str, *, storable: bool) -> tuple[Answer, str]:
        """Run the code and return what it says, and what the cache did."""
        call = _Call(account)
        reading = self._runs.begin(
            call, run, account=account, without_input=True, storable=storable, returning=False, patience=HTTP_PATIENCE
        )
        try:
            async with asyncio.timeout(run.limits.wall_time + PATIENCE):
                await call.complete.wait()
                if call.refused is None:
                    await reading.run.settled.wait()
        except TimeoutError:
            pass
        finally:
            reading.leave(call)
        if call.refused is not None:
            raise call.refused
        return call.answer, str(reading.status)


class _Call:
    """Who receives the events of one call."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        self.answer = Answer()
        self.complete = asyncio.Event()
        self.refused: RefusedRequest | None = None

    congested = False

    def take(self, told: Told) -> None:
        """Take an event; see `hold.Receiver`."""
        if told.event.WhichOneof("kind") == "failure":
            self.refused = refused(told.event.failure)
        else:
            self.answer.take(told.event)
        if self.refused is not None or self.answer.complete:
            self.complete.set()

    def released(self, session: str) -> None:
        """Know nothing of sessions; see `hold.Receiver`."""


def cache_directives(values: list[str]) -> set[str]:
    """Return the names of the directives in the headers `Cache-Control` of a request (RFC 9111, 5.2), in lower case."""
    return {part.partition("=")[0].strip().lower() for value in values for part in value.split(",")}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller asks for."""

    code: str
    timeout: float
    """Seconds; 0 for the longest that is allowed."""
    language: str = ""
    """That of the code; empty: the environment's own."""
    expressions: Mapping[str, str] = field(default_factory=dict)
    """Expressions of Python by names, whose values are told, too."""


def read_wish(fields: Fields, most: int = MAX_CODE) -> Wish:
    """Return what the fields of a request ask for, whose code has so many bytes at most.

    Raises an HTTPException of 400 or 413, of one line.
    """
    codes = [value for name, value in fields if name == "code"]
    if not codes:
        raise web.HTTPBadRequest(text="The field code is missing: send the program in it.")
    if not all(isinstance(code, str) for code in codes):
        raise web.HTTPBadRequest(text="The field code is not text: send the program as one string.")
    code = "".join(codes)
    try:
        size = len(code.encode())
    except UnicodeEncodeError as error:
        raise web.HTTPBadRequest(text="The field code holds half a surrogate pair: remove that character.") from error
    if size > most:
        raise too_large(most)
    languages = [value for name, value in fields if name == "language"]
    return Wish(
        code,
        _timeout([value for name, value in fields if name == "timeout"]),
        _language(languages),
        _expressions([value for name, value in fields if name == "user_expressions"]),
    )


def too_large(most: int) -> web.HTTPRequestEntityTooLarge:
    """Return the refusal of code that has more than so many bytes."""
    return web.HTTPRequestEntityTooLarge(
        most, most + 1, text=f"The code is over {most:,} bytes: load large data from a file instead."
    )


def _timeout(values: list[Any]) -> float:
    try:
        seconds = float(values[-1]) if values else 0.0
    except (TypeError, ValueError, OverflowError) as error:
        raise web.HTTPBadRequest(
            text="The field timeout is not a number of seconds: send one such as 10, or leave it out."
        ) from error
    # Infinity is SageMathCell's word for "as long as you let me"; what is not a number is neither.
    return seconds if 0 < seconds < float("inf") else 0.0


def _language(values: list[Any]) -> str:
    language = values[-1] if values else ""
    if not isinstance(language, str) or not is_known(language):
        raise web.HTTPBadRequest(
            text=f"The field language is not known: send one of {', '.join(LANGUAGES)}, or leave it out."
        )
    return language


def _expressions(values: list[Any]) -> dict[str, str]:
    """Return the expressions of a field, which is a JSON object, or in JSON the object itself."""
    found = values[-1] if values else {}
    try:
        found = json.loads(found) if isinstance(found, str) else found
        wanted = {name: code for name, code in found.items() if isinstance(code, str)}
        size = sum(len(name.encode()) + len(code.encode()) for name, code in wanted.items())
    except (ValueError, RecursionError, AttributeError) as error:
        text = 'The field user_expressions is no JSON object of texts: send one such as {"a": "x + 1"}.'
        raise web.HTTPBadRequest(text=text) from error
    if len(wanted) > MAX_EXPRESSIONS or size > MAX_EXPRESSION_BYTES:
        text = f"There are over {MAX_EXPRESSIONS} user_expressions, or over {MAX_EXPRESSION_BYTES:,} bytes of them."
        raise web.HTTPBadRequest(text=text)
    return wanted


async def _fields(request: web.Request, most: int) -> Fields:
    """Return the fields of a request, in whatever form they come. Raises an HTTPException of 400 or 413."""
    try:
        # Percent encoding may triple the code.
        return await fields_of(request, 4 * most)
    except web.HTTPRequestEntityTooLarge as error:
        raise too_large(most) from error
    except ValueError as error:
        raise web.HTTPBadRequest(
            text='The body is neither a form with its text in UTF-8 nor JSON: send code=... or {"code": ...}.'
        ) from error


def _refusal(refused: RefusedRequest) -> web.Response:
    """Return the answer where nothing was evaluated."""
    status = 429 if refused.code == pb.FAILURE_CODE_TOO_MANY else 503 if refused.code in _BUSY else 400
    error = {
        "code": enum_name(pb.FailureCode, refused.code),
        "what": refused.what,
        "noun": refused.noun,
        "hint": refused.hint,
    }
    return web.json_response(
        {"success": False, "error": error},
        status=status,
        headers={"Retry-After": str(refused.retry_after or RETRY_AFTER)} if status != 400 else None,
    )
