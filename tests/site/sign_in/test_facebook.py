"""Signing in with Facebook, in the shapes of its documentation."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sagews.backend.sign_in import flow as flows
from sagews.backend.sign_in.facebook import DIALOG, GRAPH, Facebook
from sagews.backend.sign_in.outgoing import Outgoing
from sagews.config.provider import Provider as Settings
from tests.site.sign_in.browser import Browser, Page, browser
from tests.site.sign_in.front import ACCOUNT, QUIETLY, Front, listening, running_front
from tests.site.sign_in.recorded import SECRET, TOKEN, RecordedFacebook, running_recorded

pytestmark = QUIETLY


@pytest.fixture
async def facebook() -> AsyncIterator[RecordedFacebook]:
    async with running_recorded(RecordedFacebook) as facebook:
        yield facebook


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "secret"
    path.write_text(SECRET)
    path.chmod(0o600)
    return Settings(name="fb", kind="facebook", client_id="1234567890", client_secret_file=str(path))


@pytest.fixture
async def front(facebook: RecordedFacebook, settings: Settings, tmp_path: Path) -> AsyncIterator[Front]:
    def make(outgoing: Outgoing) -> dict[str, Facebook]:
        return {"fb": Facebook(settings, outgoing, dialog=f"{facebook.url}/dialog/oauth", graph=facebook.url)}

    with listening() as sock:
        async with running_front(sock, str(tmp_path), make=make) as front:
            yield front


@pytest.fixture
async def ada() -> AsyncIterator[Browser]:
    async with browser() as ada:
        yield ada


async def back(front: Front, person: Browser) -> str:
    there = await person.post(f"{front.url}/sign-in/fb")
    # A browser keeps the fragment to itself.
    return (await person.get(there.location)).location.partition("#")[0]


async def sign_in(front: Front, person: Browser) -> Page:
    return await person.get(await back(front, person))


async def test_the_whole_way(front: Front, facebook: RecordedFacebook, ada: Browser) -> None:
    said = (await sign_in(front, ada)).json()["claims"]
    assert said == {
        "provider": "fb",
        "subject": "10158012345678901",
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        # It does not say that the address is hers.
        "verified": False,
        "proved": None,
    }
    secrets = [request for request in facebook.asked if SECRET in request.path_qs or TOKEN in request.path_qs]
    assert not secrets, "what is secret is in no address"


async def test_who_signs_in_again_is_asked_for_the_password(front: Front, ada: Browser) -> None:
    there = await ada.post(f"{front.url}/sign-in/fb")
    assert "auth_type" not in there.location
    ada.set_cookie(front.url, ACCOUNT, "ada")
    there = await ada.post(f"{front.url}/sign-in/fb", {"again": "1"})
    assert "auth_type=reauthenticate" in there.location


async def test_who_has_no_address_has_none(front: Front, facebook: RecordedFacebook, ada: Browser) -> None:
    facebook.me = {"id": "5", "name": "Ada"}
    said = (await sign_in(front, ada)).json()["claims"]
    assert (said["subject"], said["email"]) == ("5", "")


async def test_who_says_no(front: Front, ada: Browser) -> None:
    there = await ada.post(f"{front.url}/sign-in/fb")
    state = there.location.partition("state=")[2].partition("&")[0]
    query = "error_reason=user_denied&error=access_denied&error_description=Permissions+error."
    page = await ada.get(f"{front.url}/sign-in/fb/callback?{query}&state={state}")
    assert page.status == 403 and front.count("fb", "denied") == 1


async def test_a_code_that_is_not_good_any_more(front: Front, facebook: RecordedFacebook, ada: Browser) -> None:
    way = await back(front, ada)
    facebook.codes.clear()
    assert (await ada.get(way)).status == 502
    assert front.count("fb", "code") == 1 and not front.admitted


@pytest.mark.parametrize(
    "me", [{"name": "Ada"}, {"id": 5}, {"id": ""}, [], {"error": {"code": 190}}, {"id": "a\nb"}], ids=range(6)
)
async def test_nobody_is_nobody(front: Front, facebook: RecordedFacebook, ada: Browser, me: Any) -> None:
    facebook.me = me
    assert (await sign_in(front, ada)).status == 502
    assert front.count("fb", "garbage") == 1 and not front.admitted


@pytest.mark.parametrize("path", ["/oauth/access_token", "/me"])
async def test_while_facebook_is_down(front: Front, facebook: RecordedFacebook, ada: Browser, path: str) -> None:
    facebook.instead[path] = lambda: web.Response(status=500, text="Sorry, something went wrong.")
    page = await sign_in(front, ada)
    assert page.status in (502, 503) and "something went wrong" not in page.text and not front.admitted


async def test_the_real_ones_addresses(settings: Settings) -> None:
    begun = flows.begin("fb", "https://math.example.org/sign-in/fb/callback")
    address = await Facebook(settings, Outgoing()).begin(begun.flow, begun.state)
    assert address.startswith("https://www.facebook.com/v23.0/dialog/oauth?response_type=code&client_id=1234567890&")
    assert DIALOG.startswith("https://www.facebook.com/") and GRAPH.startswith("https://graph.facebook.com/")
