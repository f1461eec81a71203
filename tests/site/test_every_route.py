"""Every route that a backend has, asked as strangers ask: none is reached around the doors.

The routes are those of the product's own application, so that a new one is
in here by itself.
"""

import asyncio
import io
import itertools
import json
import re
import tempfile
from collections.abc import Mapping

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from sagews.backend.accounts.people import People
from sagews.backend.app import App
from sagews.backend.drain import Drain
from sagews.backend.pages import Pages
from sagews.backend.workers import Workers
from sagews.backend.worksheets.desks import Desks
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.permalinks import Permalinks
from tests.running import RunningSite
from tests.site.client_end import connected

TEN_MEGABYTES = 10_000_000
_names = itertools.count(1)
SAFE = {"GET", "HEAD", "OPTIONS"}
FILES = "/api/v1/sessions/{session}/files/{path}"


def routes() -> list[tuple[str, str]]:
    """Return method and path of every route of a backend."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(data_directory=folder, runtime_directory=folder)
        database = Database(site)
        people = People(site, database)
        shelf = Shelf(site, database)
        parts = Pages(), Workers(site), None, Permalinks(database), people, Drain(1.0), shelf
        router = App(site, *parts, Desks(site, database, shelf)).web.router
    return sorted({asked(route) for route in router.routes() if route.resource is not None})


def asked(route: web.AbstractRoute) -> tuple[str, str]:
    """Return method and path of a route; what its path has one word for is filled in."""
    assert route.resource is not None
    path = route.resource.canonical.replace("{version}", "")
    pattern = route.resource.get_info().get("pattern")
    if pattern is not None and (transport := re.search(r"\(\?P<transport>(\w+)\)", pattern.pattern)):
        path = path.replace("{transport}", transport[1])
    # Whatever else than GET is answered by one route.
    return "DELETE" if route.method == "*" else route.method, path


ROUTES = routes()
ACTING = [(method, path) for method, path in ROUTES if method not in SAFE]


def filled(path: str) -> str:
    """Return a path with names in its variable parts that nobody has used, and the callback that SockJS wants."""
    query = "?c=call" if path.endswith(("/jsonp", "/htmlfile")) else ""
    return re.sub(r"\{\w+\}", lambda part: f"a{next(_names)}", path) + query


async def ask(
    site: RunningSite, method: str, path: str, headers: Mapping[str, str], data: bytes | None = None
) -> tuple[int, Mapping[str, str], str]:
    """Return status, headers and text of an answer, which must have what every answer has."""
    url = URL(f"http://127.0.0.1:{site.port}{filled(path)}", encoded=True)
    body = io.BytesIO(data) if data is not None else None
    async with (
        asyncio.timeout(30),
        aiohttp.ClientSession() as http,
        http.request(method, url, headers=headers, data=body, allow_redirects=False) as response,
    ):
        # Some answers of SockJS stream for as long as one listens.
        text = (await response.content.read(1 << 16)).decode(errors="replace")
        assert_guarded(response.headers)
        return response.status, response.headers.copy(), text


def assert_guarded(headers: Mapping[str, str]) -> None:
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy or "frame-ancestors 'self'" in policy
    assert "default-src 'none'" in policy and "base-uri 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    # A page with forms has to say of which origin they are.
    assert headers["Referrer-Policy"] == ("same-origin" if "form-action 'self'" in policy else "no-referrer")
    assert headers["Cache-Control"]
    assert "Server" not in headers
    if (cookie := headers.get("Set-Cookie")) is not None:
        site = "Lax" if cookie.startswith(("sagews-login", "__Host-sagews-login")) else "Strict"
        assert "HttpOnly" in cookie and f"SameSite={site}" in cookie and "Domain" not in cookie


def is_public(method: str, path: str) -> bool:
    return path.startswith(("/static/", "/nbextensions/", "/embed.js", "/embedded_sagecell.js")) and method in SAFE


def opened(site: RunningSite) -> int:
    return (site.data / "logs" / "worker.log").read_text().count('"session opened"')


def test_all_routes_are_here() -> None:
    paths = {path for _, path in ROUTES}
    assert {"/", "/frame", "/ticket", "/socket", "/service", "/healthz", "/sockjs/info", FILES} <= paths
    assert len(ROUTES) > 20 and len(ACTING) >= 6


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
    ids=["foreign", "null", "foreign-that-lies", "cross-site", "same-site"],
)
async def test_pages_of_others(site: RunningSite, method: str, path: str, headers: dict[str, str]) -> None:
    status, answered, _ = await ask(site, method, path, headers)
    if is_public(method, path):
        assert status == (200 if path in {"/embed.js", "/embedded_sagecell.js", "/static/about.html"} else 404)
        assert answered.get("Access-Control-Allow-Origin") in {None, "*"}
        return
    assert status == 403
    assert "Access-Control-Allow-Origin" not in answered and "Set-Cookie" not in answered


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:80", "10.1.2.3"])
async def test_names_of_others(site: RunningSite, method: str, path: str, host: str) -> None:
    for headers in ({"Host": host}, {"Host": host, "Origin": f"http://{host}"}):
        status, _, _ = await ask(site, method, path, headers)
        assert status == 421


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_programs_pass_the_doors(site: RunningSite, method: str, path: str) -> None:
    status, answered, _ = await ask(site, method, path, {}, b"" if method not in SAFE else None)
    # What they lack then is a session, its token, a body or an upgrade.
    assert status < 500 and status != 421
    assert (status == 405) == ((method, path.rpartition("/")[2]) == ("DELETE", "websocket"))
    assert status != 403
    assert "Access-Control-Allow-Origin" not in answered or is_public(method, path)


@pytest.mark.parametrize("path", sorted({path for _, path in ACTING}))
async def test_no_get_does_anything(site: RunningSite, path: str) -> None:
    before = opened(site)
    for method in ("GET", "HEAD"):
        status, answered, text = await ask(site, method, path, {})
        if (method, path) not in ROUTES:
            assert status == 405 and method not in answered["Allow"].split(", ")
        assert "ticket" not in text and "Set-Cookie" not in answered
    assert opened(site) == before


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_ten_megabytes(site: RunningSite, method: str, path: str) -> None:
    lines = [f"{method} {filled(path)} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {TEN_MEGABYTES}"]
    head = "\r\n".join([*lines, "Content-Type: application/json", "Sagews-Session-Token: x", "", ""])
    # Not a byte of it need come for the answer.
    status, text = await exchange(site, head.encode())
    if (method, path) == ("PUT", FILES) or (method == "POST" and path.endswith("_send")):
        # They look at the session first: it may be a large file, or many messages.
        assert status == 404
    elif path.startswith(("/api/v1/workspaces", "/api/v1/imports")) and text.startswith(b"{"):
        # Nobody is signed in, which is seen first.
        assert status in (401, 413)
    elif method == "POST" and path.startswith("/git/"):
        assert status == 401
    else:
        assert status == 413 and text.count(b"\n") <= 1


async def exchange(site: RunningSite, data: bytes) -> tuple[int, bytes]:
    """Send bytes; return status and text of the answer."""
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        try:
            writer.write(data)
            head = await reader.readuntil(b"\r\n\r\n")
            return int(head.split()[1]), await reader.read(1 << 16) if not data.startswith(b"HEAD") else b""
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)


@pytest.mark.parametrize("headers", [{"Origin": "http://127.0.0.1:{port}"}, {"Sec-Fetch-Site": "same-origin"}])
async def test_our_own_page_may(site: RunningSite, headers: dict[str, str]) -> None:
    own = {name: value.format(port=site.port) for name, value in headers.items()}
    for method, path in ROUTES:
        status, _, _ = await ask(site, method, path, own, b"" if method not in SAFE else None)
        assert status not in {403, 421}, (method, path)


@pytest.mark.parametrize(
    "target", ["//evil.example/", "/?next=//evil.example", "/?token=x&next=https://evil.example", "/\\evil.example"]
)
async def test_nothing_leads_elsewhere(site: RunningSite, target: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    try:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
    assert b"\r\nLocation:" not in answer and b"\r\nRefresh:" not in answer
    assert answer.split()[1] in {b"200", b"400", b"404"}


async def test_a_name_of_others_in_the_request_line(site: RunningSite) -> None:
    for target in ("http://evil.example/healthz", f"http://127.0.0.1:{site.port}/healthz"):
        for host, status in (("evil.example", b"421"), ("127.0.0.1", b"200")):
            reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
            try:
                writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                answer = await asyncio.wait_for(reader.read(), 10)
            finally:
                writer.close()
            assert answer.split()[1] == status


async def test_a_large_message_before_the_hello_is_not_read(site: RunningSite) -> None:
    async with (
        connected(site.url) as neighbour,
        aiohttp.ClientSession() as http,
        http.ws_connect(site.url + "socket") as socket,
    ):
        await socket.send_str("[" * 5_000_000)
        assert json.loads((await socket.receive(10)).data)["code"] == "out_of_order"
        await neighbour.open()
