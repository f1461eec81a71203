"""Bodies and queries of a wrong shape: what is said of them."""

import pytest
from multidict import MultiDict

from sagews.backend.api.body import decoded, read_query
from sagews.backend.api.shapes import After, Answer, Evaluate, Inspect, Limits, Nothing
from sagews.backend.refusal import Refusal
from sagews.protocol import MAX_CODE


def refusal_of(body: bytes) -> Refusal:
    with pytest.raises(Refusal) as refused:
        decoded(body, Evaluate)
    assert refused.value.status == 400
    return refused.value


def test_what_is_left_out_is_the_sites() -> None:
    body = decoded(b'{"code": "1"}', Evaluate)
    assert (body.code, body.environment, body.limits, body.fresh) == ("1", "", None, False)
    body = decoded(b'{"code": "1", "limits": {"wall_time": 2, "memory": null}}', Evaluate)
    assert body.limits == Limits(wall_time=2.0)


def test_a_whole_number_may_have_a_point() -> None:
    assert decoded(b'{"code": "1", "cursor": 1.0, "detail": 0.0}', Inspect).cursor == 1
    assert decoded(b'{"sequence": 1e3, "text": "3.0"}', Answer) == Answer(sequence=1000, text="3.0")
    with pytest.raises(Refusal):
        decoded(b'{"code": "1", "cursor": 1.5}', Inspect)
    with pytest.raises(Refusal):
        decoded(b'{"code": "1", "cursor": "1"}', Inspect)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "body: is not JSON"),
        (b"\xff", "body: is not JSON"),
        (b'{"code": "\xff"}', "body: is not JSON"),
        (b"[" * 1_000_000, "body: "),
        (b'{"code": "1"} x', "body: is not JSON"),
        (b"null", "body: expected `object`, got `null`"),
        (b"{}", "field 'code': is missing; send it"),
        (b'{"code": null}', "field 'code': expected `str`, got `null`"),
        (b'{"code": "1", "cod": 1}', "field 'cod': is not known; did you mean 'code'?"),
        (b'{"code": "1", "zzz": 1}', "field 'zzz': is not known; one of code, language, environment, limits, fresh"),
        (b'{"code": "1", "limits": {"memry": 1}}', "field 'limits.memry': is not known; did you mean 'memory'?"),
        (b'{"code": "1", "limits": {"memory": -1}}', "field 'limits.memory': expected `int` >= 1"),
        (b'{"code": "1", "environment": "a b"}', "field 'environment': expected `str` matching regex"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(body: bytes, said: str) -> None:
    line = str(refusal_of(body))
    assert line.startswith(said) and "\n" not in line and "$" not in line.replace("*$", "")


def test_a_long_name_is_not_repeated_in_full() -> None:
    assert len(str(refusal_of(b'{"code": "1", "' + b"x" * 100_000 + b'": 1}'))) < 500


def test_code_that_is_too_long_is_too_large() -> None:
    with pytest.raises(Refusal) as refused:
        decoded(b'{"code": "' + b"x" * (MAX_CODE + 1) + b'"}', Evaluate)
    assert refused.value.status == 413


def test_queries() -> None:
    assert read_query(MultiDict({"after": "3", "wait": "0.5"}), After) == After(after=3, wait=0.5)
    for query, said in (
        (MultiDict({"afer": "3"}), "parameter 'afer': is not known; did you mean 'after'?"),
        (MultiDict({"after": "x"}), "parameter 'after': "),
        (MultiDict({"after": "-1"}), "parameter 'after': expected `int` >= 0"),
        (MultiDict([("after", "1"), ("after", "2")]), "query: names a parameter twice"),
    ):
        with pytest.raises(Refusal, match=said.replace("?", r"\?")):
            read_query(query, After)
    with pytest.raises(Refusal, match="is not known; leave it out"):
        read_query(MultiDict({"x": "1"}), Nothing)
