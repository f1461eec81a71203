"""Quotas: counted by two backends together, told before they bite, and refused in words that say when to come again."""

import asyncio
import html
import io
import json
import re
import secrets
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
from tests.site.accounts.browser_end import BrowserEnd, browser, link_in, users
from tests.site.backend_process import RunningBackend, backend_process
from tests.site.client_end import ClientEnd, Json, connected, result_of
from tests.site.worker_process import QUICK, running_worker

MOST = 10
QUOTAS = f"""
[quotas.anonymous]
evaluations = 4
sessions = 1
wall_time = 0.5
[quotas.account]
evaluations = {MOST}
sessions = 3
wall_time = 20
[quotas.operator]
memory = 1073741824
[limits]
wall_time = 60
[rates]
owner = true
"""


@dataclass
class Ground:
    """Two workers, and two backends of one site with one database."""

    folder: Path
    backends: tuple[RunningBackend, RunningBackend]
    config: Path
    postgresql: PostgreSQL | None

    @property
    def urls(self) -> tuple[str, str]:
        return self.backends[0].url, self.backends[1].url

    def users(self, *arguments: str) -> str:
        return users(self.folder / "data", *arguments, config=self.config)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("quotas")
    with ExitStack() as stack:
        server, database = None, ""
        if request.param == "postgresql":
            server = stack.enter_context(running_postgresql())
            asyncio.run(migrate(server, folder))
            (folder / "password").write_text(PASSWORD)
            (folder / "password").chmod(0o600)
            database = f"[database]\nurl = '{server.url}'\npassword_file = '{folder / 'password'}'\n"
        sockets = []
        for name, places in (("wa", 1), ("wb", 2)):
            (folder / name).mkdir()
            settings = (
                f"{QUICK}[worker]\nname = '{name}'\nmax_sessions = {places}\n[limits]\nwall_time = 60\ngrace = 0.1\n"
            )
            sockets.append(stack.enter_context(running_worker(folder / name, settings, name=name)).socket)
        workers = ", ".join(f"'unix:{socket}'" for socket in sockets)
        config = f"{QUICK}{database}[backend]\nworkers = [{workers}]\nwaiting = 0\n{QUOTAS}"
        one, two = (stack.enter_context(backend_process(folder, config, name=name)) for name in ("one", "two"))
        yield Ground(folder, (one, two), folder / "one.toml", server)
        for backend in (one, two):
            assert "Traceback" not in backend.log.read_text(), backend.log.read_text()


async def migrate(server: PostgreSQL, folder: Path) -> None:
    database = Database(Site(data_directory=str(folder), database=Settings(url=server.url)), PASSWORD)
    await database.migrate()
    await database.close()


@dataclass
class Person:
    """One account, with a browser at each backend."""

    ground: Ground
    ends: tuple[BrowserEnd, BrowserEnd]

    async def account_page(self, at: int = 0) -> str:
        status, page = await self.ends[at].get("account")
        assert status == 200
        return page


@pytest.fixture
async def come(ground: Ground) -> AsyncIterator["Come"]:
    async with AsyncExitStack() as stack:
        yield Come(ground, stack)


@dataclass
class Come:
    """Lets people come."""

    ground: Ground
    stack: AsyncExitStack

    async def __call__(self, *more: str, email: str = "") -> Person:
        """Make an account, and sign it in at both backends."""
        email = email or f"{secrets.token_hex(4)}@example.org"
        self.ground.users("add", "Ada", "--email", email, *more)
        ends = []
        for url in self.ground.urls:
            end = await self.stack.enter_async_context(browser(url))
            token = link_in(self.ground.users("link", email)).partition("token=")[2]
            assert await end.post("sign-in/link", token=token) == (303, "/")
            ends.append(end)
        return Person(self.ground, (ends[0], ends[1]))


def near(events: list[Json]) -> list[str]:
    return [event["text"] for event in events if event["kind"] == "quota"]


