"""Events of one evaluation in, one JSON object out."""

import json
from typing import Any

import pytest

from sagews.backend.answer import MAX_DEPTH, Answer, decode_body
from sagews.protocol import sagews_pb2 as pb


def _output(kind: pb.OutputKind, body: Any) -> pb.Event:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return pb.Event(output=pb.Output(kind=kind, body=data))


def _stream(text: str, name: str = "stdout") -> pb.Event:
    return _output(pb.OUTPUT_KIND_STREAM, {"name": name, "text": text})


def _display(text: str, **transient: str) -> pb.Event:
    body = {"data": {"text/plain": text}, "metadata": {}, "transient": transient}
    return _output(pb.OUTPUT_KIND_DISPLAY_DATA, body)


DONE = pb.Event(done=pb.Done(reason=pb.EVALUATION_REASON_DONE, text="Done."))


def _answer(*events: pb.Event) -> dict[str, Any]:
    answer = Answer()
    for event in events:
        answer.take(event)
    return answer.to_json()


def test_streams_are_joined_and_apart() -> None:
    answer = _answer(_stream("a"), _stream("b"), _stream("oh", "stderr"), _stream("c"), DONE)
    assert (answer["stdout"], answer["stderr"]) == ("abc", "oh")
    assert [output["text"] for output in answer["outputs"]] == ["ab", "oh", "c"]
    assert answer["success"] is True and answer["reason"] == "done"
    assert answer["execute_reply"]["status"] == "ok"


def test_a_result_is_an_output_too() -> None:
    result = {"data": {"text/plain": "2"}, "metadata": {}, "execution_count": 7}
    answer = _answer(_output(pb.OUTPUT_KIND_EXECUTE_RESULT, result), DONE)
    assert answer["result"] == "2"
    assert answer["outputs"] == [{"output_type": "execute_result", **result}]
    assert "stdout" not in answer


def test_an_error_is_in_the_reply() -> None:
    error = {"ename": "E", "evalue": "v", "traceback": ["t"]}
    done = pb.Event(done=pb.Done(reason=pb.EVALUATION_REASON_ERROR, text="Ended with an error."))
    answer = _answer(_output(pb.OUTPUT_KIND_ERROR, error), done)
    assert answer["success"] is False
    assert answer["execute_reply"]["status"] == "error" and answer["execute_reply"]["evalue"] == "v"
    assert answer["outputs"] == [{"output_type": "error", **error}]


def test_displays_are_updated_in_place() -> None:
    update = {"data": {"text/plain": "new"}, "metadata": {}, "transient": {"display_id": "d"}}
    answer = _answer(
        _display("old", display_id="d"), _display("other"), _output(pb.OUTPUT_KIND_UPDATE_DISPLAY_DATA, update), DONE
    )
    assert [output["data"]["text/plain"] for output in answer["outputs"]] == ["new", "other"]


def test_clearing_now_and_later() -> None:
    now = _output(pb.OUTPUT_KIND_CLEAR_OUTPUT, {"wait": False})
    later = _output(pb.OUTPUT_KIND_CLEAR_OUTPUT, {"wait": True})
    assert _answer(_stream("a"), now, DONE)["outputs"] == []
    assert _answer(_stream("a"), later, DONE)["stdout"] == "a"
    assert _answer(_stream("a"), later, _stream("b"), DONE)["stdout"] == "b"


def test_limits_and_ends_are_told() -> None:
    truncated = pb.Event(truncated=pb.Truncated(limit=1000))
    done = pb.Event(done=pb.Done(reason=pb.EVALUATION_REASON_WALL_TIME, text="Stopped."))
    answer = _answer(_stream("a"), truncated, done)
    assert "1,000 bytes" in answer["stderr"]
    assert answer["reason"] == "wall_time" and "execute_reply" not in answer
    assert _answer()["reason"] == "unspecified"


def test_it_is_complete_when_it_is_done() -> None:
    answer = Answer()
    answer.take(_stream("a"))
    assert not answer.complete
    answer.take(pb.Event(gap=pb.Gap(events=1200, bytes=5)))
    answer.take(pb.Event(done=pb.Done(reason=pb.EVALUATION_REASON_SESSION_ENDED, text="Exit status 3.")))
    assert answer.complete
    assert answer.to_json()["text"] == "Exit status 3."
    assert "1,200" in answer.to_json()["stderr"] and "kept_since" not in answer.to_json()


def test_a_kept_answer_says_since_when() -> None:
    done = pb.Event(done=pb.Done(reason=pb.EVALUATION_REASON_DONE, kept_since=1.5))
    assert _answer(done)["kept_since"] == 1.5


HOSTILE: list[bytes] = [
    b"",
    b"\xff",
    b"{",
    b"[]",
    b"17",
    b"[" * 100_000,
    b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
]


@pytest.mark.parametrize("body", HOSTILE)
@pytest.mark.parametrize("kind", [kind for kind in pb.OutputKind.values() if kind])
def test_a_hostile_body_becomes_an_output_that_says_so(body: bytes, kind: pb.OutputKind) -> None:
    answer = _answer(_output(kind, body), DONE)
    assert "[an output of kind" in answer["outputs"][0]["data"]["text/plain"]
    json.dumps(answer)


@pytest.mark.parametrize("kind", [kind for kind in pb.OutputKind.values() if kind])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": 1, "text": []},
        {"data": 1, "metadata": [], "transient": 1},
        {"transient": {"display_id": {}}, "data": {"text/plain": None}},
        {"ename": [], "evalue": {}, "traceback": [1, None]},
        {"wait": "yes"},
    ],
)
def test_fields_of_the_wrong_type(body: Any, kind: pb.OutputKind) -> None:
    json.dumps(_answer(_output(kind, body), _stream("x"), DONE))


def test_what_is_no_json_number_or_text_can_be_sent_on() -> None:
    content = decode_body(b'{"data": {"a": NaN, "b": "\\ud800", "c": Infinity}}')
    assert content["data"] == {"a": None, "b": "\ud800", "c": None}
    assert "\\ud800" in json.dumps(content)


def test_numbers_that_no_json_has_are_left_out() -> None:
    assert decode_body(b'{"data": {"a": 1e999, "b": -1e999, "c": NaN, "d": 1.5}}')["data"] == {
        "a": None,
        "b": None,
        "c": None,
        "d": 1.5,
    }
