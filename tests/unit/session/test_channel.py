"""The channel's frames."""

import threading

import pytest

from sagews.protocol import sagews_pb2 as pb
from tests.unit.session.running import RunningSession


def test_replies_carry_their_request(session: RunningSession) -> None:
    first = session.send(complete={"code": "prin", "cursor": 4})
    second = session.send(inspect={"code": "print", "cursor": 5})
    assert session._reply(second, 5)["found"]
    assert "print" in session._reply(first, 5)["matches"]


def test_large_frames_both_ways(session: RunningSession) -> None:
    text = "x" * 900_000
    output = session.evaluate(f"value = '{text}'\nvalue")
    assert len(output.results[0]) == len(text) + 2


def test_a_session_blocks_while_nobody_reads_and_goes_on_then(session: RunningSession) -> None:
    output = session.start("for n in range(50): display('x' * 1_000_000)")
    threading.Event().wait(0.3)
    session.finish(output)
    assert len(output.all("display_data")) == 50


@pytest.mark.parametrize("junk", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x02\xff\xff"])
def test_junk_ends_the_session(session: RunningSession, junk: bytes) -> None:
    session.channel.send(junk)
    tag, _number = session.wait_until_ended()
    assert tag == "X"


def test_a_display_from_a_finaliser(session: RunningSession) -> None:
    output = session.evaluate(
        "import gc\nclass Loud:\n    def __del__(self): display('gone')\n"
        "for n in range(300):\n    loud = Loud(); loud.me = loud; del loud\n    display([[] for _ in range(100)])\n"
        "gc.collect();"
    )
    gone = [c for c in output.all("display_data") if c["data"]["text/plain"] == "'gone'"]
    assert len(gone) == 300 and output.status == "OK"
    assert pb.OUTPUT_KIND_DISPLAY_DATA
