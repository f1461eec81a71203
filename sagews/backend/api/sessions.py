"""Sessions over HTTP: opened, looked at, interrupted, closed. None is held between two requests.

A session lives on for its grace period after the last request; whoever wants
it to live longer than that without asking anything listens to its events.
"""

import asyncio

from aiohttp import web

from sagews.backend.api.answers import FoundSession, OpenedSession
from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import Nothing, OpenSession
from sagews.backend.api.wire import limits_of, request_of
from sagews.backend.rates import SESSIONS
from sagews.backend.refusal import Refusal
from sagews.backend.sessions import Sessions
from sagews.backend.visit import Visit
from sagews.config.site import Site
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import Json, encode, event_to_json

CLOSE_DEADLINE = 20.0
"""Seconds in which all processes of a session must be gone."""
PATH = "/api/v1/sessions/{session}"


class SessionRoutes:
    """Answers what is about a session as a whole."""

    def __init__(self, site: Site, sessions: Sessions) -> None:
        self._sessions = sessions
        self._grace = site.limits.grace

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(
                method="POST",
                path="/api/v1/sessions",
                name="open_session",
                summary="Open a session",
                text="It lives until it is closed, reaches a limit, or nobody has asked anything of it for the time"
                " of `grace`. An open stream of its events keeps it alive.",
                body=OpenSession,
                rate=SESSIONS,
                serve=self._open,
                replies=(Reply(201, "It is ready.", OpenedSession, headers={"Location": "Its address."}),),
                refusals={503: "No session can be had now; try again."},
            ),
            Route(
                method="GET",
                path=PATH,
                name="find_session",
                summary="See whether a session lives",
                text="Asking is a sign of use: the times of `idle` and `grace` begin anew.",
                session=True,
                serve=self._find,
                replies=(Reply(200, "It lives.", FoundSession),),
            ),
            Route(
                method="DELETE",
                path=PATH,
                name="close_session",
                summary="Close a session",
                text="The answer comes when every process of it is gone.",
                session=True,
                serve=self._close,
                replies=(Reply(204, "It is gone."),),
            ),
            Route(
                method="POST",
                path=PATH + "/interrupt",
                name="interrupt_session",
                summary="Interrupt what runs",
                text="`KeyboardInterrupt` is raised in the evaluation that runs, and those that wait are dropped.",
                session=True,
                serve=self._interrupt,
                replies=(Reply(204, "It is done, if anything ran."),),
            ),
        ]

    async def _open(self, asked: Asked[OpenSession, Nothing]) -> web.Response:
        body = asked.body
        wish = request_of("open", environment=body.environment, limits=limits_of(body.limits))
        opened = await Visit.open(self._sessions, wish.open, asked.reader)
        said = _described(opened.session, event_to_json(opened))
        said |= {"token": opened.opened.token, "grace": self._grace}
        location = PATH.format(session=opened.session)
        return web.Response(status=201, text=encode(said), content_type=JSON, headers={"Location": location})

    async def _find(self, asked: Asked[None, Nothing]) -> web.Response:
        async with Visit.begun(self._sessions, asked.session, asked.token, asked.reader) as visit:
            if visit.attached is None or not await visit.lives():
                raise has_ended(asked.session)
            event = event_to_json(pb.Event(attached=visit.attached))
        said = _described(asked.session, event)
        said["last_sequence"] = event["last_sequence"]
        return web.Response(text=encode(said), content_type=JSON)

    async def _close(self, asked: Asked[None, Nothing]) -> web.Response:
        async with Visit.begun(
            self._sessions, asked.session, asked.token, asked.reader, wants=lambda event: event.HasField("ended")
        ) as visit:
            if not await visit.lives():
                raise has_ended(asked.session)
            visit.send(pb.Request(close=pb.Close()))
            try:
                async with asyncio.timeout(CLOSE_DEADLINE):
                    while not visit.over and not await visit.next():
                        pass
            except TimeoutError as error:
                raise Refusal(
                    503, "unavailable", "has not ended yet", f"session {asked.session}", "try again in a moment"
                ) from error
        return web.Response(status=204)

    async def _interrupt(self, asked: Asked[None, Nothing]) -> web.Response:
        async with Visit.begun(self._sessions, asked.session, asked.token, asked.reader) as visit:
            await visit.tell(interrupt=pb.Interrupt())
        return web.Response(status=204)


def has_ended(session: str) -> Refusal:
    """Return the refusal of what is about a session that has ended."""
    return Refusal(404, "unknown_session", "has ended", f"session {session}", "open a new one")


def _described(session: str, event: Json) -> Json:
    return {"id": session, **{name: event[name] for name in ("environment", "limits", "started")}}
