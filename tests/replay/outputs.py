"""What an evaluation has put out, taken from its events."""

import json
import re
from typing import Any

from tests.site.client_end import Json

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def bodies(events: list[Json], *kinds: str) -> list[Json]:
    """Return the bodies of the outputs of these kinds, in order."""
    return [
        json.loads(event["body"]) for event in events if event["kind"] == "output" and event["output_kind"] in kinds
    ]


def stream(events: list[Json], name: str) -> str:
    """Return what was written to `stdout` or `stderr`."""
    return "".join(body["text"] for body in bodies(events, "stream") if body["name"] == name)


def shown(events: list[Json]) -> list[dict[str, Any]]:
    """Return what was displayed, each with all its forms."""
    return [body["data"] for body in bodies(events, "display_data", "execute_result")]


def error_of(events: list[Json]) -> Json:
    """Return the one error."""
    (error,) = bodies(events, "error")
    return error


def traceback_of(events: list[Json]) -> str:
    """Return the lines of the one error, without colours."""
    return COLOUR.sub("", "\n".join(error_of(events)["traceback"]))


def reason_of(events: list[Json]) -> str:
    """Return why the evaluation ended, with which the events end."""
    assert events[-1]["kind"] == "done", events[-1]
    return str(events[-1]["reason"])
