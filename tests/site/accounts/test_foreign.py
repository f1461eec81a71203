"""What is somebody else's: every route is sent their ids, in every field that any route reads, by every other role.

Nothing of theirs changes, and nothing that was not sent is told. Operators
change accounts at `/accounts`, and nowhere else.
"""

import json
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlencode

import aiohttp
import pytest
from yarl import URL

from tests.postgresql import PostgreSQL
from tests.site.accounts.cast import EMAIL, NAME, Actor, Cast, cast_of
from tests.site.accounts.rights import ROLES, Area, area_of
from tests.site.client_end import ClientEnd, fetch_ticket, result_of
from tests.site.sign_in.browser import browser
from tests.site.sign_in.mock_provider import MockProvider, running_mock_provider
from tests.site.test_every_route import ROUTES, SAFE

BODIES = {
    **{"evaluate": {"code": "1"}, "permalinks": {"code": "1"}, "evaluations": {"code": "kept = 0"}},
    **{"complete": {"code": "ke", "cursor": 2}, "inspect": {"code": "kept", "cursor": 4}},
    **{"input": {"sequence": 1, "text": "x"}},
    **{"workspaces": {"name": "x"}, "{workspace}": {"name": "x"}, "members": {"account": "x", "role": "owner"}},
    **{"owner": {"account": "x"}, "links": {"role": "editor"}},
    **{"save": {"base": "", "files": [{"path": "a", "text": "x"}]}},
    **{"restored": {"path": "a", "version": "0" * 40}, "snapshots": {"path": "a"}},
}
"""What is sent to routes of the API, each of its shape, so that nothing but the right to it is missing."""
WORKSPACE = "a hidden workspace"
CODE = "the_code_of_a_link = 1"
INVITED = "ada@example.org"
"""Whose address it is of whom the provider says so."""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProvider]:
    """Give a provider by which people sign in: where there is one, an invitation is for whose address it names."""
    with running_mock_provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture(scope="module", params=["open", "guarded"])
def cast(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgresql: PostgreSQL,
    provider: MockProvider,
) -> Iterator[Cast]:
    """Give a site whose tables are in SQLite, and one with the access token and PostgreSQL."""
    server = postgresql if request.param == "guarded" else None
    with cast_of(request.param, tmp_path_factory.mktemp("foreign"), server, provider.settings()) as cast:
        yield cast


class Victim:
    """Somebody with a login, an API token, identities, a session, a short link, a workspace; and a friend invited."""

    def __init__(
        self,
        cast: Cast,
        actor: Actor,
        client: ClientEnd,
        session: str,
        permalink: str,
        token: str,
        workspace: dict[str, str],
    ) -> None:
        self.actor, self.session, self.permalink = actor, session, permalink
        self.invitation = token
        """Of the friend."""
        self.workspace, self.version = workspace["id"], workspace["version"]
        self._cast, self._client = cast, client

    def fields(self, path: str) -> dict[str, str]:
        """Return a field of every name that a form has, each with what is theirs."""
        return {
            **{"account": self.actor.account, "login": self.actor.login, "invitation": self.invitation},
            # By one name forms of an account mean a token of the API, and those of a way in that of a link.
            "token": self.invitation if path.startswith("/sign-in") else self.actor.token,
            **{"provider": "campus", "subject": self.actor.subject, "about": self.actor.account},
            **{"search": self.actor.account, "name": "Eve", "email": "eve@example.org", "next": "/account"},
            **{"days": "7", "scope-evaluate": "1"},
        }

    async def state(self) -> list[object]:
        """Return what they have."""
        return await self._cast.rows(self.actor.account, INVITED)

    async def assert_whole(self) -> None:
        """Assert that session, link and workspace are as they were."""
        assert result_of(await self._client.evaluate(self.session, "kept + 1")) == "42"
        async with (
            aiohttp.ClientSession(headers=self.actor.headers) as http,
            http.get(f"{self._cast.url}api/v1/permalinks/{self.permalink}") as answer,
        ):
            assert (await answer.json())["code"] == CODE
        async with aiohttp.ClientSession(headers=self.actor.headers) as http:
            url = f"{self._cast.url}api/v1/workspaces/{self.workspace}"
            async with http.get(url) as answer:
                found = await answer.json()
                assert (found["name"], found["version"]) == (WORKSPACE, self.version)
            for path, key in (("members", "members"), ("links", "links")):
                async with http.get(f"{url}/{path}") as answer:
                    assert len((await answer.json())[key]) == 1


@pytest.fixture
async def victim(cast: Cast) -> AsyncIterator[Victim]:
    actor = await cast.actor("victim")
    async with aiohttp.ClientSession(headers=actor.headers) as http:
        async with http.post(cast.url + "api/v1/permalinks", json={"code": CODE}) as answer:
            permalink = (await answer.json())["id"]
        async with http.post(cast.url + "api/v1/workspaces", json={"name": WORKSPACE}) as answer:
            workspace = await answer.json()
        url = f"{cast.url}api/v1/workspaces/{workspace['id']}"
        async with http.put(f"{url}/files/a?base=", data=WORKSPACE.encode()) as answer:
            workspace["version"] = (await answer.json())["version"]
        async with http.post(f"{url}/links", json={"role": "editor"}) as answer:
            assert answer.status == 201
        ticket = await fetch_ticket(http, cast.url)
        async with http.ws_connect(cast.url + "socket") as socket:
            client = ClientEnd(socket)
            await client.greet(ticket)
            session = await client.open()
            await client.evaluate(session, "kept = 41")
            yield Victim(cast, actor, client, session, permalink, await cast.invite(INVITED), workspace)
            await client.send("close", session=session)


