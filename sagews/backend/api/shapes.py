"""The bodies of requests: what a caller may send, each field with its type and bounds.

What is sent to a session is checked once more as a connection's messages are
(`sagews/protocol/json_requests.py`), so that there is one set of rules.
"""

from typing import Annotated, Literal

import msgspec
from google.protobuf.descriptor import FieldDescriptor
from msgspec import Meta

from sagews.protocol import MAX_CODE, MAX_NAME
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.languages import LANGUAGES

MAX_WHOLE = 2**53
"""The largest whole number that every JSON reader has exactly."""

Code = Annotated[str, Meta(max_length=MAX_CODE, description="The source, at most 1 MiB of UTF-8.")]
Cursor = Annotated[int, Meta(ge=0, le=MAX_CODE, description="Place in the code, in Unicode code points.")]
Name = Annotated[str, Meta(max_length=MAX_NAME, pattern="^[A-Za-z0-9_-]*$")]
Environment = Annotated[Name, Meta(description="Name of an environment; empty: the site's first one.")]
Language = Annotated[
    Literal[("", *LANGUAGES)],  # type: ignore[valid-type]  # each of the table's names
    Meta(
        description=f"Language of the code, one of {', '.join(f'`{name}`' for name in LANGUAGES)}; empty: the"
        " environment's own.",
        examples=["r"],
    ),
]
Evaluation = Annotated[
    Name, Meta(description="Name of the evaluation, unique in its session; empty: one is made up.", examples=["e1"])
]
Cell = Annotated[Name, Meta(description="Name of the cell that it is for; may be empty.")]

LastEventId = Annotated[
    str,
    Meta(pattern="^[0-9]{1,15}$", description="As `after`, which it overrules; sent by what reads server-sent events."),
]
CacheControl = Annotated[
    str, Meta(description="`no-cache`: a kept result will not do, as `fresh`; `no-store`: nor may this one be kept.")
]
IfNoneMatch = Annotated[str, Meta(description="`*`: a file that is there already stays, and the answer is 412.")]

_Seconds = Annotated[float, Meta(gt=0, lt=MAX_WHOLE)] | None
_Count = Annotated[int, Meta(gt=0, lt=MAX_WHOLE)] | None

Limits = msgspec.defstruct(
    "Limits",
    [
        (field.name, _Seconds if field.type == FieldDescriptor.TYPE_DOUBLE else _Count, None)
        for field in pb.Limits.DESCRIPTOR.fields
    ],
    module=__name__,
    namespace={"__doc__": "Limits to lower; what is left out is as the site has it."},
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
)


class _Shape(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A JSON object whose fields are all known."""


class Evaluate(_Shape, frozen=True, kw_only=True):
    """One evaluation on a fresh session."""

    code: Code
    language: Language = ""
    environment: Environment = ""
    limits: Limits | None = None  # type: ignore[valid-type]  # made of the schema's fields
    fresh: Annotated[bool, Meta(description="A kept result will not do.")] = False


class OpenSession(_Shape, frozen=True, kw_only=True):
    """A new session."""

    environment: Environment = ""
    limits: Limits | None = None  # type: ignore[valid-type]


class EvaluateIn(_Shape, frozen=True, kw_only=True):
    """One evaluation in a session."""

    code: Code
    language: Language = ""
    evaluation: Evaluation = ""
    cell: Cell = ""
    limits: Limits | None = None  # type: ignore[valid-type]
    without_input: Annotated[bool, Meta(description="Nobody can answer input(): it raises at once.")] = False


class Complete(_Shape, frozen=True, kw_only=True):
    """Completions are asked for."""

    code: Code
    cursor: Cursor


class Inspect(_Shape, frozen=True, kw_only=True):
    """Documentation is asked for."""

    code: Code
    cursor: Cursor
    detail: Annotated[int, Meta(ge=0, le=1, description="0: signature and docstring; 1: the source too.")] = 0


class Answer(_Shape, frozen=True, kw_only=True):
    """An answer to `input()`."""

    sequence: Annotated[int, Meta(ge=0, le=MAX_WHOLE, description="Number of the `input_request`.")]
    text: Annotated[str, Meta(max_length=MAX_CODE)]


class NewPermalink(_Shape, frozen=True, kw_only=True):
    """Code to be kept under a short link."""

    code: Annotated[str, Meta(max_length=MAX_CODE, description="The source; several cells with `# %%` lines between.")]
    language: Annotated[Name, Meta(description="As SageMathCell names it: `sage`, `python`, ...; may be empty.")] = ""
    environment: Environment = ""
    interacts: Annotated[
        str,
        Meta(
            max_length=MAX_CODE,
            description='Where interacts stand, for the page: JSON of `[{"cell": 0, "state": {name: value},'
            ' "bookmarks": [{"name": ..., "state": ...}]}]`, in order. It is kept as it is; empty: as the code says.',
        ),
    ] = ""


class After(_Shape, frozen=True, kw_only=True):
    """Which events are wanted."""

    after: Annotated[int, Meta(ge=0, le=MAX_WHOLE, description="Number of the last event that the caller has.")] = 0
    wait: Annotated[
        float,
        Meta(ge=0, le=60, description="Seconds to wait for the next event, if there is none yet. For JSON alone."),
    ] = 0.0
    limit: Annotated[int, Meta(ge=1, le=1000, description="Events of one page. For JSON alone.")] = 1000


class Nothing(_Shape, frozen=True, kw_only=True):
    """No query."""
