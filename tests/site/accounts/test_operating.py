"""What operators do with the accounts of others, in the page; nobody else reaches any of it."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from tests.running import RunningSite
from tests.site.accounts.browser_end import BrowserEnd, browser, closed, link_in, users

ACTS = ("invite", "link", "sign-out", "disable", "enable", "operator", "no-operator")


@dataclass
class People:
    """Three browsers of one site, and whose they are."""

    site: RunningSite
    operator: BrowserEnd
    account: BrowserEnd
    anonymous: BrowserEnd

    async def identifier(self, name: str) -> str:
        """Return the id of an account."""
        _, page = await self.operator.get(f"accounts?search={name}")
        return str(re.findall(r"audit\?about=([\w-]+)", page)[-1])


@pytest.fixture
async def people(site: RunningSite) -> AsyncIterator[People]:
    async with AsyncExitStack() as stack:
        ends = [await stack.enter_async_context(browser(site.url)) for _ in range(3)]
        for end, name, more in ((ends[0], "Olga", ("--operator",)), (ends[1], "Anna", ())):
            link = link_in(users(site.data, "add", name, *more))
            await end.sign_in(link)
        yield People(site, *ends)


async def test_who_gets_there(people: People) -> None:
    account = await people.identifier("Anna")
    for who, page, act in ((people.anonymous, 303, 401), (people.account, 403, 403)):
        assert (await who.get("accounts"))[0] == page
        assert (await who.get("accounts/audit"))[0] == act
        for each in ACTS:
            assert (await who.post(f"accounts/{each}", account=account))[0] == act, each
    assert (await people.operator.get("accounts"))[0] == (await people.operator.get("accounts/audit"))[0] == 200
    assert await people.account.is_signed_in()


async def test_an_operator_disables_and_enables(people: People) -> None:
    account = await people.identifier("Anna")
    assert await people.operator.post("accounts/disable", account=account) == (303, "/accounts")
    assert not await people.account.is_signed_in()
    _, page = await people.operator.get("accounts?search=Anna")
    assert "disabled" in page
    status, text = await people.operator.post("accounts/link", account=account)
    assert status == 200
    token = re.findall(r"token=([\w-]+)", html.unescape(text))[0]
    status, text = await people.account.post("sign-in/link", token=token)
    assert status == 403 and "the account is disabled" in text.lower()
    assert await people.operator.post("accounts/enable", account=account) == (303, "/accounts")
    _, text = await people.operator.post("accounts/link", account=account)
    await people.account.sign_in(re.findall(r"http://\S+token=[\w-]+", html.unescape(text))[0])
    _, page = await people.operator.get(f"accounts/audit?about={account}")
    done = re.findall(r"· (signed in|disabled|enabled|link made|refused|added) ·", page)
    assert done[:6] == ["signed in", "link made", "enabled", "refused", "link made", "disabled"]


async def test_an_operator_signs_one_out_and_everybody(people: People) -> None:
    account = await people.identifier("Anna")

    async def link(account: str) -> str:
        """Return a sign-in link that the operator hands out."""
        _, page = await people.operator.post("accounts/link", account=account)
        return str(re.findall(r"http://\S+token=[\w-]+", html.unescape(page))[0])

    async with browser(people.site.url) as other:
        await other.sign_in(link_in(users(people.site.data, "add", "Otto")))
        assert await people.operator.post("accounts/sign-out", account=account) == (303, "/accounts")
        assert not await people.account.is_signed_in() and await other.is_signed_in()
        # They come in again, as before.
        await people.account.sign_in(await link(account))
        unused = (await link(account)).partition("token=")[2]
        for who, status in ((people.account, 403), (people.anonymous, 401)):
            assert (await who.post("accounts/sign-out-all"))[0] == status
        assert (await people.account.get("accounts/sign-out-all"))[0] == 403
        status, page = await people.operator.get("accounts/sign-out-all")
        assert status == 200 and 'action="/accounts/sign-out-all"' in page
        assert await people.account.is_signed_in() and await other.is_signed_in()
        async with people.account.connected() as client:
            assert await people.operator.post("accounts/sign-out-all") == (303, "/accounts")
            assert await closed(client, 10.0) == 4403
        assert not await people.account.is_signed_in() and not await other.is_signed_in()
        assert await people.operator.is_signed_in()
        assert (await people.anonymous.post("sign-in/link", token=unused))[0] == 403
        _, page = await people.operator.get("accounts/audit?what=signed+out")
        assert "who: everybody" in page and f"signed out · {account} by" in page
        # From the machine, also those of operators.
        await people.account.sign_in(await link(account))
        assert re.search(r"signed out of \d+ browsers", users(people.site.data, "sign-out", "--all"))
        async with asyncio.timeout(10):
            while await people.operator.is_signed_in() or await people.account.is_signed_in():
                await asyncio.sleep(0.1)


async def test_rights_are_given_and_taken_by_somebody_else(people: People) -> None:
    account, own = await people.identifier("Anna"), await people.identifier("Olga")
    for act in ("disable", "no-operator"):
        status, text = await people.operator.post(f"accounts/{act}", account=own)
        assert status == 409 and "another operator" in text
    assert await people.operator.post("accounts/operator", account=account) == (303, "/accounts")
    # Rights come with a new login.
    assert not await people.account.is_signed_in()
    await people.account.sign_in(link_in(users(people.site.data, "link", account)))
    assert (await people.account.get("accounts"))[0] == 200
    assert await people.account.post("accounts/no-operator", account=own) == (303, "/accounts")
    assert not await people.operator.is_signed_in()
    users(people.site.data, "operator", account, "--no-more")
    async with asyncio.timeout(2):
        while await people.account.is_signed_in():
            await asyncio.sleep(0.1)


async def test_an_invitation_brings_somebody_in(people: People) -> None:
    status, text = await people.operator.post("accounts/invite", email="new@example.org")
    assert status == 200
    token = re.findall(r"token=([\w-]+)", html.unescape(text))[0]
    new = people.anonymous
    assert (await new.get(f"sign-in/invitation?token={token}"))[0] == 200
    assert await new.post("sign-in/invitation", token=token, name="<b>New</b>") == (303, "/")
    _, page = await new.get("account")
    assert "&lt;b&gt;New&lt;/b&gt;" in page and "<b>New" not in page
    assert (await people.account.post("sign-in/invitation", token=token, name="Eve"))[0] == 403


@pytest.mark.parametrize("odd", ["", "nobody", "' OR 1=1 --", "\0", "%", "a" * 5000, "\u202e", "<script>"])
async def test_odd_words(people: People, odd: str) -> None:
    for act in ACTS[1:]:
        status, text = await people.operator.post(f"accounts/{act}", account=odd)
        assert status == 404 and "no such account" in text, act
    for path in ("accounts?search=", "accounts?after=", "accounts/audit?about=", "accounts/audit?before="):
        async with people.operator.http.get(people.site.url + path, params={path[:-1].partition("?")[2]: odd}) as page:
            assert page.status == 200 and "<script>" not in await page.text()
