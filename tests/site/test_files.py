"""Files in and out of a session over HTTP, as a program or a page moves them."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.running import RunningSite
from tests.site.client_end import result_of, text_of
from tests.site.desk import Desk, desk_at

PIECE = 256 << 10


async def test_from_the_session_to_the_reader_and_back(desk: Desk) -> None:
    await desk.evaluate("open('numbers.csv', 'w').write('1,2,3'); import os; os.mkdir('data')")
    listed = await desk.list()
    assert (listed["path"], listed["cut"], listed["file_bytes"]) == ("", False, 3_000_000)
    directory, file = listed["files"]
    assert (directory["name"], directory["path"], directory["kind"]) == ("data", "data/", "directory")
    assert (file["name"], file["path"], file["kind"], file["size"]) == ("numbers.csv", "numbers.csv", "file", 5)
    assert await desk.get(file["path"]) == b"1,2,3"
    put = json.loads(await desk.put(b"data/more.csv", b"4,5"))
    assert put == {"path": "data/more.csv", "size": 3, "replaced": False}
    assert result_of(await desk.evaluate("open('data/more.csv').read()")) == "'4,5'"
    assert [entry["path"] for entry in (await desk.list("data/"))["files"]] == ["data/more.csv"]


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3_000_000])
async def test_every_size_comes_back_as_it_went(desk: Desk, size: int) -> None:
    content = os.urandom(size)
    await desk.put(b"a", content)
    assert await desk.get(b"a") == content


async def test_a_length_need_not_be_told(desk: Desk) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield bytes(100_000)

    await desk.put(b"a", pieces())
    assert await desk.get(b"a") == bytes(1_000_000)


async def test_what_a_browser_is_told_of_a_file(desk: Desk) -> None:
    page = b"<script>alert(1)</script>"
    await desk.put(b"page.html", page)
    async with desk.http.get(desk.url(b"page.html"), headers=desk.token) as response:
        assert response.headers["Content-Disposition"].startswith('attachment; filename="page.html"')
        assert response.content_type == "application/octet-stream"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Content-Length"] == str(len(page))
        assert await response.read() == page


NAMES = [
    b"a b.txt",
    "café.txt".encode(),
    b"\xff\xfe",
    b"new\nline\r\nSet-Cookie: a=b",
    b'quo"te; filename=evil.exe',
    b"100%.txt",
    b"%2e%2e",
    b"a?b#c",
    b".git",
    b"...",
    b"\x1b[31m\x7f",
    b"\xe2\x80\xaegpj.exe",
    b"x" * 255,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
async def test_odd_names(desk: Desk, name: bytes) -> None:
    await desk.put(name, b"odd")
    assert result_of(await desk.evaluate("import os; os.listdir(b'.')")) == repr([name])
    (entry,) = (await desk.list())["files"]
    assert entry["name"].isprintable() and entry["path"].isascii()
    async with desk.http.get(desk.url(entry["path"]), headers=desk.token) as response:
        assert response.status == 200 and await response.read() == b"odd"
        assert "Set-Cookie" not in response.headers
        said = response.headers["Content-Disposition"]
        assert re.fullmatch(r"""attachment; filename="[^"\\\x00-\x1f]*"; filename\*=UTF-8''[\w.%~-]*""", said), said


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nowhere", 404),
        ("nowhere/", 404),
        ("%2e%2e/%2e%2e/etc/passwd", 400),
        ("a/%2e%2e/%2e%2e/x", 400),
        ("%2Fetc/passwd", 400),
        ("/etc/passwd", 400),
        ("a//b", 400),
        ("a%00b", 400),
        ("x" * 256, 400),
        ("x/" * 5000, 400),
    ],
)
async def test_paths_that_name_no_file(desk: Desk, path: str, status: int) -> None:
    error = json.loads(await desk.get(path, status=status))["error"]
    assert error["what"] and error["noun"] and error["hint"] and len(str(error)) < 600
    if status == 400:
        await desk.put(path, b"x", status=400)


async def test_links_and_what_is_no_file(desk: Desk) -> None:
    await desk.evaluate(
        "import os, socket\n"
        "os.symlink('/etc/passwd', 'link'); os.symlink('/etc', 'etc'); os.mkfifo('fifo'); os.mkdir('directory')\n"
        "socket.socket(socket.AF_UNIX).bind('socket')"
    )
    kinds = {entry["name"]: entry["kind"] for entry in (await desk.list())["files"]}
    assert kinds == {"directory": "directory", "etc": "link", "fifo": "other", "link": "link", "socket": "other"}
    async with asyncio.timeout(10):
        for path in ("link", "etc/passwd", "etc/", "fifo", "directory", "socket"):
            assert b"root:" not in await desk.get(path, status=403)
            if not path.endswith("/"):
                await desk.put(path, b"x", status=403)
    await desk.put("", b"x", status=403)
    await desk.put("directory/", b"x", status=400)


async def test_a_long_list_is_cut(desk: Desk) -> None:
    await desk.evaluate("for n in range(1500): open(str(n), 'w').close()")
    listed = await desk.list()
    assert listed["cut"] and len(listed["files"]) == 1000


async def test_over_the_limit(desk: Desk) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(100_000)

    assert "3,000,000 bytes" in await desk.put(b"a", bytes(3_000_001), status=413)
    assert "3,000,000 bytes" in await desk.put(b"a", endless(), status=413)
    await desk.evaluate("f = open('sparse', 'w'); f.truncate(200 << 20); f.close()")
    assert b"3,000,000 bytes" in await desk.get(b"sparse", status=413)
    assert [entry["name"] for entry in (await desk.list())["files"]] == ["sparse"]


