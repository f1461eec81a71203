"""The client's own address behind proxies: the PROXY protocol and headers, believed of those who are trusted alone."""

import asyncio
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.site.backend_process import running_backend
from tests.site.client_end import connected, result_of
from tests.site.haproxy import running_haproxy
from tests.site.worker_process import QUICK, RunningWorker, running_worker

READER = "127.0.0.77"
"""Where the readers of these tests come from; each address of 127.0.0.0/8 is this machine's."""
SERVICE = b"code=1%2B1"


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    """Give a worker, whose log says for whom each session was opened."""
    with running_worker(tmp_path_factory.mktemp("proxied"), QUICK) as running:
        yield running


class Behind:
    """A backend that trusts a proxy, and what its worker's log says of readers."""

    def __init__(self, url: str, worker: RunningWorker, log: Path) -> None:
        self.url = url
        self.port = urlsplit(url).port or 0
        self._worker = worker
        self._log = log

    def readers(self) -> list[str]:
        """Return for whom sessions were opened, in their order."""
        lines = [json.loads(line) for line in self._worker.log.read_text().splitlines() if '"session opened"' in line]
        return [line["reader"].removeprefix("address:") for line in lines]

    def refusals(self) -> list[str]:
        """Return why connections were refused."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines() if '"connection refused"' in line]
        return [f"{line['peer']} {line['why']}" for line in lines]


def backend(single: RunningWorker, folder: Path, settings: str) -> Iterator[Behind]:
    where = f"workers = ['unix:{single.socket}']\nhosts = ['math.example.org']\n"
    # A kept result would open no session.
    config = f"[backend]\n{where}{settings}\n[cache]\nmemory = 0\n"
    with running_backend(folder, config) as url:
        behind = Behind(url, single, folder / "backend.log")
        yield behind
        log = (folder / "backend.log").read_text()
        assert "Traceback" not in log, log


@pytest.fixture(scope="module")
def proxied(single: RunningWorker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """Give a backend that expects the PROXY protocol of 127.0.0.1."""
    folder = tmp_path_factory.mktemp("proxy-protocol")
    yield from backend(single, folder, "proxy_protocol = true\ntrusted_proxies = ['127.0.0.1']")


@pytest.fixture(scope="module")
def headed(single: RunningWorker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """Give a backend that believes what 127.0.0.1 says in headers."""
    yield from backend(single, tmp_path_factory.mktemp("headers"), "trusted_proxies = ['127.0.0.1']")


async def exchange(behind: Behind, data: bytes, *pieces: bytes, source: str = "127.0.0.1") -> bytes:
    """Send bytes, a piece at a time, and return all that comes back until the end."""
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", behind.port, local_addr=(source, 0))
        try:
            for piece in (data, *pieces):
                writer.write(piece)
                await asyncio.sleep(0.02)
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


def request(*headers: str, path: str = "/service", body: bytes = SERVICE) -> bytes:
    """Return a request that opens a session."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def block(address: bytes, additions: bytes = b"") -> bytes:
    """Return a block of PROXY version 2 for an IPv4 client."""
    payload = address + bytes([127, 0, 0, 1]) + struct.pack("!HH", 40_000, 80) + additions
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x21, 0x11, len(payload)) + payload


LINE = f"PROXY TCP4 {READER} 127.0.0.1 40000 80\r\n".encode()
LOCAL = b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x20, 0, 0)


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (LINE, READER),
        (b"PROXY TCP6 2001:db8:1:2::7 ::1 1 2\r\n", "2001:db8:1:2::/64"),
        (block(bytes([127, 0, 0, 77])), READER),
        (block(bytes([127, 0, 0, 77]), b"\x04\x07\xd0" + bytes(2000)), READER),
        (LOCAL, "127.0.0.1"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    ],
)
async def test_a_proxy_header_names_the_client(proxied: Behind, header: bytes, address: str) -> None:
    # What the client itself says is not believed, nor of a connection whose client the proxy does not know.
    claims = ("X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1", "X-Forwarded-Proto: https")
    whole = header + request(*claims)
    slowly = [*(bytes([byte]) for byte in header[:40]), header[40:] + request(*claims)]
    for pieces in ([whole], [header, request(*claims)], slowly):
        answer = await exchange(proxied, *pieces)
        assert answer.startswith(b"HTTP/1.1 200 ") and b'"result": "2"' in answer
        assert proxied.readers()[-1] == address


