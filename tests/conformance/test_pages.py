"""What SockJS serves before a session begins: greeting, page for frames, information, addresses."""

import json
import re

import aiohttp
import pytest

from tests.conformance.poller import NOT_KEPT

ECHO = "/echo"
YEAR = 365 * 86400


@pytest.mark.parametrize("path", [ECHO, ECHO + "/"])
async def test_the_greeting(server: str, http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(server + path) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/plain; charset=UTF-8"
        assert await response.read() == b"Welcome to SockJS!\n"
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        *("/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/", "/upgrade", "/a/b/xhr/", "/a/b/c", "/a/b/info"),
        *(
            "/iframe.htm",
            "/iframe",
            "/IFRAME.HTML",
            "/iframe.HTML",
            "/iframe.xml",
            "/iframe-/.html",
            "/iframe-a/b.html",
        ),
    ],
)
async def test_what_is_not_there(server: str, http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(server + ECHO + path) as response:
        assert response.status == 404


@pytest.mark.parametrize("name", ["", "-a", "-", "-0.1.2", "-0.1.2abc-dirty.2144", "-1.6.1"])
@pytest.mark.parametrize("query", ["", "?t=1234"])
async def test_the_page_for_frames(server: str, http: aiohttp.ClientSession, name: str, query: str) -> None:
    async with http.get(f"{server}{ECHO}/iframe{name}.html{query}") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/html; charset=UTF-8"
        assert response.headers["Cache-Control"] == f"public, max-age={YEAR}"
        assert response.headers["Expires"].endswith(" GMT") and "Last-Modified" not in response.headers
        assert "Set-Cookie" not in response.headers
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self' test null" in policy and "default-src 'none'" in policy
        assert response.headers["Origin-Agent-Cluster"] == "?1"
        etag = response.headers["ETag"]
    scripts = re.findall(r'<script src="(.*?)">', page)
    assert scripts == ["/static/sockjs.js"] and "SockJS.bootstrap_iframe();" in page
    async with http.get(server + scripts[0]) as response:
        assert response.headers["Cache-Control"] == "no-cache"
        assert "bootstrap_iframe" in await response.text()
    async with http.get(f"{server}{ECHO}/iframe{name}.html", headers={"If-None-Match": etag}) as response:
        assert response.status == 304
        assert "Content-Type" not in response.headers and await response.read() == b""


async def test_the_information(server: str, http: aiohttp.ClientSession) -> None:
    seen = set()
    for base, websocket in (("echo", True), ("disabled_websocket_echo", False), ("cookie_needed_echo", True)):
        async with http.get(f"{server}/{base}/info") as response:
            assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
            assert response.headers["Cache-Control"] == NOT_KEPT
            assert "Set-Cookie" not in response.headers
            told = json.loads(await response.text())
        assert (told["websocket"], told["cookie_needed"], told["origins"]) == (websocket, True, ["*:*"])
        assert 0 <= told["entropy"] < 2**32
        seen.add(told["entropy"])
    assert len(seen) == 3


@pytest.mark.parametrize("origin", ["test", "null"])
async def test_listed_origins_may_read(server: str, http: aiohttp.ClientSession, origin: str) -> None:
    async with http.get(f"{server}/echo/info", headers={"Origin": origin}) as response:
        assert response.headers["Access-Control-Allow-Origin"] == origin
        assert response.headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize("path", ["info", "a/b/xhr", "a/b/xhr_send", "a/b/xhr_streaming"])
async def test_no_other_origin_may(server: str, http: aiohttp.ClientSession, path: str) -> None:
    for method in ("OPTIONS", "GET" if path == "info" else "POST"):
        headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        async with http.request(method, f"{server}/echo/{path}", headers=headers) as response:
            assert response.status == 403
            assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("path", "method"), [("info", "GET"), ("a/b/xhr", "POST"), ("a/b/xhr_send", "POST"), ("a/b/xhr_streaming", "POST")]
)
@pytest.mark.parametrize("origin", ["test", "null"])
async def test_preflights(server: str, http: aiohttp.ClientSession, path: str, method: str, origin: str) -> None:
    for asked, allowed in (("a, b, c", "a, b, c"), ("", None), (None, None), ("a\u00ff", None)):
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        if asked is not None:
            headers["Access-Control-Request-Headers"] = asked
        async with http.options(f"{server}/echo/{path}", headers=headers) as response:
            assert response.status == 204 and await response.read() == b""
            assert response.headers["Access-Control-Allow-Origin"] == origin
            assert {"OPTIONS", method} <= set(response.headers["Access-Control-Allow-Methods"].split(", "))
            assert response.headers.get("Access-Control-Allow-Headers") == allowed
            assert response.headers["Access-Control-Max-Age"] == str(YEAR)
            assert response.headers["Cache-Control"] == f"public, max-age={YEAR}" and response.headers["Expires"]


@pytest.mark.parametrize("session", ["a/a", "_/_", "1/1", "abcdefgh_i-j%20/abcdefg_i-j%20", "999/\u00e4"])
async def test_any_name_of_a_session(server: str, http: aiohttp.ClientSession, session: str) -> None:
    async with http.post(f"{server}/echo/{session}{id(session)}/xhr") as response:
        assert (response.status, await response.text()) == (200, "o\n")


@pytest.mark.parametrize("session", ["/", "a./a", "a/a.", ".%2E/b", "", "//", "a", "a/b/c"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_names_that_are_none(server: str, http: aiohttp.ClientSession, session: str, method: str) -> None:
    async with http.request(method, f"{server}/echo/{session}/xhr") as response:
        assert response.status == 404


async def test_the_server_number_says_nothing(server: str, http: aiohttp.ClientSession) -> None:
    for number, sent, told in (("000", "", "o\n"), ("999", '["a"]', 'a["a"]\n')):
        if sent:
            async with http.post(f"{server}/echo/123/numbered/xhr_send", data=sent.encode()) as response:
                assert response.status == 204
        async with http.post(f"{server}/echo/{number}/numbered/xhr") as response:
            assert await response.text() == told
