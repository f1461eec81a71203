"""Which peers of a socket are taken for gone, by a server that asks every half second."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.conformance.raw import PING, PONG, TEXT, RawSocket, raw_socket
from tests.conformance.running import running_server

EVERY = 0.5
QUICK = ("--ping-every", str(EVERY), "--pong-within", str(EVERY))
PATHS = ["/socket", "/echo/websocket"]


@pytest.fixture(scope="module")
def quick() -> Iterator[str]:
    """Give the address of a server that asks often."""
    with running_server(*QUICK) as url:
        yield url


async def lives(peer: RawSocket, answer: bytes | None, seconds: float) -> bool:
    """Read for some seconds, answering each ping with its payload and `answer`; return whether the socket is open."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        try:
            frame = await peer.frame()
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        assert frame.kind in {PING, TEXT}
        if frame.kind == PING and answer is not None:
            peer.send(PONG, frame.payload + answer)
    return True


@pytest.mark.parametrize("path", PATHS)
async def test_who_answers_is_kept(quick: str, path: str) -> None:
    async with raw_socket(quick, path) as peer:
        assert await lives(peer, b"", 8 * EVERY)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("answer", [None, b"x"], ids=["silence", "another pong"])
async def test_who_does_not_is_dropped(quick: str, path: str, answer: bytes | None) -> None:
    async with raw_socket(quick, path) as peer:
        assert not await lives(peer, answer, 8 * EVERY)


async def test_another_frame_is_no_pong(quick: str) -> None:
    """What a peer sends says that it was there, not that anything reaches it."""

    async def chatter(peer: RawSocket) -> None:
        while True:
            peer.send(TEXT, b"I am here")
            peer.send(PONG, b"")
            peer.send(PING, b"")
            await asyncio.sleep(EVERY / 10)

    async with raw_socket(quick, "/socket") as peer:
        talking = asyncio.create_task(chatter(peer))
        try:
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                async with asyncio.timeout(8 * EVERY):
                    while True:
                        await peer.frame()
        finally:
            talking.cancel()
