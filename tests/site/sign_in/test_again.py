"""Who signs in again is asked by the provider who they are, although it knows them; and when they were is looked at."""

import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import msgspec
import pytest

from sagews.backend.sign_in.again import ANY_AGE
from tests.running import running_site
from tests.site.sign_in.browser import Browser, Page, browser
from tests.site.sign_in.front import ACCOUNT, QUIETLY, Front, address_of, listening, running_front
from tests.site.sign_in.odd_provider import OddProvider, running_odd_provider
from tests.site.sign_in.strict_provider import StrictProvider, running_strict_provider
from tests.site.sign_in.test_openid import BACK, begin, query_of, why
from tests.unit.backend.sign_in.signing import CLIENT, rsa, signed

pytestmark = QUIETLY


@pytest.fixture(scope="module")
def sock() -> Iterator[socket.socket]:
    with listening() as sock:
        yield sock


@pytest.fixture(scope="module")
def strict(sock: socket.socket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StrictProvider]:
    with running_strict_provider(tmp_path_factory.mktemp("strict"), address_of(sock) + BACK) as provider:
        yield provider


@pytest.fixture
async def front(sock: socket.socket, strict: StrictProvider, tmp_path: Path) -> AsyncIterator[Front]:
    """Give a front that knows of the provider that it tells the time."""
    settings = msgspec.structs.replace(strict.settings(), auth_time=True)
    async with running_front(sock.dup(), str(tmp_path), settings) as front:
        yield front


@pytest.fixture
async def ada(front: Front, strict: StrictProvider) -> AsyncIterator[Browser]:
    """Give a browser that is signed in at the provider, and here."""
    async with browser() as ada:
        back = await strict.agree(ada, await begin(front, ada), "ada-1")
        assert (await ada.get(back.location)).status == 200
        ada.set_cookie(front.url, ACCOUNT, "ada")
        yield ada


async def is_asked_who_she_is(strict: StrictProvider, ada: Browser, location: str) -> bool:
    """Whether the provider shows its form of name and password, and does not lead back or ask for less."""
    page = await ada.get(location)
    while page.status in (302, 303) and page.location.startswith(strict.issuer):
        page = await ada.get(page.location)
    return page.status == 200 and 'name="password"' in page.text


async def test_the_provider_asks_again(front: Front, strict: StrictProvider, ada: Browser) -> None:
    there = await begin(front, ada)
    # Plainly it may let her pass, but has to say when she signed in there.
    assert "prompt" not in query_of(there) and query_of(there)["max_age"] == str(ANY_AGE)
    assert time.time() - 600 < front.admitted[-1][0].proved <= time.time()
    assert not await is_asked_who_she_is(strict, ada, there.location), "it knows her"
    there = await begin(front, ada, again="1", next="/account")
    assert query_of(there)["prompt"] == "login" and query_of(there)["max_age"] == "0"
    assert await is_asked_who_she_is(strict, ada, there.location)
    back = await strict.agree(ada, await begin(front, ada, again="1", next="/account"), "ada-1")
    arrived = await ada.get(back.location)
    assert arrived.status == 200 and arrived.json()["next"] == "/account", arrived.text
    assert front.admitted[-1][1].again == "ada"


def without(page: Page, *names: str) -> str:
    """Return where a page leads, without some of what is asked there: whoever holds the browser can change it."""
    left = {name: value for name, value in query_of(page).items() if name not in names}
    return urlsplit(page.location)._replace(query=urlencode(left)).geturl()


async def test_who_takes_the_demand_away_does_not_come_in(front: Front, strict: StrictProvider, ada: Browser) -> None:
    there = await begin(front, ada, again="1")
    page = await ada.get(without(there, "prompt", "max_age"))
    back = await ada.follow(page, front.url)
    before = len(front.admitted)
    refused = await ada.get(back.location)
    assert refused.status == 403 and why(refused) == "campus let you pass without asking who you are."
    assert len(front.admitted) == before and front.count("campus", "not_again") == 1
    assert [each[1].value for each in front.noted] == ["not_again"]


async def test_one_demand_of_the_two_is_enough(front: Front, strict: StrictProvider, ada: Browser) -> None:
    for name in ("prompt", "max_age"):
        there = await begin(front, ada, again="1")
        assert await is_asked_who_she_is(strict, ada, without(there, name)), name


@pytest.fixture
async def odd() -> AsyncIterator[OddProvider]:
    async with running_odd_provider() as odd:
        yield odd


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(0, "told"), (-5, "told"), (-120, "not_again"), (86_400, "token"), (None, "told")]
)
async def test_a_time_is_looked_at_where_there_is_one(
    odd: OddProvider, tmp_path: Path, seconds: int | None, outcome: str
) -> None:
    told = None if seconds is None else int(time.time()) + seconds
    odd.tokens = lambda: odd.with_token(signed(odd.claims(auth_time=told) if told else odd.claims(), rsa()))
    with listening() as sock:
        async with running_front(sock, str(tmp_path), odd.settings()) as front, browser() as person:
            # Who signs in for the first time may have been there for long. That is kept.
            assert (await odd.sign_in(front, person)).status == 200
            proved = front.admitted[-1][0].proved
            if told is None or seconds > 0:
                assert proved == (None if told is None else 0)
            else:
                assert proved == pytest.approx(time.time() + seconds, abs=3)
            person.set_cookie(front.url, ACCOUNT, "ada")
            there = await person.post(f"{front.url}/sign-in/odd", {"again": "1"})
            page = await odd.back(front, person, there)
            assert (page.status == 200) is (outcome == "told"), page.text
            assert front.count("odd", outcome) == (2 if outcome == "told" else 1)


async def test_who_is_let_pass_has_not_signed_in_lately(odd: OddProvider, tmp_path: Path) -> None:
    """Who signs out and in again, and is let pass by a provider that knows them, gives nobody a way in by that."""
    config = (
        '[[environment]]\nname = "python"\npreload = []\nspares = 1\n'
        f'[[provider]]\nname = "odd"\nissuer = "{odd.issuer}"\nclient_id = "{CLIENT}"\nauth_time = true\n'
    )
    with running_site(tmp_path, config=config) as site:
        again = f"{site.url}sign-in?again=1&next=/account"
        for age, lately in ((86_400, False), (None, False), (5, True)):
            told = {} if age is None else {"auth_time": int(time.time()) - age}
            odd.tokens = lambda told=told: odd.with_token(signed(odd.claims(**told), rsa()))  # type: ignore[misc]
            async with browser() as person:
                there = await person.post(f"{site.url}sign-in/odd")
                odd.nonce = query_of(there)["nonce"]
                state = query_of(there)["state"]
                page = await person.get(f"{site.url}sign-in/odd/callback?code=a-code&state={state}")
                assert (page.status, page.location) == (303, site.url), page.text
                assert (await person.get(f"{site.url}account")).status == 200, "is let in"
                page = await person.post(f"{site.url}account/tokens", {"days": "7", "scope-evaluate": "1"})
                assert page.status == (200 if lately else 303), (age, page.text)
                assert lately or page.location == again
