"""Requests as JSON, the form in which browsers and programs send them.

Everything here is hostile: type and size of every field are checked, and what
is not known is refused with an error that says so.

    {"kind": "evaluate", "id": 2, "session": "w1-abc", "evaluation": "e1", "cell": "c1", "code": "1+1"}
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from sagews.errors import ProtocolError
from sagews.protocol import MAX_BODY, MAX_CODE, MAX_NAME, MAX_PATH, MAX_PRESENCE, MAX_UPDATE, session_files
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import Json

MIN_SECRET_NAME = 16
"""Characters of the name of a stateless evaluation, by which alone it can be found again."""
MAX_TICKET = 2048
"""Bytes of a connection's ticket."""
MAX_LINK = 256
"""Bytes of the token of a link to a workspace."""

_ONE_OBJECT = 'send one object with a "kind" in each message'
_AS_DOCUMENTED = "send the fields of this kind, each of its type"
_NAME = re.compile(r"[A-Za-z0-9_-]*")
_COMM_KINDS = {"open": pb.COMM_KIND_OPEN, "message": pb.COMM_KIND_MESSAGE, "close": pb.COMM_KIND_CLOSE}


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


class RefusedRequest(ProtocolError):
    """A request that is answered with a Failure; the connection goes on."""

    def __init__(
        self, code: int, what: str, noun: str, hint: str = "", request: int = 0, *, retry_after: int = 0
    ) -> None:
        super().__init__(what, noun, hint)
        self.code = code
        """A FailureCode."""
        self.retry_after = retry_after
        """Seconds after which trying again may help; 0: nobody knows."""
        self.request = request
        """The id of the request, as far as it could be read."""
        self.state = b""
        """Of a worksheet that lacks something: its state vector."""

    def failure(self) -> pb.Event:
        """Return the event that tells the sender."""
        event = pb.Event(request=self.request)
        event.failure.code = self.code  # type: ignore[assignment]  # an int is any enum's value
        event.failure.what = self.what
        event.failure.noun = self.noun
        event.failure.hint = self.hint
        event.failure.retry_after = self.retry_after
        event.failure.state = self.state
        return event


def request_from_json(message: Json) -> pb.Request:
    """Return the request that a JSON object describes; see `decode_request`."""
    fields = _Fields(message)
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


