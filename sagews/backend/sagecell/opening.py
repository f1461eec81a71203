"""`/kernel`: sessions opened and closed by SageMathCell's pages and programs.

A session is opened at once, and lives for its grace period until the first
message to it comes; a page that never comes leaves nothing. What the site
limits holds here too: who has too many gets 429, with the body by which
SageMathCell's library tells its reader.
"""

import asyncio
import json
from collections.abc import Callable, Iterable

from aiohttp import web

from sagews.backend.bodies import takes
from sagews.backend.rates import SESSIONS, Rates
from sagews.backend.reader import Reader, reader_of
from sagews.backend.refusal import RETRY_AFTER
from sagews.backend.sagecell.arguments import Arguments, arguments
from sagews.backend.sagecell.frame import framed
from sagews.backend.sagecell.ids import Id
from sagews.backend.sagecell.lingering import Resting
from sagews.backend.sagecell.terms import Terms
from sagews.backend.sessions import Sessions
from sagews.backend.visit import Visit
from sagews.backend.workers import LEAVING
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

MOST = 1 << 16
"""Bytes of a request."""
LONGEST = 900.0
"""Seconds for which a session that several cells share is kept when nobody uses it, as SageMathCell has it."""
PATIENCE = 60.0
"""Seconds that a page waits in line."""
CLOSING = 20.0
"""Seconds in which all processes of a session must be gone."""

_TOO_MANY = "too_many_kernels_for_cell_session"
"""The word by which SageMathCell's library knows that it has something to say to its reader."""
_CROWDED = (pb.FAILURE_CODE_FULL, pb.FAILURE_CODE_TOO_MANY, pb.FAILURE_CODE_DRAINING)
ALLOWED = {
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS, DELETE",
    "Access-Control-Allow-Headers": "X-XSRFToken, Content-Type",
    "Access-Control-Max-Age": "600",
}


class Opening:
    """Answers for sessions as a whole."""

    def __init__(
        self,
        sessions: Sessions,
        rates: Rates,
        terms: Terms,
        resting: Resting,
        environment: Callable[[], str],
        embedders: Iterable[str],
    ) -> None:
        """`embedders`: the origins whose pages may embed."""
        self._sessions = sessions
        self._rates = rates
        self._terms = terms
        self._resting = resting
        self._environment = environment
        self._embedders = tuple(embedders)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/kernel", self._post),
            web.options("/kernel", self._preflight),
            web.post("/kernel/{id}", self._post_to),
            web.delete("/kernel/{id}", self._delete),
            web.options("/kernel/{id}", self._preflight),
        ]

    async def _preflight(self, request: web.Request) -> web.Response:
        return web.Response(headers=ALLOWED)

    @takes(MOST)
    async def _post(self, request: web.Request) -> web.Response:
        given = await arguments(request, MOST)
        if given.get("method") == "OPTIONS":
            return web.Response(headers=ALLOWED)
        if self._terms.are_refused(given):
            return web.Response(status=403)
        reader = reader_of(request)
        linked = _seconds(given) > 0
        try:
            await self._rates.take(SESSIONS, reader)
            opened = await self._open(reader, min(_seconds(given) or LONGEST, LONGEST))
        except RefusedRequest as refused:
            return self._answer(given, _refusal(refused), 429 if refused.code in _CROWDED else 503, _later(refused))
        identity = str(Id(opened.session, opened.opened.token, linked))
        told = {"ws_url": f"{'wss' if reader.secure else 'ws'}://{request.host}/", "id": identity}
        return self._answer(given, told, 200, {"Jupyter-Kernel-ID": identity})

    async def _open(self, reader: Reader, idle: float) -> pb.Event:
        """Open a session, be it in the place of one of the same reader's that has nothing to do any more."""
        wish = pb.Open(environment=self._environment(), limits=pb.Limits(idle=idle))
        made_room = False
        for pause in (*LEAVING, None):
            try:
                return await Visit.open(self._sessions, wish, reader.name)
            except RefusedRequest as refused:
                made_room = made_room or (refused.code in _CROWDED and self._resting.end_of(reader.name))
                if not made_room and refused.code != pb.FAILURE_CODE_FULL:
                    raise
                if not made_room or pause is None:
                    break
                # What was just closed counts until all its processes are gone.
                await asyncio.sleep(pause)
        return await Visit.open(self._sessions, wish, reader.name, PATIENCE)

    @takes(MOST)
    async def _post_to(self, request: web.Request) -> web.Response:
        """Act for a page that can send nothing but a form."""
        given = await arguments(request, MOST)
        match given.get("method"):
            case "OPTIONS":
                return web.Response(headers=ALLOWED)
            case "DELETE":
                await self._close(request)
                return self._answer(given, None, 200, {})
        raise web.HTTPBadRequest(text="The argument method is missing: send DELETE in it, or a DELETE.")

    @takes(MOST)
    async def _delete(self, request: web.Request) -> web.Response:
        await self._close(request)
        return web.Response(headers=ALLOWED)

    async def _close(self, request: web.Request) -> None:
        """Close a session, which need not be there."""
        if (identity := Id.read(request.match_info["id"])) is None:
            return
        try:
            async with (
                asyncio.timeout(CLOSING),
                Visit.begun(
                    *(self._sessions, identity.session, identity.token, reader_of(request).name),
                    wants=lambda event: event.HasField("ended"),
                ) as visit,
            ):
                visit.send(pb.Request(close=pb.Close()))
                while not visit.over and not await visit.next():
                    pass
        except (RefusedRequest, TimeoutError):
            return  # As SageMathCell has it: whoever asks wants no more of it.

    def _answer(self, given: Arguments, told: object, status: int, headers: dict[str, str]) -> web.Response:
        text = json.dumps(told)
        if "frame" in given:
            return framed(text, self._embedders)
        return web.Response(status=status, text=text, content_type="application/json", headers={**ALLOWED, **headers})


def _seconds(given: Arguments) -> float:
    """Return for how long a session is to be kept when nobody uses it; 0: until nothing runs in it."""
    try:
        seconds = float(given.get("timeout", 0))
    except ValueError:
        return 0.0
    return seconds if seconds > 0 else 0.0


def _refusal(refused: RefusedRequest) -> dict[str, str]:
    """Return the body of SageMathCell's refusal, with our reason."""
    reason = f"{refused.noun} {refused.what}: {refused.hint}.".strip()
    return {"error": _TOO_MANY, "message": f"No session can be had for this page now. {reason[:1].upper()}{reason[1:]}"}


def _later(refused: RefusedRequest) -> dict[str, str]:
    return {"Retry-After": str(refused.retry_after or RETRY_AFTER)}