def own(events: list[Json]) -> list[Json]:
    """Return those of the evaluation that was waited for, without those of others in its session."""
    return [event for event in events if event.get("evaluation") == events[-1]["evaluation"]]


async def exported(end: BrowserEnd, name: str) -> Json:
    """Return one part of what somebody takes with them."""
    async with end.http.get(end.url + "account/export") as answer:
        assert answer.status == 200
        found: Json = json.loads(zipfile.ZipFile(io.BytesIO(await answer.read())).read(name))
        return found


async def refused(client: ClientEnd, kind: str, **fields: object) -> Json:
    await client.send(kind, **fields)
    return (await client.until("failure"))[-1]


async def opened(client: ClientEnd) -> str:
    """Open a session, when those of before have ended."""
    async with asyncio.timeout(10):
        while True:
            request = await client.send("open")
            while (event := await client.next()).get("request") != request:
                pass
            if event["kind"] == "opened":
                return str(event["session"])
            await asyncio.sleep(0.05)


async def test_evaluations_of_a_day_are_counted_by_both_and_told_before(come: Come) -> None:
    person = await come()
    async with person.ends[0].connected() as one, person.ends[1].connected() as two:
        session = await one.open()
        await two.send("attach", session=session, token=one.opened["token"])
        await two.until("attached")
        told: list[str] = []
        for number in range(MOST):
            client = (one, two)[number % 2]
            events = await client.evaluate(session, f"{number}")
            assert result_of(own(events)) == str(number)
            told += near(events)
        assert told == [f"{used} of {MOST} evaluations of today used; anew at 00:00 UTC." for used in (8, 9, 10)]
        for client in (one, two):
            failure = await refused(client, "evaluate", session=session, evaluation="late", code="1")
            assert failure["code"] == "too_many" and failure["noun"] == "this account"
            assert failure["what"] == f"has had its {MOST} evaluations of today"
            assert failure["hint"] == "the count begins anew at 00:00 UTC"
            assert 0 < failure["retry_after"] <= 86_400
            assert (await refused(client, "run", evaluation="late" * 5, code="1"))["code"] == "too_many"
    # Who comes back is told at once.
    async with person.ends[1].connected() as again:
        assert near(await again.until("quota")) == [f"{MOST} of {MOST} evaluations of today used; anew at 00:00 UTC."]
    for at in (0, 1):
        page = await person.account_page(at)
        assert f'value="{MOST}"' in page and "Evaluations are counted anew from 00:00 UTC" in page


async def test_over_http_it_is_429_with_the_seconds(come: Come) -> None:
    person = await come()
    statuses = []
    for number in range(MOST + 2):
        end = person.ends[number % 2]
        async with end.http.post(f"{end.url}api/v1/evaluate", json={"code": str(number)}) as answer:
            statuses.append(answer.status)
            body = await answer.json()
            if answer.status == 429:
                assert 0 < int(answer.headers["Retry-After"]) <= 86_400
                assert body["error"]["code"] == "too_many" and "evaluations of today" in body["error"]["what"]
    assert statuses == [200] * MOST + [429] * 2
    async with person.ends[0].http.post(f"{person.ground.urls[0]}service", data={"code": "1"}) as answer:
        assert answer.status == 429 and int(answer.headers["Retry-After"]) > 0


async def test_sessions_at_once_are_counted_on_both_workers_by_both_backends(come: Come) -> None:
    person = await come()
    async with person.ends[0].connected() as one, person.ends[1].connected() as two:
        sessions = [await opened(one) for _ in range(3)]
        assert sorted(session[:2] for session in sessions) == ["wa", "wb", "wb"]
        async with asyncio.timeout(5):
            while "3 of 3</meter>" not in await person.account_page(1):
                await asyncio.sleep(0.05)
        for client in (one, two):
            failure = await refused(client, "open")
            assert failure["code"] == "too_many" and failure["noun"] == "this account"
            assert failure["what"] == "has 3 sessions of the 3 that it may have at once"
            assert "close one of them" in failure["hint"]
        async with person.ends[1].http.post(f"{person.ground.urls[1]}api/v1/sessions", json={}) as answer:
            assert answer.status == 429 and answer.headers["Retry-After"]
        for session in sessions[:2]:
            await one.send("close", session=session)
            await one.until("ended", session=session)
        assert await opened(two)


