"""What comes back from a provider: read in one way, or refused."""

import pytest

from sagews.backend.sign_in.callback import LONGEST_CODE, read_callback
from sagews.backend.sign_in.refused import Refused, Why

STATE = "s" * 43


def refusal_of(*pairs: tuple[str, str]) -> Refused:
    with pytest.raises(Refused) as refused:
        read_callback(pairs)
    return refused.value


def test_a_code_comes_with_its_state_and_what_is_not_known_is_passed_over() -> None:
    callback = read_callback([("code", "a/b+c=="), ("scope", "email"), ("state", STATE), ("scope", "more")])
    assert (callback.state, callback.code, callback.error, callback.issuer) == (STATE, "a/b+c==", "", None)
    callback.raise_error()


def test_an_issuer_is_handed_on() -> None:
    assert read_callback([("code", "c"), ("state", STATE), ("iss", "https://a.example")]).issuer == "https://a.example"


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("code", "c")],
        [("state", STATE)],
        [("code", "c"), ("state", "")],
        [("code", "c"), ("state", STATE + "s")],
        [("code", "c"), ("state", STATE[:-1])],
        [("code", "c"), ("state", STATE[:-1] + "\n")],
        [("code", "c"), ("state", STATE[:-1] + "é")],
        [("code", ""), ("state", STATE)],
        [("code", "c\r\n"), ("state", STATE)],
        [("code", "c" * (LONGEST_CODE + 1)), ("state", STATE)],
        [("code", "c"), ("error", "access_denied"), ("state", STATE)],
        [("code", "c"), ("code", "c"), ("state", STATE)],
        [("code", "c"), ("state", STATE), ("state", STATE)],
        [("code", "c"), ("state", STATE), ("iss", "a"), ("iss", "b")],
        [("code", "c"), ("state", STATE), ("iss", "a" * 1025)],
    ],
)
def test_what_is_no_answer_is_refused(pairs: list[tuple[str, str]]) -> None:
    assert refusal_of(*pairs).why is Why.MALFORMED


def test_who_says_no_there_is_told_so() -> None:
    with pytest.raises(Refused) as refused:
        read_callback([("error", "access_denied"), ("error_description", "<b>"), ("state", STATE)]).raise_error()
    assert refused.value.why is Why.DENIED


def test_some_say_no_without_a_state() -> None:
    assert refusal_of(("error", "access_denied")).why is Why.DENIED
    assert refusal_of(("error", "access_denied"), ("state", "x")).why is Why.MALFORMED


@pytest.mark.parametrize("error", ["server_error", "<script>", "", "x" * 65, "a\nb"])
def test_any_other_error_is_the_providers_and_the_log_gets_plain_words_alone(error: str) -> None:
    with pytest.raises(Refused) as refused:
        read_callback([("error", error), ("state", STATE)]).raise_error()
    assert refused.value.why is Why.DECLINED
    assert refused.value.detail == f"error {'server_error' if error == 'server_error' else 'unnamed'}"


def test_neither_state_nor_code_are_in_what_may_be_logged() -> None:
    callback = read_callback([("code", "secret-code"), ("state", STATE)])
    assert "secret-code" not in repr(callback) and STATE not in repr(callback)
