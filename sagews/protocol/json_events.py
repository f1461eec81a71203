r"""Events as JSON, the form in which browsers and programs receive them.

Written by hand, on purpose: a body that comes from a session stays a JSON
*string* inside the envelope, so that no body can ever become part of one.

    {"kind": "output", "session": "w1-abc", "sequence": 3, "evaluation": "e1", "time": 1795.5,
     "output_kind": "execute_result", "body": "{\"data\": …}"}

Names are those of the schema in snake_case; the values of an enum are its
names in lower case without the prefix; buffers are base64.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sagews.errors import ProtocolError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol import session_files
from sagews.protocol.json_fields import Json as Json

_ENUM_PREFIXES = {
    pb.OutputKind: "OUTPUT_KIND_",
    pb.EvaluationReason: "EVALUATION_REASON_",
    pb.SessionReason: "SESSION_REASON_",
    pb.FailureCode: "FAILURE_CODE_",
    pb.WorkerState: "WORKER_STATE_",
    pb.Unrepeatable: "UNREPEATABLE_",
    pb.WorksheetRole: "WORKSHEET_ROLE_",
    pb.WorksheetReason: "WORKSHEET_REASON_",
}


WITHOUT_JSON = frozenset({"files_listed", "file_piece", "file_put", "files_put", "files_scanned", "status"})
"""Kinds that no browser receives as a message: files go over HTTP (`sagews/backend/files.py`)."""


def enum_name(enum: Any, value: int) -> str:
    """Return an enum's value as the wire and the page name it: `wall_time`, `execute_result`."""
    name: str = enum.Name(value)
    return name.removeprefix(_ENUM_PREFIXES[enum]).lower()


def event_to_json(event: pb.Event) -> Json:
    """Return the JSON object of an event. Raises ProtocolError for one that has none."""
    kind = event.WhichOneof("kind")
    if kind is None or kind in WITHOUT_JSON:
        raise ProtocolError(f"of kind {kind} has no JSON form", "event")
    envelope: Json = {"kind": kind, "session": event.session, "sequence": event.sequence, "time": event.time}
    if event.request:
        envelope["request"] = event.request
    if event.evaluation:
        envelope["evaluation"] = event.evaluation
    envelope.update(_EVENT_KINDS[kind](getattr(event, kind)))
    return envelope


def encode_event(event: pb.Event) -> str:
    """Return an event as one line of JSON text."""
    return encode(event_to_json(event))


def encode(message: Json) -> str:
    """Return a JSON object as one line of text."""
    return msgspec.json.encode(message).decode()


# Bytes that no JSON text has become 0xff, which no UTF-8 text has.
_NO_JSON = bytes(0xFF if byte < 0x20 and byte not in b"\t\n\r" else byte for byte in range(256))


def text_of(body: bytes) -> str:
    """Return a body as text. A session may send bytes that are no UTF-8, or no JSON: they become U+FFFD.

    So each byte becomes two characters of the envelope at most, where a
    control character would become six.
    """
    return body.translate(_NO_JSON).decode("utf-8", "replace")


def _limits(limits: pb.Limits) -> Json:
    return {field.name: getattr(limits, field.name) for field in pb.Limits.DESCRIPTOR.fields}


def _opened(opened: pb.Opened) -> Json:
    return {
        "token": opened.token,
        "environment": opened.environment,
        "limits": _limits(opened.limits),
        "started": opened.started,
    }


def _attached(attached: pb.Attached) -> Json:
    return {
        "last_sequence": attached.last_sequence,
        "environment": attached.environment,
        "limits": _limits(attached.limits),
        "started": attached.started,
    }


def _failure(failure: pb.Failure) -> Json:
    fields: Json = {
        "code": enum_name(pb.FailureCode, failure.code),
        "what": failure.what,
        "noun": failure.noun,
        "hint": failure.hint,
    }
    if failure.retry_after:
        fields["retry_after"] = failure.retry_after
    if failure.state:
        fields["state"] = _base64(failure.state)
    return fields


def _status(status: pb.Status) -> Json:
    return {
        "state": enum_name(pb.WorkerState, status.state),
        "sessions": status.load.sessions,
        "places": status.load.places,
        "busy": status.load.busy,
        "place_free": status.place_free,
    }


def _queued(queued: pb.Queued) -> Json:
    fields: Json = {"cell": queued.cell, "code": queued.code, "waiting": queued.waiting}
    if queued.language:
        fields["language"] = queued.language
    return fields


def _output(output: pb.Output) -> Json:
    fields: Json = {"output_kind": enum_name(pb.OutputKind, output.kind), "body": text_of(output.body)}
    if output.buffers:
        fields["buffers"] = [_base64(buffer) for buffer in output.buffers]
    if output.late:
        fields["late"] = True
    return fields


def _done(done: pb.Done) -> Json:
    fields: Json = {
        "reason": enum_name(pb.EvaluationReason, done.reason),
        "text": done.text,
        "wall_seconds": done.wall_seconds,
        "cpu_seconds": done.cpu_seconds,
        "output_bytes": done.output_bytes,
    }
    if done.kept_since:
        fields["kept_since"] = done.kept_since
    if done.unrepeatable:
        fields["unrepeatable"] = enum_name(pb.Unrepeatable, done.unrepeatable)
    return fields