@pytest.mark.parametrize("role", ROLES)
async def test_nothing_of_somebody_elses_is_told_or_changed(cast: Cast, victim: Victim, role: str) -> None:
    if role == "site-token" and cast.kind != "guarded":
        return
    before, wrong, actor = await victim.state(), [], await cast.actor(role)
    for method, path in ROUTES:
        area = area_of(path)
        asks = actor
        if area in (Area.OWN, Area.OUT) and method not in SAFE:
            asks = await cast.actor(role)
        if role == "operator" and area is Area.OPERATORS:
            continue
        status, text = await asked(cast, victim, asks, method, path)
        if any(word in text for word in (NAME, EMAIL, WORKSPACE, "a hidden browser", "hidden program")) or (
            status >= 500 and area is not Area.EVALUATE
        ):
            wrong.append(f"{method} {path} tells ({status})")
        if "{session}" in path and path.startswith("/api/") and status not in {401, 403}:
            wrong.append(f"{method} {path} lets in with a wrong token ({status})")
        # Pages are the same for all: what is at their address they ask the API for.
        if "{workspace}" in path and area is not Area.PAGES and status not in {401, 403, 404}:
            wrong.append(f"{method} {path} lets a stranger in ({status})")
        if method not in SAFE and await victim.state() != before:
            wrong.append(f"{method} {path} changes ({status})")
            before = await victim.state()
    assert not wrong, "\n".join(wrong)
    assert await victim.state() == before
    await victim.assert_whole()


async def asked(cast: Cast, victim: Victim, actor: Actor, method: str, path: str) -> tuple[int, str]:
    """Send all that is somebody else's in address, form and JSON; return status and text."""
    filled = path.replace("{session}", victim.session).replace("{permalink}", victim.permalink)
    filled = filled.replace("{workspace}", victim.workspace).replace("{account}", victim.actor.account)
    filled = (
        filled.replace("{link}", "a").replace("{provider}", "campus").replace("{path}", "a").replace("{server}", "000")
    )
    query = urlencode(victim.fields(path)) if path.startswith(("/account", "/sign")) else ""
    json_body = path.startswith("/api/")
    # As good as any that is wrong: the right one of another session is tried below.
    more = {"Sagews-Session-Token": "x" * 43, "Content-Type": "application/json"} if json_body else {}
    options = {"data": json.dumps(BODIES.get(path.rpartition("/")[2], {})) if json_body else victim.fields(path)}
    query = "c=call" if path.endswith(("/jsonp", "/htmlfile")) else query
    url = URL(f"{cast.url.rstrip('/')}{filled}{'?' * bool(query)}{query}", encoded=True)
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as http,
        http.request(
            method,
            url,
            headers={**actor.headers, **more},
            allow_redirects=False,
            **({} if method in SAFE else options),  # type: ignore[arg-type]
        ) as answer,
    ):
        text = (await answer.content.read(1 << 16)).decode(errors="replace")
        return answer.status, "" if path == "/api/v1/permalinks/{permalink}" else text


async def test_an_invitation_is_for_nobody_else_by_a_provider_either(cast: Cast, provider: MockProvider) -> None:
    token = await cast.invite(INVITED)
    waiting = len(await cast.rows("", INVITED))
    for actor in [await cast.actor(role) for role in ("anonymous", "account", "operator")]:
        before = await cast.rows(actor.account, INVITED)
        async with browser() as eve:
            # Of whom the provider says that the address is not hers.
            there = await eve.post(f"{cast.url}sign-in/campus", {"invitation": token}, **actor.headers)
            back = await provider.agree(eve, there, "eve-1")
            refused = await eve.get(back.location, **actor.headers)
            assert refused.status == 403 and "for another address" in refused.text, refused.text
            assert not [cookie for cookie in refused.cookies if cookie.startswith("sagews-login")]
        assert await cast.rows(actor.account, INVITED) == before
    async with browser() as ada:
        there = await ada.post(f"{cast.url}sign-in/campus", {"invitation": token})
        back = await provider.agree(ada, there, "ada-1")
        assert (await ada.get(back.location)).status == 303
    assert len(await cast.rows("", INVITED)) == waiting - 1


async def test_the_token_of_ones_own_session_opens_no_other(cast: Cast, victim: Victim) -> None:
    actor = await cast.actor("account")
    async with aiohttp.ClientSession(headers=actor.headers) as http:
        async with http.post(cast.url + "api/v1/sessions", json={}) as answer:
            own = await answer.json()
        for method, path in ROUTES:
            if not path.startswith("/api/v1/sessions/{session}"):
                continue
            url = cast.url.rstrip("/") + path.replace("{session}", victim.session).replace("{path}", "a")
            body = None if method in SAFE else BODIES.get(path.rpartition("/")[2], {})
            async with http.request(method, url, json=body, headers={"Sagews-Session-Token": own["token"]}) as answer:
                assert answer.status == 401, (method, path, await answer.text())
        url = f"{cast.url}api/v1/sessions/{own['id']}"
        async with http.delete(url, headers={"Sagews-Session-Token": own["token"]}) as answer:
            assert answer.status < 300
    await victim.assert_whole()
