"""What a browser brings back from a provider, read strictly. Thinking only, no I/O.

Sources: RFC 6749, 4.1.2 (answer of the code flow); RFC 9207 (issuer).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sagews.backend.sign_in.refused import Refused, Why

LONGEST_CODE = 4096
"""Characters of a code; Microsoft's have about 1,500."""
LONGEST_ISSUER = 1024

_STATE = re.compile(r"[A-Za-z0-9_-]{43}")
_CODE = re.compile(r"[\x20-\x7e]+")
_ERROR = re.compile(r"[a-z0-9_.-]{1,64}")
_KNOWN = ("state", "code", "error", "iss")


@dataclass(frozen=True, slots=True)
class Callback:
    """A well-formed answer: to which sign-in, and a code or an error."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    """Empty where there is an error."""
    error: str
    """The code of an error as far as it is a plain word; empty where there is none."""
    issuer: str | None
    """Who answers, where the provider says so."""

    def raise_error(self) -> None:
        """Raise Refused where the provider has answered with an error."""
        if self.error:
            raise _refusal_of(self.error)


def read_callback(query: Iterable[tuple[str, str]]) -> Callback:
    """Return the answer that the parameters of an address are. Raises Refused.

    One that is there twice is not read in one of two ways. Those that are not
    known are passed over: providers have their own.
    """
    found: dict[str, str] = {}
    for name, value in query:
        if name not in _KNOWN:
            continue
        if name in found:
            raise Refused(Why.MALFORMED, f"{name} is there twice")
        found[name] = value
    state, code, error, issuer = (found.get(name) for name in _KNOWN)
    said = "" if error is None else error if _ERROR.fullmatch(error) else "unnamed"
    if said and state is None:
        # Some providers say no without a state. It ends nothing that is under way.
        raise _refusal_of(said)
    if state is None or not _STATE.fullmatch(state):
        raise Refused(Why.MALFORMED, "no state of ours")
    if (code is None) == (error is None):
        raise Refused(Why.MALFORMED, "neither a code nor an error, or both")
    if code is not None and not (len(code) <= LONGEST_CODE and _CODE.fullmatch(code)):
        raise Refused(Why.MALFORMED, "no code")
    if issuer is not None and len(issuer) > LONGEST_ISSUER:
        raise Refused(Why.MALFORMED, "no issuer")
    return Callback(state, code or "", said, issuer)


def _refusal_of(error: str) -> Refused:
    return Refused(Why.DENIED if error == "access_denied" else Why.DECLINED, f"error {error}")
