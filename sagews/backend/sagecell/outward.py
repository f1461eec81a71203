"""What a session puts out, as the messages of Jupyter by which its clients hear of it. Thinking only, no I/O.

One of the few places that decode a body; see `backend/answer.py`.
"""

from typing import Any

from sagews.backend.answer import decode_body
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name

Json = dict[str, Any]

IOPUB, SHELL, STDIN = "iopub", "shell", "stdin"
"""Channels of Jupyter's protocol."""

_FIELDS = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata", "transient"),
    "update_display_data": ("data", "metadata", "transient"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
    "clear_output": ("wait",),
    "input_request": ("prompt", "password"),
    "comm_open": ("comm_id", "target_name", "target_module", "data"),
    "comm_msg": ("comm_id", "data"),
    "comm_close": ("comm_id", "data"),
}
_OBJECTS = ("data", "metadata", "transient")


def of_output(output: pb.Output) -> tuple[str, str, Json]:
    """Return channel, kind and content of the message for an output."""
    kind = enum_name(pb.OutputKind, output.kind)
    try:
        found = decode_body(output.body)
    except ValueError as error:
        return IOPUB, "display_data", plain(f"[an output of kind {kind} {error}]")
    content = {name: found[name] for name in _FIELDS[kind] if name in found}
    for name in _OBJECTS:
        if name in _FIELDS[kind] and not isinstance(content.get(name), dict):
            content[name] = {}
    if kind in {"display_data", "execute_result"}:
        content["data"] = shown(content["data"], is_result=kind == "execute_result")
    return (STDIN if kind == "input_request" else IOPUB), kind, content


def plain(text: str) -> Json:
    """Return the content that shows a text."""
    return {"data": {"text/plain": text}, "metadata": {}, "transient": {}}


def cut(truncated: pb.Truncated) -> Json:
    """Return the content of a stream that says where output was cut."""
    limit = f"{truncated.limit:,} bytes" if truncated.limit else f"{truncated.event_rate:g} pieces a second"
    return said(f"[output cut at the limit of {limit}]")


def missing(gap: pb.Gap) -> Json:
    """Return the content of a stream that says what is missing."""
    return said(f"[{gap.events:,} outputs ({gap.bytes:,} bytes) are missing here]")


def said(line: str) -> Json:
    """Return the content of a stream in which the service says something."""
    return {"name": "stderr", "text": line + "\n"}


_LIBRARY = ("text/html", "image/png", "application/javascript", "text/image-filename")
"""Forms that SageMathCell's own library shows, beside `text/plain`."""


_SCENES = "/nbextensions/threejs-sage/"
_FROM_FILES = f"cell://../../..{_SCENES}"
"""`cell://` is the address of the session's files, `/kernel/ID/files/`, which SageMathCell's library puts into HTML."""


def shown(data: Json, *, is_result: bool) -> Json:
    """Return the forms of a value, with one that SageMathCell's library shows where it would show words in its place.

    It knows neither pictures but PNG nor formulas. A formula that is the value of an expression stays the text that
    it is there.
    """
    if isinstance(page := data.get("text/html"), str) and _SCENES in page:
        # The library of a scene is this site's, and the page that shows it somebody else's.
        return {**data, "text/html": page.replace(_SCENES, _FROM_FILES)}
    if any(name in data for name in _LIBRARY):
        return data
    for kind in ("image/svg+xml", "image/jpeg", "image/gif", "text/latex"):
        value = data.get(kind)
        if not isinstance(value, str) or (kind == "text/latex" and is_result):
            continue
        if kind == "image/svg+xml":
            return {"text/html": value, **data}
        if kind == "text/latex":
            escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            return {"text/html": f"<div>{escaped}</div>", **data}
        if all(c.isalnum() or c in "+/=\n" for c in value):
            return {"text/html": f'<img alt="" src="data:{kind};base64,{value}">', **data}
    return data
