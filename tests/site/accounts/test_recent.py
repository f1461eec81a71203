"""What gives others a way in is for who has signed in lately; and what was refused is written down."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.running import RunningSite, running_site
from tests.site.accounts.browser_end import BrowserEnd, browser, link_in, users
from tests.site.accounts.test_api_tokens import ask, made
from tests.site.worker_process import QUICK

SECONDS = 3.0
CONFIG = (
    # A provider that is away: whoever may go to it is told so.
    "[[provider]]\nname = 'campus'\nissuer = 'http://127.0.0.1:1'\nclient_id = 'c'\n"
    f"{QUICK}[accounts]\nrecent_minutes = {SECONDS / 60}\n[rates]\nowner = true\nsign_ins_per_address = '20/minute'\n"
)


@pytest.fixture
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site on which a sign-in is recent for three seconds."""
    with running_site(tmp_path_factory.mktemp("recent"), config=CONFIG) as running:
        yield running
        assert "Traceback" not in running.log(), running.log()


@pytest.fixture
async def olga(strict: RunningSite) -> AsyncIterator[BrowserEnd]:
    async with browser(strict.url) as end:
        await end.sign_in(link_in(users(strict.data, "add", "Olga", "--operator")))
        yield end


async def test_who_signed_in_long_ago_does_so_again(strict: RunningSite, olga: BrowserEnd) -> None:
    anna = link_in(users(strict.data, "add", "Anna"))
    _, page = await olga.get("accounts?search=Anna")
    account = str(re.findall(r"audit\?about=([\w-]+)", page)[-1])
    await asyncio.sleep(SECONDS + 0.5)
    acts = {
        "account/tokens": {"days": "7", "scope-evaluate": "1"},
        "account/remove-identity": {"provider": "x", "subject": "y"},
        "account/delete": {},
        **{
            f"accounts/{each}": {"account": account}
            for each in ("link", "sign-out", "disable", "enable", "operator", "no-operator")
        },
        "accounts/invite": {},
        "accounts/sign-out-all": {},
        "accounts/quotas": {"account": account, "sessions": "1"},
        "sign-in/campus": {"link": "1", "next": "/account"},
    }
    for path, fields in acts.items():
        where = "/accounts" if path.startswith("accounts") else "/account"
        assert await olga.post(path, **fields) == (303, f"/sign-in?again=1&next={where}"), path
    assert (await olga.get("account/delete"))[0] == (await olga.get("accounts/sign-out-all"))[0] == 303
    # To sign in again is no way around it.
    both = {"link": "1", "again": "1", "next": "/account"}
    assert await olga.post("sign-in/campus", **both) == (303, "/sign-in?again=1&next=/account")
    status, page = await olga.get("sign-in?again=1&next=%2Faccounts")
    assert status == 200 and "Sign in again" in page and 'href="/accounts"' in page
    _, page = await olga.get("sign-in?again=1&next=https%3A%2F%2Fevil.example")
    assert "evil.example" not in page
    # Nothing has happened meanwhile, and what gives nobody a way in is done.
    async with browser(strict.url) as other:
        await other.sign_in(anna)
        assert (await other.get("accounts"))[0] == 403
    assert await olga.post("account/name", name="Olga the Second") == (303, "/account")
    _, page = await olga.get("account")
    assert 'name="token"' not in page
    _, page = await olga.get("accounts?search=Olga")
    own = re.findall(r"audit\?about=([\w-]+)", page)[-1]
    await olga.sign_in(link_in(users(strict.data, "link", own)))
    assert (await olga.post("sign-in/campus", link="1", next="/account"))[0] == 503
    assert await olga.post("accounts/quotas", account=account, sessions="1") == (303, "/accounts")
    assert await olga.post("accounts/disable", account=account) == (303, "/accounts")
    assert re.fullmatch(r"sagews_[\w-]{43}", await made(olga, "evaluate"))


async def test_what_is_refused_is_one_record_a_minute_with_a_count(strict: RunningSite, olga: BrowserEnd) -> None:
    none = "sagews_" + "x" * 43
    links = await made(olga, "permalinks")
    for _ in range(5):
        assert await ask(strict.url, "POST", "ticket", none) == 401
        assert await ask(strict.url, "POST", "ticket", links) == 403
    async with browser(strict.url) as anna:
        await anna.sign_in(link_in(users(strict.data, "add", "Anna")))
        assert (await anna.get("accounts"))[0] == (await anna.get("accounts/audit"))[0] == 403
        assert (await anna.post("accounts/invite"))[0] == 403
        assert (await anna.get("status"))[0] == 403
    await asyncio.sleep(2)
    found = await refusals(olga)
    for why in ("an API token that is none", "an API token that is not for this", "no operator"):
        assert 1 <= len(found[why]) <= 2 and sum(found[why]) <= 5, (why, found)
    # At the end, since nobody signs in after it.
    async with aiohttp.ClientSession() as http:
        said = [(await http.post(strict.url + "sign-in/link", data={"token": "x"})).status for _ in range(30)]
    assert said.count(429) >= 10
    await asyncio.sleep(2)
    assert len((await refusals(olga))["too many sign-ins"]) == 1
    _, page = await olga.get("accounts/audit?what=signed+in")
    assert "signed in" in page and "refused" not in page
    _, page = await olga.get("accounts/audit?about=192.0.2.1")
    assert "Nothing." in page


async def refusals(olga: BrowserEnd) -> dict[str, list[int]]:
    """Return how often each was refused, as operators find it."""
    _, page = await olga.get("accounts/audit?what=refused&about=127.0.0.1")
    found: dict[str, list[int]] = {}
    for times, why in re.findall(r"times: (\d+)\.0, why: ([\w -]+?)[,)]", page):
        found.setdefault(why, []).append(int(times))
    return found


async def test_tokens_are_not_made_by_the_thousand(strict: RunningSite, olga: BrowserEnd) -> None:
    fields = {"days": "7", "scope-evaluate": "1"}
    said = [(await olga.post("account/tokens", **fields))[0] for _ in range(30)]
    assert said[-1] == 429 and said.count(429) >= 10
