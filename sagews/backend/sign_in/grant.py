"""OAuth's code flow, with PKCE: its two requests as text, and what comes for the second. Thinking only, no I/O.

Sources: RFC 6749, 4.1 (code flow) and 2.3.1 (a client's password); RFC 7636, 4 (PKCE).
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

import msgspec

from sagews.backend.sign_in.refused import Refused, Why

FORM = "application/x-www-form-urlencoded"


def challenge_of(verifier: str) -> str:
    """Return the challenge S256 of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorization_url(endpoint: str, parameters: Mapping[str, str]) -> str:
    """Return the address to which the browser goes; the endpoint may have a query of its own."""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"


def basic(client_id: str, secret: str) -> str:
    """Return the header Authorization of a client: both parts are encoded before they are joined."""
    return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def bearer(access_token: str) -> dict[str, str]:
    """Return the header that shows an access token."""
    return {"Authorization": f"Bearer {access_token}"}


class Tokens(msgspec.Struct, frozen=True):
    """What a provider gives for a code."""

    access_token: str
    token_type: str


def check_tokens(tokens: Tokens) -> None:
    """Refuse a token that could not be shown: it stands in a header."""
    if tokens.token_type.lower() != "bearer" or not _TOKEN.fullmatch(tokens.access_token):
        raise Refused(Why.GARBAGE, "an access token that is not known how to be shown")


def check_answer(status: int, body: bytes) -> None:
    """Refuse where no token was given. GitHub tells errors with the status 200, Facebook as an object."""
    try:
        error = msgspec.json.decode(body, type=_Answer).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        error = "" if status == 200 else "unreadable"
    if status >= 500:
        raise Refused(Why.AWAY, f"status {status} for a code")
    if error in _BAD_CODE or (isinstance(error, _Object) and error.code in _BAD_CODES):
        raise Refused(Why.CODE)
    if error or status != 200:
        said = error if isinstance(error, str) and error in _BAD_CLIENT else "unnamed"
        raise Refused(Why.DECLINED, f"status {status} for a code, error {said}")


class _Object(msgspec.Struct, frozen=True):
    code: int = 0


class _Answer(msgspec.Struct, frozen=True):
    error: str | _Object = ""


_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_BAD_CODE = ("invalid_grant", "bad_verification_code")
_BAD_CODES = (100,)
"""Facebook's number for a parameter that is not valid: a code that is used, too old, or not its own."""
_BAD_CLIENT = (
    *("invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type", "invalid_scope"),
    *("incorrect_client_credentials", "redirect_uri_mismatch", "unverified_user_email"),
)
"""What the log may repeat: what is wrong with the configuration, here or there."""
