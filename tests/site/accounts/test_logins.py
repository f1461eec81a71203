"""Logins at two backends with one PostgreSQL: signed in at one is signed in at both, and so is signed out."""

import asyncio
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from tests.postgresql import PASSWORD, PostgreSQL, running_postgresql
from tests.site.accounts.browser_end import BrowserEnd, browser, closed, link_in, users
from tests.site.backend_process import RunningBackend, backend_process
from tests.site.client_end import result_of
from tests.site.worker_process import QUICK, running_worker

SIGNED_OUT = 4403
WITHIN = 2.0
"""Seconds in which a sign-out has to close what is open, at every backend."""


@dataclass
class Ground:
    """Two backends, and what else they are made of."""

    folder: Path
    config: str
    postgresql: PostgreSQL
    one: RunningBackend
    two: RunningBackend

    def users(self, *arguments: str) -> str:
        return users(self.folder / "data", *arguments, config=self.folder / "one.toml")

    def link(self, name: str) -> str:
        """Return a sign-in link of a new account."""
        return link_in(self.users("add", name, "--email", f"{name}@example.org"))


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def ground(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("accounts")
    word = folder / "password"
    word.write_text(PASSWORD)
    word.chmod(0o600)
    asyncio.run(_migrate(postgresql))
    with ExitStack() as stack:
        worker = stack.enter_context(running_worker(folder, QUICK))
        config = (
            f"{QUICK}[backend]\nworkers = ['unix:{worker.socket}']\n"
            f"[database]\nurl = '{postgresql.url}'\npassword_file = '{word}'\n"
        )
        one, two = (stack.enter_context(backend_process(folder, config, name=name)) for name in ("one", "two"))
        yield Ground(folder, config, postgresql, one, two)
    for backend in (one, two):
        log = backend.log.read_text()
        assert "Traceback" not in log and '"level": "error"' not in log, log


async def _migrate(postgresql: PostgreSQL) -> None:
    await postgresql.forget()
    database = Database(Site(database=Settings(url=postgresql.url)), PASSWORD)
    await database.migrate()
    await database.close()


@pytest.fixture
async def ada(ground: Ground) -> AsyncIterator[tuple[BrowserEnd, BrowserEnd]]:
    """Give a browser that is signed in at the first backend, and the same browser at the second one."""
    async with browser(ground.one.url) as one:
        await one.sign_in(ground.link("ada"))
        name, value = next((cookie.key, cookie.value) for cookie in one.http.cookie_jar)
        # Over plain HTTP the cookie's name has the port; behind a balancer both backends have one port.
        two = BrowserEnd(one.http, ground.two.url)
        one.http.cookie_jar.update_cookies({name.replace(str(ground.one.port), str(ground.two.port)): value})
        yield one, two


async def test_a_login_holds_at_both(ground: Ground, ada: tuple[BrowserEnd, BrowserEnd]) -> None:
    for there in ada:
        assert await there.is_signed_in()
        async with there.connected() as client:
            session = await client.open()
            assert result_of(await client.evaluate(session, "1+1")) == "2"


async def test_signing_out_closes_what_is_open_at_both(ground: Ground, ada: tuple[BrowserEnd, BrowserEnd]) -> None:
    one, two = ada
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(there.connected()) for there in (one, two, two)]
        async with browser(ground.one.url) as stranger, stranger.connected() as other:
            begun = time.monotonic()
            assert await one.post("sign-out") == (303, "/sign-in")
            codes = await asyncio.gather(*(closed(client, WITHIN) for client in clients))
            assert codes == [SIGNED_OUT] * 3 and time.monotonic() - begun < WITHIN
            # Nobody else notices.
            session = await other.open()
            assert result_of(await other.evaluate(session, "1+1")) == "2"
        assert not await one.is_signed_in() and not await two.is_signed_in()


async def test_one_login_and_all_others(ground: Ground) -> None:
    link = ground.link("bob")
    async with browser(ground.one.url, "laptop") as laptop, browser(ground.two.url, "phone") as phone:
        await laptop.sign_in(link)
        await phone.sign_in(link_in(ground.users("link", "bob@example.org")))
        async with phone.connected() as client, laptop.connected() as own:
            _, page = await laptop.get("account")
            # Of somebody else's account it ends nothing.
            async with browser(ground.one.url) as eve:
                await eve.sign_in(ground.link("eve"))
                await eve.post("account/sign-out", login=laptop.login_of(page, "phone"))
                await eve.post("account/sign-out-others")
                assert await phone.is_signed_in()
            assert await laptop.post("account/sign-out", login=laptop.login_of(page, "phone")) == (303, "/account")
            assert await closed(client, WITHIN) == SIGNED_OUT
            await own.open()
        await phone.sign_in(link_in(ground.users("link", "bob@example.org")))
        async with phone.connected() as client:
            assert await laptop.post("account/sign-out-others") == (303, "/account")
            assert await closed(client, WITHIN) == SIGNED_OUT
        assert await laptop.is_signed_in() and not await phone.is_signed_in()


