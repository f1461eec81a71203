"""A provider's signed word: believed if it is its own, for this site, for this sign-in, and of now."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.backend.sign_in.id_token import LEEWAY, LONGEST_PAYLOAD, UnknownKey, checked
from sagews.backend.sign_in.keys import Key
from sagews.backend.sign_in.refused import Refused, Why
from tests.unit.backend.sign_in.signing import (
    ACCESS_TOKEN,
    CLIENT,
    ISSUER,
    NONCE,
    by_hand,
    by_secret,
    claims,
    elliptic,
    half_hash,
    key_set,
    public,
    rsa,
    signed,
    unsigned,
)

FAR_FUTURE = 10**12
"""Seconds; a time of "now" in a parameter would be of the collection of the tests, an hour before the last of them."""


def check(token: str, keys: tuple[Key, ...] | None = None, now: float | None = None) -> dict[str, Any]:
    return checked(
        token,
        key_set(*public(rsa())) if keys is None else keys,
        issuer=ISSUER,
        client_id=CLIENT,
        nonce=NONCE,
        access_token=ACCESS_TOKEN,
        now=time.time() if now is None else now,
    )


def refusal_of(token: str) -> Refused:
    with pytest.raises(Refused) as refused:
        check(token)
    assert refused.value.why is Why.TOKEN
    return refused.value


def test_a_good_token_is_believed() -> None:
    assert check(signed(claims(), rsa()))["sub"] == "person-1"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_all_algorithms_of_rsa_are_taken(algorithm: str) -> None:
    assert check(signed(claims(), rsa(), algorithm))


@pytest.mark.parametrize(("algorithm", "curve"), [("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521")])
def test_elliptic_curves_are_taken(algorithm: str, curve: str) -> None:
    assert check(signed(claims(), elliptic(curve), algorithm), key_set(*public(elliptic(curve))))


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "m" * 43},
        {"nonce": None},
        {"nonce": ["n" * 43]},
        {"nonce": ""},
        {"aud": "client-2"},
        {"aud": None},
        {"aud": ["client-2", "client-3"]},
        {"aud": []},
        {"aud": {"client-1": 1}},
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"iss": [ISSUER]},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "p" * 256},
        {"sub": "a\nb"},
        {"sub": "\ud800"},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": float("nan")},
        {"exp": True},
        {"iat": None},
        {"iat": "now"},
        {"azp": "client-2"},
        {"aud": ["client-1", "client-2"]},
        {"aud": ["client-1", "client-2"], "azp": "client-2"},
        {"at_hash": half_hash("another token")},
        {"at_hash": 5},
        {"nbf": FAR_FUTURE},
    ],
    ids=str,
)
def test_what_is_not_for_this_sign_in_is_refused(changes: dict[str, Any]) -> None:
    refusal_of(signed(claims(**changes), rsa()))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["client-1"]},
        {"azp": "client-1"},
        {"aud": ["client-1", "client-2"], "azp": "client-1"},
        {"at_hash": half_hash(ACCESS_TOKEN)},
        {"exp": FAR_FUTURE},
        {"other": {"a": [1, None]}},
    ],
    ids=str,
)
def test_what_else_a_token_may_say_is_no_matter(changes: dict[str, Any]) -> None:
    assert check(signed(claims(**changes), rsa()))


def test_at_hash_is_of_the_algorithm_of_the_token() -> None:
    right = claims(at_hash=half_hash(ACCESS_TOKEN, "sha512"))
    assert check(signed(right, rsa(), "RS512"))
    refusal_of(signed(right, rsa(), "RS256"))


@pytest.mark.parametrize("skew", [-5, 5, 1 - LEEWAY, LEEWAY - 1])
def test_clocks_that_differ_a_little_are_no_hindrance(skew: int) -> None:
    now = int(time.time())
    assert check(signed(claims(iat=now, exp=now + 1), rsa()), now=now + skew)


def test_what_is_too_old_or_of_the_future_is_refused() -> None:
    now = int(time.time())
    assert "expired_token" in refusal_of(signed(claims(exp=now - LEEWAY - 2, iat=now - 400), rsa())).detail
    assert "iat" in refusal_of(signed(claims(iat=now + LEEWAY + 5, exp=now + 400), rsa())).detail


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", "HS256", "HS384", "EdDSA", "ES256K", "RSA1_5"]
)
def test_no_other_algorithm_is_taken(algorithm: str) -> None:
    assert "algorithm" in refusal_of(unsigned(claims(), algorithm, kid="rsa-0")).detail


def test_what_everybody_knows_is_no_secret() -> None:
    public_pem = rsa().as_pem(private=False)
    for secret in (public_pem, public(rsa())[0]["n"].encode(), b"client-secret", b""):
        assert "algorithm" in refusal_of(by_secret(claims(), secret, kid="rsa-0")).detail


def test_a_signature_that_was_taken_off_is_missed() -> None:
    header, payload, _ = signed(claims(), rsa()).split(".")
    with pytest.raises(UnknownKey):
        check(f"{header}.{payload}.")


def test_a_token_that_was_changed_is_not_believed() -> None:
    header, _, signature = signed(claims(), rsa()).split(".")
    payload = signed(claims(sub="victim"), rsa()).split(".")[1]
    with pytest.raises(UnknownKey):
        check(f"{header}.{payload}.{signature}")


def test_a_key_of_somebody_else_is_not_taken_whatever_the_token_says_of_it() -> None:
    for header in ({}, {"jwk": public(rsa(1))[0]}, {"jku": "https://evil.example/keys"}, {"kid": "rsa-0"}):
        with pytest.raises(UnknownKey):
            check(signed(claims(), rsa(1), **header))


def test_a_key_of_another_name_asks_for_newer_keys() -> None:
    with pytest.raises(UnknownKey):
        check(signed(claims(), rsa(), kid="rsa-of-tomorrow"))
    with pytest.raises(UnknownKey):
        check(signed(claims(), rsa()), keys=())


def test_without_a_name_the_one_key_that_fits_is_taken_and_of_two_none() -> None:
    token = signed(claims(), rsa(), kid=None)
    assert check(token, key_set(*public(rsa(), elliptic())))
    with pytest.raises(UnknownKey):
        check(token, key_set(*public(rsa(), rsa(1))))


def test_what_must_be_understood_and_is_not_is_refused() -> None:
    assert check(by_hand({"strange": 1}, claims(), rsa()))
    with pytest.raises(UnknownKey):
        check(by_hand({"strange": 1, "crit": ["strange"]}, claims(), rsa()))


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises((Refused, UnknownKey)):
        check(signed(claims(groups=["g" * 100] * (LONGEST_PAYLOAD // 100)), rsa()))
    with pytest.raises((Refused, UnknownKey)):
        check("a" * 1_000_000)


@pytest.mark.parametrize("payload", [b"", b"[]", b"5", b'"a"', b"{", b"\xff", b"null", b"[" * 30_000, b'{"a":' * 5000])
def test_signed_rubbish_is_rubbish(payload: bytes) -> None:
    with pytest.raises((Refused, UnknownKey)):
        check(signed(payload, rsa()))


@given(
    st.one_of(
        st.text(), st.lists(st.text(alphabet="eyJhbGciOi_-=.", max_size=40), min_size=3, max_size=3).map(".".join)
    )
)
def test_anything_else_is_refused_and_nothing_breaks(token: str) -> None:
    with pytest.raises((Refused, UnknownKey)):
        check(token)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "sub", "exp", "iat", "nbf", "nonce", "azp", "at_hash"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
        ),
        min_size=1,
    )
)
def test_signed_claims_of_any_shape_break_nothing(changes: dict[str, Any]) -> None:
    try:
        said = check(signed(claims(**changes), rsa()))
    except Refused:
        return
    assert said["iss"] == ISSUER and said["nonce"] == NONCE and said["sub"] == changes.get("sub", "person-1")


def test_no_word_of_the_token_is_in_the_refusal() -> None:
    refused = refusal_of(signed(claims(iss="https://evil.example", sub="somebody"), rsa()))
    assert "evil" not in str(refused) and "somebody" not in str(refused)
