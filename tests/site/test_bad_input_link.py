"""Bad input on the worker's Unix socket: the link ends with a reason, and nothing else is disturbed."""

import asyncio
import struct
from pathlib import Path

import pytest

from sagews.protocol import MAX_FRAME, VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from tests.running import RunningSite
from tests.site.client_end import assert_serves, connected, result_of


def _hello(version: int = VERSION) -> bytes:
    request = pb.Request(id=1)
    request.hello.version = version
    request.hello.role = pb.LINK_ROLE_SESSION
    return frame(request.SerializeToString())


CASES: list[tuple[str, bytes]] = [
    ("a frame of 4 GB", struct.pack(">I", 0xFFFFFFFF)),
    ("a frame just over the limit", struct.pack(">I", MAX_FRAME + 1)),
    ("garbage", b"\x00\x00\x00\x10" + b"\xff" * 16),
    ("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("an empty request", frame(b"")),
    ("a Hello of another version", _hello(VERSION + 1)),
    ("Open before Hello", frame(pb.Request(id=1, open=pb.Open()).SerializeToString())),
    ("a huge frame after Hello", _hello() + struct.pack(">I", 0x7FFFFFFF)),
    ("garbage after Hello", _hello() + b"\x00\x00\x00\x10" + b"\xff" * 16),
]


@pytest.mark.parametrize("data", [case[1] for case in CASES], ids=[case[0] for case in CASES])
async def test_a_link_that_breaks_the_protocol_ends(site: RunningSite, data: bytes) -> None:
    async with connected(site.url) as neighbour, asyncio.timeout(30):
        session = await neighbour.open()
        await neighbour.evaluate(session, "kept = 41")
        reader, writer = await asyncio.open_unix_connection(str(_socket(site)))
        writer.write(data)
        events = [pb.Event.FromString(payload) for payload in FrameReader().feed(await reader.read())]
        writer.close()
        assert events[-1].WhichOneof("kind") == "failure"
        assert events[-1].failure.code == pb.FAILURE_CODE_BAD_MESSAGE
        assert events[-1].failure.what
        assert result_of(await neighbour.evaluate(session, "kept + 1")) == "42"
    await assert_serves(site.url)
    assert "Traceback" not in site.log()


def _socket(site: RunningSite) -> Path:
    """Return the path of the worker's socket, as its process has it open."""
    for connection in site.service("worker").net_connections(kind="unix"):
        if str(connection.laddr).endswith("w1.sock"):
            return Path(str(connection.laddr))
    raise AssertionError("the worker listens nowhere")
