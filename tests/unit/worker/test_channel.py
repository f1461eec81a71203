"""The supervisor's end of a channel: reports in slices of time, requests that wait for nobody."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from sagews.errors import ProtocolError
from sagews.protocol import MAX_BODY, MAX_BUFFERS
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from sagews.worker.channel import MAX_UNSENT, Channel

REPORT = frame(pb.Report(ready=pb.Ready()).SerializeToString())


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


async def test_all_that_has_come_is_read(ends: tuple[socket.socket, socket.socket]) -> None:
    channel = Channel(ends[0])
    ends[1].sendall(REPORT * 3 + REPORT[:3])
    assert len(list(channel.reports(1.0))) == 3
    assert not channel.has_more and not channel.is_over
    ends[1].sendall(REPORT[3:])
    assert len(list(channel.reports(1.0))) == 1


async def test_what_does_not_fit_into_the_time_comes_later_and_in_order(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    channel = Channel(ends[0])
    for number in range(200):
        ends[1].sendall(frame(pb.Report(reply=pb.Reply(request=number)).SerializeToString()))
    numbers, slices = [], 0
    while len(numbers) < 200:
        numbers += [report.reply.request for report in channel.reports(-1.0 if slices % 2 else 1e-4)]
        slices += 1
    assert numbers == list(range(200))
    assert slices > 1
    assert list(channel.reports(1.0)) == [] and not channel.has_more


async def test_the_end_of_file_is_the_end(ends: tuple[socket.socket, socket.socket]) -> None:
    channel = Channel(ends[0])
    ends[1].sendall(REPORT)
    ends[1].close()
    assert len(list(channel.reports(1.0))) == 1
    assert channel.is_over


@pytest.mark.parametrize("data", [frame(b""), frame(b"\xff\xff"), b"\xff" * 8])
async def test_what_is_no_report_is_the_end_too(ends: tuple[socket.socket, socket.socket], data: bytes) -> None:
    channel = Channel(ends[0])
    ends[1].sendall(REPORT + data + REPORT)
    taken = []
    with pytest.raises(ProtocolError):
        taken.extend(channel.reports(1.0))
    assert channel.is_over
    assert list(channel.reports(1.0)) == []


async def test_requests_wait_for_a_session_that_does_not_read_up_to_a_bound(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    channel = Channel(ends[0])
    request = pb.Request(id=1, complete=pb.Complete(code="x" * (4 << 20)))
    sent = 0
    while channel.send(request):
        sent += 1
    assert sent * (4 << 20) > MAX_UNSENT
    assert channel.send(pb.Request(id=2, interrupt=pb.Interrupt()), at_once=True)
    ends[1].setblocking(False)
    frames, received = FrameReader(), 0
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(20):
        while received < sent + 1:
            received += len(frames.feed(await loop.sock_recv(ends[1], 1 << 20)))
    channel.close()


async def test_buffers_without_end_are_counted_before_there_is_room_for_them(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    """Each would be two bytes here and a hundred there: what a report may have is looked for before it is parsed."""
    many = b"\x1a\x00" * (MAX_BODY // 2)
    for report in (_field(2, many), _field(2, b"\x1a\x00") * 1000, _field(2, many[:600])):
        channel = Channel(ends[0])
        with pytest.raises(ProtocolError, match=r"buffers|several kinds"):
            channel._parsed(report)
        assert channel.is_over
    channel = Channel(ends[0])
    most = pb.Output(kind=pb.OUTPUT_KIND_COMM_MSG, body=b"{}", buffers=[b"x"] * MAX_BUFFERS, late=True)
    assert channel._parsed(pb.Report(output=most).SerializeToString()).output.buffers == most.buffers


def _field(number: int, content: bytes) -> bytes:
    """Write a field of bytes as protobuf does."""
    length, digits = len(content), bytearray()
    while length > 0x7F:
        digits.append(0x80 | length & 0x7F)
        length >>= 7
    return bytes([number << 3 | 2, *digits, length]) + content
