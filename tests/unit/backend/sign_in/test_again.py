"""Signing in again with a provider: it is asked to ask, and what it says of the time is looked at."""

from typing import Any

import pytest

from sagews.backend.sign_in.again import GOOGLE, asked, check
from sagews.backend.sign_in.refused import Refused, Why

ISSUER = "https://id.example.org"
BEGUN, NOW, LEEWAY = 1_000_000.0, 1_000_300.0, 60.0


@pytest.mark.parametrize(
    ("issuer", "prompts", "prompt"),
    [
        (ISSUER, None, "login"),
        (ISSUER, ["none", "login", "consent", "select_account"], "login"),
        (ISSUER, ["none", "select_account"], "select_account"),
        (ISSUER, ["none", "consent"], None),
        (ISSUER, [], None),
        (GOOGLE, None, "select_account"),
        (GOOGLE, ["none", "login"], "login"),
    ],
)
def test_it_is_asked_for_a_sign_in_by_a_word_that_it_takes(
    issuer: str, prompts: list[str] | None, prompt: str | None
) -> None:
    assert asked(issuer, prompts) == {"max_age": "0", **({"prompt": prompt} if prompt else {})}


def outcome(*, needed: bool = False, **claims: Any) -> Why | None:
    try:
        check(claims, BEGUN, NOW, LEEWAY, needed=needed)
    except Refused as refused:
        return refused.why
    return None


@pytest.mark.parametrize("told", [BEGUN, int(NOW), BEGUN + 0.5, BEGUN - 60, NOW + 60])
def test_a_time_of_this_sign_in_is_good_though_clocks_differ(told: float) -> None:
    assert outcome(auth_time=told, needed=True) is None


@pytest.mark.parametrize("told", [BEGUN - 61, 0, -1, -(10**400)])
def test_a_time_before_it_is_that_of_another(told: float) -> None:
    assert outcome(auth_time=told) is Why.NOT_AGAIN


@pytest.mark.parametrize("told", [NOW + 61, NOW * 1000, 10**400, float("nan"), float("inf"), True, "1000100", [BEGUN]])
def test_what_is_no_time_or_of_the_future_is_not_believed(told: Any) -> None:
    assert outcome(auth_time=told) is Why.TOKEN


def test_where_it_is_missing_the_site_says_whether_it_is_missed() -> None:
    assert outcome() is outcome(auth_time=None) is None
    assert outcome(needed=True) is outcome(auth_time=None, needed=True) is Why.NOT_AGAIN
