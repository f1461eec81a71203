"""Refusals over HTTP say the same four things everywhere."""

import json

import pytest

from sagews.backend.refusal import STATUS, Refusal, in_words
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest


@pytest.mark.parametrize("code", pb.FailureCode.values()[1:])
def test_every_failure_has_a_status(code: int) -> None:
    refusal = Refusal.of(RefusedRequest(code, "is so", "noun", "do this"))
    assert 400 <= refusal.status < 600
    assert (refusal.status == 500) == (code == pb.FAILURE_CODE_INTERNAL or code not in STATUS)
    assert json.loads(refusal.response().text or "")["error"] == {
        "code": pb.FailureCode.Name(code).removeprefix("FAILURE_CODE_").lower(),
        "what": "is so",
        "noun": "noun",
        "hint": "do this",
    }


def test_who_may_come_back_is_told_when_and_who_needs_a_token_which() -> None:
    assert Refusal.of(RefusedRequest(pb.FAILURE_CODE_FULL, "", "")).headers == {"Retry-After": "5"}
    assert Refusal(429, "too_many", "", "", "", {"Retry-After": "60"}).headers == {"Retry-After": "60"}
    assert Refusal.of(RefusedRequest(pb.FAILURE_CODE_WRONG_TOKEN, "", "")).headers == {
        "WWW-Authenticate": "Sagews-Session"
    }


@pytest.mark.parametrize(
    ("status", "line", "code", "what", "hint"),
    [
        (404, "Not Found", "not_found", "Not Found", "see the reference of the API, /api"),
        (421, "'x' is not ours: use another.\n", "unknown_host", "'x' is not ours", "use another"),
        (418, "I am: a: teapot", "bad_message", "I am", "a: teapot"),
        (500, "A fault.", "internal", "A fault", "see the reference of the API, /api"),
    ],
)
def test_a_line_becomes_one(status: int, line: str, code: str, what: str, hint: str) -> None:
    refusal = in_words(status, line)
    assert (refusal.status, refusal.code, refusal.what, refusal.hint) == (status, code, what, hint)
