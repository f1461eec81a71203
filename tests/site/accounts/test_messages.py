"""Every message of the protocol, sent about somebody else's session, by every role that gets a connection.

The kinds are those that the product itself names. One that is new fails here
until the table says what may be in it.
"""

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from sagews.protocol.json_requests import RefusedRequest, decode_request
from tests.postgresql import PostgreSQL
from tests.site.accounts.cast import Actor, Cast, cast_of
from tests.site.client_end import ClientEnd, Json, fetch_ticket, hello, result_of
from tests.site.poller import Poller

ABOUT_A_SESSION: dict[str, Json] = {
    "attach": {"token": "x" * 43, "after_sequence": 0},
    "detach": {},
    "evaluate": {"evaluation": "theirs", "code": "kept = 0"},
    "interrupt": {"evaluation": ""},
    "input_reply": {"sequence": 1, "text": "x"},
    "complete": {"code": "ke", "cursor": 2},
    "inspect": {"code": "kept", "cursor": 4, "detail": 0},
    "comm_message": {"comm_kind": "close", "body": "{}"},
    "close": {},
}
"""Each with fields that are in order: it is refused for the session alone."""
OWN: dict[str, Json] = {
    "hello": {"ticket": "x"},
    "open": {"environment": "no-such"},
    "run": {"evaluation": secrets.token_hex(16), "code": "1", "environment": "no-such"},
    "withdraw": {"request": 1},
}
"""What names no session: a connection's own requests, and names that its sender makes up."""
ABOUT_A_WORKSHEET: dict[str, Json] = {
    "open_worksheet": {"workspace": "0" * 32, "path": "a.ipynb"},
    "edit_worksheet": {"worksheet": "0" * 32, "epoch": "0", "sender": "s", "clock": 1, "update": "AAA="},
    "show_presence": {"worksheet": "0" * 32, "presence": "{}"},
    "close_worksheet": {"worksheet": "0" * 32},
    "evaluate_cell": {"worksheet": "0" * 32, "evaluation": "e", "cell": "c", "code": "1"},
    "interrupt_worksheet": {"worksheet": "0" * 32},
    "restart_worksheet": {"worksheet": "0" * 32},
    "answer_input": {"worksheet": "0" * 32, "evaluation": "e", "sequence": 1, "text": "x"},
    "complete_in_worksheet": {"worksheet": "0" * 32, "code": "ke", "cursor": 2},
    "inspect_in_worksheet": {"worksheet": "0" * 32, "code": "kept", "cursor": 4, "detail": 0},
    "get_outputs": {"worksheet": "0" * 32, "evaluation": "e", "after": 0},
    "clear_outputs": {"worksheet": "0" * 32},
    "follow_comms": {"worksheet": "0" * 32},
    "comm_in_worksheet": {"worksheet": "0" * 32, "comm_kind": "message", "body": "{}"},
    "list_session_files": {"worksheet": "0" * 32},
    "get_session_file": {"worksheet": "0" * 32, "path": "a", "offset": 0, "version": ""},
    "save_session_files": {"worksheet": "0" * 32, "paths": ["a"]},
    "update_session_files": {"worksheet": "0" * 32, "replaced": []},
}
"""Of none that is there; who may what in one that is: `tests/site/worksheets/test_rights.py`."""
CONNECTED = {
    "open": ("anonymous", "account", "operator", "token-evaluate"),
    "guarded": ("account", "operator", "token-evaluate", "site-token"),
}
REFUSED = {"unknown_session", "wrong_token"}


def kinds() -> list[str]:
    """Return every kind of request, as the product tells them to who sends another one."""
    with pytest.raises(RefusedRequest) as refused:
        decode_request('{"kind": "no such"}')
    told = f"{refused.value.noun} {refused.value.hint}"
    return told.partition("one of ")[2].split(", ")


def test_every_kind_is_in_a_table_and_no_other() -> None:
    assert sorted(kinds()) == sorted([*ABOUT_A_SESSION, *ABOUT_A_WORKSHEET, *OWN])


