"""Pages of other sites with cells of this one in them: what answers them, and as whom, whoever looks at them."""

import json
from collections.abc import Iterator

import aiohttp
import pytest

from sagews.backend.tickets import Tickets
from tests.site.accounts.cast import Cast, cast_of
from tests.site.accounts.rights import ROLES, SITES, Area, area_of
from tests.site.client_end import connected, fetch_ticket, hello, result_of
from tests.site.poller import Poller
from tests.site.test_every_route import ROUTES, SAFE, ask

BOOK, OTHER = "https://book.example.org", "https://other.example.org"
SETTINGS = f"[embedding]\norigins = ['{BOOK}']\n"
FOR_BOOKS = frozenset(
    {"/frame", "/ticket", "/socket", "/service", "/api/v1/sessions/{session}/files/{path}", "/tos.html"}
    | {path for _, path in ROUTES if area_of(path) is Area.LINKS or path.split("/")[1] in {"sockjs", "kernel"}}
)
"""What answers a book, beside what is for all; nothing else does."""
ASKED_WITH_CREDENTIALS = ("/sockjs", "/kernel", "/service", "/permalink", "/tos.html")
"""What the paths begin with that clients of others ask for with credentials, which are not looked at."""


@pytest.fixture(scope="module", params=SITES)
def cast(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with cast_of(request.param, tmp_path_factory.mktemp("embedded"), None, more=SETTINGS) as cast:
        yield cast


@pytest.mark.parametrize("role", ROLES)
async def test_a_book_has_what_is_for_it_and_nothing_else_whoever_reads_it(cast: Cast, role: str) -> None:
    if role == "site-token" and cast.kind != "guarded":
        return
    wrong, actor = [], await cast.actor(role)
    for method, path in ROUTES:
        if area_of(path) is Area.ALL:
            continue
        shows = actor.headers | {"Origin": BOOK, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
        status, headers, text = await ask(cast.site, method, path, shows, None if method in SAFE else b"")
        is_theirs = path in FOR_BOOKS and (cast.kind == "open" or method == "OPTIONS")
        if (status == 403) is is_theirs:
            wrong.append(f"{method} {path}: {status} {text[:80]}")
        if (headers.get("Access-Control-Allow-Origin") == BOOK) is not (path in FOR_BOOKS):
            wrong.append(f"{method} {path}: {headers.get('Access-Control-Allow-Origin')}")
        with_credentials = path.startswith(ASKED_WITH_CREDENTIALS)
        if "Set-Cookie" in headers or ("Access-Control-Allow-Credentials" in headers) is not with_credentials:
            wrong.append(f"{method} {path} has to do with cookies")
    assert not wrong, "\n".join(wrong)


async def test_pages_of_other_origins_and_of_none_have_nothing(cast: Cast) -> None:
    for origin in (OTHER, "null", "https://book.example.org.evil.example", "http://book.example.org"):
        for method, path in ROUTES:
            if area_of(path) is Area.ALL and method in SAFE:
                continue
            shows = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
            status, headers, _ = await ask(cast.site, method, path, shows, None if method in SAFE else b"")
            assert status == 403 and "Access-Control-Allow-Origin" not in headers, (origin, method, path, status)


async def test_a_preflight_is_answered_for_what_is_theirs(cast: Cast) -> None:
    async with aiohttp.ClientSession(headers={"Origin": BOOK, "Access-Control-Request-Method": "PUT"}) as http:
        for path, status in (
            ("api/v1/sessions/w1-a/files/a/b", 204),
            ("api/v1/permalinks", 204),
            ("service", 204),
            ("api/v1/sessions/w1-a", 403),
            ("api/v1/workspaces", 403),
            ("account", 403),
            ("accounts", 403),
            ("git/a.git/info/refs", 403),
        ):
            async with http.options(cast.url + path) as answer:
                assert answer.status == status, path


async def test_a_book_is_nobodys_whoever_is_signed_in(cast: Cast) -> None:
    if cast.kind != "open":
        return
    for role in ("account", "operator", "token-evaluate"):
        actor = await cast.actor(role)
        headers = actor.headers | {"Origin": BOOK}
        async with aiohttp.ClientSession() as http:
            ticket = await fetch_ticket(http, cast.url, headers)
            own = await fetch_ticket(http, cast.url, actor.headers)
        tickets = Tickets(cast.site.data)
        assert tickets.bearer(own, "").subject.startswith("account:")
        bearer = tickets.bearer(ticket, BOOK)
        assert (bearer.subject, bearer.login) == ("anonymous", "")
        async with connected(cast.url, headers=headers) as client:
            assert result_of(await client.evaluate(await client.open(), "6*7")) == "42"
            await client.send("open_worksheet", workspace="w", path="a.ipynb")
            assert (await client.failure())["code"] == "forbidden"


async def test_a_book_polls_without_a_cookie(cast: Cast) -> None:
    if cast.kind != "open":
        return
    name = "n" * 26
    async with aiohttp.ClientSession(headers={"Origin": BOOK}) as http:
        poller = Poller(http, cast.url, name)
        assert await poller.poll() == "o"
        await poller.send_raw(json.dumps([hello(await fetch_ticket(http, cast.url))]))
        assert (await poller.until("welcome"))[-1]["access"] == "loopback"
        await poller.send({"kind": "run", "id": 2, "evaluation": "e" * 24, "code": "6*7"})
        assert result_of(await poller.until("done")) == "42"
        # Neither this site's own pages nor a neighbour's address have it.
        async with aiohttp.ClientSession() as own:
            assert (await Poller(own, cast.url, name).send({"kind": "x"}))[0] == 404
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
        async with aiohttp.ClientSession(headers={"Origin": BOOK}, connector=connector) as near:
            assert (await Poller(near, cast.url, name).send({"kind": "x"}))[0] == 404


async def test_who_may_have_the_frame(cast: Cast) -> None:
    if cast.kind != "open":
        return
    async with aiohttp.ClientSession() as http, http.get(cast.url + "frame") as answer:
        assert f"frame-ancestors 'self' {BOOK}" in answer.headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer.headers
        assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts")


async def test_the_script_is_for_every_page(cast: Cast) -> None:
    async with aiohttp.ClientSession(headers={"Origin": OTHER}) as http, http.get(cast.url + "embed.js") as answer:
        assert answer.status == 200 and answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "max-age=300" in answer.headers["Cache-Control"] and answer.content_type == "text/javascript"
