"""Cookies of a site that browsers reach by HTTPS, and of one that they do not."""

import uuid
from collections.abc import Iterator
from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from tests.site.accounts.browser_end import link_in, users
from tests.site.backend_process import running_backend
from tests.site.client_end import connected
from tests.site.worker_process import QUICK, RunningWorker, running_worker

HTTPS = {"X-Forwarded-Proto": "https", "Host": "math.example.org"}
PLAIN = {"Host": "math.example.org"}


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    with running_worker(tmp_path_factory.mktemp("cookies"), QUICK) as running:
        yield running


class Guarded:
    """A backend that wants a token, before which a proxy stands."""

    def __init__(self, url: str, token: str, data: Path) -> None:
        self.url = url.replace("0.0.0.0", "127.0.0.1")
        self.token = token
        self.data = data

    async def cookies(
        self, path: str, headers: dict[str, str], source: str = "127.0.0.1", method: str = "GET"
    ) -> dict[str, Morsel[str]]:
        """Return the cookies that an answer sets."""
        connector = aiohttp.TCPConnector(local_addr=(source, 0))
        async with (
            aiohttp.ClientSession(connector=connector) as http,
            http.request(method, self.url + path, headers=headers, allow_redirects=False) as response,
        ):
            assert response.status in {200, 303}, await response.text()
            found: SimpleCookie = SimpleCookie()
            for cookie in response.headers.getall("Set-Cookie", []):
                found.load(cookie)
            return dict(found)

    async def polling(self, headers: dict[str, str]) -> Morsel[str]:
        """Return the cookie that a client gets which polls."""
        shown = headers | {"Authorization": f"Bearer {self.token}"}
        (cookie,) = (await self.cookies(f"sockjs/000/{uuid.uuid4().hex}/xhr", shown, method="POST")).values()
        return cookie

    async def status(self, cookie: Morsel[str], headers: dict[str, str], name: str = "") -> int:
        """Return what a request with a cookie gets."""
        shown = {"Cookie": f"{name or cookie.key}={cookie.value}"}
        async with aiohttp.ClientSession() as http, http.get(self.url + "metrics", headers=headers | shown) as response:
            return response.status


def behind_proxy(single: RunningWorker, folder: Path, settings: str = "") -> Iterator[Guarded]:
    config = f"[backend]\nhost = '0.0.0.0'\nworkers = ['unix:{single.socket}']\nhosts = ['math.example.org']\n"
    with running_backend(folder, config + "trusted_proxies = ['127.0.0.1']\n" + settings) as url:
        yield Guarded(url, (folder / "data" / "access-token").read_text().strip(), folder / "data")


@pytest.fixture(scope="module")
def told(single: RunningWorker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Give a backend whose proxy says which browsers come by HTTPS."""
    yield from behind_proxy(single, tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="module")
def always(single: RunningWorker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Give a backend whose operator says that all do."""
    yield from behind_proxy(single, tmp_path_factory.mktemp("always"), "https = true\n")


def assert_bound(cookie: Morsel[str], same_site: str = "Strict") -> None:
    assert cookie.key.startswith("__Host-")
    assert cookie["secure"] and cookie["path"] == "/" and not cookie["domain"]
    assert cookie["httponly"] and cookie["samesite"] == same_site


@pytest.mark.parametrize(("name", "headers"), [("told", HTTPS), ("always", HTTPS), ("always", PLAIN)])
async def test_over_https_they_are_bound_to_it(
    request: pytest.FixtureRequest, name: str, headers: dict[str, str]
) -> None:
    guarded: Guarded = request.getfixturevalue(name)
    (access,) = (await guarded.cookies(f"?token={guarded.token}", headers)).values()
    assert_bound(access)
    assert await guarded.status(access, headers) == 200
    # One that a neighbour of the same domain could have set is none.
    assert await guarded.status(access, headers, access.key.removeprefix("__Host-")) == 403
    assert_bound(await guarded.polling(headers))


async def test_over_https_so_is_that_of_a_login(told: Guarded) -> None:
    token = URL(link_in(users(told.data, "add", "Ada"))).query["token"]
    headers = HTTPS | {"Origin": "https://math.example.org"}
    asked = aiohttp.request(
        "POST", told.url + "sign-in/link", data={"token": token}, headers=headers, allow_redirects=False
    )
    async with asked as response:
        assert response.status == 303, await response.text()
        (line,) = response.headers.getall("Set-Cookie")
    (login,) = SimpleCookie(line).values()
    assert login.key == "__Host-sagews-login"
    # A link of another site leads somebody in who is signed in.
    assert_bound(login, "Lax")


async def test_over_plain_http_they_have_plain_names(told: Guarded) -> None:
    (access,) = (await told.cookies(f"?token={told.token}", PLAIN)).values()
    assert access.key.startswith("sagews-access-") and not access["secure"]
    assert access["httponly"] and access["samesite"] == "Strict" and access["path"] == "/"
    assert await told.status(access, PLAIN) == 200
    assert await told.status(access, PLAIN, "__Host-" + access.key) == 403
    polling = await told.polling(PLAIN)
    assert polling.key == "sagews-polling" and polling["path"] == "/sockjs" and polling["httponly"]


async def test_a_stranger_does_not_say_what_is_https(told: Guarded) -> None:
    (access,) = (await told.cookies(f"?token={told.token}", HTTPS, source="127.0.0.9")).values()
    assert access.key.startswith("sagews-access-") and not access["secure"]


async def test_pages_over_https_are_kept_apart(told: Guarded) -> None:
    shown = {"Authorization": f"Bearer {told.token}"}
    async with aiohttp.ClientSession() as http, http.get(told.url, headers=HTTPS | shown) as response:
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"


async def test_a_page_over_https_connects(told: Guarded) -> None:
    headers = HTTPS | {"Origin": "https://math.example.org", "Authorization": f"Bearer {told.token}"}
    async with connected(told.url, headers=headers) as client:
        await client.open()