def _ended(ended: pb.Ended) -> Json:
    return {
        "reason": enum_name(pb.SessionReason, ended.reason),
        "text": ended.text,
        "status": ended.status,
        "cpu_seconds": ended.cpu_seconds,
        "memory_peak": ended.memory_peak,
    }


def _worksheet_opened(opened: pb.WorksheetOpened) -> Json:
    return {
        "worksheet": opened.worksheet,
        "epoch": opened.epoch,
        "role": enum_name(pb.WorksheetRole, opened.role),
        "name": opened.name,
        "seq": opened.seq,
        "update": _base64(opened.update),
        "more": opened.more,
    }


def _worksheet_updates(updates: pb.WorksheetUpdates) -> Json:
    return {
        "worksheet": updates.worksheet,
        "seq": updates.seq,
        "update": _base64(updates.update),
        "more": updates.more,
    }


def _worksheet_presence(presence: pb.WorksheetPresence) -> Json:
    people = [{"person": each.person, "name": each.name, "presence": each.presence} for each in presence.people]
    changes = {"changes": True, "gone": list(presence.gone)} if presence.changes else {}
    return {"worksheet": presence.worksheet, "people": people, **changes}


def _worksheet_ended(ended: pb.WorksheetEnded) -> Json:
    return {"worksheet": ended.worksheet, "reason": enum_name(pb.WorksheetReason, ended.reason)}


def _worksheet_runs(runs: pb.WorksheetRuns) -> Json:
    counted = [
        _cell_evaluation(each) | {"outputs_count": each.outputs_count, "bytes": each.bytes} for each in runs.evaluations
    ]
    return {
        "worksheet": runs.worksheet,
        "session_state": runs.session.state,
        "reason": runs.session.reason,
        "text": runs.session.text,
        "environment": runs.session.environment,
        "evaluations": counted,
    }


def _cell_evaluation(evaluation: pb.CellEvaluation) -> Json:
    return {
        "worksheet": evaluation.worksheet,
        "evaluation": evaluation.evaluation,
        "cell": evaluation.cell,
        "ordinal": evaluation.ordinal,
        "state": evaluation.state,
        "reason": evaluation.reason,
        "text": evaluation.text,
        "source_hash": evaluation.source_hash.hex(),
        "begun": evaluation.begun,
        "ended": evaluation.ended,
    }


def _cell_outputs(outputs: pb.CellOutputs) -> Json:
    return {
        "worksheet": outputs.worksheet,
        "evaluation": outputs.evaluation,
        "outputs": [_cell_output(each) for each in outputs.outputs],
        "more": outputs.more,
    }


def _cell_output(output: pb.CellOutput) -> Json:
    fields: Json = {"sequence": output.sequence, "kind": output.kind}
    fields |= {"large": True, "bytes": output.large} if output.large else {"body": text_of(output.body)}
    if output.late:
        fields["late"] = True
    return fields


def _worksheet_session(session: pb.WorksheetSession) -> Json:
    return {
        "worksheet": session.worksheet,
        "state": session.state,
        "reason": session.reason,
        "text": session.text,
        "environment": session.environment,
    }


def _worksheet_comm(comm: pb.WorksheetComm) -> Json:
    about = {"worksheet": comm.worksheet, "number": comm.number, "of_session": comm.session}
    return {**about, **_output(comm.output)}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


_EVENT_KINDS: Mapping[str, Callable[[Any], Json]] = {
    "welcome": lambda welcome: {"worker": welcome.worker, "environments": list(welcome.environments)},
    "opened": _opened,
    "attached": _attached,
    "failure": _failure,
    "queued": _queued,
    "started": lambda started: {"attempt": started.attempt} if started.attempt else {},
    "output": _output,
    "truncated": lambda truncated: {"limit": truncated.limit, "event_rate": truncated.event_rate},
    "input_taken": lambda taken: {"input_sequence": taken.input_sequence},
    "done": _done,
    "gap": lambda gap: {"events": gap.events, "bytes": gap.bytes},
    "ended": _ended,
    "completed": lambda completed: {"body": text_of(completed.body)},
    "inspected": lambda inspected: {"body": text_of(inspected.body)},
    "detached": lambda detached: {},
    "comm_handled": lambda handled: {"body": ""},
    "waiting": lambda waiting: {"place": waiting.place, "waiting": waiting.waiting},
    "moving": lambda moving: {"within_seconds": moving.within_seconds},
    "away": lambda away: {"within_seconds": away.within_seconds},
    "status": _status,
    "worksheet_opened": _worksheet_opened,
    "worksheet_updates": _worksheet_updates,
    "worksheet_edited": lambda edited: {"worksheet": edited.worksheet, "seq": edited.seq},
    "worksheet_presence": _worksheet_presence,
    "worksheet_ended": _worksheet_ended,
    "worksheet_unsaved": lambda unsaved: {"worksheet": unsaved.worksheet, "why": unsaved.why},
    "worksheet_runs": _worksheet_runs,
    "cell_evaluation": _cell_evaluation,
    "cell_outputs": _cell_outputs,
    "worksheet_session": _worksheet_session,
    "worksheet_comm": _worksheet_comm,
    **session_files.EVENTS,
}
