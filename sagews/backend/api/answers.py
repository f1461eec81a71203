"""The bodies of answers, by which the API is described, and most are made."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Mime = dict[str, Any]

Time = Annotated[float, Meta(description="Seconds since the epoch.")]


class _Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON object that may have more fields in a later version."""


class Failure(_Shape, frozen=True, kw_only=True):
    """What is wrong, about which noun, and what to do next."""

    code: Annotated[str, Meta(description="For programs, such as `unknown_session`.")]
    what: Annotated[str, Meta(description="The fault, in words.")]
    noun: Annotated[str, Meta(description="What it is about.")]
    hint: Annotated[str, Meta(description="What to do next, in words.")]


class Error(_Shape, frozen=True, kw_only=True):
    """Every answer of 400 and above."""

    error: Failure


class Evaluated(_Shape, frozen=True, kw_only=True, omit_defaults=True):
    """How an evaluation ended, and all that it put out, in order."""

    success: Annotated[bool, Meta(description="Whether it ran to its end without an error.")]
    reason: Annotated[str, Meta(description="Why it ended, such as `done`, `error`, `wall_time`.")]
    text: Annotated[str, Meta(description="That in words.")]
    outputs: Annotated[list[Mime], Meta(description="As a notebook stores them (nbformat 4).")]
    wall_seconds: float
    cpu_seconds: float
    output_bytes: int
    result: Annotated[str | None, Meta(description="The value of the last expression as text.")] = None
    stdout: str = ""
    stderr: str = ""
    kept_since: Annotated[float, Meta(description="When it ran, if its result was kept; 0: now.")] = 0.0
    unrepeatable: Annotated[str, Meta(description="By what it may differ each time, if by anything known.")] = ""


class Session(_Shape, frozen=True, kw_only=True):
    """A session that lives."""

    id: str
    environment: str
    limits: Annotated[dict[str, float], Meta(description="In force. 0: not limited here.")]
    started: Time


class OpenedSession(Session, frozen=True, kw_only=True):
    """A new session."""

    token: Annotated[str, Meta(description="What later requests show in the header `Sagews-Session-Token`.")]
    grace: Annotated[float, Meta(description="Seconds that it lives on after the last request or stream has ended.")]


class FoundSession(Session, frozen=True, kw_only=True):
    """A session as it is now."""

    last_sequence: Annotated[int, Meta(description="Number of its latest event.")]


class Queued(_Shape, frozen=True, kw_only=True):
    """An evaluation that runs or waits for those before it."""

    session: str
    evaluation: str
    sequence: Annotated[
        int, Meta(description="Number of its first event; 0: the session knew this name already, and runs it once.")
    ]


class Event(_Shape, frozen=True, kw_only=True):
    """An event; it has the further fields of its kind."""

    kind: Annotated[str, Meta(description="`queued`, `started`, `output`, `done`, `gap`, `ended`, ...")]
    session: Annotated[str, Meta(description="Empty in a stateless evaluation.")]
    sequence: Annotated[int, Meta(ge=1, description="1, 2, 3 ...; a `gap` stands for those that are lost.")]
    time: Time
    evaluation: Annotated[str, Meta(description="The evaluation that it belongs to, if any.")] = ""


class Events(_Shape, frozen=True, kw_only=True):
    """A page of events."""

    events: list[Event]
    last_sequence: Annotated[int, Meta(description="What to ask for next as `after`.")]
    more: Annotated[bool, Meta(description="There are later ones already.")]
    ended: Annotated[bool, Meta(description="The session has ended, and this is the last of it.")]


class Completions(_Shape, frozen=True, kw_only=True):
    """What the text before the cursor may become."""

    matches: list[str]
    cursor_start: int
    cursor_end: int
    metadata: dict[str, Any]


class Inspection(_Shape, frozen=True, kw_only=True):
    """What is known of the name at the cursor."""

    found: bool
    data: Annotated[Mime, Meta(description="By media type.")]


class File(_Shape, frozen=True, kw_only=True):
    """One entry of a directory."""

    name: Annotated[str, Meta(description="For eyes: what is no text or cannot be seen is escaped.")]
    path: Annotated[str, Meta(description="Percent-encoded; of a directory with a `/` at its end.")]
    kind: Annotated[str, Meta(description="`file`, `directory`, `link` or `other`.")]
    size: int
    modified: Time


class Files(_Shape, frozen=True, kw_only=True):
    """What is in a directory."""

    path: str
    files: Annotated[list[File], Meta(description="At most 1000, sorted by name.")]
    cut: Annotated[bool, Meta(description="There is more.")]
    file_bytes: Annotated[int, Meta(description="The site's limit on one file; 0: none.")]


class FilePut(_Shape, frozen=True, kw_only=True):
    """A file that was put."""

    path: str
    size: int
    replaced: Annotated[bool, Meta(description="An earlier file of this path is gone for it.")]


class MadePermalink(_Shape, frozen=True, kw_only=True):
    """Where the code is found from now on."""

    id: str
    url: Annotated[str, Meta(description="Address of a page that shows the code, and evaluates nothing by itself.")]
    expires: Annotated[float | None, Meta(description="Seconds since the epoch; null: never.")]


class Permalink(_Shape, frozen=True, kw_only=True):
    """What was kept."""

    id: str
    code: str
    language: str
    environment: str
    interacts: str
    created: Time
    expires: Annotated[float | None, Meta(description="Seconds since the epoch; null: never.")]


class Version(_Shape, frozen=True, kw_only=True):
    """What answers."""

    software: str
    api: Annotated[str, Meta(description="Changes when a caller would have to.")]
    environments: list[str]
    languages: Annotated[
        dict[str, list[str]],
        Meta(description="Of each environment, first its own; of others those whose programs are installed."),
    ]


class Worker(_Shape, frozen=True, kw_only=True, omit_defaults=True):
    """A worker, as the backend knows it."""

    worker: str
    state: Annotated[str, Meta(description="`ready`, `full`, `draining`, `stopping` or `away`.")]
    sessions: int | None = None
    places: int | None = None


class Health(_Shape, frozen=True, kw_only=True, omit_defaults=True):
    """Whether evaluations can be served."""

    status: Annotated[str, Meta(description="`ok`, `draining` or `unavailable`.")]
    software: str
    workers: list[Worker]
    waiting: Annotated[int, Meta(description="Those who wait in line for a place.")]
    what: str = ""
