"""Evaluations in a session over HTTP, and the session's events: as a page, or as they come.

Nothing is lost by coming back: whoever names the number of the last event
received gets the rest, once and in order, as on a connection.
"""

import asyncio
import secrets

from aiohttp import web

from sagews.backend.api.answers import Event, Events, Queued
from sagews.backend.api.form import JSON, Form
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.sessions import PATH
from sagews.backend.api.shapes import MAX_WHOLE, After, EvaluateIn, LastEventId, Nothing
from sagews.backend.api.stream import stream
from sagews.backend.api.wire import limits_of, request_of
from sagews.backend.drain import Drain
from sagews.backend.hold import Told
from sagews.backend.rates import EVALUATIONS
from sagews.backend.refusal import Refusal
from sagews.backend.sessions import Sessions
from sagews.backend.visit import Visit
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import encode

MAX_PAGE = 4 << 20
"""Characters of events in one page, which may be over by one event."""
_STREAMS = (Form.SENT.value, Form.LINES.value)


class EventRoutes:
    """Queues evaluations, and tells what comes of them."""

    def __init__(self, sessions: Sessions, drain: Drain) -> None:
        self._sessions = sessions
        self._drain = drain

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(
                method="POST",
                path=PATH + "/evaluations",
                name="evaluate_in_session",
                summary="Evaluate in a session",
                text="Evaluations of one session run one after the other. By default the answer comes at once, and"
                " the events are for the caller to read; if `Accept` asks for server-sent events or JSON lines, the"
                " events of this evaluation are the answer, up to `done` or to the backend's end: the rest is found as"
                " events of the session. One that is sent again under the same name"
                " runs once.",
                session=True,
                body=EvaluateIn,
                rate=EVALUATIONS,
                serve=self._evaluate,
                replies=(
                    Reply(200, "Its events.", Event, media=_STREAMS),
                    Reply(202, "It runs or waits.", Queued, headers={"Location": "Where its events are found."}),
                ),
                refusals={409: "A stream is asked for of an evaluation that the session knew already."},
            ),
            Route(
                method="GET",
                path=PATH + "/events",
                name="events",
                summary="Read the events of a session",
                text="Those after a number, in order and without an end: a caller who comes back names the last one"
                " received. By `Accept` they come as server-sent events, whose `id` is the number, or as JSON lines,"
                " and go on until the session ends, or the backend: then come back. Else they come as one page, for"
                " which `wait` waits.",
                session=True,
                query=After,
                headers={"Last-Event-ID": LastEventId},
                serve=self._events,
                replies=(
                    Reply(200, "A page of events.", Events),
                    Reply(200, "The events as they come.", Event, media=_STREAMS),
                    Reply(204, "A stream is asked for, and the session has ended: there is no more."),
                ),
            ),
        ]

    # ---------------------------------------------------------- evaluations

    async def _evaluate(self, asked: Asked[EvaluateIn, Nothing]) -> web.StreamResponse:
        body = asked.body
        name = body.evaluation or secrets.token_urlsafe(12)
        evaluate = request_of(
            "evaluate",
            evaluation=name,
            cell=body.cell,
            code=body.code,
            language=body.language,
            limits=limits_of(body.limits),
            without_input=body.without_input,
        ).evaluate

        def of_it(event: pb.Event) -> bool:
            return event.evaluation == name or event.WhichOneof("kind") in ("gap", "ended")

        def last(event: pb.Event) -> bool:
            return event.WhichOneof("kind") in ("done", "ended")

        async with Visit.begun(self._sessions, asked.session, asked.token, asked.reader, wants=of_it) as visit:
            # From here on it may run, whatever is answered.
            asked.counted.keep()
            sequence = await _queued(visit, evaluate)
            if asked.form is Form.WHOLE:
                said = {"session": asked.session, "evaluation": name, "sequence": sequence}
                address = f"{PATH.format(session=asked.session)}/events?after={max(sequence - 1, 0)}"
                return web.Response(status=202, text=encode(said), content_type=JSON, headers={"Location": address})
            if not sequence:
                raise Refusal(
                    409, "out_of_order", "is known already", f"evaluation {name}", "read the events of its session"
                )
            with self._drain.here(visit):
                return await stream(asked.request, asked.form, visit, last=last)

    # --------------------------------------------------------------- events

    async def _events(self, asked: Asked[None, After]) -> web.StreamResponse:
        after = _last_event_id(asked.request) if "Last-Event-ID" in asked.request.headers else asked.query.after

        def later(event: pb.Event) -> bool:
            return event.sequence > after

        async with Visit.begun(
            self._sessions, asked.session, asked.token, asked.reader, after=after, wants=later
        ) as visit:
            if asked.form is Form.WHOLE:
                with self._drain.here(visit):
                    return await _page(visit, after, asked.query)
            if visit.attached is not None and not visit.has_news and not await visit.lives():
                return web.Response(status=204)
            with self._drain.here(visit):
                return await stream(asked.request, asked.form, visit, last=lambda event: event.HasField("ended"))


async def _queued(visit: Visit, evaluate: pb.Evaluate) -> int:
    """Queue an evaluation; return the number of its first event, 0 if the session knew it already."""
    # Twice: the first may have gone with a link that was lost. To a session that has it, the second is nothing.
    for _ in range(2):
        for event in await visit.tell(evaluate=evaluate):
            if event.HasField("queued"):
                return event.sequence
    return 0


async def _page(visit: Visit, after: int, query: After) -> web.Response:
    """Return the events that there are, or those that come first while it waits."""
    page: list[Told] = []
    size, loop = 0, asyncio.get_running_loop()
    end = loop.time() + query.wait
    try:
        async with asyncio.timeout(None) as deadline:
            while len(page) < query.limit and size < MAX_PAGE and not visit.over:
                if visit.attached is not None:
                    deadline.reschedule(loop.time() if page else end)
                heard = await visit.next()
                page += heard
                size += sum(len(told.text) for told in heard)
    except TimeoutError:
        pass
    more = len(page) > query.limit or size >= MAX_PAGE or visit.has_news
    page = page[: query.limit]
    last = page[-1].event if page else pb.Event(sequence=after)
    ended = last.HasField("ended") or (not page and not await visit.lives())
    head = {"last_sequence": last.sequence, "more": more, "ended": ended}
    text = f'{{"events":[{",".join(told.text for told in page)}],{encode(head)[1:]}'
    return web.Response(text=text, content_type=JSON)


def _last_event_id(request: web.Request) -> int:
    text = request.headers["Last-Event-ID"]
    if not (text.isascii() and text.isdigit()) or len(text) > 16 or int(text) > MAX_WHOLE:
        raise Refusal(
            400, "bad_message", "is not a number of an event", "header Last-Event-ID", "send the id of the last one"
        )
    return int(text)
