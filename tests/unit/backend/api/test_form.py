"""Which form of events an Accept header asks for, and how they look in it."""

import pytest

from sagews.backend.api.form import Form, form_of
from sagews.backend.hold import Told
from sagews.protocol import sagews_pb2 as pb


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Form.WHOLE),
        ("*/*", Form.WHOLE),
        ("application/json", Form.WHOLE),
        ("text/html, application/xhtml+xml", Form.WHOLE),
        ("text/event-stream", Form.SENT),
        ("TEXT/Event-Stream", Form.SENT),
        ("application/x-ndjson", Form.LINES),
        ("application/x-ndjson;q=0.5, text/event-stream;q=0.6", Form.SENT),
        ("application/json;q=0.2,application/x-ndjson", Form.LINES),
        ("text/event-stream;q=0", Form.WHOLE),
        ("text/event-stream;q=x", Form.WHOLE),
        ("text/event-stream;q=nan", Form.WHOLE),
        (",;,=;q", Form.WHOLE),
        ("text/event-stream ; charset=utf-8 ; q=1", Form.SENT),
    ],
)
def test_what_is_asked_for(accept: str, form: Form) -> None:
    assert form_of(accept) is form


def test_a_body_cannot_leave_its_event() -> None:
    body = b"a\n\nid: 7\ndata: forged\r\xe2\x80\xa8\xe2\x80\xa9\0"
    event = pb.Event(session="s", sequence=3, output=pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=body))
    sent = Form.SENT.encoded([Told(event)])
    assert sent.count(b"\n") == 3 and b"\r" not in sent
    assert sent.startswith(b"id: 3\ndata: {") and sent.endswith(b"}\n\n")
    line = Form.LINES.encoded([Told(event)])
    assert line.count(b"\n") == 1 and b"\r" not in line
