"""`POST /api/v1/evaluate`: code in, its outputs and a reason out, and nothing kept of the session."""

import json
import secrets

from aiohttp import web

from sagews.backend.answer import Answer
from sagews.backend.api.answers import Evaluated, Event
from sagews.backend.api.form import JSON, Form
from sagews.backend.api.once import Once
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import Evaluate, Nothing
from sagews.backend.api.stream import stream
from sagews.backend.api.wire import limits_of, request_of
from sagews.backend.sessions import Sessions
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name


class Evaluations:
    """Answers stateless evaluations."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def routes(self) -> list[Route]:
        """Return the one route."""
        return [
            Route(
                method="POST",
                path="/api/v1/evaluate",
                name="evaluate",
                summary="Evaluate once",
                text="On a fresh session, which nobody else sees and which ends with the answer; `input()` raises in"
                " it. By the `Accept` header the caller chooses: one JSON object at the end, or the events as they"
                " come, as server-sent events or JSON lines, up to `done`. A caller who goes away ends it.",
                body=Evaluate,
                serve=self._evaluate,
                replies=(
                    Reply(200, "It was run, however it ended.", Evaluated),
                    Reply(200, "Its events.", Event, media=(Form.SENT.value, Form.LINES.value)),
                ),
                refusals={503: "No session can be had now; try again."},
            )
        ]

    async def _evaluate(self, asked: Asked[Evaluate, Nothing]) -> web.StreamResponse:
        body = asked.body
        request = request_of(
            "run",
            evaluation=secrets.token_urlsafe(16),
            environment=body.environment,
            code=body.code,
            limits=limits_of(body.limits),
            fresh=body.fresh,
        )
        async with Once.begun(self._sessions, request.run, asked.reader) as once:
            if asked.form is Form.WHOLE:
                return await _whole(once)
            return await stream(asked.request, asked.form, once, last=lambda event: event.HasField("done"))


async def _whole(once: Once) -> web.Response:
    """Return the answer when the evaluation has ended."""
    answer, done = Answer(), pb.Done(text="It was cut off: it put out more than can be held.")
    while not once.over:
        for told in await once.next():
            answer.take(told.event)
            if told.event.HasField("done"):
                done = told.event.done
    said = answer.to_json()
    said.pop("execute_reply", None)
    said |= {
        "wall_seconds": done.wall_seconds,
        "cpu_seconds": done.cpu_seconds,
        "output_bytes": done.output_bytes,
    }
    if done.kept_since:
        said["kept_since"] = done.kept_since
    if done.unrepeatable:
        said["unrepeatable"] = enum_name(pb.Unrepeatable, done.unrepeatable)
    # Half a surrogate pair, which a session may put out, is no text.
    text = json.dumps(said, ensure_ascii=False).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return web.Response(text=text, content_type=JSON)
