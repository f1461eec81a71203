"""API tokens: each opens what it is for, until it is taken away."""

import asyncio
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.running import RunningSite
from tests.site.accounts.browser_end import BrowserEnd, browser, closed, link_in, users
from tests.site.client_end import ClientEnd, fetch_ticket, hello, result_of

PAGES = ("account", "accounts", "account/delete", "accounts/audit", "sign-in")
STATUS = ("status", "status.json", "metrics")


@pytest.fixture
async def olga(site: RunningSite) -> AsyncIterator[BrowserEnd]:
    """Give the browser of an operator."""
    async with browser(site.url) as end:
        await end.sign_in(link_in(users(site.data, "add", "Olga", "--operator")))
        yield end


async def made(end: BrowserEnd, *scopes: str, days: str = "7") -> str:
    """Make a token for so much, and return it."""
    status, page = await end.post(
        "account/tokens", name="a <b>test</b>", days=days, **{f"scope-{each}": "1" for each in scopes}
    )
    assert status == 200, page
    return str(re.findall(r"<code>(sagews_[\w-]{43})</code>", page)[0])


async def ask(url: str, method: str, path: str, token: str, **more: object) -> int:
    """Return the status of an answer to a program that shows a token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as http, http.request(method, url + path, headers=headers, **more) as answer:  # type: ignore[arg-type]
        text = await answer.text()
        assert token not in text
        if answer.status == 401:
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        return answer.status


async def test_each_opens_what_it_is_for(site: RunningSite, olga: BrowserEnd) -> None:
    tokens = {scope: await made(olga, scope) for scope in ("evaluate", "permalinks", "operate")}
    for scope, token in tokens.items():
        evaluates, links, operates = (scope == each for each in ("evaluate", "permalinks", "operate"))
        assert (await ask(site.url, "POST", "service", token, data={"code": "1+1"}) == 200) is evaluates
        assert (await ask(site.url, "POST", "ticket", token) == 200) is evaluates
        assert (await ask(site.url, "POST", "api/v1/permalinks", token, json={"code": "1"}) == 201) is links
        for path in STATUS:
            assert await ask(site.url, "GET", path, token) == (200 if operates else 403)
        # No page of people is for any of them.
        for path in PAGES:
            assert await ask(site.url, "GET", path, token) == 403, path
        for path in ("account/tokens", "account/delete", "accounts/disable", "sign-out", "sign-in/link"):
            assert await ask(site.url, "POST", path, token) == 403, path
    assert await olga.is_signed_in()


async def test_one_that_is_none(site: RunningSite) -> None:
    for token in ("sagews_", "sagews_" + "x" * 43, "sagews_" + "x" * 5000):
        for method, path in (("POST", "service"), ("POST", "ticket"), ("GET", "api/v1/about"), ("GET", "account")):
            assert await ask(site.url, method, path, token) == 401


async def test_a_connection_ends_with_its_token(site: RunningSite, olga: BrowserEnd) -> None:
    headers = {"Authorization": f"Bearer {await made(olga, 'evaluate')}"}
    async with aiohttp.ClientSession(headers=headers) as http, asyncio.timeout(30):
        ticket = await fetch_ticket(http, site.url)
        async with http.ws_connect(site.url + "socket") as socket:
            client = ClientEnd(socket)
            await client.greet(ticket)
            assert result_of(await client.evaluate(await client.open(), "6*7")) == "42"
            _, page = await olga.get("account")
            assert "a &lt;b&gt;test&lt;/b&gt;: evaluate" in page
            name = re.findall(r'name="token" value="([^"]+)"', page)[0]
            assert await olga.post("account/remove-token", token=name) == (303, "/account")
            assert await closed(client, 2) == 4403
        async with http.post(site.url + "ticket") as answer:
            assert answer.status == 401


async def test_an_evaluation_under_way_ends_with_its_token(site: RunningSite, olga: BrowserEnd) -> None:
    token = await made(olga, "evaluate")
    _, page = await olga.get("account")
    name = re.findall(r'name="token" value="([^"]+)"', page)[0]
    long = asyncio.create_task(ask(site.url, "POST", "service", token, data={"code": "import time; time.sleep(25)"}))
    await asyncio.sleep(1)
    assert not long.done()
    await olga.post("account/remove-token", token=name)
    with pytest.raises(aiohttp.ClientError):
        await asyncio.wait_for(long, 2)


async def test_a_ticket_from_before_is_of_no_use(site: RunningSite, olga: BrowserEnd) -> None:
    ticket = await fetch_ticket(olga.http, site.url)
    async with olga.connected() as before:
        assert await olga.post("sign-out") == (303, "/sign-in")
        assert await closed(before, 2) == 4403
    async with olga.http.ws_connect(site.url + "socket") as socket:
        client = ClientEnd(socket)
        await client.socket.send_str(hello(ticket))
        assert await closed(client, 2) == 4403


async def test_what_is_asked_for_must_make_sense(olga: BrowserEnd) -> None:
    evaluate = {"scope-evaluate": "1"}
    for fields in ({"days": "7"}, {"days": "36500", **evaluate}, evaluate, {"days": "7", "scope-all": "1"}):
        assert (await olga.post("account/tokens", **fields))[0] == 400
    _, page = await olga.get("account")
    assert 'name="token"' not in page


async def test_somebody_elses_token_is_not_taken_away(site: RunningSite, olga: BrowserEnd) -> None:
    token = await made(olga, "evaluate")
    _, page = await olga.get("account")
    name = re.findall(r'name="token" value="([^"]+)"', page)[0]
    async with browser(site.url) as eve:
        await eve.sign_in(link_in(users(site.data, "add", "Eve")))
        await eve.post("account/remove-token", token=name)
    assert await ask(site.url, "POST", "ticket", token) == 200
