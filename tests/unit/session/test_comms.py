"""Comms and widgets."""

import json

from sagews.protocol import sagews_pb2 as pb
from tests.unit.session.running import RunningSession


def tell(session: RunningSession, kind: "pb.CommKind", content: dict, buffers: list[bytes] | None = None) -> None:
    session.send(comm_message=pb.CommMessage(kind=kind, body=json.dumps(content).encode(), buffers=buffers or []))


def test_a_comm_both_ways(session: RunningSession) -> None:
    output = session.evaluate(
        "from comm import create_comm\nc = create_comm(target_name='t', data={'a': 1}, metadata={'version': '2'})\n"
        "c.on_msg(lambda message: print('got', message['content']['data'], bytes(message['buffers'][0])))\n"
        "c.send({'b': 2}, buffers=[b'xy'])"
    )
    opened, sent = output.events
    assert opened[0] == "comm_open"
    assert (
        opened[1]["target_name"] == "t" and opened[1]["data"] == {"a": 1} and opened[1]["metadata"] == {"version": "2"}
    )
    assert sent == ("comm_msg", {"comm_id": opened[1]["comm_id"], "data": {"b": 2}, "metadata": {}, "buffers": [b"xy"]})
    tell(session, pb.COMM_KIND_MESSAGE, {"comm_id": opened[1]["comm_id"], "data": 7}, [b"zz"])
    session.until(lambda: output.text() == "got 7 b'zz'\n")
    assert session.evaluate("c.close()").kinds == ["comm_close"]


def test_a_widget(session: RunningSession) -> None:
    output = session.evaluate(
        "import ipywidgets as w\ns = w.IntSlider(5)\ns.observe(lambda c: print(c['new']), 'value')\ns"
    )
    assert output.kinds.count("comm_open") == 3
    (content,) = output.all("execute_result")
    view = content["data"]["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] in [opened["comm_id"] for opened in output.all("comm_open")]
    tell(
        session,
        pb.COMM_KIND_MESSAGE,
        {"comm_id": view["model_id"], "data": {"method": "update", "state": {"value": 9}, "buffer_paths": []}},
    )
    session.until(lambda: "9\n" in output.text())
    assert session.evaluate("s.value").results == ["9"]


def test_an_endless_callback_can_be_interrupted(session: RunningSession) -> None:
    output = session.evaluate(
        "from comm import create_comm\nc = create_comm()\n"
        "def f(message):\n    print('in')\n    while True: pass\nc.on_msg(f)"
    )
    (opened,) = output.all("comm_open")
    tell(session, pb.COMM_KIND_MESSAGE, {"comm_id": opened["comm_id"], "data": {}})
    session.until(lambda: output.text() == "in\n")
    session.interrupt()
    assert session.evaluate("1+1").results == ["2"]


def test_messages_that_make_no_sense_are_dropped(session: RunningSession) -> None:
    for body in (
        b"",
        b"{",
        b"[]",
        b'{"comm_id": 3}',
        b'{"comm_id": "nobody"}',
        b"\xff",
        b'{"comm_id": "x", "data": 1}',
    ):
        for kind in (0, 1, 2, 3):
            session.send(comm_message={"kind": kind, "body": body})
    assert session.evaluate("1+1").results == ["2"]
