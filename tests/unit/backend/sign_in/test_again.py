"""Signing in again with a provider: it is asked to ask, and what it says of the time is looked at."""

from typing import Any

import pytest

from sagews.backend.sign_in.again import ANY_AGE, GOOGLE, asked, asked_for_time, check, proved
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
        check({"iat": int(NOW), **claims}, BEGUN, NOW, LEEWAY, needed=needed)
    except Refused as refused:
        return refused.why
    return None


@pytest.mark.parametrize("told", [BEGUN, int(NOW), BEGUN + 0.5, BEGUN - 60, NOW + 60])
def test_a_time_of_this_sign_in_is_good_though_clocks_differ(told: float) -> None:
    assert outcome(auth_time=told, needed=True) is None


@pytest.mark.parametrize("told", [BEGUN - 61, 0, -1])
def test_a_time_before_it_is_that_of_another(told: float) -> None:
    assert outcome(auth_time=told) is Why.NOT_AGAIN


@pytest.mark.parametrize(
    "told", [NOW + 61, NOW * 1000, 10**400, -(10**400), float("nan"), float("inf"), True, "1000100", [BEGUN]]
)
def test_what_is_no_time_or_of_the_future_is_not_believed(told: Any) -> None:
    assert outcome(auth_time=told) is Why.TOKEN


def test_where_it_is_missing_the_site_says_whether_it_is_missed() -> None:
    assert outcome() is outcome(auth_time=None) is None
    assert outcome(needed=True) is outcome(auth_time=None, needed=True) is Why.NOT_AGAIN


@pytest.mark.parametrize("wrong", [-600.0, -90.0, 0.0, 50.0])
def test_both_times_are_of_the_providers_clock(wrong: float) -> None:
    # Somebody signs in there ten seconds before the token, which is of now; its clock is wrong by so many seconds.
    claims = {"iat": int(NOW + wrong), "auth_time": int(NOW + wrong) - 10}
    assert outcome(needed=True, **claims) is None
    assert proved(claims, NOW, LEEWAY, needed=True) == NOW - 10
    # And somebody signed in there a day before.
    old = claims | {"auth_time": int(NOW + wrong) - 86_400}
    assert outcome(**old) is Why.NOT_AGAIN
    assert proved(old, NOW, LEEWAY, needed=True) == NOW - 86_400


def test_when_somebody_showed_who_they_are_is_told_or_is_long_ago() -> None:
    assert 1 << 28 < int(asked_for_time()["max_age"]) == ANY_AGE < 1 << 31
    issued = {"iat": int(NOW)}
    assert proved(issued, NOW, LEEWAY, needed=False) is None
    assert proved(issued, NOW, LEEWAY, needed=True) == 0
    assert proved({**issued, "auth_time": NOW + 30}, NOW, LEEWAY, needed=True) == NOW
    for wrong in ("1000100", True, NOW + 61, 10**400, float("nan")):
        assert proved({**issued, "auth_time": wrong}, NOW, LEEWAY, needed=False) == 0
