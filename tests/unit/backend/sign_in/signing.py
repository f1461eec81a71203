"""A provider's keys and signatures, as tests make them: right, and wrong in every way that matters."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from sagews.backend.sign_in.keys import Key, KeySet, usable

ISSUER, CLIENT, NONCE, ACCESS_TOKEN = "https://id.example.org", "client-1", "n" * 43, "access-token"


@cache
def rsa(number: int = 0, bits: int = 2048) -> RSAKey:
    """Return one of several keys; each number has its own."""
    return RSAKey.generate_key(bits, {"kid": f"rsa-{number}"})


@cache
def elliptic(curve: str = "P-256") -> ECKey:
    return ECKey.generate_key(curve, {"kid": f"ec-{curve}"})  # type: ignore[arg-type]


def public(*keys: RSAKey | ECKey) -> list[dict[str, Any]]:
    """Return keys as a provider publishes them."""
    return [{**key.as_dict(private=False), "use": "sig"} for key in keys]


def key_set(*documents: Any) -> tuple[Key, ...]:
    return usable(msgspec.json.decode(json.dumps({"keys": documents}), type=KeySet))


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good token; what is None is not in it."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": CLIENT, "sub": "person-1", "exp": now + 300, "iat": now, "nonce": NONCE}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(content: Mapping[str, Any] | bytes, key: RSAKey | ECKey, algorithm: str = "RS256", **header: Any) -> str:
    """Return a token. `header` may say anything, and None takes the name of the key out."""
    said = {"alg": algorithm, "kid": key.kid, **header}
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    return jws.serialize_compact({k: v for k, v in said.items() if v is not None}, payload, key, registry=registry)


def unsigned(content: Mapping[str, Any], algorithm: str = "none", **header: Any) -> str:
    return ".".join((_part({"alg": algorithm, **header}), _part(content), ""))


def by_secret(content: Mapping[str, Any], secret: bytes, algorithm: str = "HS256", **header: Any) -> str:
    """Return a token with an HMAC: of a client's secret, or of what everybody knows of a public key."""
    text = ".".join((_part({"alg": algorithm, **header}), _part(content)))
    return f"{text}.{_encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def by_hand(header: Mapping[str, Any], content: Mapping[str, Any], key: RSAKey) -> str:
    """Return a token whose header says what the library would not sign."""
    text = ".".join((_part({"alg": "RS256", "kid": key.kid, **header}), _part(content)))
    signature = key.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{_encoded(signature)}"


def half_hash(text: str, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, text.encode()).digest()
    return _encoded(digest[: len(digest) // 2])


def _part(content: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(content).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
