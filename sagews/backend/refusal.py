"""Why a request of HTTP is refused: a status, and what, about which noun, and what to do next.

Its body is the same everywhere in the API: `{"error": {"code", "what", "noun", "hint"}}`,
the fields of the wire's `Failure`. Thinking only, no I/O.
"""

from collections.abc import Mapping

from aiohttp import web

from sagews.errors import SagewsError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import Json, encode, enum_name
from sagews.protocol.json_requests import RefusedRequest

RETRY_AFTER = 5
"""Seconds after which one who was refused for want of room may try again, where nothing better is known."""

STATUS: Mapping[int, int] = {
    pb.FAILURE_CODE_BAD_MESSAGE: 400,
    pb.FAILURE_CODE_UNKNOWN_KIND: 400,
    pb.FAILURE_CODE_UNKNOWN_ENVIRONMENT: 400,
    pb.FAILURE_CODE_WRONG_TOKEN: 401,
    pb.FAILURE_CODE_UNUSABLE_FILE: 403,
    pb.FAILURE_CODE_UNKNOWN_SESSION: 404,
    pb.FAILURE_CODE_UNKNOWN_FILE: 404,
    pb.FAILURE_CODE_OUT_OF_ORDER: 409,
    pb.FAILURE_CODE_FILE_CHANGED: 409,
    pb.FAILURE_CODE_FILE_EXISTS: 412,
    pb.FAILURE_CODE_TOO_LARGE: 413,
    pb.FAILURE_CODE_TOO_MANY: 429,
    pb.FAILURE_CODE_FULL: 503,
    pb.FAILURE_CODE_DRAINING: 503,
    pb.FAILURE_CODE_UNAVAILABLE: 503,
    pb.FAILURE_CODE_TOO_MANY: 429,
    pb.FAILURE_CODE_NO_SPACE: 507,
}
"""The status of each failure; 500 for any other."""

CHALLENGES: Mapping[str, str] = {
    "token": "Bearer",
    "session": "Sagews-Session",
    "git": 'Basic realm="any user name, and an API token as the password", charset="UTF-8"',
}
"""What a 401 says of how to be let in (RFC 9110 section 11.6.1): by the site's token, or by that of a session; or, for
git, which asks for nothing else, by a password (RFC 7617)."""


class Refusal(SagewsError):
    """A request that is answered with an error."""

    def __init__(
        self, status: int, code: str, what: str, noun: str, hint: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what, noun, hint)
        self.status = status
        self.code = code
        """A FailureCode in lower case, or a word of HTTP alone."""
        self.headers = dict(headers or {})
        if status in (429, 503):
            self.headers.setdefault("Retry-After", str(RETRY_AFTER))

    @classmethod
    def of(cls, refused: RefusedRequest) -> "Refusal":
        """Return the refusal that tells over HTTP what a connection would be told by a Failure."""
        status = STATUS.get(refused.code, 500)
        headers = {"WWW-Authenticate": CHALLENGES["session"]} if status == 401 else {}
        if refused.retry_after:
            headers["Retry-After"] = str(refused.retry_after)
        return cls(status, enum_name(pb.FailureCode, refused.code), refused.what, refused.noun, refused.hint, headers)

    def to_json(self) -> Json:
        """Return the body."""
        return {"error": {"code": self.code, "what": self.what, "noun": self.noun, "hint": self.hint}}

    def response(self) -> web.Response:
        """Return the answer."""
        return web.Response(
            status=self.status, text=encode(self.to_json()), content_type="application/json", headers=self.headers
        )


def in_words(status: int, line: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """Return the refusal of one line, which says what is wrong, and after a colon what to do."""
    what, _, hint = line.strip().rstrip(".").partition(": ")
    code = _WORDS.get(status, "bad_message" if status < 500 else "internal")
    return Refusal(status, code, what, "request", hint or "see the reference of the API, /api", headers)


_WORDS: Mapping[int, str] = {
    401: "wrong_token",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_type",
    421: "unknown_host",
    429: "too_many",
    503: "unavailable",
}
