"""Pages, files, health and metrics of a running site, and who may ask for them."""

import asyncio
import base64
import json
import re
import secrets
import zlib
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from tests.running import RunningSite
from tests.site.client_end import assert_serves, connected


async def get(site: RunningSite, path: str, method: str = "GET", **headers: str) -> tuple[int, Mapping[str, str], str]:
    """Return status, headers and text of an answer; `_` in a name stands for `-`."""
    async with (
        aiohttp.ClientSession(auto_decompress=False) as http,
        http.request(
            method,
            f"http://127.0.0.1:{site.port}/{path}",
            headers={"Accept-Encoding": "identity"}
            | {name.replace("_", "-"): value for name, value in headers.items()},
            allow_redirects=False,
        ) as response,
    ):
        return response.status, response.headers.copy(), (await response.read()).decode("utf-8", "replace")


# ------------------------------------------------------------------- pages


async def test_the_page_and_its_policy(site: RunningSite) -> None:
    status, headers, text = await get(site, "?c=1%2B1")
    assert status == 200 and "<html" in text
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy
    assert f"connect-src 'self' ws://127.0.0.1:{site.port}" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Server" not in headers
    for asset in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert asset.startswith(("/static/", "/language?"))
        assert (await get(site, asset[1:]))[0] == 200


async def test_a_long_link_opens(site: RunningSite) -> None:
    packed = base64.urlsafe_b64encode(zlib.compress(secrets.token_hex(5_500).encode(), 0)).decode()
    status, _, text = await get(site, "?z=" + packed)
    assert len(packed) > 14_000 and status == 200 and "<html" in text
    # What nobody packed: the page comes all the same, and says so.
    status, _, text = await get(site, "?z=" + "x" * 15_000)
    assert status == 400 and "<html" in text
    status, headers, text = await get(site, "?z=" + "x" * 100_000)
    assert status == 400 and "65,536" in text
    assert text.count("\n") == 1 and "xxx" not in text
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_the_frame_is_nobody(site: RunningSite) -> None:
    status, headers, _ = await get(site, "frame")
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox;")
    assert "allow-same-origin" not in policy and "'self'" not in policy.replace("frame-ancestors 'self'", "")
    assert headers["X-Frame-Options"] == "SAMEORIGIN"


async def test_files_are_cached_for_ever_and_packed(site: RunningSite) -> None:
    _, _, page = await get(site, "")
    script = re.search(r'/static/(main-[A-Z0-9]{8}\.js)"', page)
    assert script is not None
    status, headers, _ = await get(site, f"static/{script[1]}", Accept_Encoding="gzip, br")
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Content-Type"].startswith("text/javascript")
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again, _, nothing = await get(
        site, f"static/{script[1]}", Accept_Encoding="gzip, br", If_None_Match=headers["ETag"]
    )
    assert (again, nothing) == (304, "")
    status, headers, _ = await get(site, f"static/{script[1]}", Accept_Encoding="identity")
    assert "Content-Encoding" not in headers
    _, headers, _ = await get(site, "")
    assert headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "static/../main.py",
        "static/%2e%2e/main.py",
        "static/..%2fmain.py",
        "static//etc/passwd",
        "static/index.html",
        "static/",
        "static/a\0b",
        "nowhere",
        "frame/",
        "service/x",
    ],
)
async def test_what_is_not_there(site: RunningSite, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.split()[1] in {b"404", b"400"}
    assert b"text/plain" in answer and b"def " not in answer


# ----------------------------------------------------------- who may ask

FOREIGN: list[tuple[dict[str, str], int]] = [
    ({"Host": "evil.example"}, 421),
    ({"Host": "evil.example:8080"}, 421),
    ({"Host": "127.0.0.1.evil.example"}, 421),
    ({"Host": "localhost.evil.example"}, 421),
    ({"Host": "0.0.0.0"}, 421),
    ({"Host": "192.168.1.5"}, 421),
    ({"Host": "user@127.0.0.1"}, 400),
    ({"Host": ""}, 400),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://127.0.0.1:1"}, 403),
    ({"Origin": "http://localhost.evil.example"}, 403),
    ({"Origin": "file://"}, 403),
    ({"Origin": ""}, 403),
]


@pytest.mark.parametrize(("headers", "status"), FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", path) for path in ("", "frame", "socket", "sockjs/info", "healthz", "metrics", "nowhere")),
        ("POST", "service"),
    ],
)
async def test_strangers_are_refused_everywhere(
    site: RunningSite, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    found, answered, text = await get(site, path, method, **headers)
    assert found == status
    assert text.count("\n") == 1 and "\r" not in text
    assert answered["X-Content-Type-Options"] == "nosniff"
    if status != 400:
        assert "backend." in text


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.parametrize("path", ["socket", "sockjs/000/abc/websocket"])
async def test_no_page_of_another_site_gets_a_socket(site: RunningSite, path: str, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(site.url + path, headers=headers)
        assert refused.value.status == 403


@pytest.mark.parametrize("path", ["service", "sockjs/000/abc/xhr", "sockjs/000/abc/xhr_streaming"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
async def test_no_page_of_another_site_posts(site: RunningSite, path: str, headers: dict[str, str]) -> None:
    status, answered, _ = await get(site, path, "POST", **headers)
    assert status == 403
    assert "Access-Control-Allow-Origin" not in answered


async def test_links_from_anywhere_open_the_page(site: RunningSite) -> None:
    navigation = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert (await get(site, "?c=1", **navigation))[0] == 200


async def test_our_own_page_may_connect_by_each_name(site: RunningSite) -> None:
    for name in ("127.0.0.1", "localhost", "cells.localhost", "[::1]", "127.8.9.1"):
        host = f"{name}:{site.port}"
        async with connected(site.url, headers={"Host": host, "Origin": f"http://{host}"}):
            pass
        async with connected(site.url, headers={"Host": host, "Origin": f"https://{host}"}):
            pass


async def test_the_frame_reaches_files_only(site: RunningSite) -> None:
    _, _, text = await get(site, "frame")
    script = re.search(r'src="/(static/[^"]+)"', text)
    assert script is not None
    foreign = {"Origin": "null", "Sec_Fetch_Site": "cross-site"}
    status, headers, _ = await get(site, script[1], **foreign)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert (await get(site, script[1], "POST", **foreign))[0] == 403


@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("DELETE", "service"), ("GET", "service"), ("TRACE", "")])
async def test_other_methods(site: RunningSite, method: str, path: str) -> None:
    status, headers, text = await get(site, path, method)
    assert status == 405 and text.count("\n") == 1
    assert headers["Allow"]


# ------------------------------------------------------ health and metrics


async def test_health_and_metrics(site: RunningSite) -> None:
    status, _, text = await get(site, "healthz")
    assert (status, json.loads(text)["status"]) == (200, "ok")
    await assert_serves(site.url)
    async with connected(site.url):
        status, headers, text = await get(site, "metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain")
    values: dict[str, Any] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    assert values["sagews_connections"] >= 1
    assert values['sagews_evaluations_total{reason="done"}'] >= 1
    assert values["sagews_open_seconds_count"] >= 1
    assert values["sagews_evaluate_seconds_count"] >= 1
    assert values["sagews_sent_bytes_total"] > 0 and values["sagews_received_bytes_total"] > 0


async def test_no_secret_is_logged(site: RunningSite) -> None:
    await get(site, "?token=verysecret&c=1")
    log = (site.data / "logs" / "backend.log").read_text()
    assert "verysecret" not in log
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(line["event"] == "request" and line["path"] == "/" and line["status"] == 200 for line in lines)
