"""Bad links: whatever comes, the worker's end of a link neither fails nor grows, and says why it ends.

The link is the real one, on a real socket, with a supervisor that has no
room: every request is parsed and answered, and none can start anything.
"""

import asyncio
import os
import random
import socket
import struct
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagews.config.site import Site
from sagews.config.worker import Worker
from sagews.protocol import MAX_FRAME, VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from sagews.worker.link import CLOSING, HELLO_DEADLINE, MAX_HELD, MAX_HELLO, Link
from sagews.worker.supervisor import Supervisor
from tests.mutation import mutated

MUTATED = 1_000_000 if os.environ.get("SAGEWS_PROVE") else 10_000
"""Frames of the fuzz."""
DEADLINE = 10.0


@pytest.fixture(autouse=True)
def quiet() -> AsyncIterator[None]:
    """Keep the lines about each bad frame to ourselves."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


def hello(role: pb.LinkRole = pb.LINK_ROLE_SESSION) -> pb.Request:
    return pb.Request(id=1, hello=pb.Hello(version=VERSION, role=role, backend="test"))


SEEDS = [
    hello(),
    hello(pb.LINK_ROLE_CONTROL),
    pb.Request(id=2, open=pb.Open(environment="python", reader="ada", limits=pb.Limits(wall_time=1, idle=2))),
    pb.Request(id=3, attach=pb.Attach(session="w1-5f2c", token="t" * 32, after_sequence=7)),
    pb.Request(id=4, detach=pb.Detach()),
    pb.Request(id=5, evaluate=pb.Evaluate(evaluation="e1", cell="c1", code="1+1", limits=pb.Limits(wall_time=3))),
    pb.Request(id=6, interrupt=pb.Interrupt()),
    pb.Request(id=7, input_reply=pb.InputReply(sequence=3, text="yes")),
    pb.Request(id=8, complete=pb.Complete(code="pri", cursor=3)),
    pb.Request(id=9, inspect=pb.Inspect(code="print", cursor=2, detail=1)),
    pb.Request(id=10, comm_message=pb.CommMessage(kind=pb.COMM_KIND_MESSAGE, body=b"{}", buffers=[b"x", b"y" * 50])),
    pb.Request(id=11, close=pb.Close()),
]


class Peer:
    """The other end of one link."""

    def __init__(self, link: Link, sock: socket.socket) -> None:
        self.link = link
        self._sock = sock
        self._frames = FrameReader()
        self.events: list[pb.Event] = []
        self.over = False

    async def send(self, data: bytes) -> None:
        """Send bytes as far as the link takes them."""
        try:
            async with asyncio.timeout(DEADLINE):
                await asyncio.get_running_loop().sock_sendall(self._sock, data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    async def settle(self, seconds: float = DEADLINE) -> None:
        """Read what the link says until it says a Detached (the answer to `mark`) or ends."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            while not self.over and not (self.events and self.events[-1].request == MARK):
                try:
                    data = await loop.sock_recv(self._sock, 1 << 16)
                except ConnectionResetError:
                    data = b""
                self.over = not data
                self.events += map(pb.Event.FromString, self._frames.feed(data))


MARK = 2**63 + 1
"""Id of a request by which a test knows that all before it was read."""
mark = frame(pb.Request(id=MARK, detach=pb.Detach()).SerializeToString())