@pytest.fixture(scope="module", params=["open", "guarded"])
def cast(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL
) -> Iterator[Cast]:
    server = postgresql if request.param == "guarded" else None
    with cast_of(request.param, tmp_path_factory.mktemp("messages"), server) as cast:
        yield cast


@asynccontextmanager
async def connected_as(cast: Cast, actor: Actor) -> AsyncIterator[ClientEnd]:
    async with aiohttp.ClientSession(headers=actor.headers) as http:
        ticket = await fetch_ticket(http, cast.url)
        async with http.ws_connect(cast.url + "socket") as socket:
            client = ClientEnd(socket)
            await client.greet(ticket)
            yield client


@pytest.mark.parametrize("number", range(4))
async def test_a_session_of_somebody_else(cast: Cast, number: int) -> None:
    """Send every kind over a WebSocket, then over SockJS in frames and by polling."""
    role = CONNECTED[cast.kind][number]
    async with connected_as(cast, await cast.actor("victim")) as victim:
        session = await victim.open()
        await victim.evaluate(session, "kept = 41")
        actor = await cast.actor(role)
        async with connected_as(cast, actor) as client:
            for kind, fields in ABOUT_A_SESSION.items():
                request = await client.send(kind, session=session, **fields)
                answer = await client.failure()
                assert (answer["request"], answer["code"] in REFUSED) == (request, True), (role, kind, answer)
            for kind, fields in ABOUT_A_WORKSHEET.items():
                request = await client.send(kind, **fields)
                answer = await client.failure()
                is_for_people = role.startswith("token-") and kind == "open_worksheet"
                wanted = request, "forbidden" if is_for_people else "unknown_worksheet"
                assert (answer["request"], answer["code"]) == wanted, (role, kind, answer)
            await client.send("withdraw", **OWN["withdraw"])
        for ask in (framed, polled):
            for answer in await ask(cast, actor, [{"session": session, "kind": k, **f} for k, f in messages()]):
                assert answer["kind"] == "failure" and answer["code"] in REFUSED, (
                    role,
                    ask.__name__,
                    json.dumps(answer),
                )
        assert result_of(await victim.evaluate(session, "kept + 1")) == "42"
        await victim.send("close", session=session)


def messages() -> list[tuple[str, Json]]:
    """Return what is sent about a session, each with a number."""
    return [(kind, {"id": number, **fields}) for number, (kind, fields) in enumerate(ABOUT_A_SESSION.items(), 2)]


async def framed(cast: Cast, actor: Actor, sent: list[Json]) -> list[Json]:
    """Send messages in SockJS's frames over a WebSocket; return the answers."""
    answers: list[Json] = []
    async with aiohttp.ClientSession(headers=actor.headers) as http:
        ticket = await fetch_ticket(http, cast.url)
        async with http.ws_connect(f"{cast.url}sockjs/000/{secrets.token_hex(8)}/websocket") as socket:
            assert (await socket.receive(10)).data == "o"
            await socket.send_str(json.dumps([hello(ticket)]))
            assert '\\"welcome\\"' in (await socket.receive(20)).data
            for message in sent:
                await socket.send_str(json.dumps([json.dumps(message)]))
                while (frame := (await socket.receive(20)).data)[0] != "a":
                    pass
                answers += map(json.loads, json.loads(frame[1:]))
    return answers


async def polled(cast: Cast, actor: Actor, sent: list[Json]) -> list[Json]:
    """Send messages by polling; return the answers."""
    answers: list[Json] = []
    cookies = dict([actor.headers["Cookie"].split("=", 1)]) if "Cookie" in actor.headers else {}
    shows = {name: value for name, value in actor.headers.items() if name != "Cookie"}
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers=shows, cookies=cookies, cookie_jar=jar) as http:
        jar.update_cookies(cookies)
        async with http.get(cast.url + "sockjs/info") as response:
            assert response.status == 200
        poller = Poller(http, cast.url, secrets.token_hex(8))
        assert await poller.poll() == "o"
        await poller.send_raw(json.dumps([hello(await fetch_ticket(http, cast.url))]))
        await poller.until("welcome")
        for message in sent:
            await poller.send(message)
            answers.append((await poller.until("failure"))[-1])
    return answers
