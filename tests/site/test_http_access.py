"""Sites with settings of their own: the access token, listed hosts and origins; and a worker that dies."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.running import RunningSite, running_site
from tests.site.client_end import ClientEnd, connected, fetch_ticket, result_of, text_of

OPEN_TO_ALL = """
[backend]
host = "0.0.0.0"
hosts = ["math.example.org"]
origins = ["https://book.example.org"]

[[environment]]
name = "python"
preload = []
spares = 1
"""


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site that other machines can reach."""
    with running_site(tmp_path_factory.mktemp("wide"), config=OPEN_TO_ALL) as running:
        yield running


def _token(site: RunningSite) -> str:
    return (site.data / "access-token").read_text().strip()


def _base(site: RunningSite) -> str:
    return f"http://127.0.0.1:{site.port}/"


def _jar() -> aiohttp.CookieJar:
    return aiohttp.CookieJar(unsafe=True)


async def test_the_printed_address_opens_the_site_once_and_for_all(wide: RunningSite) -> None:
    assert _token(wide) in wide.url
    async with aiohttp.ClientSession(cookie_jar=_jar()) as browser:
        async with browser.get(f"{_base(wide)}?token={_token(wide)}&c=1%2B1", allow_redirects=False) as response:
            assert response.status == 303
            assert response.headers["Location"] == "/?c=1%2B1"
            cookie = response.headers["Set-Cookie"]
            assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
            assert _token(wide) not in cookie
        async with browser.get(_base(wide)) as response:
            assert response.status == 200
        async with browser.ws_connect(_base(wide) + "socket") as socket:
            welcome = await ClientEnd(socket).greet(await fetch_ticket(browser, _base(wide)))
            assert welcome["access"] == "token"


@pytest.mark.parametrize("token", ["", "x", "Ä", "%00", "%ff"])
async def test_a_wrong_token_opens_nothing(wide: RunningSite, token: str) -> None:
    async with aiohttp.ClientSession() as browser, browser.get(f"{_base(wide)}?token={token}") as response:
        assert response.status == 403
        assert "Set-Cookie" not in response.headers
        text = await response.text()
        assert "access token" in text and "printed" in text
        assert "script-src" not in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["", "frame", "metrics", "sockjs/info", "nowhere", "socket"])
