"""Requests as JSON, the form in which browsers and programs send them.

Everything here is hostile: type and size of every field are checked, and what
is not known is refused with an error that says so.

    {"kind": "evaluate", "id": 2, "session": "w1-abc", "evaluation": "e1", "cell": "c1", "code": "1+1"}
"""

import json
from collections.abc import Callable, Mapping

from sagews.protocol import MAX_CODE, MAX_NAME, session_files
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import Json
from sagews.protocol.json_fields import Fields
from sagews.protocol.json_fields import RefusedRequest as RefusedRequest
from sagews.protocol.json_worksheets import WORKSHEET_KINDS, comm_message, interrupt_scope
from sagews.protocol.languages import LANGUAGES, is_known

MIN_SECRET_NAME = 16
"""Characters of the name of a stateless evaluation, by which alone it can be found again."""
MAX_TICKET = 2048
"""Bytes of a connection's ticket."""

_ONE_OBJECT = 'send one object with a "kind" in each message'


def decode_request(text: str | bytes) -> pb.Request:
    """Return the request that a JSON text holds.

    Raises RefusedRequest for text that is not JSON, an unknown kind, a field
    that is missing, unknown, of the wrong type or too large.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedRequest(pb.FAILURE_CODE_BAD_MESSAGE, f"is not JSON ({error})", "message", _ONE_OBJECT) from error
    if not isinstance(message, dict):
        raise RefusedRequest(pb.FAILURE_CODE_BAD_MESSAGE, "is not a JSON object", "message", _ONE_OBJECT)
    return request_from_json(message)


def request_from_json(message: Json) -> pb.Request:
    """Return the request that a JSON object describes; see `decode_request`."""
    fields = Fields(message)
    fields.request = fields.whole("id", limit=2**53)
    kind = fields.text("kind", limit=MAX_NAME)
    build = _REQUEST_KINDS.get(kind)
    if build is None:
        raise fields.refused(
            pb.FAILURE_CODE_UNKNOWN_KIND, f"kind {kind!r} is not known", "one of " + ", ".join(_REQUEST_KINDS)
        )
    request = pb.Request(id=fields.request, session=fields.name("session"))
    build(request, fields)
    fields.end()
    return request


def _language(fields: Fields) -> str:
    language = fields.name("language")
    if not is_known(language):
        raise fields.refused(
            pb.FAILURE_CODE_BAD_MESSAGE, f"language {language!r} is not known", "one of " + ", ".join(LANGUAGES)
        )
    return language


def _open(request: pb.Request, fields: Fields) -> None:
    request.open.environment = fields.name("environment")
    fields.limits(request.open.limits)


def _attach(request: pb.Request, fields: Fields) -> None:
    request.attach.session = request.session
    request.attach.token = fields.text("token", limit=256)
    request.attach.after_sequence = fields.whole("after_sequence", limit=2**53)


def _evaluate(request: pb.Request, fields: Fields) -> None:
    evaluate = request.evaluate
    evaluate.evaluation = fields.name("evaluation")
    if not evaluate.evaluation:
        raise fields.refused(pb.FAILURE_CODE_BAD_MESSAGE, "field 'evaluation' is missing", "choose a new name for each")
    evaluate.cell = fields.name("cell")
    evaluate.code = fields.text("code", limit=MAX_CODE)
    evaluate.language = _language(fields)
    evaluate.without_input = fields.flag("without_input")
    fields.limits(evaluate.limits)


def _input_reply(request: pb.Request, fields: Fields) -> None:
    request.input_reply.sequence = fields.whole("sequence", limit=2**53)
    request.input_reply.text = fields.text("text", limit=MAX_CODE)


def _complete(request: pb.Request, fields: Fields) -> None:
    request.complete.code = fields.text("code", limit=MAX_CODE)
    request.complete.cursor = fields.whole("cursor", limit=MAX_CODE)


def _inspect(request: pb.Request, fields: Fields) -> None:
    request.inspect.code = fields.text("code", limit=MAX_CODE)
    request.inspect.cursor = fields.whole("cursor", limit=MAX_CODE)
    request.inspect.detail = fields.whole("detail", limit=1)


def _comm_message(request: pb.Request, fields: Fields) -> None:
    comm_message(request.comm_message, fields)


def _run(request: pb.Request, fields: Fields) -> None:
    run = request.run
    run.evaluation = fields.name("evaluation")
    if len(run.evaluation) < MIN_SECRET_NAME:
        raise fields.refused(
            pb.FAILURE_CODE_BAD_MESSAGE,
            f"field 'evaluation' has not {MIN_SECRET_NAME} characters or more",
            "choose a new name for each, which nobody can guess",
        )
    run.environment = fields.name("environment")
    run.code = fields.text("code", limit=MAX_CODE)
    run.language = _language(fields)
    run.cell = fields.name("cell")
    fields.limits(run.limits)
    run.fresh = fields.flag("fresh")
    run.after_sequence = fields.whole("after_sequence", limit=2**53)
    run.attempt = fields.name("attempt")
    run.join = fields.flag("join")


def _hello(request: pb.Request, fields: Fields) -> None:
    request.hello.ticket = fields.text("ticket", limit=MAX_TICKET)


def _withdraw(request: pb.Request, fields: Fields) -> None:
    request.withdraw.request = fields.whole("request", limit=2**53)


def _interrupt(request: pb.Request, fields: Fields) -> None:
    request.interrupt.evaluation = fields.name("evaluation")
    request.interrupt.scope = interrupt_scope(fields)


_REQUEST_KINDS: Mapping[str, Callable[[pb.Request, Fields], None]] = {
    "hello": _hello,
    "open": _open,
    "attach": _attach,
    "detach": lambda request, fields: request.detach.SetInParent(),
    "evaluate": _evaluate,
    "run": _run,
    "withdraw": _withdraw,
    "interrupt": _interrupt,
    "input_reply": _input_reply,
    "complete": _complete,
    "inspect": _inspect,
    "comm_message": _comm_message,
    "close": lambda request, fields: request.close.SetInParent(),
    **WORKSHEET_KINDS,
    **session_files.REQUESTS,
}