@pytest.mark.parametrize(
    "data",
    [
        request(),
        b"PROXY TCP4 nobody 127.0.0.1 1 2\r\n" + request(),
        b"PROXY TCP4 " + b"1" * 200,
        b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x21, 0x11, 65_535),
        b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x21, 0x11, 4) + request(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_whoever_sends_no_such_header_is_not_answered(proxied: Behind, data: bytes) -> None:
    before = len(proxied.refusals())
    assert await exchange(proxied, data) == b""
    assert len(proxied.refusals()) == before + 1
    assert proxied.refusals()[-1].startswith("127.0.0.1 sends ")


async def test_whoever_is_not_trusted_is_not_answered(proxied: Behind) -> None:
    for data in (LINE + request(), request()):
        assert await exchange(proxied, data, source="127.0.0.9") == b""
        assert proxied.refusals()[-1] == "127.0.0.9 is none of backend.trusted_proxies"


async def test_a_header_that_does_not_come_is_not_waited_for(proxied: Behind) -> None:
    assert await exchange(proxied, b"PROXY TCP4 127") == b""
    assert proxied.refusals()[-1] == "127.0.0.1 sends no whole PROXY header in time"


async def test_one_header_counts_for_all_requests_of_its_connection(proxied: Behind) -> None:
    two = request().replace(b"Connection: close\r\n", b"") + request()
    assert (await exchange(proxied, LINE + two)).count(b"HTTP/1.1 200 ") == 2
    assert proxied.readers()[-2:] == [READER, READER]
    # A second one is no HTTP.
    answer = await exchange(proxied, LINE + LINE + request())
    assert b" 400 " in answer.splitlines()[0]


@pytest.mark.parametrize("options", ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options unique-id"])
async def test_haproxy_with_the_proxy_protocol(proxied: Behind, tmp_path: Path, options: str) -> None:
    with running_haproxy(tmp_path, proxied.port, mode="tcp", options=options) as url:
        await evaluates_as(proxied, url)


async def evaluates_as(behind: Behind, url: str, **claims: str) -> None:
    """Assert that a reader who comes from READER is known by that address, over HTTP and over a socket."""
    comes_from = aiohttp.TCPConnector(local_addr=(READER, 0))
    async with (
        aiohttp.ClientSession(connector=comes_from, headers=claims) as http,
        http.post(url + "service", data={"code": "1+1"}) as response,
    ):
        assert (await response.json(content_type=None))["result"] == "2"
    assert behind.readers()[-1] == READER
    async with connected(url, headers=claims, connector=aiohttp.TCPConnector(local_addr=(READER, 0))) as client:
        assert result_of(await client.evaluate(await client.open(), "1+1")) == "2"
    assert behind.readers()[-1] == READER


@pytest.mark.parametrize(
    ("lines", "claims"),
    [
        ("    option forwardfor", {"X-Forwarded-For": "192.0.2.1"}),
        ("    http-request del-header Forwarded\n    option forwardfor", {"Forwarded": "for=192.0.2.1"}),
        (
            "    http-request set-header Forwarded for=%[src];proto=http\n    http-request del-header X-Forwarded-For",
            {"Forwarded": 'for="192.0.2.1', "X-Forwarded-For": "192.0.2.1"},
        ),
        ("    http-request add-header Forwarded for=%[src];proto=https", {"Forwarded": "for=192.0.2.1, for=127.0.0.1"}),
    ],
)
async def test_haproxy_with_headers(headed: Behind, tmp_path: Path, lines: str, claims: dict[str, str]) -> None:
    with running_haproxy(tmp_path, headed.port, lines=lines) as url:
        await evaluates_as(headed, url, **claims)


async def test_links_are_of_the_scheme_that_the_browser_speaks(headed: Behind) -> None:
    for scheme in ("https", "http"):
        headers = {"Host": "math.example.org", "X-Forwarded-Proto": scheme, "X-Forwarded-For": READER}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.post(headed.url + "api/v1/permalinks", json={"code": "1"}) as response,
        ):
            assert (await response.json())["url"].startswith(f"{scheme}://math.example.org/?q=")


async def test_headers_of_a_stranger_are_not_believed(headed: Behind) -> None:
    claims = ("X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.2", "X-Forwarded-Proto: https")
    answer = await exchange(headed, request(*claims), source="127.0.0.9")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert headed.readers()[-1] == "127.0.0.9"


@pytest.mark.parametrize(
    "headers",
    [
        ("X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.2"),
        ('Forwarded: for="192.0.2.1',),
        ('Forwarded: for=192.0.2.1;x=", for=192.0.2.2;host="h"',),
    ],
)
async def test_headers_that_contradict_themselves_are_refused(headed: Behind, headers: tuple[str, ...]) -> None:
    before = headed.readers()
    answer = await exchange(headed, request(*headers))
    head, _, text = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and text.count(b"\n") == 1 and b"Forwarded" in text
    assert headed.readers() == before


async def test_a_proxy_without_its_own_word_counts_as_itself(headed: Behind) -> None:
    assert (await exchange(headed, request())).startswith(b"HTTP/1.1 200 ")
    assert headed.readers()[-1] == "127.0.0.1"
    assert (await exchange(headed, request("Forwarded: for=_hidden"))).startswith(b"HTTP/1.1 200 ")
    assert headed.readers()[-1] == "127.0.0.1"
