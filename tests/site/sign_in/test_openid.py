"""Signing in with a real provider: one that is easy-going, and a strict one that demands PKCE."""

import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import pytest

from sagews.backend.sign_in.flow import cookie_name
from sagews.backend.sign_in.refused import STRANGE, Why
from tests.site.sign_in.browser import Browser, Page, browser
from tests.site.sign_in.front import ACCOUNT, PROGRAM, QUIETLY, Front, address_of, listening, running_front
from tests.site.sign_in.mock_provider import MockProvider, running_mock_provider
from tests.site.sign_in.strict_provider import StrictProvider, running_strict_provider

pytestmark = QUIETLY

BACK = "/sign-in/campus/callback"
BEGIN = "/sign-in/campus"
AnyProvider = MockProvider | StrictProvider


@pytest.fixture(scope="module")
def sock() -> Iterator[socket.socket]:
    """Give the socket that every front of this module listens on: a strict provider knows its address."""
    with listening() as sock:
        yield sock


@pytest.fixture(scope="module", params=["mock", "strict"])
def provider(
    request: pytest.FixtureRequest, sock: socket.socket, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AnyProvider]:
    folder = tmp_path_factory.mktemp("provider")
    running = (
        running_mock_provider(folder)
        if request.param == "mock"
        else running_strict_provider(folder, address_of(sock) + BACK)
    )
    with running as provider:
        yield provider


@pytest.fixture
async def front(sock: socket.socket, provider: AnyProvider, tmp_path: Path) -> AsyncIterator[Front]:
    settings = (provider.settings(), provider.settings("other"))
    async with running_front(sock.dup(), str(tmp_path), *settings) as front:
        yield front


@pytest.fixture
async def ada(front: Front) -> AsyncIterator[Browser]:
    async with browser() as ada:
        yield ada


async def begin(front: Front, person: Browser, **fields: str) -> Page:
    page = await person.post(front.url + BEGIN, fields)
    assert page.status == 303, page.text
    return page


def query_of(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.location).query))


def why(page: Page) -> str:
    """Return the first sentence of a page that says why somebody is not signed in."""
    assert page.headers["Content-Type"].startswith("text/html") and "Location" not in page.headers
    found = re.search(r"<h1>Sign-in failed</h1>\n<p>(.*?)</p>", page.text)
    assert found is not None, page.text
    return found[1]


async def test_the_whole_way(front: Front, provider: AnyProvider, ada: Browser) -> None:
    there = await begin(front, ada, next="/w/algebra?a=b")
    assert there.location.startswith(provider.issuer)
    asked = query_of(there)
    assert asked["redirect_uri"] == front.url + BACK
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["scope"].split() == ["openid", "profile", "email"]
    back = await provider.agree(ada, there, "ada-1")
    assert back.location.startswith(front.url + BACK + "?")
    arrived = await ada.get(back.location)
    assert arrived.status == 200, arrived.text
    said = arrived.json()
    # One of them tells a time though it was not asked.
    proved = said["claims"].pop("proved")
    assert proved is None or time.time() - 600 < proved <= time.time()
    assert said == {
        "claims": {
            "provider": "campus",
            "subject": "ada-1",
            "name": "Ada",
            "email": "ada@example.org",
            "verified": True,
        },
        "next": "/w/algebra?a=b",
        "account": "",
        "by": "",
    }
    assert front.count("campus", "begun") == front.count("campus", "told") == 1
    assert not front.store.kept
    assert not [name for name in ada.cookies if name.startswith("sagews")]


@pytest.mark.parametrize("person", ["eve-1", "tex-1"])
async def test_an_address_is_verified_if_the_provider_says_so_and_nothing_like_it(
    front: Front, provider: AnyProvider, ada: Browser, person: str
) -> None:
    back = await provider.agree(ada, await begin(front, ada), person)
    said = (await ada.get(back.location)).json()["claims"]
    assert (said["subject"], said["email"], said["verified"]) == (person, "ada@example.org", False)


