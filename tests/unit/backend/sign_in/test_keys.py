"""A provider's keys: those that can verify are taken, all others are passed over."""

import warnings
from typing import Any

import pytest
from joserfc.errors import SecurityWarning

from sagews.backend.sign_in.keys import MOST_KEYS, key_for
from tests.unit.backend.sign_in.signing import elliptic, key_set, public, rsa


def test_keys_for_signatures_are_taken() -> None:
    keys = key_set(*public(rsa(), elliptic()))
    assert [key.kid for key in keys] == ["rsa-0", "ec-P-256"]
    assert key_for(keys, "RS256", "rsa-0") is keys[0]
    assert key_for(keys, "ES256", None) is keys[1]


def rsa_with(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**public(rsa())[0], **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "document",
    [
        rsa_with(use="enc"),
        rsa_with(key_ops=["encrypt"]),
        rsa_with(n=None),
        rsa_with(n="!"),
        rsa_with(n=5),
        rsa_with(e="AA"),
        rsa_with(e=""),
        rsa_with(kty="oct"),
        rsa_with(kty=None),
        rsa_with(kid=7),
        {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "alg": "HS256"},
        {"kty": "EC", "crv": "P-257", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        {},
        [],
        None,
        "key",
        {"a": [[[[]]]]},
    ],
)
def test_what_cannot_verify_is_passed_over(document: Any) -> None:
    assert [key.kid for key in key_set(document, *public(rsa(1)))] == ["rsa-1"]


def test_a_short_key_is_none_and_a_very_long_one_neither() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        short = rsa(7, 1024)
    assert key_set(*public(short)) == ()
    assert key_set(rsa_with(n="-" * 1400)) == ()


def test_a_private_key_that_somebody_publishes_is_used_as_a_public_one() -> None:
    (key,) = key_set({**rsa().as_dict(private=True), "use": "sig"})
    assert not key.key.is_private


def test_a_key_is_of_its_own_algorithms() -> None:
    keys = key_set(rsa_with(alg="RS512"))
    assert key_for(keys, "RS512", "rsa-0") and not key_for(keys, "RS256", "rsa-0")
    assert not key_for(keys, "ES256", None) and not key_for(keys, "HS256", "rsa-0") and not key_for(keys, "none", None)


def test_of_several_keys_with_one_name_that_of_the_right_type_is_taken() -> None:
    ec = {**public(elliptic())[0], "kid": "rsa-0"}
    keys = key_set(ec, *public(rsa()))
    assert key_for(keys, "RS256", "rsa-0") is keys[1] and key_for(keys, "ES256", "rsa-0") is keys[0]


def test_of_very_many_keys_the_first_are_looked_at() -> None:
    assert len(key_set(*[rsa_with(kid=str(number)) for number in range(MOST_KEYS + 10)])) == MOST_KEYS
