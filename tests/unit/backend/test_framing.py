"""How messages stand in frames."""

import json

import pytest

from sagews.backend.framing import PLAIN, SOCKJS, sockjs_closing, sockjs_frame, sockjs_messages


@pytest.mark.parametrize(
    ("frame", "messages"),
    [("", []), ("[]", []), ('["a", "b"]', ["a", "b"]), ('"a"', ["a"]), ('["\\ud800"]', ["\ud800"])],
)
def test_frames_of_a_client(frame: str, messages: list[str]) -> None:
    assert sockjs_messages(frame) == messages


@pytest.mark.parametrize("frame", ["a", "[", "17", "{}", "[1]", '[["a"]]', "null", "[null]", "[" * 100_000])
def test_frames_that_are_none(frame: str) -> None:
    with pytest.raises(ValueError):
        sockjs_messages(frame)


def test_a_frame_to_a_client_is_ascii() -> None:
    frame = sockjs_frame(['{"text": "ä\u2028"}', "b"])
    assert frame.isascii() and frame[0] == "a"
    assert json.loads(frame[1:]) == ['{"text": "ä\u2028"}', "b"]
    assert sockjs_closing(3000, "Go away!") == 'c[3000,"Go away!"]'


def test_a_socket_without_framing_carries_what_it_is_given() -> None:
    assert PLAIN.wrap("[1") == "[1" and list(PLAIN.unwrap("[1")) == ["[1"]
    assert (PLAIN.opening, PLAIN.closing(3000, "x"), SOCKJS.opening) == ("", "", "o")