async def test_of_many_that_open_at_once_as_many_as_may_get_one(come: Come) -> None:
    person = await come()
    async with person.ends[0].connected() as one:
        requests = {await one.send("open") for _ in range(8)}
        events: list[Json] = []
        while len(events) < len(requests):
            event = await one.next()
            if event.get("request") in requests and event["kind"] in ("opened", "failure"):
                events.append(event)
        ready = [event["session"] for event in events if event["kind"] == "opened"]
        assert len(ready) == 3
        for session in ready:
            await one.send("close", session=session)
            await one.until("ended", session=session)


async def test_limits_are_those_of_the_role_and_a_wish_lowers_them(come: Come) -> None:
    person, operator = await come(), await come("--operator")
    for who, limits, wall_time, memory in (
        (person, {}, 20, 4 << 30),
        (person, {"wall_time": 3}, 3, 4 << 30),
        (person, {"wall_time": 50}, 20, 4 << 30),
        (operator, {}, 60, 1 << 30),
        (operator, {"wall_time": 50, "memory": 2 << 30}, 50, 1 << 30),
    ):
        async with who.ends[0].connected() as client:
            session = await client.open(limits=limits)
            assert client.opened["limits"]["wall_time"] == wall_time
            assert client.opened["limits"]["memory"] == memory
            await client.send("close", session=session)
            await client.until("ended")


async def test_who_is_not_signed_in_counts_by_address(ground: Ground) -> None:
    def reader(address: str) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(local_addr=(address, 0))

    async with (
        connected(ground.urls[0], connector=reader("127.0.0.41")) as one,
        connected(ground.urls[1], connector=reader("127.0.0.41")) as two,
        connected(ground.urls[1], connector=reader("127.0.0.42")) as other,
    ):
        session = await one.open()
        await one.send("evaluate", session=session, evaluation="long", code="while True: pass")
        while (event := await one.next())["kind"] not in ("done", "failure", "ended"):
            pass
        assert event.get("reason") == "wall_time" and event["wall_seconds"] < 5, event
        # By now the other backend has heard of the session, on whichever worker it is.
        assert (await refused(two, "open"))["what"] == "has 1 session of the 1 that it may have at once"
        await one.send("close", session=session)
        await one.until("ended")
        # Its session is ended before the next one begins, which is the only one that may be.
        for client in (one, one, two):
            async with asyncio.timeout(10):
                assert result_of(await client.run("6 * 7", fresh=True)) == "42"
        failure = await refused(one, "run", evaluation="e" * 20, code="1")
        assert failure["noun"] == "this address" and "who is signed in has a count of their own" in failure["hint"]
        assert result_of(await other.run("6 * 7", fresh=True)) == "42"