async def test_without_token_there_is_nothing(wide: RunningSite, path: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(_base(wide) + path) as response:
            assert response.status == 403
        async with http.get(_base(wide) + path, headers={"Authorization": "Bearer wrong"}) as response:
            assert response.status == 403
        for posted in ("service", "ticket"):
            async with http.post(_base(wide) + posted, data={"code": "1"}) as response:
                assert response.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(_base(wide) + "socket")


async def test_programs_show_the_token_in_a_header(wide: RunningSite) -> None:
    for word in ("Bearer", "token"):
        headers = {"Authorization": f"{word} {_token(wide)}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            async with http.post(_base(wide) + "service", data={"code": "6*7"}) as response:
                assert (await response.json())["result"] == "42"
            async with http.get(_base(wide) + "metrics") as response:
                assert response.status == 200
        async with connected(_base(wide), headers=headers) as client:
            assert result_of(await client.evaluate(await client.open(), "1+1")) == "2"


async def test_sockets_that_cross_a_network_are_compressed(wide: RunningSite) -> None:
    headers = {"Authorization": f"Bearer {_token(wide)}"}
    async with connected(_base(wide), headers=headers, compress=15) as client:
        assert client.socket.compress
        session = await client.open()
        assert len(text_of(await client.evaluate(session, "print('x' * 1_000_000)"))) == 1_000_001
        assert result_of(await client.evaluate(session, "1+1")) == "2"


async def test_balancers_need_no_token(wide: RunningSite) -> None:
    async with aiohttp.ClientSession() as http, http.get(_base(wide) + "healthz") as response:
        assert response.status == 200


async def test_hosts_that_are_listed_and_others(wide: RunningSite) -> None:
    async with aiohttp.ClientSession() as http:
        for host, status in (
            ("math.example.org", 200),
            ("MATH.example.org:80", 200),
            ("10.1.2.3", 200),
            ("[fd00::1]:8080", 200),
            ("evil.example", 421),
            ("math.example.org.evil.example", 421),
        ):
            async with http.get(_base(wide) + "healthz", headers={"Host": host}) as response:
                assert response.status == status, host


async def test_origins_that_are_listed_may_use_the_site(wide: RunningSite) -> None:
    origin = "https://book.example.org"
    headers = {"Origin": origin, "Authorization": f"Bearer {_token(wide)}", "Sec-Fetch-Site": "cross-site"}
    async with aiohttp.ClientSession() as http:
        preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        async with http.options(_base(wide) + "service", headers=preflight) as response:
            assert response.status == 204
            assert response.headers["Access-Control-Allow-Origin"] == origin
        async with http.post(_base(wide) + "service", data={"code": "6*7"}, headers=headers) as response:
            assert response.headers["Access-Control-Allow-Origin"] == origin
            assert "Origin" in response.headers["Vary"]
            assert (await response.json())["result"] == "42"
        async with http.options(_base(wide) + "service", headers={"Origin": "https://evil.example"}) as response:
            assert response.status == 403
            assert "Access-Control-Allow-Origin" not in response.headers
    async with connected(_base(wide), headers=headers):
        pass


async def test_sessions_survive_a_backend_and_are_told_of_a_lost_worker(wide: RunningSite) -> None:
    headers = {"Authorization": f"Bearer {_token(wide)}"}
    async with connected(_base(wide), headers=headers) as client:
        session = await client.open()
        token = client.opened["token"]
        await client.evaluate(session, "x = 41")
        wide.service("backend").kill()
        message = await client.socket.receive(10)
        assert message.type is not aiohttp.WSMsgType.TEXT
    await _until_healthy(wide)
    async with connected(_base(wide), headers=headers) as client:
        await client.send("attach", session=session, token=token, after_sequence=0)
        await client.until("attached")
        assert result_of(await client.evaluate(session, "x + 1")) == "42"
        wide.service("worker").kill()
        ended = (await client.until("ended"))[-1]
        assert ended["reason"] == "worker_lost"
        assert "worker" in ended["text"]
    await _until_healthy(wide)
    async with connected(_base(wide), headers=headers) as client:
        assert result_of(await client.evaluate(await client.open(), "1+1")) == "2"


async def _until_healthy(site: RunningSite) -> None:
    async with asyncio.timeout(20), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(_base(site) + "healthz") as response:
                    if response.status == 200:
                        return
                    assert response.status == 503
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)


def test_the_address_has_a_port(wide: RunningSite) -> None:
    assert urlsplit(wide.url).port == wide.port


async def test_files_need_the_tokens_of_the_site_and_of_the_session(wide: RunningSite) -> None:
    site = {"Authorization": f"Bearer {_token(wide)}"}
    async with connected(_base(wide), headers=site) as client, aiohttp.ClientSession() as http:
        url = f"{_base(wide)}api/v1/sessions/{await client.open()}/files/a"
        session = {"Sagews-Session-Token": client.opened["token"]}
        for headers in (site, session):
            async with http.put(url, data=b"1", headers=headers) as response:
                assert response.status == 401
        async with http.put(url, data=b"1", headers=site | session) as response:
            assert response.status == 201
        async with http.get(url, headers=site | session) as response:
            assert await response.read() == b"1"


async def test_a_page_of_a_listed_origin_may_move_files(wide: RunningSite) -> None:
    url = f"{_base(wide)}api/v1/sessions/w1-a/files/a"
    asks = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "sagews-session-token"}
    for origin, status in (("https://book.example.org", 204), ("https://evil.example", 403)):
        async with aiohttp.ClientSession() as http, http.options(url, headers=asks | {"Origin": origin}) as response:
            assert response.status == status
            allowed = response.headers.get("Access-Control-Allow-Headers", "")
            assert ("Sagews-Session-Token" in allowed) == (status == 204)
