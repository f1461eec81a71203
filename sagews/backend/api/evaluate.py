"""`POST /api/v1/evaluate`: code in, its outputs and a reason out, and nothing kept of the session."""

import asyncio
import json
import secrets
from contextlib import suppress

from aiohttp import web

from sagews.backend.answer import Answer
from sagews.backend.api.answers import Evaluated, Event
from sagews.backend.api.form import JSON, Form
from sagews.backend.api.once import Once
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import CacheControl, Evaluate, Nothing
from sagews.backend.api.stream import stream
from sagews.backend.api.wire import limits_of, request_of
from sagews.backend.hold import Told
from sagews.backend.rates import EVALUATIONS
from sagews.backend.runs import Runs
from sagews.backend.service import FRESH, cache_directives
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name

_CACHE_STATUS = {"Cache-Status": "What the cache of results did (RFC 9211); see the reference of `POST /service`."}
SETTLING = 5.0
"""Seconds that an answer waits to be told whether it was kept."""


class Evaluations:
    """Answers stateless evaluations."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def routes(self) -> list[Route]:
        """Return the one route."""
        return [
            Route(
                method="POST",
                path="/api/v1/evaluate",
                name="evaluate",
                summary="Evaluate once",
                text="On a fresh session, which nobody else sees and which ends with the answer; `input()` raises in"
                " it. If the same was evaluated before, the result may be one that was kept. By the `Accept` header the"
                " caller chooses: one JSON object at the end, or the events as they come, as server-sent events or JSON"
                " lines, up to `done`. A caller who goes away ends it.",
                body=Evaluate,
                rate=EVALUATIONS,
                headers={"Cache-Control": CacheControl},
                serve=self._evaluate,
                replies=(
                    Reply(200, "It was run, however it ended.", Evaluated, headers=_CACHE_STATUS),
                    Reply(200, "Its events.", Event, media=(Form.SENT.value, Form.LINES.value)),
                ),
                refusals={503: "No session can be had now; try again."},
            )
        ]

    async def _evaluate(self, asked: Asked[Evaluate, Nothing]) -> web.StreamResponse:
        body = asked.body
        directives = cache_directives(asked.request.headers.getall("Cache-Control", []))
        request = request_of(
            "run",
            evaluation=secrets.token_urlsafe(24),
            environment=body.environment,
            code=body.code,
            language=body.language,
            limits=limits_of(body.limits),
            fresh=body.fresh or not directives.isdisjoint(FRESH),
        )
        storable = "no-store" not in directives
        async with Once.begun(self._runs, request.run, asked.reader, storable=storable) as once:
            # With the first events it is sure that it runs; until then it may be refused.
            first = await once.next()
            asked.counted.keep()
            if asked.form is Form.WHOLE:
                return await _whole(once, first)
            headers = {"Cache-Status": str(once.status)}
            return await stream(asked.request, asked.form, once, first=first, last=_is_done, headers=headers)


def _is_done(event: pb.Event) -> bool:
    return event.HasField("done")


async def _whole(once: Once, heard: list[Told]) -> web.Response:
    """Return the answer when the evaluation has ended."""
    answer, done = Answer(), None
    while done is None:
        for told in heard:
            answer.take(told.event)
            if _is_done(told.event):
                done = told.event.done
        if done is None:
            heard = await once.next()
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLING):
            await once.settled()
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
    return web.Response(text=text, content_type=JSON, headers={"Cache-Status": str(once.status)})
