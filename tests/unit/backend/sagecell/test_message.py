"""Messages: what is taken of one, and what is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sagews.backend.sagecell.message import MAX_MESSAGE, compose, decode

HEADER = {"msg_id": "a-1", "msg_type": "execute_request"}


def text(header: Any = HEADER, content: Any = None, **more: Any) -> str:
    return json.dumps({"header": header, "content": {} if content is None else content, **more})


def test_what_is_taken_of_a_message() -> None:
    header = {**HEADER, "username": "u", "session": "s", "date": 7, "other": "x", "version": "y" * 300}
    message = decode(text(header, {"code": "1", "n": 3, "flag": True, "low": -1}, metadata={"a": 1}))
    assert message is not None
    assert message.kind == "execute_request"
    assert message.header == {**HEADER, "username": "u", "session": "s"}
    assert (message.text("code"), message.text("n"), message.text("none")) == ("1", "", "")
    assert [message.whole(name, 9) for name in ("n", "flag", "low", "none")] == [3, 9, 9, 9]


@pytest.mark.parametrize(
    ("name", "evaluation"),
    [("a-1_B", "a-1_B"), ("x" * 64, "x" * 64), ("x" * 65, None), ("a b", None), ("ä", None), ("\ud800", None)],
)
def test_evaluations_are_called_as_their_messages_if_they_can_be(name: str, evaluation: str | None) -> None:
    message = decode(text({**HEADER, "msg_id": name}))
    assert message is not None
    assert message.evaluation == evaluation or (evaluation is None and len(message.evaluation) == 64)


HOSTILE = [
    *("", "1", "[]", "null", "{", "\x00", "[" * 100_000, '{"a":' * 5000),
    *(text(17), text([]), text({}), text({"msg_id": "a"}), text({"msg_type": "a"}), text({**HEADER, "msg_id": 1})),
    *(text({**HEADER, "msg_id": "x" * 300}), text({**HEADER, "msg_id": ""}), text(HEADER, [])),
    text(HEADER, json.loads('{"a":' * 200 + "1" + "}" * 200)),
    " " * (MAX_MESSAGE + 1),
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_no_message(hostile: str) -> None:
    assert decode(hostile) is None


@given(some.text())
def test_no_text_is_an_error(found: str) -> None:
    assert decode(found) is None or found


def test_what_is_told_back() -> None:
    parent = {"msg_id": "\ud800", "msg_type": "x"}
    told = json.loads(compose("id", "iopub", "status", {"execution_state": "busy"}, parent))
    assert (told["channel"], told["msg_type"], told["parent_header"]) == ("iopub", "status", parent)
    assert told["header"]["msg_type"] == "status" and told["header"]["session"] == "id"
    assert told["header"]["msg_id"] == told["msg_id"] != json.loads(compose("id", "a", "b", {}, {}))["msg_id"]
