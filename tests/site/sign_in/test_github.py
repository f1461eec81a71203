"""Signing in with GitHub, in the shapes of its documentation."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sagews.config.provider import Provider as Settings
from tests.site.sign_in.browser import Browser, Page, browser
from tests.site.sign_in.front import QUIETLY, Front, listening, running_front
from tests.site.sign_in.recorded import EMAILS, OCTOCAT, SECRET, RecordedGitHub, running_recorded

pytestmark = QUIETLY


@pytest.fixture
async def github() -> AsyncIterator[RecordedGitHub]:
    async with running_recorded(RecordedGitHub) as github:
        yield github


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
async def front(github: RecordedGitHub, secret: Path, tmp_path: Path) -> AsyncIterator[Front]:
    settings = Settings(
        name="github", kind="github", issuer=github.url, client_id="Iv1.1", client_secret_file=str(secret)
    )
    with listening() as sock:
        async with running_front(sock, str(tmp_path), settings) as front:
            yield front


@pytest.fixture
async def mona() -> AsyncIterator[Browser]:
    async with browser() as mona:
        yield mona


async def back(front: Front, person: Browser) -> str:
    there = await person.post(f"{front.url}/sign-in/github", {"next": "/w/a"})
    return (await person.get(there.location)).location


async def sign_in(front: Front, person: Browser) -> Page:
    return await person.get(await back(front, person))


async def test_the_whole_way(front: Front, github: RecordedGitHub, mona: Browser) -> None:
    page = await sign_in(front, mona)
    assert page.json() == {
        "claims": {
            "provider": "github",
            "subject": "583231",
            "name": "monalisa octocat",
            "email": "octocat@github.com",
            "verified": True,
            "proved": None,
        },
        "next": "/w/a",
        "account": "",
        "by": "",
    }
    assert github.asked[-1].headers["X-GitHub-Api-Version"] == "2022-11-28"


@pytest.mark.parametrize(
    ("emails", "email", "verified"),
    [
        ([{**EMAILS[1], "verified": False}, EMAILS[0]], "octocat@github.com", False),
        ([EMAILS[0]], "", False),
        ([], "", False),
        ([{**EMAILS[1], "email": "not an address"}], "", False),
    ],
)
async def test_only_the_primary_address_counts_and_only_if_it_is_verified(
    front: Front, github: RecordedGitHub, mona: Browser, emails: Any, email: str, verified: bool
) -> None:
    github.emails = emails
    said = (await sign_in(front, mona)).json()["claims"]
    assert (said["email"], said["verified"]) == (email, verified)


@pytest.mark.parametrize("status", [403, 404])
async def test_who_does_not_let_addresses_be_told_has_none(
    front: Front, github: RecordedGitHub, mona: Browser, status: int
) -> None:
    github.instead["/api/v3/user/emails"] = lambda: web.json_response({"message": "Not Found"}, status=status)
    said = (await sign_in(front, mona)).json()["claims"]
    assert (said["subject"], said["email"], said["verified"]) == ("583231", "", False)


async def test_who_has_no_name_is_called_by_the_login(front: Front, github: RecordedGitHub, mona: Browser) -> None:
    github.user = {**OCTOCAT, "name": None}
    assert (await sign_in(front, mona)).json()["claims"]["name"] == "octocat"


async def test_a_code_is_good_once(front: Front, github: RecordedGitHub, mona: Browser) -> None:
    way = await back(front, mona)
    github.codes.clear()
    page = await mona.get(way)
    assert page.status == 502 and "has not confirmed" in page.text
    assert front.count("github", "code") == 1


async def test_a_code_of_another_browser_does_not_fit(front: Front, github: RecordedGitHub, mona: Browser) -> None:
    async with browser() as mallory:
        theirs = (await back(front, mallory)).partition("code=")[2].partition("&")[0]
    way = await back(front, mona)
    mine = way.partition("code=")[2].partition("&")[0]
    assert (await mona.get(way.replace(mine, theirs))).status == 502
    assert front.count("github", "code") == 1 and not front.admitted


async def test_a_wrong_secret_is_the_operators_to_mend(
    front: Front, secret: Path, mona: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    secret.unlink()
    secret.write_text("another-secret")
    secret.chmod(0o600)
    page = await sign_in(front, mona)
    assert page.status == 502 and "does not sign people in" in page.text
    said = capsys.readouterr().out
    assert "incorrect_client_credentials" in said and "another-secret" not in said


@pytest.mark.parametrize(
    "user", [{**OCTOCAT, "id": "583231"}, {**OCTOCAT, "id": 0}, {"login": "x"}, [], {**OCTOCAT, "id": -1}], ids=range(5)
)
async def test_nobody_is_nobody(front: Front, github: RecordedGitHub, mona: Browser, user: Any) -> None:
    github.user = user
    assert (await sign_in(front, mona)).status == 502
    assert front.count("github", "garbage") == 1


@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/api/v3/user", "/api/v3/user/emails"])
async def test_while_github_is_down(front: Front, github: RecordedGitHub, mona: Browser, path: str) -> None:
    github.instead[path] = lambda: web.Response(status=503, text="<html>Unicorn!")
    page = await sign_in(front, mona)
    assert page.status in (502, 503) and "Unicorn" not in page.text and not front.admitted


async def test_the_real_ones_addresses(secret: Path) -> None:
    from sagews.backend.sign_in import flow as flows
    from sagews.backend.sign_in.github import GitHub
    from sagews.backend.sign_in.outgoing import Outgoing

    github = GitHub(
        Settings(name="github", kind="github", client_id="Iv1.1", client_secret_file=str(secret)), Outgoing()
    )
    begun = flows.begin("github", "https://math.example.org/sign-in/github/callback")
    address = await github.begin(begun.flow, begun.state)
    assert address.startswith("https://github.com/login/oauth/authorize?client_id=Iv1.1&")
    assert github._api == "https://api.github.com"
