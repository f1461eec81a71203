"""What a server tells a client, as typed values with the wire's names.

Counterpart: `sagews/protocol/json_events.py`, which makes this JSON. Fields
that are not known here are ignored, so that a newer server can say more.
"""

from typing import Any, get_args

import msgspec

from sagews.errors import ProtocolError


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """What all events have."""

    session: str = ""
    sequence: int = 0
    """1, 2, 3 … within the session; 0: an answer, not an event of a session."""
    request: int = 0
    """Id of the request that this answers, or replays for."""
    evaluation: str = ""
    time: float = 0.0
    """Seconds since the epoch, by the server's clock."""


class Welcome(Event, frozen=True, kw_only=True):
    """First message of a connection."""

    software: str = ""
    environments: list[str] = []
    languages: dict[str, list[str]] = {}
    """Of each environment, its own first."""
    access: str = ""
    tier: str = ""
    """In which sessions are isolated, A to D; empty if the server does not know."""
    sagecell_environment: str = ""
    """In which code of SageMathCell's pages runs; empty: where its language is."""
    evaluates_links: bool = False
    """Whether a page evaluates at once what a link to it brings."""
    heartbeat_seconds: float = 15.0
    """Seconds between two heartbeats of the server."""


class Heartbeat(Event, frozen=True, kw_only=True):
    """The server lives."""


class Opened(Event, frozen=True, kw_only=True):
    """The session that was asked for is ready, and this client attached."""

    token: str
    environment: str = ""
    limits: dict[str, float] = {}
    started: float = 0.0


class Attached(Event, frozen=True, kw_only=True):
    """The replay is complete."""

    last_sequence: int = 0
    limits: dict[str, float] = {}
    started: float = 0.0


class Detached(Event, frozen=True, kw_only=True):
    """This client has left the session, which lives on."""


class Failure(Event, frozen=True, kw_only=True):
    """A request was refused: what, about which noun, and what to do next."""

    code: str = ""
    what: str = ""
    noun: str = ""
    hint: str = ""
    retry_after: int = 0
    """Seconds after which trying again may help; 0: nobody knows."""


class Waiting(Event, frozen=True, kw_only=True):
    """No worker has a place free: the request waits in line. Told again whenever its place changes."""

    place: int = 0
    """1 is the next to get one."""
    waiting: int = 0
    """Those who wait, this one included."""


class Moving(Event, frozen=True, kw_only=True):
    """This server ends: connect anew. Nothing is lost by that."""

    within_seconds: float = 0.0
    """Seconds until it closes the connection itself."""


class Away(Event, frozen=True, kw_only=True):
    """The server cannot reach the session, and looks for it."""

    within_seconds: float = 0.0
    """Seconds after which it is given up; 0: it is reached again."""


class Queued(Event, frozen=True, kw_only=True):
    """The evaluation waits, or is about to run."""

    cell: str = ""
    code: str = ""
    waiting: int = 0
    """Evaluations before it."""
    language: str = ""
    """That of the code; empty: the environment's own."""


class Started(Event, frozen=True, kw_only=True):
    """The evaluation runs."""


class Output(Event, frozen=True, kw_only=True):
    """One output; hostile, as all that comes from a session."""

    output_kind: str = ""
    """`stream`, `display_data`, `update_display_data`, `execute_result`, `error`, `clear_output`,
    `input_request`, `comm_open`, `comm_msg`, `comm_close`."""
    body: str = ""
    """JSON text in the shape of the content of Jupyter's message of that name."""
    buffers: list[str] = []
    late: bool = False
    """It came after its evaluation had ended."""

    @property
    def content(self) -> dict[str, Any]:
        """The body, decoded; empty if it is no JSON object."""
        try:
            content = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}


class Truncated(Event, frozen=True, kw_only=True):
    """A limit of the output was reached; what followed was cut."""

    limit: int = 0
    """Bytes; 0 if it was another limit."""
    event_rate: float = 0.0
    """Outputs a second; 0 if it was another limit."""


class InputTaken(Event, frozen=True, kw_only=True, tag="input_taken"):
    """The input request with that sequence number is answered or void."""

    input_sequence: int = 0


class Done(Event, frozen=True, kw_only=True):
    """The evaluation has ended."""

    reason: str = ""
    """`done`, `error`, `interrupted`, `not_run`, `wall_time`, `cpu_time`, `output`, `event_rate`,
    `replaced`, `refused`, `session_ended`."""
    text: str = ""
    """The reason in words."""
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    output_bytes: int = 0


class Gap(Event, frozen=True, kw_only=True):
    """Events that the server no longer has; `sequence` is that of the last one lost."""

    events: int = 0
    bytes: int = 0


class Ended(Event, frozen=True, kw_only=True):
    """The session has ended; its last event."""

    reason: str = ""
    """`closed`, `idle`, `lifetime`, `memory`, `exited`, `killed`, `worker_lost`, `shutdown`, …"""
    text: str = ""
    status: int = 0
    cpu_seconds: float = 0.0
    """Processor time of all its processes; 0 where it is not measured."""
    memory_peak: int = 0
    """The most bytes of memory that they had together; 0 where it is not measured."""


class Completed(Event, frozen=True, kw_only=True):
    """Completions, as JSON text."""

    body: str = ""


class Inspected(Event, frozen=True, kw_only=True):
    """Documentation of a name, as JSON text."""

    body: str = ""


class CommHandled(Event, frozen=True, kw_only=True, tag="comm_handled"):
    """A message of a comm was taken."""


class _Kind(msgspec.Struct):
    kind: str = ""


_Any = (
    Welcome
    | Heartbeat
    | Opened
    | Attached
    | Detached
    | Failure
    | Waiting
    | Moving
    | Away
    | Queued
    | Started
    | Output
    | Truncated
    | InputTaken
    | Done
    | Gap
    | Ended
    | Completed
    | Inspected
    | CommHandled
)
_DECODER = msgspec.json.Decoder(_Any)
_KINDS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(_Any))


def decode(text: str | bytes) -> Event | None:
    """Return the event that a message holds; None for a kind that is not known here.

    Raises ProtocolError for what is no event at all.
    """
    try:
        event: Event = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        try:
            known = msgspec.json.decode(text, type=_Kind).kind in _KINDS
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            known = True
        if known:
            raise ProtocolError(f"is not understood ({error})", "a message of the server") from error
        return None
    return event
