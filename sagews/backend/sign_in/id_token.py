"""A provider's signed word on who somebody is, checked. Thinking only, no I/O.

The signature first, by a key of the provider and an algorithm that is allowed;
then that it is this provider's, for this site, for this very sign-in, and of
now. Clocks may differ by LEEWAY.

Sources: OpenID Connect Core 1.0, 3.1.3.7 (checks) and 3.1.3.6 (at_hash); RFC 8725 (best practice for JWT).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from sagews.backend.sign_in.keys import ALGORITHMS, Key, key_for
from sagews.backend.sign_in.provider import is_subject
from sagews.backend.sign_in.refused import Refused, Why

LEEWAY = 60
"""Seconds by which the clocks of a provider and of this machine may differ."""
LONGEST_HEADER, LONGEST_PAYLOAD = 4096, 1 << 15
"""Bytes of the parts of a token; those that list many groups have some thousand."""


class UnknownKey(Exception):
    """A token is signed by a key that is not known, or not with the key of that name: perhaps there is a new one."""


def checked(
    token: str, keys: Iterable[Key], *, issuer: str, client_id: str, nonce: str, access_token: str, now: float
) -> dict[str, Any]:
    """Return the claims of a token. Raises Refused, or UnknownKey where newer keys may help."""
    algorithm, claims = _verified(token, keys)
    try:
        _rules(issuer, client_id, now).validate(claims)
    except ClaimError as error:
        raise Refused(Why.TOKEN, f"id_token: {error.error} {_which(error)}") from error
    except (ValueError, OverflowError) as error:
        raise Refused(Why.TOKEN, "id_token: a claim has a value that nobody can have") from error
    _check_party(claims, client_id)
    if not _is(claims.get("nonce"), nonce):
        raise Refused(Why.TOKEN, "id_token: of another sign-in (nonce)")
    if not is_subject(claims["sub"]):
        raise Refused(Why.TOKEN, "id_token: no subject")
    if "at_hash" in claims and not _is(claims["at_hash"], _half_hash(access_token, algorithm)):
        raise Refused(Why.TOKEN, "id_token: of another access token (at_hash)")
    return claims


def _verified(token: str, keys: Iterable[Key]) -> tuple[str, dict[str, Any]]:
    """Return by which algorithm a token is signed, and its claims, once the signature is verified."""
    algorithm, kid = _signed_by(token)
    if (key := key_for(keys, algorithm, kid)) is None:
        raise UnknownKey
    try:
        return algorithm, jwt.decode(token, key.key, registry=_Registry(algorithms=[algorithm])).claims
    except (JoseError, ValueError, RecursionError) as error:
        raise UnknownKey from error


def _signed_by(token: str) -> tuple[str, str | None]:
    """Return the algorithm and the name of the key that a token says it is signed with."""
    try:
        segment = token.encode("ascii").partition(b".")[0]
        header = msgspec.json.decode(urlsafe_b64decode(segment[:LONGEST_HEADER]), type=_Header)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Refused(Why.TOKEN, "id_token: not readable") from error
    if header.alg not in ALGORITHMS:
        raise Refused(Why.TOKEN, "id_token: signed by an algorithm that is not allowed")
    return header.alg, header.kid


class _Header(msgspec.Struct, frozen=True):
    """Of a token, as far as it says which key to take. It may have an address of a key, or a key: neither is taken."""

    alg: str
    kid: str | None = None


class _Registry(JWSRegistry):
    """What the library takes. What else a header says is no matter, but for what it says must be understood."""

    max_header_length = LONGEST_HEADER
    max_payload_length = LONGEST_PAYLOAD

    def __init__(self, algorithms: list[str]) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)


def _rules(issuer: str, client_id: str, now: float) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    """Refuse what was given to another client, though this one may read it too."""
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if (several or "azp" in claims) and claims.get("azp") != client_id:
        raise Refused(Why.TOKEN, "id_token: given to another client (azp)")


def _half_hash(access_token: str, algorithm: str) -> str:
    digest = hashlib.new(f"sha{algorithm[2:]}", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _is(said: object, wanted: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode("utf-8", "surrogatepass"), wanted.encode())


def _which(error: ClaimError) -> str:
    """Return the claim that an error is about, if it is one of those that are looked at."""
    return error.claim if error.claim in {"iss", "aud", "sub", "exp", "iat", "nbf"} else "of several"