async def test_who_says_no_is_told_so_and_may_begin_again(front: Front, provider: AnyProvider, ada: Browser) -> None:
    back = await provider.deny(ada, await begin(front, ada, next="/w/a"))
    page = await ada.get(back.location)
    assert page.status == 403 and "was not allowed" in why(page)
    # The mock forgets the state then, and so it is not known what was wanted.
    with_state = "state=" in back.location
    assert with_state is isinstance(provider, StrictProvider)
    assert ('href="/sign-in?next=%2Fw%2Fa"' in page.text) is with_state
    assert front.count("campus", "denied") == 1 and not front.admitted
    back = await provider.agree(ada, await begin(front, ada), "ada-1")
    assert (await ada.get(back.location)).status == 200


async def test_a_way_back_is_good_once(front: Front, provider: AnyProvider, ada: Browser) -> None:
    begun = await begin(front, ada)
    cookies = ada.cookies
    back = await provider.agree(ada, begun, "ada-1")
    assert (await ada.get(back.location)).status == 200
    page = await ada.get(back.location)
    assert page.status == 400 and "another browser" in why(page)
    for name, value in cookies.items():
        ada.set_cookie(front.url + BEGIN, name, value)
    page = await ada.get(back.location)
    assert page.status == 400 and "ended already, or was never" in why(page)
    assert len(front.admitted) == 1
    # Anybody can do that, as often as they like: it is counted, and not a record each.
    assert set(front.noted) <= {("campus", why) for why in STRANGE}


async def test_a_way_back_that_comes_too_late(front: Front, provider: AnyProvider, ada: Browser) -> None:
    back = await provider.agree(ada, await begin(front, ada), "ada-1")
    ((key, kept),) = front.store.kept.items()
    front.store.kept[key] = msgspec.json.encode({**msgspec.json.decode(kept), "expires": time.time() - 1})
    page = await ada.get(back.location)
    assert page.status == 400 and why(page) == "This sign-in took longer than ten minutes."
    assert not front.admitted and not front.store.kept


async def test_a_code_is_of_no_use_in_another_sign_in(front: Front, provider: AnyProvider, ada: Browser) -> None:
    """Whoever has somebody's code cannot come in with it: it goes with a verifier that only the site has."""
    stolen = query_of(await provider.agree(ada, await begin(front, ada), "ada-1"))
    async with browser() as mallory:
        state = query_of(await begin(front, mallory))["state"]
        page = await mallory.get(f"{front.url}{BACK}?{urlencode({**stolen, 'state': state})}")
    assert page.status == 502 and not front.admitted
    # A strict provider looks at the verifier; with any other the nonce is wrong.
    outcome = Why.CODE if isinstance(provider, StrictProvider) else Why.TOKEN
    assert front.count("campus", outcome.value) == 1 and front.noted == [("campus", outcome)]


