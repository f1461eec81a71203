"""Two backends whose clocks differ by 5 s, behind one name: one signs in through both, and is signed out by neither."""

import asyncio
import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import pytest
from yarl import URL

from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from tests.postgresql import PASSWORD, running_postgresql
from tests.site.backend_process import RunningBackend, backend_process
from tests.site.sign_in.browser import Browser, Page, browser
from tests.site.sign_in.mock_provider import MockProvider, running_mock_provider

REQUESTS = 1_000 if os.environ.get("SAGEWS_PROVE") else 20
AHEAD = 5
NAME = {"Host": "math.localhost"}
"""What the browser calls the site, whichever backend a balancer takes."""
PAGE = {**NAME, "Origin": "http://math.localhost"}

CLOCK = f"""
import time
_exact = time.time
time.time = lambda: _exact() + {AHEAD}
"""
"""The module `sitecustomize` of the backend whose clock is ahead."""


@dataclass
class Pair:
    """Two backends of one site, and a provider."""

    backends: tuple[RunningBackend, RunningBackend]
    provider: MockProvider

    async def get(self, person: Browser, at: int, path: str) -> Page:
        return await person.get(self.backends[at].url + path.lstrip("/"), **NAME)

    async def sign_in(self, person: Browser, begun: int, ended: int) -> Page:
        """Begin at one backend, and come back to one."""
        there = await person.post(f"{self.backends[begun].url}sign-in/campus", {"next": "/account"}, **PAGE)
        assert there.status == 303, there.text
        back = await self.provider.agree(person, there, "ada-1")
        assert back.location.startswith("http://math.localhost/sign-in/campus/callback?")
        return await self.get(person, ended, URL(back.location).raw_path_qs)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("clocks")
    (folder / "clock").mkdir()
    (folder / "clock" / "sitecustomize.py").write_text(CLOCK)
    word = folder / "password"
    word.write_text(PASSWORD)
    word.chmod(0o600)
    with ExitStack() as stack:
        postgresql = stack.enter_context(running_postgresql())
        asyncio.run(_migrate(postgresql.url))
        provider = stack.enter_context(running_mock_provider(folder))
        settings = provider.settings()
        config = (
            f"[database]\nurl = '{postgresql.url}'\npassword_file = '{word}'\n"
            f"[[provider]]\nname = 'campus'\nissuer = '{settings.issuer}'\nclient_id = '{settings.client_id}'\n"
            f"client_secret_file = '{settings.client_secret_file}'\n"
        )
        ahead = {"PYTHONPATH": str(folder / "clock")}
        backends = (
            stack.enter_context(backend_process(folder, config, name="exact")),
            stack.enter_context(backend_process(folder, config, name="ahead", environment=ahead)),
        )
        yield Pair(backends, provider)
    for backend in backends:
        assert "Traceback" not in backend.log.read_text()


async def _migrate(url: str) -> None:
    database = Database(Site(database=Settings(url=url)), PASSWORD)
    await database.migrate()
    await database.close()


async def test_the_clocks_do_differ(both: Pair) -> None:
    async with browser() as somebody:
        said = [(await both.get(somebody, at, "sign-in")).headers["Date"] for at in (0, 1)]
    exact, ahead = (parsedate_to_datetime(date).timestamp() for date in said)
    assert AHEAD - 2 <= ahead - exact <= AHEAD + 10


@pytest.mark.parametrize(("begun", "ended"), list(itertools.product((0, 1), repeat=2)))
async def test_one_signs_in_through_both_and_stays_so(both: Pair, begun: int, ended: int) -> None:
    async with browser() as ada:
        page = await both.sign_in(ada, begun, ended)
        assert page.status == 303 and page.headers["Location"] == "/account"
        for number in range(REQUESTS):
            page = await both.get(ada, number % 2, "account")
            assert page.status == 200 and "ada@example.org" in page.text, number
        # And out, by either, at once.
        out = await ada.post(f"{both.backends[ended].url}sign-out", **PAGE)
        assert out.status == 303
        for at in (0, 1):
            assert (await both.get(ada, at, "account")).status == 303


async def test_of_two_who_bring_the_same_state_at_once_one_comes_in(both: Pair) -> None:
    async with browser() as ada:
        for _ in range(5):
            there = await ada.post(f"{both.backends[0].url}sign-in/campus", **PAGE)
            back = URL((await both.provider.agree(ada, there, "ada-1")).location).raw_path_qs
            pages = await asyncio.gather(*(both.get(ada, number % 2, back) for number in range(8)))
            assert sorted(page.status for page in pages) == [303] + [400] * 7