async def test_an_operator_gives_one_account_quotas_of_its_own(come: Come) -> None:
    person, operator = await come(email="own@example.org"), await come("--operator", email="op@example.org")
    away = operator.ends[0]
    _, page = await away.get("accounts?search=own@")
    account = re.findall(r"accounts/quotas\?account=([\w-]+)", page)[-1]
    status, page = await away.get(f"accounts/quotas?account={account}")
    assert status == 200 and "as for all: 10" in page and "site&#x27;s own: 60" in page
    fields = {
        "account": account,
        "evaluations": "1",
        "wall_time": "40",
        "sessions": "",
        "cpu_time": "",
        "memory": "512",
        "storage": "8",
    }
    # Nobody else does.
    assert (await person.ends[0].get(f"accounts/quotas?account={account}"))[0] == 403
    assert (await person.ends[0].post("accounts/quotas", **fields))[0] == 403
    async with browser(person.ground.urls[0]) as stranger:
        assert (await stranger.get(f"accounts/quotas?account={account}"))[0] == 303
        assert (await stranger.post("accounts/quotas", **fields))[0] == 401
    _, own = await away.get("accounts?search=op@")
    identifier = re.findall(r"audit\?about=([\w-]+)", own)[-1]
    assert (await away.post("accounts/quotas", **(fields | {"account": identifier})))[0] == 409
    assert (await away.post("accounts/quotas", **(fields | {"account": "nobody"})))[0] == 404
    for name, value, fault in (
        ("wall_time", "61", "61.0 is above the site's 60.0"),
        ("sessions", "-1", "negative"),
        ("sessions", "1.5", "no whole number"),
        ("evaluations", "<b>", "no number"),
        ("memory", "9999", "9999 is above the site's 4096"),
        ("cpu_time", "inf", "no number that can be meant"),
        ("cpu_time", "nan", "no number that can be meant"),
    ):
        sent = fields | {name: value}
        status, page = await away.post("accounts/quotas", **sent)
        assert status == 400 and fault in html.unescape(page) and "<b>" not in page, (name, value)
        # Whoever mends it and saves sends the others again, before and after it, as they were.
        shown = dict(re.findall(r' name="(\w+)" value="([^"]*)"', page))
        assert {each: html.unescape(text) for each, text in shown.items()} == sent
    assert await away.post("accounts/quotas", **fields) == (303, "/accounts")
    async with asyncio.timeout(8):
        while "<td>40 s</td>" not in await person.account_page(1):
            await asyncio.sleep(0.2)
    assert "nothing</td><td>8 MiB</td>" in await person.account_page(1)
    async with person.ends[1].connected() as client:
        session = await client.open()
        assert (client.opened["limits"]["wall_time"], client.opened["limits"]["memory"]) == (40, 512 << 20)
        assert result_of(await client.evaluate(session, "1")) == "1"
        failure = await refused(client, "evaluate", session=session, evaluation="more", code="1")
        assert failure["what"] == "has had its one evaluation of today"
        # All of it is in what they take with them, at both backends.
        for end in person.ends:
            async with asyncio.timeout(8):
                while (kept := await exported(end, "quotas.json"))["sessions"] != 1:
                    await asyncio.sleep(0.1)
            own = {"evaluations": 1, "wall_time": 40, "memory": 512 << 20, "storage": 8 << 20}
            assert kept["may"] == {"sessions": 3, "cpu_time": 0} | own and kept["own"] == own
            assert list(kept["evaluations"].values()) == [1]
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", *kept["evaluations"])
    _, page = await away.get(f"accounts/audit?about={account}")
    assert re.search(
        r"quotas changed · " + account + r" by " + identifier + r" \(evaluations: 1, memory: 536870912, "
        r"storage: 8388608, wall_time: 40",
        page,
    )
    # As for all again.
    assert await away.post("accounts/quotas", account=account) == (303, "/accounts")
    async with asyncio.timeout(8):
        while "<td>20 s</td>" not in await person.account_page(1):
            await asyncio.sleep(0.2)


async def test_while_the_database_is_away_people_go_on(come: Come) -> None:
    server = come.ground.postgresql
    if server is None:
        pytest.skip("a database in a file is not away")
    person = await come()
    async with person.ends[0].connected() as client:
        session = await client.open()
        assert result_of(await client.evaluate(session, "1")) == "1"
        server.stop()
        try:
            async with asyncio.timeout(20):
                for number in range(MOST + 2):
                    assert result_of(await client.evaluate(session, str(number))) == str(number)
        finally:
            server.start()
        async with asyncio.timeout(20):
            while near(await client.evaluate(session, "1")) == []:
                await asyncio.sleep(0.2)
