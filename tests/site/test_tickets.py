"""A connection has no rights without a ticket, over any transport, and a ticket is good for one page and one minute."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet

from tests.running import RunningSite
from tests.site.backend_process import running_backend
from tests.site.client_end import DEADLINE, ClientEnd, Json, connected, fetch_ticket, hello, result_of
from tests.site.poller import Poller, browser
from tests.site.worker_process import QUICK, running_worker

KINDS: list[Json] = [
    {"kind": "open"},
    {"kind": "attach", "session": "w1-a", "token": "x"},
    {"kind": "detach", "session": "w1-a"},
    {"kind": "evaluate", "session": "w1-a", "evaluation": "e", "code": "1"},
    {"kind": "run", "evaluation": "e" * 16, "code": "1"},
    {"kind": "interrupt", "session": "w1-a"},
    {"kind": "complete", "session": "w1-a", "code": "a", "cursor": 1},
    {"kind": "close", "session": "w1-a"},
    {"kind": "open_worksheet", "workspace": "w", "path": "a.ipynb"},
    {"kind": "edit_worksheet", "worksheet": "w", "epoch": "e", "sender": "s", "clock": 1, "update": "AAA="},
    {"kind": "evaluate_cell", "worksheet": "w", "evaluation": "e", "cell": "c", "code": "1"},
    {"kind": "get_outputs", "worksheet": "w", "evaluation": "e"},
]


@asynccontextmanager
async def stranger(url: str, **headers: str) -> AsyncIterator[ClientEnd]:
    """Open a socket and say nothing."""
    async with (
        aiohttp.ClientSession() as http,
        asyncio.timeout(60),
        http.ws_connect(url + "socket", headers=headers) as socket,
    ):
        yield ClientEnd(socket)


async def refused(client: ClientEnd, ticket: str) -> str:
    """Say hello with a ticket that is refused; return what is said of it."""
    await client.send("hello", ticket=ticket)
    failure = await client.failure()
    assert (failure["code"], failure["request"]) == ("wrong_ticket", 1)
    message = await client.socket.receive(DEADLINE)
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert client.socket.close_code == 4401 and failure["what"] in str(message.extra)
    return str(failure["what"])


async def test_what_a_ticket_is(site: RunningSite) -> None:
    async with aiohttp.ClientSession() as http, http.post(site.url + "ticket") as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
        answer = await response.json()
        assert set(answer) == {"ticket", "expires_in"} and answer["expires_in"] == 60
    assert (site.data / "ticket-keys").stat().st_mode & 0o777 == 0o600
    async with aiohttp.ClientSession() as http, http.get(site.url + "ticket") as response:
        assert response.status == 405
    assert answer["ticket"] not in site.log()


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_page_of_another_site_gets_none(site: RunningSite, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as http, http.post(site.url + "ticket", headers=headers) as response:
        assert response.status == 403 and "ticket" not in await response.text()


async def test_before_the_hello_nothing_is_done(site: RunningSite) -> None:
    async with stranger(site.url) as client:
        for message in KINDS:
            fields = {name: value for name, value in message.items() if name != "kind"}
            request = await client.send(message["kind"], **fields)
            failure = await client.failure()
            assert (failure["code"], failure["request"]) == ("out_of_order", request)
        async with aiohttp.ClientSession() as http:
            await client.greet(await fetch_ticket(http, site.url))
        assert result_of(await client.evaluate(await client.open(), "1+1")) == "2"


async def test_tickets_that_are_none(site: RunningSite) -> None:
    key = Fernet((site.data / "ticket-keys").read_bytes().split()[0])
    content = b'{"subject":"anonymous","origin":""}'
    for ticket in ("", "x", Fernet(Fernet.generate_key()).encrypt(content).decode()):
        async with stranger(site.url) as client:
            assert await refused(client, ticket) == ("is none of this site's" if ticket else "is missing")
    async with stranger(site.url) as client:
        late = key.encrypt_at_time(content, int(time.time()) - 61).decode()
        assert await refused(client, late) == "is not of the last 60 s"
    async with stranger(site.url) as client:
        await client.greet(key.encrypt_at_time(content, int(time.time()) - 50).decode())


async def test_a_ticket_is_good_for_the_origin_that_fetched_it(site: RunningSite) -> None:
    by_name, by_number = (
        {"Host": f"{name}:{site.port}", "Origin": f"http://{name}:{site.port}"} for name in ("localhost", "127.0.0.1")
    )
    async with aiohttp.ClientSession() as http:
        for fetched, shown in ((by_name, by_number), (by_number, by_name), (by_name, {}), ({}, by_name)):
            ticket = await fetch_ticket(http, site.url, fetched)
            async with stranger(site.url, **shown) as client:
                assert "another origin" in await refused(client, ticket)
    async with connected(site.url, headers=by_name):
        pass


async def test_who_says_no_hello_is_cut_off(site: RunningSite) -> None:
    async with stranger(site.url) as client, browser(site.url) as http:
        poller = Poller(http, site.url)
        assert await poller.poll() == "o"
        begun = time.monotonic()
        message, polled = await asyncio.gather(client.socket.receive(15), poller.poll())
        assert message.type is aiohttp.WSMsgType.CLOSE and client.socket.close_code == 4408
        assert 9 < time.monotonic() - begun < 15
        assert polled == 'c[4408,"no hello within 10 s"]'


async def test_the_same_by_polling(site: RunningSite) -> None:
    async with browser(site.url) as http:
        poller = Poller(http, site.url)
        assert await poller.poll() == "o"
        await poller.send({"kind": "open", "id": 1})
        assert (await poller.until("failure"))[-1]["code"] == "out_of_order"
        await poller.send({"kind": "hello", "id": 2, "ticket": "x"}, {"kind": "open", "id": 3})
        failure = (await poller.until("failure"))[-1]
        assert (failure["code"], failure["request"]) == ("wrong_ticket", 2)
        assert (await poller.poll()).startswith("c[4401,")


async def test_the_same_in_sockjs_frames(site: RunningSite) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(site.url + "sockjs/000/frames01/websocket") as socket:
        assert (await socket.receive(10)).data == "o"
        for message, code in (('{"kind":"open"}', "out_of_order"), (hello("x"), "wrong_ticket")):
            await socket.send_str(json.dumps([message]))
            assert json.loads(json.loads((await socket.receive(10)).data[1:])[0])["code"] == code
        assert (await socket.receive(10)).data.startswith("c[4401,")
        assert (await socket.receive(10)).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4401


async def test_polling_without_a_cookie_gets_no_rights(site: RunningSite) -> None:
    # Else the name of the SockJS session would be all that a stranger needs to send on it.
    async with aiohttp.ClientSession() as http, asyncio.timeout(30):
        poller = Poller(http, site.url)
        assert await poller.poll() == "o"
        await poller.send_raw(json.dumps([hello(await fetch_ticket(http, site.url))]))
        failure = (await poller.until("failure"))[-1]
        assert failure["code"] == "wrong_ticket" and "cookie" in failure["what"]


async def test_a_sockjs_session_belongs_to_the_page_that_began_it(site: RunningSite) -> None:
    async with browser(site.url) as http:
        poller = Poller(http, site.url)
        assert await poller.poll() == "o"
        other = {"Origin": f"http://127.0.0.1:{site.port}"}
        async with http.post(poller.base + "/xhr_send", data='["{}"]', headers=other) as response:
            assert response.status == 404


async def test_backends_of_one_site_take_each_others_tickets(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        config = f"[backend]\nworkers = ['unix:{worker.socket}']\n"
        with running_backend(tmp_path, config) as one, running_backend(tmp_path, config) as other:
            async with aiohttp.ClientSession() as http:
                ticket = await fetch_ticket(http, one)
                async with stranger(other) as client:
                    await client.greet(ticket)
                    assert result_of(await client.evaluate(await client.open(), "1+1")) == "2"
                keys = tmp_path / "data" / "ticket-keys"
                old, new = keys.read_text(), Fernet.generate_key().decode()
                replace(keys, f"{new}\n{old}")
                async with stranger(other) as client:
                    await client.greet(ticket)
                replace(keys, new)
                async with stranger(other) as client:
                    assert await refused(client, ticket) == "is none of this site's"
                async with stranger(other) as client:
                    await client.greet(await fetch_ticket(http, one))


def replace(path: Path, text: str) -> None:
    """Replace a file whole, as rotation does."""
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.chmod(0o600)
    draft.replace(path)
