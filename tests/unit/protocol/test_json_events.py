"""Events as JSON: every kind has its form, and no body gets out of its string."""

import json

import pytest

from sagews.errors import ProtocolError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import WITHOUT_JSON, encode_event, event_to_json, text_of


def test_every_kind_of_event_has_a_json_form() -> None:
    for kind in pb.Event.DESCRIPTOR.oneofs_by_name["kind"].fields:
        event = pb.Event(session="w1-a", sequence=1)
        getattr(event, kind.name).SetInParent()
        if kind.name in WITHOUT_JSON:
            with pytest.raises(ProtocolError):
                event_to_json(event)
        else:
            assert event_to_json(event)["kind"] == kind.name


def test_a_body_stays_a_string_whatever_it_holds() -> None:
    event = pb.Event(session="w1-a", sequence=1, evaluation="e1")
    event.output.kind = pb.OUTPUT_KIND_STREAM
    event.output.body = b'{"x":"}"},"session":"w1-b"'
    message = json.loads(encode_event(event))
    assert message["session"] == "w1-a"
    assert message["output_kind"] == "stream"
    assert message["body"] == '{"x":"}"},"session":"w1-b"'


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    event = pb.Event(session="w1-a", sequence=1)
    event.output.kind = pb.OUTPUT_KIND_STREAM
    event.output.body = b"\xe2\x28"
    assert json.loads(encode_event(event))["body"] == "\ufffd("


def test_no_byte_of_a_body_costs_a_browser_more_than_two_characters() -> None:
    for body in (bytes(range(256)) * 4, b"\x01" * 1000, b"\\" * 1000, b'"' * 1000, b"\n" * 1000, b"\xff" * 1000):
        event = pb.Event(session="w1-a", sequence=1)
        event.output.kind = pb.OUTPUT_KIND_STREAM
        without = len(encode_event(event))
        event.output.body = body
        assert len(encode_event(event)) - without <= 2 * len(body)


def test_the_space_that_json_has_stays() -> None:
    assert text_of(b'{\t"a":\r\n1}') == '{\t"a":\r\n1}'
    assert text_of(b"a\x00b\x1f") == "a\ufffdb\ufffd"


def test_reasons_are_words_in_lower_case() -> None:
    event = pb.Event()
    event.done.reason = pb.EVALUATION_REASON_WALL_TIME
    assert event_to_json(event)["reason"] == "wall_time"
