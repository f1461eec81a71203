"""A link from Hello to its end, against a worker that says what the test says."""

import asyncio
import struct
from pathlib import Path

import pytest

from sagews.backend.link import Link
from sagews.config.site import Site
from sagews.errors import ServiceError
from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import frame
from sagews.service.dialer import Dialer
from tests.unit.backend.dialogue import stage, started


async def _answering(path: Path, answer: bytes) -> asyncio.Server:
    """Listen and answer whatever comes with these bytes, then end."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        writer.close()

    return await asyncio.start_unix_server(accept, str(path))


def _welcome(version: int) -> bytes:
    return frame(pb.Event(request=1, welcome=pb.Welcome(version=version)).SerializeToString())


def _failure() -> bytes:
    event = pb.Event(failure=pb.Failure(code=pb.FAILURE_CODE_BAD_MESSAGE, what="speaks another version"))
    return frame(event.SerializeToString())


async def connect(path: Path) -> Link:
    return await Link.connect(Dialer(Site(), path), "b1")


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="cannot be reached"):
        await connect(tmp_path / "w1.sock")


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (_welcome(VERSION + 1), f"speaks version {VERSION + 1}"),
        (_failure(), "refuses the link: speaks another version"),
        (frame(started(1).SerializeToString()), "answers Hello by 'started'"),
        (b"", "ended the link"),
        (struct.pack(">I", 0xFFFFFFFF), "ended the link"),
        (frame(b"\xff\xff"), "ended the link"),
    ],
)
async def test_a_peer_that_is_no_worker_of_ours(tmp_path: Path, answer: bytes, what: str) -> None:
    server = await _answering(tmp_path / "w1.sock", answer)
    with pytest.raises(ServiceError, match=what):
        await connect(tmp_path / "w1.sock")
    server.close()


async def test_events_that_nobody_awaited_yet_are_kept_in_order(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        link = await scene.workers.all[0].links.connect()
        end = await scene.worker.link()
        asked = asyncio.create_task(link.ask(pb.Request(id=1, open=pb.Open())))
        await end.expect("open")
        end.say(started(1), started(2), started(3))
        assert (await asked).sequence == 1
        heard: list[pb.Event] = []
        lost = asyncio.Event()
        link.listen(heard.append, lost.set)
        end.hang_up()
        await asyncio.wait_for(lost.wait(), 5)
        assert [event.sequence for event in heard] == [2, 3]
        with pytest.raises(ServiceError, match="has ended"):
            link.send(pb.Request(interrupt=pb.Interrupt()))


async def test_an_answer_that_never_comes(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        link = await scene.workers.all[0].links.connect()
        end = await scene.worker.link()
        asked = asyncio.create_task(link.ask(pb.Request(id=1, open=pb.Open())))
        await end.expect("open")
        end.hang_up()
        with pytest.raises(ServiceError, match="ended the link"):
            await asked
