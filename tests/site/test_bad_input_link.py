"""Bad input on the worker's Unix socket: the link ends with a reason, and nothing else is disturbed."""

import asyncio
import contextlib
import os
import random
import struct
from pathlib import Path

import psutil
import pytest

from sagews.protocol import MAX_FRAME, VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from tests.mutation import mutated
from tests.running import RunningSite
from tests.site.client_end import assert_serves, connected, result_of
from tests.site.worker_process import link_to, running_worker, stdout_of


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


MUTATED = 100_000 if os.environ.get("SAGEWS_PROVE") else 1_000
"""Frames of the fuzz; each that ends its link costs a new one."""


@pytest.mark.timeout(3600)
async def test_mutated_frames_on_the_link_of_a_session_disturb_no_other(tmp_path: Path) -> None:
    chance = random.Random(20261125)
    with running_worker(tmp_path, "[[environment]]\nname = 'python'\npreload = []\n") as worker:
        supervisor = psutil.Process(worker.process.pid)
        async with link_to(worker) as owner, link_to(worker) as neighbour:
            await neighbour.evaluate("kept = 41")
            attach = pb.Attach(session=owner.session, token=owner.token, after_sequence=2**62)
            seeds = [
                pb.Request(id=1, attach=attach),
                pb.Request(id=2, evaluate=pb.Evaluate(evaluation="e", cell="c", code="1+1")),
                pb.Request(id=3, interrupt=pb.Interrupt()),
                pb.Request(id=4, input_reply=pb.InputReply(sequence=3, text="yes")),
                pb.Request(id=5, complete=pb.Complete(code="pri", cursor=3)),
                pb.Request(id=6, inspect=pb.Inspect(code="print", cursor=2, detail=1)),
                pb.Request(id=7, comm_message=pb.CommMessage(kind=pb.COMM_KIND_MESSAGE, body=b"{}", buffers=[b"x"])),
                pb.Request(id=8, detach=pb.Detach()),
            ]
            payloads = [seed.SerializeToString() for seed in seeds]
            sent, before = 0, supervisor.memory_info().rss
            while sent < MUTATED:
                batch = [mutated(chance, payloads) for _ in range(10)]
                async with link_to(worker, opened=False) as link:
                    link.writer.write(frame(payloads[0]) + b"".join(batch))
                    link.writer.write_eof()
                    with contextlib.suppress(EOFError, ConnectionError):
                        while True:
                            await link.event()
                sent += len(batch)
            assert supervisor.memory_info().rss - before < 100 << 20
            assert stdout_of(await neighbour.evaluate("print(kept + 1)")) == "42\n"
        log = worker.log.read_text()
        assert "Traceback" not in log and '"level": "error"' not in log


def _socket(site: RunningSite) -> Path:
    """Return the path of the worker's socket, as its process has it open."""
    for connection in site.service("worker").net_connections(kind="unix"):
        if str(connection.laddr).endswith("w1.sock"):
            return Path(str(connection.laddr))
    raise AssertionError("the worker listens nowhere")
