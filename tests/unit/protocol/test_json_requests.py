"""Requests as JSON: what is right becomes a Request, everything else a Failure that says why."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.protocol import MAX_CODE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import event_to_json
from sagews.protocol.json_requests import RefusedRequest, decode_request
from sagews.protocol.languages import LANGUAGES


def refusal(message: Any) -> dict[str, Any]:
    """Return the failure, as its sender reads it."""
    text = message if isinstance(message, str | bytes) else json.dumps(message)
    with pytest.raises(RefusedRequest) as refused:
        decode_request(text)
    failure = event_to_json(refused.value.failure())
    assert failure["hint"]
    return failure


def test_an_evaluation() -> None:
    request = decode_request(
        '{"kind":"evaluate","id":2,"session":"w1-a","evaluation":"e1","cell":"c1","code":"1+1","limits":{"wall_time":3}}'
    )
    assert request.id == 2
    assert request.session == "w1-a"
    assert (request.evaluate.evaluation, request.evaluate.cell, request.evaluate.code) == ("e1", "c1", "1+1")
    assert request.evaluate.limits.wall_time == 3


def test_a_stateless_evaluation() -> None:
    name = "hV0c2f8mQ1yB7tLkXw3z9A"
    message = {"kind": "run", "evaluation": name, "code": "1+1", "cell": "c", "after_sequence": 4, "attempt": "9f"}
    run = decode_request(json.dumps(message)).run
    assert (run.evaluation, run.code, run.cell, run.after_sequence, run.attempt) == (name, "1+1", "c", 4, "9f")
    assert not run.fresh and not run.join
    run = decode_request(json.dumps(message | {"fresh": True, "join": True})).run
    assert run.fresh and run.join


@pytest.mark.parametrize("kind", ["evaluate", "run"])
def test_a_language_is_one_of_a_list(kind: str) -> None:
    message = {"kind": kind, "evaluation": "hV0c2f8mQ1yB7tLkXw3z9A", "code": "1"}
    for language in ("", *LANGUAGES):
        request = decode_request(json.dumps(message | {"language": language}))
        assert getattr(request, kind).language == language
    failure = refusal(message | {"language": "cobol"})
    assert failure["what"] == "language 'cobol' is not known" and "one of sage, gap" in failure["hint"]


@pytest.mark.parametrize("kind", ["interrupt", "close", "detach", "open"])
def test_a_request_without_fields_of_its_own(kind: str) -> None:
    assert decode_request(json.dumps({"kind": kind, "session": "w1-a"})).WhichOneof("kind") == kind


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ("x", "bad_message", "is not JSON"),
        (b"\xff{}", "bad_message", "is not JSON"),
        ("[" * 100_000, "bad_message", "is not JSON"),
        ([], "bad_message", "is not a JSON object"),
        ({}, "unknown_kind", "kind '' is not known"),
        ({"kind": "welcome"}, "unknown_kind", "kind 'welcome' is not known"),
        ({"kind": 7}, "bad_message", "'kind' is not a text"),
        ({"kind": "open", "colour": "red"}, "bad_message", "'colour' is not known"),
        ({"kind": "open", "limits": {"wall_time": -1}}, "bad_message", "is not a number above 0"),
        ({"kind": "open", "limits": {"wall_time": True}}, "bad_message", "is not a number above 0"),
        ({"kind": "open", "limits": {"x" * 999: 1}}, "bad_message", "is not known"),
        ({"kind": "attach", "after_sequence": -1}, "bad_message", "is not between"),
        ({"kind": "attach", "after_sequence": 2**60}, "bad_message", "is not between"),
        ({"kind": "evaluate", "code": "1"}, "bad_message", "'evaluation' is missing"),
        ({"kind": "evaluate", "evaluation": "../x", "code": "1"}, "bad_message", "is not a name"),
        ({"kind": "evaluate", "evaluation": "e", "code": 1}, "bad_message", "'code' is not a text"),
        ({"kind": "evaluate", "evaluation": "e", "code": "x" * (MAX_CODE + 1)}, "too_large", "is over 1,048,576 bytes"),
        ({"kind": "evaluate", "evaluation": "e", "code": "é" * MAX_CODE}, "too_large", "is over 1,048,576 bytes"),
        ('{"kind":"evaluate","evaluation":"e","code":"\\ud800"}', "bad_message", "half a surrogate pair"),
        ({"kind": "run", "evaluation": "e1", "code": "1"}, "bad_message", "has not 16 characters or more"),
        ({"kind": "run", "evaluation": "e" * 16, "join": "yes"}, "bad_message", "'join' is not a true or false"),
        ({"kind": "comm_message", "comm_kind": "x"}, "bad_message", "comm_kind 'x' is not known"),
        ({"kind": "comm_message", "comm_kind": "open", "buffers": ["*"]}, "bad_message", "base64"),
    ],
)
def test_what_is_wrong_is_said(message: Any, code: str, words: str) -> None:
    failure = refusal(message)
    assert failure["code"] == code
    assert words in failure["what"]
    assert len(json.dumps(failure)) < 1000


def test_a_failure_names_the_request_that_it_answers() -> None:
    assert refusal({"kind": "open", "id": 7, "x": 1})["request"] == 7


def test_nul_crlf_and_a_byte_order_mark_pass_to_the_session() -> None:
    code = "\ufeff1\r\n\0"
    request = decode_request(json.dumps({"kind": "evaluate", "evaluation": "e", "code": code}))
    assert request.evaluate.code == code


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_json_is_a_request_or_a_refusal(message: Any) -> None:
    try:
        request = decode_request(json.dumps(message))
    except RefusedRequest as refused:
        assert pb.FailureCode.Name(refused.code)  # type: ignore[arg-type]
    else:
        assert request.WhichOneof("kind")
