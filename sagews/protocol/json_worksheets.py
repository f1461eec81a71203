"""Requests that are about worksheets, as JSON."""

from collections.abc import Callable, Mapping

from sagews.protocol import MAX_BODY, MAX_CODE, MAX_NAME, MAX_PATH, MAX_PRESENCE, MAX_UPDATE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_fields import Fields

MAX_LINK = 256
"""Bytes of the token of a link to a workspace."""
MAX_CELLS = 5000
"""Cells that are named at once."""
_COMM_KINDS = {"open": pb.COMM_KIND_OPEN, "message": pb.COMM_KIND_MESSAGE, "close": pb.COMM_KIND_CLOSE}
_SCOPES = {
    "": pb.INTERRUPT_SCOPE_UNSPECIFIED,
    "evaluations": pb.INTERRUPT_SCOPE_EVALUATIONS,
    "callback": pb.INTERRUPT_SCOPE_CALLBACK,
}


def _open_worksheet(request: pb.Request, fields: Fields) -> None:
    opening = request.open_worksheet
    opening.workspace = fields.name("workspace")
    opening.path = fields.text("path", limit=MAX_PATH)
    opening.link = fields.text("link", limit=MAX_LINK)
    opening.epoch = fields.name("epoch")
    opening.state = fields.data("state", limit=MAX_UPDATE)


def _edit_worksheet(request: pb.Request, fields: Fields) -> None:
    edit = request.edit_worksheet
    edit.worksheet = fields.name("worksheet")
    edit.epoch = fields.name("epoch")
    edit.sender = fields.name("sender")
    edit.clock = fields.whole("clock", limit=2**53 - 1)
    edit.update = fields.data("update", limit=MAX_UPDATE)


def _close_worksheet(request: pb.Request, fields: Fields) -> None:
    request.close_worksheet.worksheet = fields.name("worksheet")


def _show_presence(request: pb.Request, fields: Fields) -> None:
    request.show_presence.worksheet = fields.name("worksheet")
    request.show_presence.presence = fields.text("presence", limit=MAX_PRESENCE)


def _evaluate_cell(request: pb.Request, fields: Fields) -> None:
    evaluate = request.evaluate_cell
    evaluate.worksheet = fields.name("worksheet")
    evaluate.evaluation = fields.name("evaluation")
    evaluate.cell = fields.name("cell")
    if not evaluate.evaluation or not evaluate.cell:
        what = "field 'evaluation' or 'cell' is missing"
        raise fields.refused(pb.FAILURE_CODE_BAD_MESSAGE, what, "name the cell, and choose a new name for each")
    evaluate.code = fields.text("code", limit=MAX_CODE)


def _interrupt_worksheet(request: pb.Request, fields: Fields) -> None:
    request.interrupt_worksheet.worksheet = fields.name("worksheet")
    request.interrupt_worksheet.scope = interrupt_scope(fields)


def _restart_worksheet(request: pb.Request, fields: Fields) -> None:
    request.restart_worksheet.worksheet = fields.name("worksheet")


def _answer_input(request: pb.Request, fields: Fields) -> None:
    answer = request.answer_input
    answer.worksheet = fields.name("worksheet")
    answer.evaluation = fields.name("evaluation")
    answer.sequence = fields.whole("sequence", limit=2**53)
    answer.text = fields.text("text", limit=MAX_CODE)


def _complete_in_worksheet(request: pb.Request, fields: Fields) -> None:
    complete = request.complete_in_worksheet
    complete.worksheet = fields.name("worksheet")
    complete.code = fields.text("code", limit=MAX_CODE)
    complete.cursor = fields.whole("cursor", limit=MAX_CODE)


def _inspect_in_worksheet(request: pb.Request, fields: Fields) -> None:
    inspect = request.inspect_in_worksheet
    inspect.worksheet = fields.name("worksheet")
    inspect.code = fields.text("code", limit=MAX_CODE)
    inspect.cursor = fields.whole("cursor", limit=MAX_CODE)
    inspect.detail = fields.whole("detail", limit=1)


def _get_outputs(request: pb.Request, fields: Fields) -> None:
    get = request.get_outputs
    get.worksheet = fields.name("worksheet")
    get.evaluation = fields.name("evaluation")
    get.after = fields.whole("after", limit=2**53)
    get.whole = fields.flag("whole")


def _clear_outputs(request: pb.Request, fields: Fields) -> None:
    request.clear_outputs.worksheet = fields.name("worksheet")
    request.clear_outputs.cells.extend(fields.texts("cells", limit=MAX_NAME, most=MAX_CELLS))


def interrupt_scope(fields: Fields) -> "pb.InterruptScope":
    """Return what an interrupt is for, in a session or in that of a worksheet."""
    scope = fields.text("scope", limit=MAX_NAME)
    if scope not in _SCOPES:
        hint = "one of " + ", ".join(filter(None, _SCOPES)) + ", or none"
        raise fields.refused(pb.FAILURE_CODE_BAD_MESSAGE, f"scope {scope!r} is not known", hint)
    return _SCOPES[scope]


def comm_message(message: pb.CommMessage, fields: Fields) -> None:
    """Take a message of a comm, for a session or for that of a worksheet."""
    kind = fields.text("comm_kind", limit=MAX_NAME)
    if kind not in _COMM_KINDS:
        raise fields.refused(
            pb.FAILURE_CODE_BAD_MESSAGE, f"comm_kind {kind!r} is not known", "one of " + ", ".join(_COMM_KINDS)
        )
    message.kind = _COMM_KINDS[kind]
    message.body = fields.text("body", limit=MAX_BODY).encode()
    message.buffers.extend(fields.buffers())
    message.evaluation = fields.name("evaluation")


def _follow_comms(request: pb.Request, fields: Fields) -> None:
    request.follow_comms.worksheet = fields.name("worksheet")


def _comm_in_worksheet(request: pb.Request, fields: Fields) -> None:
    request.comm_in_worksheet.worksheet = fields.name("worksheet")
    comm_message(request.comm_in_worksheet.message, fields)


WORKSHEET_KINDS: Mapping[str, Callable[[pb.Request, Fields], None]] = {
    "open_worksheet": _open_worksheet,
    "edit_worksheet": _edit_worksheet,
    "close_worksheet": _close_worksheet,
    "show_presence": _show_presence,
    "evaluate_cell": _evaluate_cell,
    "interrupt_worksheet": _interrupt_worksheet,
    "restart_worksheet": _restart_worksheet,
    "answer_input": _answer_input,
    "complete_in_worksheet": _complete_in_worksheet,
    "inspect_in_worksheet": _inspect_in_worksheet,
    "get_outputs": _get_outputs,
    "clear_outputs": _clear_outputs,
    "follow_comms": _follow_comms,
    "comm_in_worksheet": _comm_in_worksheet,
}
"""What takes the fields of each kind."""
