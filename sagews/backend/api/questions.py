"""Questions to a session over HTTP: completions and documentation; and answers to its own question, `input()`."""

from typing import Any

from aiohttp import web

from sagews.backend.answer import decode_body
from sagews.backend.api.answers import Completions, Inspection
from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.sessions import PATH
from sagews.backend.api.shapes import Answer, Complete, Inspect, Nothing
from sagews.backend.api.wire import request_of
from sagews.backend.refusal import Refusal
from sagews.backend.sessions import Sessions
from sagews.backend.visit import Visit
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import Json, encode

_BETWEEN = "The session answers between evaluations: while one runs, the answer waits for it, up to 30 s."


class Questions:
    """Answers what editors ask."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(
                method="POST",
                path=PATH + "/complete",
                name="complete",
                summary="Complete what is typed",
                text=_BETWEEN,
                session=True,
                body=Complete,
                serve=self._complete,
                replies=(Reply(200, "What it may become.", Completions),),
            ),
            Route(
                method="POST",
                path=PATH + "/inspect",
                name="inspect",
                summary="Explain a name",
                text=_BETWEEN,
                session=True,
                body=Inspect,
                serve=self._inspect,
                replies=(Reply(200, "What is known of it.", Inspection),),
            ),
            Route(
                method="POST",
                path=PATH + "/input",
                name="answer_input",
                summary="Answer input()",
                text="The question is an event of kind `output` whose `output_kind` is `input_request`; the answer"
                " names its number.",
                session=True,
                body=Answer,
                serve=self._input,
                replies=(Reply(204, "The code has its answer."),),
                refusals={409: "No such question waits: it is answered already, or void."},
            ),
        ]

    async def _complete(self, asked: Asked[Complete, Nothing]) -> web.Response:
        body = asked.body
        complete = request_of("complete", code=body.code, cursor=body.cursor).complete
        async with Visit.begun(self._sessions, asked.session, asked.token, asked.reader) as visit:
            said = _decoded((await visit.ask("completed", complete=complete)).completed.body)
        matches = said.get("matches")
        answer = {
            "matches": [text for text in matches if isinstance(text, str)] if isinstance(matches, list) else [],
            "cursor_start": _whole(said.get("cursor_start"), body.cursor),
            "cursor_end": _whole(said.get("cursor_end"), body.cursor),
            "metadata": _object(said.get("metadata")),
        }
        return web.Response(text=encode(answer), content_type=JSON)

    async def _inspect(self, asked: Asked[Inspect, Nothing]) -> web.Response:
        body = asked.body
        inspect = request_of("inspect", code=body.code, cursor=body.cursor, detail=body.detail).inspect
        async with Visit.begun(self._sessions, asked.session, asked.token, asked.reader) as visit:
            said = _decoded((await visit.ask("inspected", inspect=inspect)).inspected.body)
        answer = {"found": said.get("found") is True, "data": _object(said.get("data"))}
        return web.Response(text=encode(answer), content_type=JSON)

    async def _input(self, asked: Asked[Answer, Nothing]) -> web.Response:
        body = asked.body
        reply = request_of("input_reply", sequence=body.sequence, text=body.text).input_reply

        def taken(event: pb.Event) -> bool:
            return event.HasField("input_taken") and event.input_taken.input_sequence == body.sequence

        async with Visit.begun(self._sessions, asked.session, asked.token, asked.reader, wants=taken) as visit:
            if not await visit.tell(input_reply=reply):
                raise Refusal(
                    409,
                    "out_of_order",
                    "waits for no answer",
                    f"question {body.sequence}",
                    "answer the latest input_request of the session's events",
                )
        return web.Response(status=204)


def _decoded(body: bytes) -> Json:
    """Return what a session says; nothing if that is no JSON object."""
    try:
        return decode_body(body)
    except ValueError:
        return {}


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else default


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