async def test_only_a_new_file(desk: Desk) -> None:
    await desk.put(b"a", b"1", status=201, **{"If-None-Match": "*"})
    assert "already" in await desk.put(b"a", b"2", status=412, **{"If-None-Match": "*"})
    assert await desk.get(b"a") == b"1"
    assert json.loads(await desk.put(b"a", b"2", status=200))["replaced"]
    assert await desk.get(b"a") == b"2"


async def test_a_full_disk(desk: Desk) -> None:
    size = "resource.RLIMIT_FSIZE"
    await desk.evaluate(f"import resource; resource.setrlimit({size}, (1 << 20, resource.getrlimit({size})[1]))")
    assert "may be" in await desk.put(b"a", bytes(2 << 20), status=507)
    await desk.evaluate(
        "import os, errno\n"
        "def full(*_): raise OSError(errno.ENOSPC, 'No space left on device')\n"
        "kept, os.pwrite = os.pwrite, full"
    )
    assert "full" in await desk.put(b"a", b"1", status=507)
    await desk.evaluate("os.pwrite = kept")
    assert (await desk.list())["files"] == []


async def test_a_client_that_goes_away_leaves_nothing(desk: Desk, quick: RunningSite) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", quick.port)
    token = desk.token["Sagews-Session-Token"]
    head = (
        f"PUT {desk.url(b'a').raw_path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Sagews-Session-Token: {token}\r\nContent-Length: 2000000\r\n\r\n"
    )
    writer.write(head.encode() + bytes(600_000))
    await writer.drain()
    async with asyncio.timeout(10):
        while not (await desk.list())["files"]:
            await asyncio.sleep(0.02)
        writer.transport.abort()
        while (await desk.list())["files"]:
            await asyncio.sleep(0.02)


async def test_a_file_that_changes_on_its_way_does_not_arrive_whole(desk: Desk) -> None:
    await desk.evaluate(
        "from sagews.session.files import Files\n"
        "answer, asked = Files.answer, 0\n"
        "def growing(self, request):\n"
        "    global asked\n"
        "    asked += 1\n"
        "    if asked == 3: open('a', 'ab').write(b'more')\n"
        "    return answer(self, request)\n"
        "Files.answer = growing\n"
        "f = open('a', 'wb'); f.write(bytes(2 << 20)); f.close()"
    )
    with pytest.raises(aiohttp.ClientPayloadError):
        await desk.get(b"a")


async def test_a_session_that_lies_about_a_size(desk: Desk) -> None:
    await desk.evaluate(
        "from sagews.session.files import Files\n"
        "from sagews.protocol import sagews_pb2 as pb\n"
        "def lie(self, request):\n"
        "    return pb.FileReply(request=request.id, file_piece=pb.FilePiece(piece=b'1', size=1000))\n"
        "Files.answer = lie"
    )
    assert b"changed" in await desk.get(b"a", status=409)


async def test_the_end_of_the_session_ends_the_waiting(desk: Desk) -> None:
    await desk.client.send("evaluate", session=desk.session, evaluation="e", code="import time; time.sleep(60)")
    await desk.client.until("started")
    asked = asyncio.create_task(desk.get("", status=404))
    await asyncio.sleep(0.3)
    await desk.client.send("close", session=desk.session)
    async with asyncio.timeout(10):
        assert b"ended" in await asked


async def test_a_file_that_cannot_be_put_is_refused_before_it_is_sent(desk: Desk, quick: RunningSite) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", quick.port)
    head = (
        f"PUT {desk.url(b'nowhere/a').raw_path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Sagews-Session-Token: {desk.token['Sagews-Session-Token']}\r\nContent-Length: 2000000\r\n\r\n"
    )
    writer.write(head.encode())
    async with asyncio.timeout(10):
        assert b" 404 " in await reader.readline()
    writer.close()


async def test_a_list_waits_for_the_cell(desk: Desk) -> None:
    await desk.client.send(
        "evaluate", session=desk.session, evaluation="e", code="import time; time.sleep(0.5); open('a', 'w').close()"
    )
    await desk.client.until("started")
    assert [entry["name"] for entry in (await desk.list())["files"]] == ["a"]


async def test_many_at_once_while_output_streams(desk: Desk) -> None:
    contents = [os.urandom(700_000) for _ in range(8)]
    await asyncio.gather(*(desk.put(f"f{n}", content) for n, content in enumerate(contents)))
    await desk.client.send("evaluate", session=desk.session, evaluation="e", code="print('x' * (4 << 20))")
    got = await asyncio.gather(*(desk.get(f"f{n}") for n in range(8)))
    assert list(got) == contents
    assert text_of(await desk.client.until("done")).count("x") == 4 << 20


async def test_a_slow_reader_holds_nothing_up(desk: Desk, quick: RunningSite) -> None:
    content = os.urandom(3_000_000)
    await desk.put(b"a", content)
    async with desk.http.get(desk.url(b"a"), headers=desk.token) as response:
        first = await response.content.readexactly(10)
        await asyncio.sleep(0.3)
        assert result_of(await desk.evaluate("1+1")) == "2"
        assert first + await response.read() == content


async def test_nobody_on_the_way_holds_a_file_in_memory(site: RunningSite) -> None:
    services = [site.service("backend"), site.service("worker")]
    size, peak = 60_000_000, 0

    def held() -> int:
        return sum(service.memory_info().rss for service in services)

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal peak
        for _ in range(60):
            peak = max(peak, held())
            yield bytes(size // 60)

    async with desk_at(site) as desk:
        before = held()
        await desk.put(b"a", pieces())
        async with desk.http.get(desk.url(b"a"), headers=desk.token) as response:
            got = 0
            async for piece in response.content.iter_chunked(1 << 20):
                got += len(piece)
                peak = max(peak, held())
        assert got == size
    assert peak - before < size / 3, f"{peak - before:,} bytes more than before"