async def test_who_is_disabled_is_out_at_once(ground: Ground, ada: tuple[BrowserEnd, BrowserEnd]) -> None:
    one, two = ada
    link = ground.link("mallory")
    async with one.connected() as first, two.connected() as second, browser(ground.two.url) as mallory:
        await mallory.sign_in(link)
        identifier = [line.split()[0] for line in ground.users("list", "ada").splitlines()][-1]
        ground.users("disable", identifier)
        codes = await asyncio.gather(closed(first, WITHIN), closed(second, WITHIN))
        assert set(codes) == {SIGNED_OUT}
        assert not await one.is_signed_in() and not await two.is_signed_in() and await mallory.is_signed_in()
    said = ground.users("list", "ada", "--json")
    assert json.loads(said)["accounts"][-1]["disabled"] is not None


async def test_who_is_signed_out_by_an_operator_is_so_at_both(
    ground: Ground, ada: tuple[BrowserEnd, BrowserEnd]
) -> None:
    for end in ("of one", "of all"):
        link = ground.link("anna")
        async with browser(ground.two.url) as anna:
            await anna.sign_in(link)
            own = [line.split()[0] for line in ground.users("list", "anna").splitlines()][-1]
            async with anna.connected() as client:
                ground.users("sign-out", *((own,) if end == "of one" else ("--all",)))
                assert await closed(client, WITHIN) == SIGNED_OUT, end
            assert not await anna.is_signed_in()
            if end == "of one":
                assert await ada[0].is_signed_in() and await ada[1].is_signed_in()
                continue
            async with asyncio.timeout(WITHIN):
                # Each backend looks once a second by itself: that one has seen it says nothing of the other.
                while await ada[0].is_signed_in() or await ada[1].is_signed_in():
                    await asyncio.sleep(0.05)


async def test_a_link_is_good_once_and_for_its_own_page_alone(ground: Ground) -> None:
    link = ground.link("grace")
    async with browser(ground.one.url) as one, browser(ground.two.url) as two:
        await one.sign_in(link)
        token = link.partition("token=")[2]
        status, text = await two.post("sign-in/link", token=token)
        assert status == 403 and "was used already" in text
        assert not await two.is_signed_in()
        for status, _ in (
            await two.post("account/name", name="Eve"),
            await two.post("account/delete"),
            await two.post("account/sign-out-others"),
        ):
            assert status == 401


async def test_an_account_that_is_deleted_is_gone_everywhere(
    ground: Ground, ada: tuple[BrowserEnd, BrowserEnd]
) -> None:
    one, two = ada
    assert await one.post("account/name", name="Countess of Lovelace") == (303, "/account")
    async with two.connected() as client:
        assert "Countess" in ground.users("list", "countess")
        assert (await one.get("account/delete"))[0] == 200
        assert await one.post("account/delete") == (303, "/")
        assert await closed(client, WITHIN) == SIGNED_OUT
    assert "no such account" in ground.users("list", "countess")


async def test_all_that_is_somebodys_as_one_archive(ground: Ground, ada: tuple[BrowserEnd, BrowserEnd]) -> None:
    one, two = ada
    async with two.http.get(two.url + "account/export") as answer:
        assert answer.status == 200 and "account.zip" in answer.headers["Content-Disposition"]
        packed = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert packed.testzip() is None
    found = {name: json.loads(packed.read(name)) for name in packed.namelist() if name.endswith(".json")}
    assert set(found) == {
        f"{name}.json" for name in ("account", "identities", "logins", "tokens", "quotas", "audit", "workspaces")
    }
    assert found["account.json"]["name"] == "ada" and len(found["logins.json"]) == 1
    assert {each["what"] for each in found["audit.json"]} == {"added", "link made", "signed in"}
    # Nothing that opens anything is in it.
    secret = next(cookie.value for cookie in one.http.cookie_jar)
    assert all(secret not in packed.read(name).decode() for name in packed.namelist())
    async with browser(ground.one.url) as stranger:
        assert (await stranger.get("account/export"))[0] == 401


async def test_an_appearance_is_the_accounts_wherever_it_is_chosen(
    ground: Ground, ada: tuple[BrowserEnd, BrowserEnd]
) -> None:
    one, two = ada
    system, dark = 'media="(prefers-color-scheme: dark)"', '<meta name="color-scheme" content="dark">'
    for end in (one, two):
        assert system in (await end.get(""))[1] and system in (await end.get("account/delete"))[1]
    assert await one.post("account/appearance", appearance="dark") == (303, "/account")
    for path in ("", "account", "account/delete", "sign-in"):
        _, page = await one.get(path)
        assert dark in page and system not in page, path
    # Another backend, which remembers who that is, hears of it.
    _, page = await two.get("account")
    assert dark in page and '<option value="dark" selected>' in page
    async with asyncio.timeout(10):
        while dark not in (await two.get(""))[1]:
            await asyncio.sleep(0.1)
    for wrong in ("", "Dark", "sepia", "<b>"):
        status, said = await one.post("account/appearance", appearance=wrong)
        assert status == 400 and "system, light, dark" in said, (status, said)
    assert dark in (await one.get(""))[1]
    async with browser(ground.one.url) as stranger:
        assert (await stranger.post("account/appearance", appearance="dark"))[0] == 401
        assert system in (await stranger.get(""))[1]


