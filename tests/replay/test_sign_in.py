"""Signing in with a provider, on running sites: ways back, ways on, and addresses that are not somebody's own."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.running import RunningSite, running_site
from tests.site.accounts.browser_end import users
from tests.site.sign_in.browser import Browser, Page, browser
from tests.site.sign_in.mock_provider import MockProvider, running_mock_provider
from tests.unit.backend.sign_in.test_next import lead_away

QUICK = '[[environment]]\nname = "python"\npreload = []\nspares = 1\n'
WORK = "/w/algebra?a=b#c"


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """Leave the check to the sites that the tests share: they assert that nothing of them is left."""
    yield


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProvider]:
    with running_mock_provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


def site_with(provider: MockProvider, folder: Path, accounts: str) -> Any:
    """Run a site where people sign in with the provider under two names."""
    tables = "".join(
        f'[[provider]]\nname = "{name}"\nissuer = "{provider.issuer}"\nclient_id = "client-1"\n'
        f'client_secret_file = "{provider.settings().client_secret_file}"\n'
        for name in ("campus", "second")
    )
    return running_site(folder, config=f"{QUICK}[accounts]\n{accounts}\n{tables}")


@pytest.fixture(scope="module")
def joining(provider: MockProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A site that takes the same verified address for the same person."""
    with site_with(provider, tmp_path_factory.mktemp("joining"), "join_by_email = true") as running:
        yield running
        assert "Traceback" not in running.log()


@pytest.fixture(scope="module")
def closed(provider: MockProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with site_with(provider, tmp_path_factory.mktemp("closed"), 'registration = "closed"') as running:
        yield running
        assert "Traceback" not in running.log()


@pytest.fixture
async def person() -> AsyncIterator[Browser]:
    async with browser() as person:
        yield person


async def begin(site: RunningSite, person: Browser, name: str = "campus", **fields: str) -> Page:
    page = await person.post(f"{site.url}sign-in/{name}", fields)
    assert page.status == 303, page.text
    return page


async def sign_in(
    site: RunningSite, provider: MockProvider, person: Browser, who: str, name: str = "campus", **fields: str
) -> Page:
    """Go the whole way, and return the answer that it ends with."""
    back = await provider.agree(person, await begin(site, person, name, **fields), who)
    return await person.get(back.location)


async def is_signed_in(site: RunningSite, person: Browser) -> bool:
    return (await person.get(site.url + "account")).status == 200


async def accounts(site: RunningSite) -> list[dict[str, Any]]:
    """Return the accounts that the site has."""
    config = site.directory / "sagews.toml"
    said = await asyncio.to_thread(users, site.data, "list", "--json", config=config)
    listed: list[dict[str, Any]] = json.loads(said)["accounts"]
    return listed


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["older first", "newer first"])
async def test_two_tabs_sign_in_at_once(
    joining: RunningSite, provider: MockProvider, person: Browser, order: tuple[int, int]
) -> None:
    """Two tabs begin, and end in either order. Each ends signed in; a way back is good once, a forged one never."""
    tabs = [await begin(joining, person, next=f"/w/{number}") for number in range(2)]
    backs = [await provider.agree(person, tab, "two-tabs") for tab in tabs]
    for number in order:
        page = await person.get(backs[number].location)
        assert page.status == 303 and page.location == f"{joining.url}w/{number}"
        assert await is_signed_in(joining, person)
    for back in backs:
        assert (await person.get(back.location)).status == 400
        assert (await person.get(back.location.replace("state=", "state=x"))).status == 400


@pytest.mark.parametrize(
    "onward",
    [
        *("//h.example", "http://h.example", "\\\\h.example", "/\\h.example", "%2f%2fh.example", "javascript:alert(1)"),
        *("/%09/h.example", "/" + "a" * 10_000, "/..//h.example", "https:h.example", "/\r\nX: y", ""),
    ],
)
async def test_on_from_a_sign_in_to_another_site(
    joining: RunningSite, provider: MockProvider, person: Browser, onward: str
) -> None:
    """`next=` names another host in every way that browsers know. One always stays here."""
    page = await sign_in(joining, provider, person, "onward", next=onward)
    assert page.status == 303 and page.headers["Location"] == "/"
    # Nor is it asked for by the page with the buttons.
    async with browser() as stranger:
        page = await stranger.get(f"{joining.url}sign-in?next={quote(onward)}")
    assert page.status == 200 and 'name="next" value="/"' in page.text and "h.example" not in page.text


