"""The fields of a request in JSON, taken one by one: type and size are checked, and nothing unknown is left over."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from sagews.errors import ProtocolError
from sagews.protocol import MAX_NAME
from sagews.protocol import sagews_pb2 as pb

Json = dict[str, Any]
KINDS = frozenset(field.name for field in pb.Request.DESCRIPTOR.oneofs_by_name["kind"].fields)
"""Of requests; a browser may send most of them."""
AS_DOCUMENTED = "send the fields of this kind, each of its type"
_NAME = re.compile(r"[A-Za-z0-9_-]*")


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


class Fields:
    """Takes the fields of a message one by one, checking type and size; what is left over is unknown."""

    def __init__(self, message: Json) -> None:
        self._left = dict(message)
        self.request = 0
        """The id of the message, once it is read."""
        self.kind = message.get("kind", "")

    def refused(self, code: int, what: str, hint: str = AS_DOCUMENTED) -> RefusedRequest:
        """Return the refusal of the message."""
        noun = f"message {self.kind!r}" if isinstance(self.kind, str) and self.kind in KINDS else "message"
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
        """Take a text of up to so many bytes."""
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
        """Take a name."""
        value: str = self._take(name, str, "")
        if len(value) > MAX_NAME or not _NAME.fullmatch(value):
            raise self.refused(
                pb.FAILURE_CODE_BAD_MESSAGE,
                f"field {name!r} is not a name",
                f"use at most {MAX_NAME} letters, digits, _ and -",
            )
        return value

    def whole(self, name: str, limit: int) -> int:
        """Take a whole number from 0 to a limit."""
        value: int = self._take(name, int, 0)
        if not 0 <= value <= limit:
            raise self.refused(
                pb.FAILURE_CODE_BAD_MESSAGE,
                f"field {name!r} is not between 0 and {limit}",
                "send a number of that range",
            )
        return value

    def flag(self, name: str) -> bool:
        """Take a truth value."""
        value: bool = self._take(name, bool, False)
        return value

    def texts(self, name: str, limit: int, most: int) -> list[str]:
        """Take a list of up to so many texts, each of up to so many characters."""
        given: list[str] = self._take(name, list, [])
        if len(given) > most or not all(isinstance(each, str) and len(each) <= limit for each in given):
            what, hint = f"field {name!r} is not a list of up to {most:,} names", "send fewer, and texts alone"
            raise self.refused(pb.FAILURE_CODE_BAD_MESSAGE, what, hint)
        return given

    def limits(self, into: pb.Limits) -> None:
        """Take the limits."""
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
        """Take buffers in base64."""
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
        """Take bytes in base64."""
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

    def end(self) -> None:
        """Raise RefusedRequest if a field is left."""
        if self._left:
            name = str(next(iter(self._left)))[:MAX_NAME]
            raise self.refused(pb.FAILURE_CODE_BAD_MESSAGE, f"field {name!r} is not known", "leave it out")


_TYPE_WORDS = {str: "text", int: "whole number", bool: "true or false", dict: "object", list: "list"}
_LIMITS: Mapping[str, type] = {
    field.name: float if field.type == FieldDescriptor.TYPE_DOUBLE else int for field in pb.Limits.DESCRIPTOR.fields
}