async def test_nobody_is_made_to_come_in_as_somebody_else(front: Front, provider: AnyProvider, ada: Browser) -> None:
    """The way back of an attacker's own sign-in, put before somebody else."""
    async with browser() as mallory:
        back = await provider.agree(mallory, await begin(front, mallory), "eve-1")
    page = await ada.get(back.location)
    assert page.status == 400 and "another browser" in why(page)
    # Nor with a cookie of hers that somebody has put in the place of the right one.
    hers = await begin(front, ada)
    state = query_of(back)["state"]
    ada.set_cookie(front.url + BEGIN, cookie_name(state), ada.cookies[cookie_name(query_of(hers)["state"])])
    page = await ada.get(back.location)
    assert page.status == 400 and "another browser" in why(page)
    assert not front.admitted
    assert front.noted == [("campus", Why.NO_COOKIE), ("campus", Why.OTHER_BROWSER)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_two_tabs_at_once(front: Front, provider: AnyProvider, ada: Browser, order: tuple[int, int]) -> None:
    tabs = [await begin(front, ada, next=f"/w/{number}") for number in range(2)]
    backs = [await provider.agree(ada, tab, "ada-1") for tab in tabs]
    for number in order:
        page = await ada.get(backs[number].location)
        assert page.status == 200 and page.json()["next"] == f"/w/{number}"


async def test_very_many_tabs_that_never_come_back(front: Front, provider: AnyProvider, ada: Browser) -> None:
    """Their cookies together stay short enough for a request to be read."""
    for _ in range(100):
        last = await begin(front, ada)
    assert len([name for name in ada.cookies if name.startswith("sagews-sign-in-")]) <= 8
    back = await provider.agree(ada, last, "ada-1")
    assert (await ada.get(back.location)).status == 200


async def test_twenty_times_in_one_browser(front: Front, provider: AnyProvider, ada: Browser) -> None:
    for _ in range(20):
        back = await provider.agree(ada, await begin(front, ada), "ada-1")
        assert (await ada.get(back.location)).status == 200
    assert front.count("campus", "told") == 20


async def test_a_state_of_one_provider_is_none_of_another(front: Front, provider: AnyProvider, ada: Browser) -> None:
    back = await provider.agree(ada, await begin(front, ada), "ada-1")
    page = await ada.get(back.location.replace("/sign-in/campus/", "/sign-in/other/"))
    assert page.status == 400 and "another provider" in why(page)
    assert not front.admitted


async def test_another_issuer_is_refused(front: Front, provider: AnyProvider, ada: Browser) -> None:
    back = (await provider.agree(ada, await begin(front, ada), "ada-1")).location
    parameters = {**dict(parse_qsl(urlsplit(back).query)), "iss": "https://evil.example"}
    page = await ada.get(f"{front.url}{BACK}?{urlencode(parameters)}")
    assert page.status == 400 and "another provider" in why(page)


async def test_an_issuer_that_is_missing_is_missed_if_the_provider_always_names_it(
    front: Front, provider: AnyProvider, ada: Browser
) -> None:
    back = (await provider.agree(ada, await begin(front, ada), "ada-1")).location
    parameters = dict(parse_qsl(urlsplit(back).query))
    names_it = parameters.pop("iss", None) is not None
    page = await ada.get(f"{front.url}{BACK}?{urlencode(parameters)}")
    assert names_it is isinstance(provider, StrictProvider)
    assert page.status == (400 if names_it else 200)


async def test_one_more_way_to_sign_in_is_for_who_is_signed_in(
    front: Front, provider: AnyProvider, ada: Browser
) -> None:
    page = await ada.post(front.url + BEGIN, {"link": "1"})
    assert page.status == 403 and "not signed in" in why(page)
    ada.set_cookie(front.url, ACCOUNT, "42")
    back = await provider.agree(ada, await begin(front, ada, link="1"), "ada-1")
    assert (await ada.get(back.location)).json()["account"] == "42"
    back = await provider.agree(ada, await begin(front, ada), "ada-1")
    assert (await ada.get(back.location)).json()["account"] == ""
    page = await ada.post(front.url + BEGIN, {"link": "1"}, **{PROGRAM: "yes"})
    assert page.status == 403, "a program with a token cannot give itself one more way in"


async def test_who_has_signed_out_or_changed_meanwhile_gets_no_other_way_in(
    front: Front, provider: AnyProvider, ada: Browser
) -> None:
    for account, how in (("", "link"), ("43", "link"), ("", "again"), ("43", "again")):
        ada.set_cookie(front.url, ACCOUNT, "42")
        back = await provider.agree(ada, await begin(front, ada, **{how: "1"}), "ada-1")
        ada.set_cookie(front.url, ACCOUNT, account)
        page = await ada.get(back.location)
        assert page.status == 403 and "not signed in here any more" in why(page)
    assert not front.admitted


async def test_an_invitation_comes_along(front: Front, provider: AnyProvider, ada: Browser) -> None:
    back = await provider.agree(ada, await begin(front, ada, invitation="an-invitation"), "ada-1")
    assert b"an-invitation" not in b"".join(front.store.kept.values())
    assert (await ada.get(back.location)).json()["by"] == "an-invitation"