class _Fields:
    """Takes the fields of a message one by one, checking type and size; what is left over is unknown."""

    def __init__(self, message: Json) -> None:
        self._left = dict(message)
        self.request = 0
        self.kind = message.get("kind", "")

    def refused(self, code: int, what: str, hint: str = _AS_DOCUMENTED) -> RefusedRequest:
        noun = f"message {self.kind!r}" if isinstance(self.kind, str) and self.kind in _REQUEST_KINDS else "message"
        return RefusedRequest(code, what, noun, hint, self.request)

    def _take(self, name: str, kind: type, default: Any) -> Any:
        value = self._left.pop(name, default)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.refused(
                pb.FAILURE_CODE_BAD_MESSAGE,
                f"field {name!r} is not a {_TYPE_WORDS[kind]}",
                f"send a {_TYPE_WORDS[kind]}",
            )
        return value

    def text(self, name: str, limit: int) -> str:
        value: str = self._take(name, str, "")
        if len(value.encode("utf-8", "surrogatepass")) > limit:
            raise self.refused(
                pb.FAILURE_CODE_TOO_LARGE, f"field {name!r} is over {limit:,} bytes", "send it in smaller pieces"
            )
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise self.refused(
                pb.FAILURE_CODE_BAD_MESSAGE,
                f"field {name!r} holds half a surrogate pair, which no text file can store",
                "remove that character",
            )
        return value

    def name(self, name: str) -> str:
        value: str = self._take(name, str, "")
        if len(value) > MAX_NAME or not _NAME.fullmatch(value):
            raise self.refused(
                pb.FAILURE_CODE_BAD_MESSAGE,
                f"field {name!r} is not a name",
                f"use at most {MAX_NAME} letters, digits, _ and -",
            )
        return value

    def whole(self, name: str, limit: int) -> int:
        value: int = self._take(name, int, 0)
        if not 0 <= value <= limit:
            raise self.refused(
                pb.FAILURE_CODE_BAD_MESSAGE,
                f"field {name!r} is not between 0 and {limit}",
                "send a number of that range",
            )
        return value

    def flag(self, name: str) -> bool:
        value: bool = self._take(name, bool, False)
        return value

    def limits(self, into: pb.Limits) -> None:
        limits = self._take("limits", dict, {})
        for name, value in limits.items():
            if name not in _LIMITS:
                raise self.refused(
                    pb.FAILURE_CODE_BAD_MESSAGE,
                    f"limit {str(name)[:MAX_NAME]!r} is not known",
                    "one of " + ", ".join(_LIMITS),
                )
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**53:
                raise self.refused(
                    pb.FAILURE_CODE_BAD_MESSAGE,
                    f"limit {name!r} is not a number above 0",
                    "leave it out for the site's own limit",
                )
            setattr(into, name, _LIMITS[name](value))

    def buffers(self) -> list[bytes]:
        texts = self._take("buffers", list, [])
        try:
            buffers = [base64.b64decode(text, validate=True) for text in texts]
        except (TypeError, ValueError, binascii.Error) as error:
            raise self.refused(
                pb.FAILURE_CODE_BAD_MESSAGE,
                "field 'buffers' is not a list of base64 texts",
                "encode each buffer in base64",
            ) from error
        return buffers

    def data(self, name: str, limit: int) -> bytes:
        text: str = self._take(name, str, "")
        if len(text) > 4 * (limit + 2) // 3:
            raise self.refused(
                pb.FAILURE_CODE_TOO_LARGE, f"field {name!r} is over {limit:,} bytes", "send less at once"
            )
        try:
            return base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error) as error:
            hint = "encode the bytes in base64"
            raise self.refused(pb.FAILURE_CODE_BAD_MESSAGE, f"field {name!r} is not base64", hint) from error

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; what is no text is refused."""
        values: list[Any] = self._take(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise self.refused(pb.FAILURE_CODE_BAD_MESSAGE, f"field {name!r} is no list of texts", "send texts")
        return values

    def end(self) -> None:
        if self._left:
            name = str(next(iter(self._left)))[:MAX_NAME]
            raise self.refused(pb.FAILURE_CODE_BAD_MESSAGE, f"field {name!r} is not known", "leave it out")


_TYPE_WORDS = {str: "text", int: "whole number", bool: "true or false", dict: "object", list: "list"}
_LIMITS: Mapping[str, type] = {
    field.name: float if field.type == FieldDescriptor.TYPE_DOUBLE else int for field in pb.Limits.DESCRIPTOR.fields
}


def _open(request: pb.Request, fields: _Fields) -> None:
    request.open.environment = fields.name("environment")
    fields.limits(request.open.limits)


def _attach(request: pb.Request, fields: _Fields) -> None:
    request.attach.session = request.session
    request.attach.token = fields.text("token", limit=256)
    request.attach.after_sequence = fields.whole("after_sequence", limit=2**53)


def _evaluate(request: pb.Request, fields: _Fields) -> None:
    evaluate = request.evaluate
    evaluate.evaluation = fields.name("evaluation")
    if not evaluate.evaluation:
        raise fields.refused(pb.FAILURE_CODE_BAD_MESSAGE, "field 'evaluation' is missing", "choose a new name for each")
    evaluate.cell = fields.name("cell")
    evaluate.code = fields.text("code", limit=MAX_CODE)
    evaluate.without_input = fields.flag("without_input")
    fields.limits(evaluate.limits)


def _input_reply(request: pb.Request, fields: _Fields) -> None:
    request.input_reply.sequence = fields.whole("sequence", limit=2**53)
    request.input_reply.text = fields.text("text", limit=MAX_CODE)


def _complete(request: pb.Request, fields: _Fields) -> None:
    request.complete.code = fields.text("code", limit=MAX_CODE)
    request.complete.cursor = fields.whole("cursor", limit=MAX_CODE)


def _inspect(request: pb.Request, fields: _Fields) -> None:
    request.inspect.code = fields.text("code", limit=MAX_CODE)
    request.inspect.cursor = fields.whole("cursor", limit=MAX_CODE)
    request.inspect.detail = fields.whole("detail", limit=1)


def _comm_message(request: pb.Request, fields: _Fields) -> None:
    kind = fields.text("comm_kind", limit=MAX_NAME)
    if kind not in _COMM_KINDS:
        raise fields.refused(
            pb.FAILURE_CODE_BAD_MESSAGE, f"comm_kind {kind!r} is not known", "one of " + ", ".join(_COMM_KINDS)
        )
    request.comm_message.kind = _COMM_KINDS[kind]
    request.comm_message.body = fields.text("body", limit=MAX_BODY).encode()
    request.comm_message.buffers.extend(fields.buffers())


def _run(request: pb.Request, fields: _Fields) -> None:
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
    run.cell = fields.name("cell")
    fields.limits(run.limits)
    run.fresh = fields.flag("fresh")
    run.after_sequence = fields.whole("after_sequence", limit=2**53)
    run.attempt = fields.name("attempt")
    run.join = fields.flag("join")


def _hello(request: pb.Request, fields: _Fields) -> None:
    request.hello.ticket = fields.text("ticket", limit=MAX_TICKET)


def _withdraw(request: pb.Request, fields: _Fields) -> None:
    request.withdraw.request = fields.whole("request", limit=2**53)


def _interrupt(request: pb.Request, fields: _Fields) -> None:
    request.interrupt.evaluation = fields.name("evaluation")


def _open_worksheet(request: pb.Request, fields: _Fields) -> None:
    opening = request.open_worksheet
    opening.workspace = fields.name("workspace")
    opening.path = fields.text("path", limit=MAX_PATH)
    opening.link = fields.text("link", limit=MAX_LINK)
    opening.epoch = fields.name("epoch")
    opening.state = fields.data("state", limit=MAX_UPDATE)


def _edit_worksheet(request: pb.Request, fields: _Fields) -> None:
    edit = request.edit_worksheet
    edit.worksheet = fields.name("worksheet")
    edit.epoch = fields.name("epoch")
    edit.sender = fields.name("sender")
    edit.clock = fields.whole("clock", limit=2**53 - 1)
    edit.update = fields.data("update", limit=MAX_UPDATE)


def _close_worksheet(request: pb.Request, fields: _Fields) -> None:
    request.close_worksheet.worksheet = fields.name("worksheet")


def _show_presence(request: pb.Request, fields: _Fields) -> None:
    request.show_presence.worksheet = fields.name("worksheet")
    request.show_presence.presence = fields.text("presence", limit=MAX_PRESENCE)


def _evaluate_cell(request: pb.Request, fields: _Fields) -> None:
    evaluate = request.evaluate_cell
    evaluate.worksheet = fields.name("worksheet")
    evaluate.evaluation = fields.name("evaluation")
    evaluate.cell = fields.name("cell")
    if not evaluate.evaluation or not evaluate.cell:
        what = "field 'evaluation' or 'cell' is missing"
        raise fields.refused(pb.FAILURE_CODE_BAD_MESSAGE, what, "name the cell, and choose a new name for each")
    evaluate.code = fields.text("code", limit=MAX_CODE)


def _interrupt_worksheet(request: pb.Request, fields: _Fields) -> None:
    request.interrupt_worksheet.worksheet = fields.name("worksheet")


def _restart_worksheet(request: pb.Request, fields: _Fields) -> None:
    request.restart_worksheet.worksheet = fields.name("worksheet")


def _answer_input(request: pb.Request, fields: _Fields) -> None:
    answer = request.answer_input
    answer.worksheet = fields.name("worksheet")
    answer.evaluation = fields.name("evaluation")
    answer.sequence = fields.whole("sequence", limit=2**53)
    answer.text = fields.text("text", limit=MAX_CODE)


def _complete_in_worksheet(request: pb.Request, fields: _Fields) -> None:
    complete = request.complete_in_worksheet
    complete.worksheet = fields.name("worksheet")
    complete.code = fields.text("code", limit=MAX_CODE)
    complete.cursor = fields.whole("cursor", limit=MAX_CODE)


def _inspect_in_worksheet(request: pb.Request, fields: _Fields) -> None:
    inspect = request.inspect_in_worksheet
    inspect.worksheet = fields.name("worksheet")
    inspect.code = fields.text("code", limit=MAX_CODE)
    inspect.cursor = fields.whole("cursor", limit=MAX_CODE)
    inspect.detail = fields.whole("detail", limit=1)


def _get_outputs(request: pb.Request, fields: _Fields) -> None:
    get = request.get_outputs
    get.worksheet = fields.name("worksheet")
    get.evaluation = fields.name("evaluation")
    get.after = fields.whole("after", limit=2**53)
    get.whole = fields.flag("whole")


_REQUEST_KINDS: Mapping[str, Callable[[pb.Request, _Fields], None]] = {
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
    **session_files.REQUESTS,
}
