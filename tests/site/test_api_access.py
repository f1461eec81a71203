"""Who may use the API, from where; what it says of itself; and the page that shows it."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from sagews.protocol.languages import LANGUAGES
from sagews.session.languages.programs import PROGRAMS
from tests.running import RunningSite, running_site
from tests.site.api_end import calling
from tests.site.test_http_access import OPEN_TO_ALL

ROUTES = [
    ("POST", "evaluate"),
    ("POST", "sessions"),
    ("GET", "sessions/w1-a"),
    ("DELETE", "sessions/w1-a"),
    ("POST", "sessions/w1-a/evaluations"),
    ("GET", "sessions/w1-a/events"),
    ("GET", "sessions/w1-a/files/"),
    ("PUT", "sessions/w1-a/files/a"),
    ("POST", "permalinks"),
    ("GET", "permalinks/a"),
    ("GET", "version"),
    ("GET", "nowhere"),
]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site that other machines can reach."""
    with running_site(tmp_path_factory.mktemp("wide"), config=OPEN_TO_ALL) as running:
        yield running


def bearer(site: RunningSite) -> dict[str, str]:
    return {"Authorization": f"Bearer {(site.data / 'access-token').read_text().strip()}"}


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_the_sites_token_there_is_nothing(wide: RunningSite, method: str, path: str) -> None:
    async with calling(wide) as caller:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": f"sagews-access-{wide.port}=wrong"}):
            error = await caller.ask(method, path, 401, headers=headers, json={"code": "1"})
            assert error["code"] == "wrong_token" and "Bearer TOKEN" in error["hint"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_pages_of_other_sites_can_do_nothing(quick: RunningSite, method: str, path: str) -> None:
    async with calling(quick) as caller:
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}):
            error = await caller.ask(method, path, 403, headers=headers, json={"code": "1"})
            assert error["code"] == "not_allowed" and "backend.origins" in error["hint"]
        if method != "GET":
            await caller.ask(method, path, 403, headers={"Sec-Fetch-Site": "cross-site"}, json={"code": "1"})
        await caller.ask(method, path, 421, headers={"Host": "evil.example"}, json={"code": "1"})


async def test_a_page_of_a_listed_origin_can_use_all_of_it(wide: RunningSite) -> None:
    origin = {"Origin": "https://book.example.org"}
    async with calling(wide) as caller:
        for method, wanted in (("POST", "content-type"), ("DELETE", "sagews-session-token"), ("GET", "last-event-id")):
            asks = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": wanted}
            url = f"{caller.base}/api/v1/sessions"
            async with caller.http.options(url, headers=origin | asks) as response:
                assert response.status == 204
                assert method in response.headers["Access-Control-Allow-Methods"]
                assert wanted in response.headers["Access-Control-Allow-Headers"].lower()
        url = f"{caller.base}/api/v1/evaluate"
        async with caller.http.post(url, json={"code": "6*7"}, headers=origin | bearer(wide)) as response:
            assert response.headers["Access-Control-Allow-Origin"] == origin["Origin"]
            assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
            assert (await response.json())["result"] == "42"


async def test_with_both_tokens_a_session_is_there(wide: RunningSite) -> None:
    async with calling(wide, **bearer(wide)) as caller:
        room = await caller.open()
        assert (await room.evaluate("1"))[-1]["reason"] == "done"
        await caller.ask("GET", room.path, 401, headers={"Sagews-Session-Token": ""})
        await room.ask("DELETE", "", 204)


def others_here() -> list[str]:
    """Return HTML and the languages whose programs a worker of this machine finds."""
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    programs = {
        name for name, program in PROGRAMS.items() if any(shutil.which(each, path=path) for each in program.commands)
    }
    return [name for name in LANGUAGES if name == "html" or name in programs]


async def test_the_version(quick: RunningSite) -> None:
    import sagews

    async with calling(quick) as caller:
        assert await caller.ask("GET", "version", 200) == {
            "software": sagews.__version__,
            "api": "1",
            "environments": ["python"],
            "languages": {"python": ["python", *others_here()]},
        }


async def test_the_page_shows_every_route_and_runs_nothing(quick: RunningSite) -> None:
    async with calling(quick) as caller, caller.http.get(caller.base + "/api") as response:
        assert response.status == 200 and response.content_type == "text/html"
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'; style-src 'self';" in policy and "script-src" not in policy
        page = await response.text()
        async with caller.http.get(caller.base + "/openapi.json") as described:
            said = await described.json()
        for path, methods in said["paths"].items():
            for method in methods:
                shown = f'<span class="method">{method.upper()}</span> <code>{path}</code>'
                assert page.count(shown) == 2
        assert "<script" not in page and "http" not in re.sub(r"<code>[^<]*</code>|HTTP", "", page)
        (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)
        async with caller.http.get(caller.base + style) as sheet:
            assert sheet.status == 200 and sheet.content_type == "text/css"
        targets = set(re.findall(r'href="#([^"]+)"', page))
        assert targets and all(f'id="{target}"' in page for target in targets)


async def test_the_description_needs_the_sites_token(wide: RunningSite) -> None:
    async with aiohttp.ClientSession() as http:
        for path in ("openapi.json", "api"):
            async with http.get(f"http://127.0.0.1:{wide.port}/{path}") as response:
                assert response.status == 403
