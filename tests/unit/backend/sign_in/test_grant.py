"""The requests of OAuth's code flow, and the answers to the second."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sagews.backend.sign_in import grant
from sagews.backend.sign_in.refused import Refused, Why


def test_the_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert grant.challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_parameters_join_those_that_an_endpoint_has() -> None:
    for endpoint in ("https://a.example/auth", "https://a.example/auth?tenant=1"):
        url = grant.authorization_url(endpoint, {"state": "a&b=c#d", "scope": "openid email"})
        assert url.startswith(endpoint)
        assert parse_qsl(urlsplit(url).query)[-2:] == [("state", "a&b=c#d"), ("scope", "openid email")]


def test_a_secret_in_the_header_is_encoded_before_it_is_joined() -> None:
    # RFC 6749, 2.3.1: "a:b" and "c d%" are form-encoded.
    assert grant.basic("a:b", "c d%") == "Basic YSUzQWI6YytkJTI1"


def refusal_of(status: int, answer: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        grant.check_answer(status, answer if isinstance(answer, bytes) else json.dumps(answer).encode())
    return refused.value


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (400, {"error": "invalid_grant", "error_description": "expired"}, Why.CODE),
        (200, {"error": "bad_verification_code", "error_description": "The code passed is incorrect."}, Why.CODE),
        (400, {"error": {"message": "m", "type": "OAuthException", "code": 100, "fbtrace_id": "f"}}, Why.CODE),
        (401, {"error": "invalid_client"}, Why.DECLINED),
        (200, {"error": "incorrect_client_credentials"}, Why.DECLINED),
        (400, {"error": {"message": "m", "type": "OAuthException", "code": 1}}, Why.DECLINED),
        (403, b"<html>", Why.DECLINED),
        (302, b"", Why.DECLINED),
        (500, b"<html>", Why.AWAY),
        (503, {"error": "temporarily_unavailable"}, Why.AWAY),
        (400, b"[" * 100_000, Why.DECLINED),
        (400, b"\xff", Why.DECLINED),
    ],
)
def test_errors_are_told_apart(status: int, answer: Any, why: Why) -> None:
    assert refusal_of(status, answer).why is why


def test_the_log_gets_words_that_are_known_and_no_others() -> None:
    assert "invalid_client" in refusal_of(401, {"error": "invalid_client"}).detail
    assert "secret" not in refusal_of(400, {"error": "the secret is wrong"}).detail


def test_an_answer_with_a_token_is_no_error() -> None:
    grant.check_answer(200, b'{"access_token":"a","token_type":"bearer","scope":"user:email"}')


@pytest.mark.parametrize("token", ["", "a b", "a\r\nb: c", "é", "a" * 16385])
def test_a_token_that_cannot_be_shown_is_refused(token: str) -> None:
    with pytest.raises(Refused):
        grant.check_tokens(grant.Tokens(token, "Bearer"))


def test_only_bearer_tokens_can_be_shown() -> None:
    grant.check_tokens(grant.Tokens("a", "bEARER"))
    with pytest.raises(Refused):
        grant.check_tokens(grant.Tokens("a", "DPoP"))
