"""Comms and widgets."""

import json

from sagews.protocol import sagews_pb2 as pb
from tests.unit.session.running import Output, RunningSession


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


def test_a_message_that_comes_again_is_taken_once(session: RunningSession) -> None:
    output = session.evaluate(
        "from comm import create_comm\nc = create_comm()\nc.on_msg(lambda message: print(message['content']['data']))"
    )
    comm = output.all("comm_open")[0]["comm_id"]
    for name, data in (("a-1", 1), ("a-2", 2), ("a-1", 1), ("a-3", 3), ("a-2", 2), ("", 4), ("", 4)):
        tell(session, pb.COMM_KIND_MESSAGE, {"comm_id": comm, "message": name, "data": data})
    session.until(lambda: output.text() == "1\n2\n3\n4\n4\n")


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


def outputs_of(output: Output, comm: str) -> list[dict]:
    """Return what an Output widget shows by the last message that says it."""
    told = [
        message["data"]["state"]["outputs"]
        for message in output.all("comm_msg")
        if message["comm_id"] == comm and "outputs" in message["data"].get("state", {})
    ]
    return told[-1]


def test_an_output_widget_captures_what_is_put_out_within(session: RunningSession) -> None:
    output = session.evaluate(
        "import ipywidgets as w, sys\nfrom IPython.display import display, clear_output\no = w.Output()\n"
        "with o:\n    print('gone'); clear_output(wait=True); print('a'); print('b'); print('c', file=sys.stderr)\n"
        "    display(7)\n    1 / 0\n"
        "print('of the cell')\nprint(o.comm.comm_id)"
    )
    assert output.text().startswith("of the cell\n") and output.kinds.count("error") == 0
    shown = outputs_of(output, output.text().split("\n")[1])
    assert [each["output_type"] for each in shown] == ["stream", "stream", "display_data", "error"]
    assert (shown[0]["text"], shown[1]["text"], shown[1]["name"]) == ("a\nb\n", "c\n", "stderr")
    assert shown[2]["data"] == {"text/plain": "7"} and shown[3]["ename"] == "ZeroDivisionError"
    session.evaluate("with o:\n    clear_output()")
    again = session.evaluate("len(o.outputs), o.msg_id")
    assert again.results == ["(0, '')"]


def test_many_captured_pieces_do_not_send_all_of_them_each_time(session: RunningSession) -> None:
    output = session.evaluate(
        "import ipywidgets as w\no = w.Output()\nfor n in range(2000):\n    with o: print(n)\no.comm.comm_id"
    )
    shown = outputs_of(output, output.results[0].strip("'"))
    assert shown == [{"output_type": "stream", "name": "stdout", "text": "".join(f"{n}\n" for n in range(2000))}]
    assert sum("outputs" in message["data"]["state"] for message in output.all("comm_msg")) < 1000


def test_an_echo_names_the_message_that_it_follows_from(session: RunningSession) -> None:
    output = session.evaluate("import ipywidgets as w\ns = w.IntSlider(5)\ns")
    (content,) = output.all("execute_result")
    model = content["data"]["application/vnd.jupyter.widget-view+json"]["model_id"]
    data = {"method": "update", "state": {"value": 9}, "buffer_paths": []}
    tell(session, pb.COMM_KIND_MESSAGE, {"comm_id": model, "message": "m1", "data": data})
    session.until(lambda: any(each.get("parent") == "m1" for each in output.all("comm_msg")))
    later = session.evaluate("s.value = 3")
    assert [each.get("parent") for each in later.all("comm_msg")] == [None]