async def test_on_from_a_sign_in_to_a_page_of_ours(
    joining: RunningSite, provider: MockProvider, person: Browser
) -> None:
    page = await sign_in(joining, provider, person, "onward", next=WORK)
    assert page.headers["Location"] == WORK and lead_away(WORK) == []


async def test_in_and_out_twenty_times(joining: RunningSite, provider: MockProvider, person: Browser) -> None:
    """Sign in and out twenty times in one browser. It works each time."""
    for _ in range(20):
        assert (await sign_in(joining, provider, person, "in-and-out")).status == 303
        assert await is_signed_in(joining, person)
        assert (await person.post(joining.url + "sign-out")).status == 303
        assert not await is_signed_in(joining, person)


async def test_registration_that_is_closed_is_closed_to_providers_too(
    closed: RunningSite, provider: MockProvider, person: Browser
) -> None:
    """Somebody without an account signs in with a provider. They are refused, and no account is made."""
    page = await sign_in(closed, provider, person, "ada-1")
    assert page.status == 403 and "Location" not in page.headers
    assert not await is_signed_in(closed, person)
    assert await accounts(closed) == []


async def test_an_address_that_is_not_somebodys_own_joins_nothing(joining: RunningSite, provider: MockProvider) -> None:
    """Providers tell the address of Ada for others: not verified, verified as a text. None is taken for her."""
    for who, name in (("ada-1", "campus"), ("eve-1", "campus"), ("tex-1", "campus"), ("eve-1", "second")):
        async with browser() as person:
            assert (await sign_in(joining, provider, person, who, name)).status == 303
            # Who has come in: as the page of their own account shows it.
            page = (await person.get(joining.url + "account")).text
            assert page.count("ada@example.org, used") == 1, (who, name)
    having = [each for each in await accounts(joining) if "ada@example.org" in json.dumps(each)]
    assert len(having) == 4
    # The same person, by a provider who says that the address is hers.
    async with browser() as ada:
        assert (await sign_in(joining, provider, ada, "ada-1", "second")).status == 303
        assert (await ada.get(joining.url + "account")).text.count("ada@example.org, used") == 2
    assert len([each for each in await accounts(joining) if "ada@example.org" in json.dumps(each)]) == 4


async def test_to_sign_in_again_is_to_be_the_same(
    joining: RunningSite, provider: MockProvider, person: Browser
) -> None:
    """Somebody shows once more who they are. Another way in, or somebody else, is refused and gets no account."""
    assert (await sign_in(joining, provider, person, "again-1")).status == 303
    page = await person.get(f"{joining.url}sign-in?again=1&next=/account")
    assert "/sign-in/campus" in page.text and "/sign-in/second" not in page.text, "the account's own ways alone"
    before = len(await accounts(joining))
    ways = (await person.get(joining.url + "account")).text.count(", used")
    for who, name in (("again-2", "campus"), ("again-1", "second")):
        refused = await sign_in(joining, provider, person, who, name, again="1", next="/account")
        assert refused.status == 403 and "no way to sign in of the account" in refused.text
        assert (await person.get(joining.url + "account")).text.count(", used") == ways
    assert len(await accounts(joining)) == before
    token = dict(person.cookies)
    back = await provider.agree(person, await person.submit(page), "again-1")
    page = await person.get(back.location)
    assert page.status == 303 and page.location == joining.url + "account"
    assert await is_signed_in(joining, person) and person.cookies != token, "a new login"
    # Whoever is signed out meanwhile is not signed in by it; nor does it begin without a login.
    back = await provider.agree(person, await begin(joining, person, again="1"), "again-1")
    assert (await person.post(joining.url + "sign-out")).status == 303
    assert (await person.get(back.location)).status == 403 and not await is_signed_in(joining, person)
    assert (await person.post(f"{joining.url}sign-in/campus", {"again": "1"})).status == 403


