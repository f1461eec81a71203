"""Events are read as the protocol writes them."""

import pytest

from sagews.client import events
from sagews.errors import ProtocolError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import WITHOUT_JSON, encode_event


def test_every_kind_of_the_schema_is_known() -> None:
    for kind in pb.Event.DESCRIPTOR.oneofs_by_name["kind"].fields:
        event = pb.Event(session="s", sequence=3, evaluation="e", time=1.5)
        getattr(event, kind.name).SetInParent()
        if kind.name.startswith(("worksheet_", "cell_", "session_file")):
            continue  # the command line opens no worksheets
        if kind.name in WITHOUT_JSON or kind.name in ("failure", "done", "ended", "output"):
            continue  # the enums of these have no name for 0
        decoded = events.decode(encode_event(event))
        assert decoded is not None, kind.name
        assert (decoded.session, decoded.sequence, decoded.evaluation, decoded.time) == ("s", 3, "e", 1.5)


def test_an_output_has_its_body_decoded() -> None:
    event = pb.Event(session="s", sequence=1, evaluation="e")
    event.output.kind = pb.OUTPUT_KIND_STREAM
    event.output.body = b'{"name": "stdout", "text": "hi"}'
    decoded = events.decode(encode_event(event))
    assert isinstance(decoded, events.Output)
    assert decoded.output_kind == "stream"
    assert decoded.content == {"name": "stdout", "text": "hi"}


@pytest.mark.parametrize("body", ["", "nonsense", "[1]", "[" * 100_000, "7"])
def test_a_hostile_body_is_empty(body: str) -> None:
    assert events.Output(body=body).content == {}


def test_reasons_are_words() -> None:
    event = pb.Event(session="s", sequence=1, evaluation="e")
    event.done.reason = pb.EVALUATION_REASON_WALL_TIME
    decoded = events.decode(encode_event(event))
    assert isinstance(decoded, events.Done)
    assert decoded.reason == "wall_time"


def test_a_newer_server_may_say_more() -> None:
    assert events.decode('{"kind":"something_new","x":1}') is None
    assert isinstance(events.decode('{"kind":"heartbeat","time":1.5,"extra":[]}'), events.Heartbeat)


@pytest.mark.parametrize("text", ["", "x", "[]", '{"kind":"done","sequence":"three"}', "[" * 100_000])
def test_what_is_no_event_is_an_error(text: str) -> None:
    with pytest.raises(ProtocolError):
        events.decode(text)
