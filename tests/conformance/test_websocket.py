"""WebSockets: SockJS's framing, none, closing, compression."""

import asyncio
import json
from collections.abc import Iterator

import aiohttp
import pytest

from tests.conformance.poller import Poller
from tests.conformance.raw import BINARY, CLOSE, PING, PONG, TEXT, raw_socket
from tests.conformance.running import running_server

DEFLATE = "permessage-deflate; client_max_window_bits"


@pytest.fixture(scope="module")
def compressing() -> Iterator[str]:
    """Give the address of a server whose sockets may compress."""
    with running_server("--compress") as url:
        yield url


async def test_sockjs_framing(server: str, http: aiohttp.ClientSession) -> None:
    url = Poller(http, server).url + "/websocket"
    async with http.ws_connect(url) as first, http.ws_connect(url) as second:
        for socket, text in ((first, "a"), (second, "b")):
            assert await socket.receive_str() == "o"
            # What holds no message is passed over.
            for sent in ("", "[]", f'["{text}"]', f'"{text}"'):
                await socket.send_str(sent)
            assert await socket.receive_str() == f'a["{text}"]'
            assert await socket.receive_str() == f'a["{text}"]'
    async with http.ws_connect(url) as again:
        assert await again.receive_str() == "o"


@pytest.mark.parametrize("broken", ['["a', "17", "[1]", "{}", "[" * 50_000])
async def test_broken_framing_ends_the_socket(server: str, http: aiohttp.ClientSession, broken: str) -> None:
    async with http.ws_connect(Poller(http, server).url + "/websocket") as socket:
        assert await socket.receive_str() == "o"
        await socket.send_str(broken)
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_service_that_closes(server: str, http: aiohttp.ClientSession) -> None:
    async with http.ws_connect(Poller(http, server, "close").url + "/websocket") as socket:
        assert [await socket.receive_str(), await socket.receive_str()] == ["o", 'c[3000,"Go away!"]']
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    async with http.ws_connect(f"{server}/close/websocket") as socket:
        message = await socket.receive()
        assert (message.type, message.data, message.extra) == (aiohttp.WSMsgType.CLOSE, 3000, "Go away!")


@pytest.mark.parametrize("path", ["/echo/websocket", "/socket"])
async def test_without_framing(server: str, http: aiohttp.ClientSession, path: str) -> None:
    async with http.ws_connect(server + path) as socket:
        for text in ("Hello \uffff", "", "[]", "x" * 100_000):
            await socket.send_str(text)
            assert await socket.receive_str() == text
        await socket.send_bytes(b"\0\xff")
        assert await socket.receive_bytes() == b"\0\xff"


@pytest.mark.parametrize("path", ["/echo/0/0/websocket", "/echo/websocket"])
async def test_what_is_no_websocket(server: str, http: aiohttp.ClientSession, path: str) -> None:
    upgrade = {"Upgrade": "WebSocket", "Connection": "Upgrade"}
    for headers in ({}, {"Upgrade": "WebSocket", "Connection": "close"}, upgrade, {"Connection": "Upgrade"}):
        async with http.get(server + path, headers=headers) as response:
            assert response.status == 400, headers
    for headers in ({}, upgrade):
        for method in ("POST", "HEAD", "DELETE"):
            async with http.request(method, server + path, headers=headers) as response:
                assert (response.status, response.headers["Allow"]) == (405, "GET")
                assert "Content-Type" not in response.headers and await response.read() == b""


async def test_a_base_without_websockets(server: str, http: aiohttp.ClientSession) -> None:
    for path in ("websocket", "0/0/websocket"):
        async with http.get(f"{server}/disabled_websocket_echo/{path}") as response:
            assert response.status == 404


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (None, 1000),
        *((code, code) for code in (1000, 1001, 1003, 1011, 3000, 4999)),
        *((code, 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)),
    ],
)
async def test_a_close_is_answered_with_its_code(server: str, sent: int | None, answered: int) -> None:
    async with raw_socket(server, "/socket") as socket:
        socket.send(CLOSE, b"" if sent is None else sent.to_bytes(2) + b"bye")
        frame = await socket.frame()
        assert (frame.kind, frame.code) == (CLOSE, answered)
        with pytest.raises(asyncio.IncompleteReadError):
            await socket.frame()


async def test_a_ping_is_answered_with_its_payload(server: str) -> None:
    async with raw_socket(server, "/socket") as socket:
        for payload in (b"", b"x" * 125):
            socket.send(PING, payload)
            frame = await socket.frame()
            assert (frame.kind, frame.payload) == (PONG, payload)
        socket.send(PONG, b"not asked for")
        socket.send(BINARY, b"goes on")
        assert (await socket.frame()).payload == b"goes on"


@pytest.mark.parametrize("offer", [DEFLATE, "permessage-deflate", "x-webkit-deflate-frame, permessage-deflate"])
async def test_compression_is_agreed_on_message_by_message(compressing: str, offer: str) -> None:
    async with raw_socket(compressing, "/socket", offer) as socket:
        assert socket.agreed == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


async def test_a_smaller_window_is_kept_to(compressing: str) -> None:
    async with raw_socket(compressing, "/socket", "permessage-deflate; server_max_window_bits=9") as socket:
        assert socket.agreed.endswith("; server_max_window_bits=9")
        socket.send(TEXT, b"x" * 50_000)
        assert (await socket.frame()).text == "x" * 50_000


async def test_without_an_offer_nothing_is_compressed(compressing: str, server: str) -> None:
    for url, offer in ((compressing, ""), (server, DEFLATE)):
        async with raw_socket(url, "/socket", offer) as socket:
            assert socket.agreed == ""
            socket.send(TEXT, b"x" * 50_000)
            frame = await socket.frame()
            assert not frame.compressed and frame.text == "x" * 50_000


async def test_only_what_is_worth_it_is_compressed(compressing: str) -> None:
    async with raw_socket(compressing, "/socket", DEFLATE) as socket:
        for size, compressed in ((1399, False), (1400, True), (60_000, True)):
            socket.send(TEXT, b"x" * size, compressed=compressed)
            frame = await socket.frame()
            assert (frame.compressed, frame.text) == (compressed, "x" * size)


async def test_no_message_weighs_less_for_what_came_before(compressing: str) -> None:
    secret = json.dumps([f"{number:x}" for number in range(2000, 12_000, 7)])
    async with raw_socket(compressing, "/socket", DEFLATE) as socket:
        weights = set()
        for _ in range(3):
            socket.send(TEXT, secret.encode())
            frame = await socket.frame()
            assert frame.compressed and frame.text == secret
            weights.add(len(frame.payload))
        assert len(weights) == 1 and weights.pop() > 1000