async def test_what_came_to_nothing_is_known(joining: RunningSite, provider: MockProvider, person: Browser) -> None:
    """A sign-in that was begun here and is refused is one record; what anybody can send is one a minute."""
    back = (await provider.agree(person, await begin(joining, person, "campus"), "ada-1")).location
    assert (await person.get(back.replace("/campus/", "/second/"))).status == 400
    for _ in range(5):
        assert (await person.get(joining.url + "sign-in/campus/callback?code=a&state=b")).status == 400
    token = users(joining.data, "add", "Olga", "--operator", config=joining.directory / "sagews.toml").partition(
        "token="
    )
    async with browser() as olga:
        assert (await olga.post(joining.url + "sign-in/link", {"token": token[2].split()[0]})).status == 303
        await asyncio.sleep(2)
        page = (await olga.get(joining.url + "accounts/audit?what=refused")).text
    assert page.count("other_provider") == 1 and 1 <= page.count("a way back that is malformed") <= 2


async def test_each_sign_in_token_and_change_of_rights_is_one_record(
    joining: RunningSite, provider: MockProvider, person: Browser
) -> None:
    """Somebody comes, has another way in and a token for a while, and operators change what they may."""
    site = joining.url

    async def does(who: Browser, path: str, status: int = 303, **fields: str) -> str:
        page = await who.post(site + path, fields)
        assert page.status == status, page.text
        return page.text

    assert (await sign_in(joining, provider, person, "pia-1")).status == 303
    await does(person, "account/name", name="Pia")
    assert (await sign_in(joining, provider, person, "pia-2", "second", link="1", next="/account")).status == 303
    assert (await person.get(site + "account")).text.count(", used") == 3, "two ways, and this browser"
    await does(person, "account/remove-identity", provider="second", subject="pia-2")
    made = await does(person, "account/tokens", 200, name="a program", days="7", **{"scope-evaluate": "1"})
    (token,) = re.findall(r"<code>(sagews_[\w-]{43})</code>", made)
    account = (await person.get(site + "account")).text
    assert token not in account, "it is shown once"
    await does(person, "account/remove-token", token=re.findall(r'name="token" value="([^"]+)"', account)[0])
    # By the way that was taken away the same person is a stranger.
    async with browser() as stranger:
        assert (await sign_in(joining, provider, stranger, "pia-2", "second")).status == 303
        await does(stranger, "account/name", name="Stranger")
    config = joining.directory / "sagews.toml"
    said = await asyncio.to_thread(users, joining.data, "add", "Una", "--operator", config=config)
    async with browser() as una:
        await does(una, "sign-in/link", token=said.partition("token=")[2].split()[0])

        async def records(query: str) -> list[str]:
            """Return what was done, as operators find it, the oldest first."""
            found = (await una.get(f"{site}accounts/audit?{query}")).text
            return re.findall(r"UTC · ([a-z ]+?)(?: ·| by | \()", found)[::-1]

        pages = [(await una.get(f"{site}accounts?search={name}")).text for name in ("Pia", "Stranger")]
        pia, other = (re.findall(r"audit\?about=([\w-]+)", page)[0] for page in pages)
        await does(una, "accounts/quotas", account=pia, sessions="2")
        await does(una, "accounts/link", 200, account=pia)
        await does(una, "accounts/sign-out", account=pia)
        await does(una, "accounts/disable", account=pia)
        assert (await sign_in(joining, provider, person, "pia-1")).status == 403
        for path in ("enable", "operator", "no-operator"):
            await does(una, f"accounts/{path}", account=pia)
        await does(una, "accounts/invite", 200, email="pia@example.org")
        assert await records(f"about={pia}") == [
            *("identity added", "registered", "identity added", "signed in", "identity removed"),
            *("token made", "token removed", "quotas changed", "link made", "signed out", "disabled", "refused"),
            *("enabled", "operator now", "operator no more"),
        ]
        assert await records(f"about={other}") == ["identity added", "registered"]
        assert await records("what=invited") == ["invited"]