@asynccontextmanager
async def connected(supervisor: Supervisor, links: set[Link]) -> AsyncIterator[Peer]:
    """Give the other end of a new link."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    loop = asyncio.get_running_loop()
    _, link = await loop.connect_accepted_socket(lambda: Link(supervisor, links, "test"), theirs)
    try:
        yield Peer(link, ours)
    finally:
        ours.close()
        async with asyncio.timeout(DEADLINE):
            while link in links:
                await asyncio.sleep(0)


def without_room() -> Supervisor:
    return Supervisor(Site(worker=Worker(max_sessions=0)))


@pytest.mark.timeout(3600)
async def test_mutated_frames_neither_fail_nor_stay(caplog: pytest.LogCaptureFixture) -> None:
    faults: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
    supervisor, links = without_room(), set[Link]()
    chance = random.Random(20261125)
    seeds = [seed.SerializeToString() for seed in SEEDS]
    sent = ended = 0
    tracemalloc.start()
    base = 0
    while sent < MUTATED:
        async with connected(supervisor, links) as peer:
            greeted = chance.random() < 0.9
            batch = [mutated(chance, seeds) for _ in range(chance.randint(1, 20))]
            opening = frame(chance.choice(seeds[:2])) if greeted else b""
            await peer.send(opening + b"".join(batch) + mark)
            # A frame that announces more than comes waits for the rest, or for its deadline.
            try:
                await peer.settle(1.0)
            except TimeoutError:
                if not peer.link._frames.pending:  # It is only late.
                    await peer.settle(DEADLINE)
            sent += len(batch)
            if peer.over:
                ended += 1
                last = peer.events[-1]
                assert last.WhichOneof("kind") == "failure" and last.failure.what, last
        if not base and sent > MUTATED / 10:
            base = tracemalloc.get_traced_memory()[0]
    grown = tracemalloc.get_traced_memory()[0] - base
    tracemalloc.stop()
    assert not faults and not links
    assert supervisor.admission.taken == 0
    assert ended > 100
    assert grown < 4 << 20, f"{grown:,} bytes more than after a tenth of the frames"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(1, 399), max_size=5))
def test_any_bytes_in_any_pieces_end_in_silence_or_with_a_reason(data: bytes, cuts: list[int]) -> None:
    async def say() -> None:
        supervisor, links = without_room(), set[Link]()
        async with connected(supervisor, links) as peer:
            places = [0, *sorted(cuts), len(data)]
            for begin, end in pairwise(places):
                await peer.send(data[begin:end])
                await asyncio.sleep(0)
            try:
                await peer.settle(0.05)
            except TimeoutError:
                assert not peer.events
            else:
                assert peer.events[-1].failure.code == pb.FAILURE_CODE_BAD_MESSAGE

    asyncio.run(say())


@given(
    st.lists(st.binary(max_size=60), max_size=6),
    st.lists(st.integers(1, 200), max_size=6),
)
def test_frames_are_the_same_however_they_are_cut(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(frame, payloads))
    reader = FrameReader()
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    got = [payload for begin, end in pairwise(places) for payload in reader.feed(stream[begin:end])]
    assert got == payloads and reader.pending == 0


async def test_a_control_link_is_told_the_state_and_refuses_the_rest() -> None:
    async with connected(without_room(), set()) as peer:
        opening = frame(hello(pb.LINK_ROLE_CONTROL).SerializeToString())
        await peer.send(opening + frame(SEEDS[2].SerializeToString()) + mark)
        await peer.settle()
        assert [event.WhichOneof("kind") for event in peer.events] == ["welcome", "status", "failure", "failure"]
        assert peer.events[1].status.state == pb.WORKER_STATE_FULL
        assert peer.events[2].failure.code == pb.FAILURE_CODE_OUT_OF_ORDER


async def test_a_full_worker_answers_with_its_load() -> None:
    async with connected(without_room(), set()) as peer:
        await peer.send(frame(hello().SerializeToString()) + frame(SEEDS[2].SerializeToString()))
        async with asyncio.timeout(DEADLINE):
            # Requests that follow wait for the answer to Open.
            await peer.send(mark)
            await peer.settle()
        failure = next(event.failure for event in peer.events if event.request == 2)
        assert failure.code == pb.FAILURE_CODE_FULL and failure.HasField("load")


async def test_who_says_nothing_is_sent_away_in_time() -> None:
    async with connected(without_room(), set()) as peer:
        begun = asyncio.get_running_loop().time()
        await peer.settle(HELLO_DEADLINE + 3)
        assert peer.over and not peer.events
        assert asyncio.get_running_loop().time() - begun >= HELLO_DEADLINE - 0.1


async def test_a_hello_without_end_is_not_kept() -> None:
    async with connected(without_room(), set()) as peer:
        await peer.send(struct.pack(">I", MAX_FRAME) + b"x" * (2 * MAX_HELLO))
        await peer.settle()
        assert peer.over
        assert [event.failure.what for event in peer.events] == [f"Hello: is over {MAX_HELLO:,} bytes"]


async def test_a_peer_that_does_not_read_why_its_link_ends_is_dropped() -> None:
    links = set[Link]()
    async with connected(without_room(), links) as peer:
        question = frame(pb.Request(id=1, attach=pb.Attach(session="x" * 2000)).SerializeToString())
        # Each answer is read by nobody, until the socket and then the send buffer hold some.
        await peer.send(frame(hello().SerializeToString()) + question * 500)
        await peer.send(struct.pack(">I", MAX_FRAME + 1))
        async with asyncio.timeout(CLOSING + 3):
            while links:
                await asyncio.sleep(0.05)


async def test_requests_that_wait_for_a_session_are_bounded() -> None:
    """The zygote of this supervisor never starts, so that the opening takes as long as the test."""
    supervisor, links = Supervisor(Site()), set[Link]()
    async with connected(supervisor, links) as peer:
        await peer.send(frame(hello().SerializeToString()) + frame(pb.Request(open=pb.Open()).SerializeToString()))
        large = frame(pb.Request(comm_message=pb.CommMessage(body=b"x" * (4 << 20))).SerializeToString())
        try:
            async with asyncio.timeout(2):
                for _ in range(3 * MAX_HELD // len(large)):
                    await peer.send(large)
        except TimeoutError:
            pass
        else:
            raise AssertionError("it took all of it")
        assert peer.link._held_bytes <= MAX_HELD + 2 * len(large)
        peer.link._transport.abort()
        opening = peer.link._opening
        assert opening is not None
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
    assert supervisor.admission.taken == 0
