"""The keys by which a provider signs. Thinking only, no I/O.

A key serves one purpose: what is not meant for signatures verifies none, a
secret one is none of a provider's, and a key is used with algorithms of its
own type alone, so that an RSA key that everybody knows never becomes the
secret of an HMAC.

Source: JSON Web Key (RFC 7517), 4 and 5.
"""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
from joserfc import jwk
from joserfc.errors import JoseError, SecurityWarning

MOST_KEYS = 64
"""Of one provider; they have two or three."""
LEAST_RSA, MOST_RSA = 2048, 8192
"""Bits of an RSA key: fewer are too few, more take long."""
ALGORITHMS: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
}
"""By which a provider may sign, with the type of key that each has: never `none`, and none with a shared secret."""
_PARTS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}


class KeySet(msgspec.Struct, frozen=True):
    """The document of keys."""

    keys: list[msgspec.Raw]


class _Said(msgspec.Struct, frozen=True):
    """One key of it."""

    kty: str
    kid: str | None = None
    use: str = "sig"
    alg: str | None = None
    key_ops: tuple[str, ...] = ("verify",)
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """One key that can verify a signature."""

    key: jwk.Key
    kid: str | None
    """By which tokens name it."""
    algorithm: str | None
    """The only one that it is for; None: all of its type."""


def usable(said: KeySet) -> tuple[Key, ...]:
    """Return those keys that can verify a signature; the others are passed over, as unknown ones shall be."""
    return tuple(_usable(said.keys[:MOST_KEYS]))


def key_for(keys: Iterable[Key], algorithm: str, kid: str | None) -> Key | None:
    """Return the key of a signature; None if there is none, or if it is not said which of several."""
    fits = [
        key
        for key in keys
        if key.key.key_type == ALGORITHMS.get(algorithm)
        and key.algorithm in (None, algorithm)
        and (kid is None or key.kid == kid)
    ]
    return fits[0] if len(fits) == 1 else None


def _usable(documents: Iterable[msgspec.Raw]) -> Iterable[Key]:
    for document in documents:
        try:
            said = msgspec.json.decode(document, type=_Said)
            if said.use == "sig" and "verify" in said.key_ops and said.kty in _PARTS:
                key = _imported(said)
                if not isinstance(key, jwk.RSAKey) or LEAST_RSA <= key.public_key.key_size <= MOST_RSA:
                    yield Key(key, said.kid, said.alg)
        except (msgspec.MsgspecError, JoseError, ValueError, KeyError):
            continue


def _imported(said: _Said) -> jwk.Key:
    """Return its public part, and nothing else that may be in it. Raises what the library raises."""
    parts = {name: getattr(said, name) for name in _PARTS[said.kty]}
    with warnings.catch_warnings():
        # Of RSA keys that are too short: these are left out anyway.
        warnings.simplefilter("ignore", SecurityWarning)
        return jwk.import_key({"kty": said.kty, **parts})