async def test_a_language_is_the_accounts_wherever_it_is_chosen(
    ground: Ground, ada: tuple[BrowserEnd, BrowserEnd]
) -> None:
    one, two = ada
    for end in (one, two):
        assert '<html lang="en">' in (await end.get(""))[1]
    assert await one.post("language", language="de", next="/account") == (303, "/account")
    loop = asyncio.get_running_loop()
    chosen = loop.time()
    for path in ("", "account", "account/delete", "sign-in", "workspaces", "language"):
        _, page = await one.get(path)
        assert '<html lang="de">' in page, path
    # Another backend, and a browser that has no cookie of it: told within two seconds, as a sign-out is.
    async with asyncio.timeout(10):
        while '<html lang="de">' not in (await two.get(""))[1]:
            await asyncio.sleep(0.1)
    assert loop.time() - chosen < 2.5
    _, page = await two.get("account")
    assert '<option value="de" selected>' in page and "Abmelden" in page
    for wrong in ("DE", "tlh", "<b>"):
        status, said = await one.post("language", language=wrong)
        assert status == 400 and "en, de, es, fr, zh-Hans" in said and "Sprache" in said, (status, said)
    # No choice any more: neither with the account, nor in the browser.
    assert await one.post("language", language="", next="//elsewhere.example") == (303, "/")
    async with asyncio.timeout(10):
        while '<html lang="en">' not in (await one.get("account"))[1]:
            await asyncio.sleep(0.1)


async def test_who_has_no_account_chooses_for_their_browser(ground: Ground) -> None:
    wish = {"Accept-Language": "fr-CA, en;q=0.5"}
    async with browser(ground.one.url) as stranger:
        assert "Language: English" in (await stranger.get(""))[1]
        async with stranger.http.get(stranger.url, headers=wish) as answer:
            assert '<html lang="fr">' in await answer.text()
            assert answer.headers["Content-Language"] == "fr"
            assert "private" in answer.headers["Cache-Control"]
            assert {"Accept-Language", "Cookie", "Accept-Encoding"} <= set(answer.headers["Vary"].split(", "))
            etag = answer.headers["ETag"]
        assert await stranger.post("language", language="zh-Hans", next="/sign-in") == (303, "/sign-in")
        async with stranger.http.get(stranger.url, headers={**wish, "If-None-Match": etag}) as answer:
            # What the browser keeps in another language is not good.
            assert answer.status == 200 and '<html lang="zh-Hans">' in await answer.text()
        status, said = await stranger.get("account/export")
        assert status == 401 and "这里没有人登录" in said
        # Pages that are not translated say that they are English.
        assert '<html lang="en">' in (await stranger.get("api"))[1]


async def test_while_the_database_is_away_nobody_is_signed_out(
    ground: Ground, ada: tuple[BrowserEnd, BrowserEnd]
) -> None:
    one, _ = ada
    assert await one.is_signed_in()
    async with one.connected() as client:
        session = await client.open()
        ground.postgresql.stop()
        try:
            await asyncio.sleep(2)
            assert result_of(await client.evaluate(session, "1+1")) == "2"
            async with one.connected() as again:
                assert result_of(await again.evaluate(await again.open(), "2+2")) == "4"
            # Whom it does not know it cannot tell now; who shows no login needs none.
            async with browser(ground.one.url) as stranger:
                async with stranger.connected() as other:
                    await other.open()
                stranger.http.cookie_jar.update_cookies({f"sagews-login-{ground.one.port}": "x" * 43})
                assert (await stranger.get("account"))[0] == 503
        finally:
            ground.postgresql.start()
    assert await one.is_signed_in()


async def test_a_site_for_people_with_accounts_alone(ground: Ground, tmp_path: Path) -> None:
    config = ground.config + "[accounts]\nanonymous = false\n"
    with backend_process(ground.folder, config, name="closed") as closed_one:
        async with browser(closed_one.url) as somebody:
            async with somebody.http.get(closed_one.url, allow_redirects=False) as page:
                assert (page.status, page.headers["Location"]) == (303, "/sign-in")
            for path, status in (("sign-in", 200), ("healthz", 200), ("api/v1/about", 401), ("account", 403)):
                assert (await somebody.get(path))[0] == status, path
            assert (await somebody.post("ticket"))[0] == 403
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await somebody.http.ws_connect(closed_one.url + "socket")
            await somebody.sign_in(ground.link("hopper"))
            async with somebody.connected() as client:
                await client.open()
            assert (await somebody.get("api/v1/about"))[0] != 401
