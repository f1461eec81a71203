"""Bad input, by every way in: a clear error to the sender, and nothing else disturbed.

After each case a new reader gets 1+1 in under 2 s, a session that was there
before still has its variables, and no log holds a traceback.
"""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from sagews.protocol import MAX_CODE
from tests.running import RunningSite
from tests.site.client_end import DEADLINE, Json, assert_serves, connected, result_of
from tests.site.test_socket_sockjs import Poller, polling

TEN_MEGABYTES = 10_000_000


@pytest.fixture(autouse=True)
async def undisturbed(site: RunningSite) -> AsyncIterator[None]:
    """Hold a session while the case runs, and look at everything afterwards."""
    async with connected(site.url) as neighbour:
        session = await neighbour.open()
        await neighbour.evaluate(session, "kept = 41")
        yield
        assert result_of(await neighbour.evaluate(session, "kept + 1")) == "42"
        await neighbour.send("close", session=session)
        await neighbour.until("ended")
    await assert_serves(site.url)
    assert "Traceback" not in site.log()


# ------------------------------------------------------------------ messages

MESSAGES: list[tuple[str, str, str]] = [
    ("not JSON", "print(1)", "bad_message"),
    ("empty", "", "bad_message"),
    ("cut JSON", '{"kind": "open"', "bad_message"),
    ("NUL", '{"kind": "open"}\0', "bad_message"),
    ("a byte order mark", "\ufeff{}", "bad_message"),
    ("nested a million deep", "[" * 1_000_000, "bad_message"),
    ("a number", "17", "bad_message"),
    ("a list", '[{"kind": "open"}]', "bad_message"),
    ("null", "null", "bad_message"),
    ("no kind", "{}", "unknown_kind"),
    ("an unknown kind", '{"kind": "destroy", "id": 7}', "unknown_kind"),
    ("the worker's own kind", '{"kind": "put_file", "id": 7}', "unknown_kind"),
    ("a second hello", '{"kind": "hello", "id": 7}', "out_of_order"),
    ("a kind that is a list", '{"kind": ["open"], "id": 7}', "bad_message"),
    ("an unknown field", '{"kind": "open", "id": 7, "shell": "bash"}', "bad_message"),
    ("an id below 0", '{"kind": "open", "id": -1}', "bad_message"),
    ("an id that is huge", '{"kind": "open", "id": 1' + "0" * 400 + "}", "bad_message"),
    ("an id of 10,000 digits", '{"kind": "open", "id": 1' + "0" * 10_000 + "}", "bad_message"),
    ("an id that is a fraction", '{"kind": "open", "id": 1.5}', "bad_message"),
    ("a limit below 0", '{"kind": "open", "id": 7, "limits": {"wall_time": -1}}', "bad_message"),
    ("a limit that is no number", '{"kind": "open", "id": 7, "limits": {"wall_time": NaN}}', "bad_message"),
    ("an infinite limit", '{"kind": "open", "id": 7, "limits": {"wall_time": 1e999}}', "bad_message"),
    ("an unknown environment", '{"kind": "open", "id": 7, "environment": "fortran"}', "unknown_environment"),
    ("an environment that is a path", '{"kind": "open", "id": 7, "environment": "../../etc"}', "bad_message"),
    ("attach to nothing", '{"kind": "attach", "id": 7}', "bad_message"),
    ("attach to a stranger", '{"kind": "attach", "id": 7, "session": "w1-0000", "token": "x"}', "unknown_session"),
    ("evaluate before open", '{"kind": "evaluate", "id": 7, "evaluation": "e", "code": "1"}', "unknown_session"),
    (
        "evaluate at a stranger's",
        '{"kind": "evaluate", "id": 7, "session": "w1-0000", "evaluation": "e", "code": "1"}',
        "unknown_session",
    ),
    ("interrupt at a stranger's", '{"kind": "interrupt", "id": 7, "session": "w1-0000"}', "unknown_session"),
    ("close a stranger's", '{"kind": "close", "id": 7, "session": "w1-0000"}', "unknown_session"),
    ("10 MB of blanks", " " * TEN_MEGABYTES, "too_large"),
]


@pytest.mark.parametrize(("text", "code"), [case[1:] for case in MESSAGES], ids=[case[0] for case in MESSAGES])
async def test_a_bad_message_is_answered_and_the_connection_goes_on(site: RunningSite, text: str, code: str) -> None:
    async with connected(site.url) as client:
        await client.socket.send_str(text)
        failure = await client.failure()
        assert failure["code"] == code
        assert failure["noun"]
        assert len(json.dumps(failure)) < 1000
        if '"id": 7' in text:
            assert failure["request"] == 7
        session = await client.open()
        assert result_of(await client.evaluate(session, "1+1")) == "2"


@pytest.mark.parametrize(("text", "code"), [case[1:] for case in MESSAGES], ids=[case[0] for case in MESSAGES])
async def test_the_same_by_polling(site: RunningSite, text: str, code: str) -> None:
    async with polling(site.url) as poller:
        status, _ = await poller.send_raw(json.dumps([text]))
        assert status == 204
        assert (await poller.until("failure"))[-1]["code"] == code


async def test_a_message_that_is_not_text(site: RunningSite) -> None:
    async with connected(site.url) as client:
        await client.socket.send_bytes(b'{"kind": "open"}')
        assert (await client.failure())["code"] == "bad_message"
        session = await client.open()
        assert result_of(await client.evaluate(session, "1+1")) == "2"


async def test_text_that_is_not_utf_8(site: RunningSite) -> None:
    async with connected(site.url) as client:
        await client.socket.send_frame(b'{"kind": "\xff\xfe"}', aiohttp.WSMsgType.TEXT)
        message = await client.socket.receive(DEADLINE)
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert client.socket.close_code == aiohttp.WSCloseCode.INVALID_TEXT


async def test_a_message_without_end_is_cut_off(site: RunningSite) -> None:
    async with connected(site.url) as client:
        try:
            await client.socket.send_str(" " * (40 << 20))
            message = await client.socket.receive(DEADLINE)
            assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        except ConnectionError:
            pass


# ---------------------------------------------------------- somebody else's

ABOUT_A_SESSION: list[Json] = [
    {"kind": "evaluate", "evaluation": "stolen", "code": "kept = 'stolen'"},
    {"kind": "interrupt"},
    {"kind": "input_reply", "sequence": 1, "text": "x"},
    {"kind": "complete", "code": "kep", "cursor": 3},
    {"kind": "inspect", "code": "kept", "cursor": 4},
    {"kind": "comm_message", "comm_kind": "open", "body": "{}"},
    {"kind": "detach"},
    {"kind": "close"},
]


@pytest.mark.parametrize("message", ABOUT_A_SESSION, ids=[message["kind"] for message in ABOUT_A_SESSION])
async def test_a_session_of_somebody_else(site: RunningSite, message: Json) -> None:
    async with connected(site.url) as owner, connected(site.url) as thief:
        session = await owner.open()
        await owner.evaluate(session, "kept = 1")
        await thief.socket.send_str(json.dumps({**message, "id": 5, "session": session}))
        failure = await thief.failure()
        assert (failure["code"], failure["request"]) == ("unknown_session", 5)
        assert session in failure["noun"]
        for token in ("", "x", owner.opened["token"][:-1], owner.opened["token"] + "x"):
            request = await thief.send("attach", session=session, token=token)
            failure = await thief.failure()
            assert (failure["code"], failure["request"]) == ("wrong_token", request)
        # An attach that was refused opens nothing, nor does a message right behind one.
        await thief.send("attach", session=session, token="x")
        await thief.socket.send_str(json.dumps({**message, "id": 6, "session": session}))
        assert {(await thief.failure())["code"] for _ in range(2)} <= {"wrong_token", "out_of_order", "unknown_session"}
        assert result_of(await owner.evaluate(session, "kept")) == "1"


async def test_messages_out_of_order(site: RunningSite) -> None:
    async with connected(site.url) as client:
        session = await client.open()
        token = client.opened["token"]
        await client.send("attach", session=session, token=token)
        assert (await client.failure())["code"] == "out_of_order"
        await client.send("input_reply", session=session, sequence=99, text="to nobody")
        await client.send("interrupt", session=session)
        await client.send("detach", session=session)
        assert (await client.next())["kind"] == "detached"
        await client.send("detach", session=session)
        assert (await client.failure())["code"] == "unknown_session"
        attach = await client.send("attach", session=session, token=token, after_sequence=2**53)
        assert (await client.until("attached", request=attach))[-1]["last_sequence"] == 0
        for value in (1, 2):
            await client.send("evaluate", session=session, evaluation="once", code=f"x = {value}")
        assert result_of(await client.evaluate(session, "x")) == "1"
        await client.send("close", session=session)
        await client.until("ended")
        await client.send("evaluate", session=session, evaluation="late", code="1")
        assert (await client.failure())["code"] == "unknown_session"
        await client.send("attach", session=session, token=token)
        assert (await client.failure())["code"] == "unknown_session"


async def test_too_many_sessions_on_one_connection(site: RunningSite) -> None:
    async with connected(site.url) as client:
        requests = [await client.send("open", environment="fortran") for _ in range(200)]
        answered = {(await client.failure())["request"] for _ in requests}
        assert answered == set(requests)


# --------------------------------------------------------------------- code

CODES: list[tuple[str, str, str]] = [
    ("NUL", "1+1\0", "error"),
    ("CRLF", "x = 1\r\nif x:\r\n    y = 2\r\nprint(x + y)\r\n", "done"),
    ("CR", "x = 1\ry = 2\rprint(x + y)", "done"),
    ("a byte order mark", "\ufeffprint(3)", "done"),
    ("control characters", "\x1b[2J\x07print(3)", "error"),
    ("a separator that splits lines elsewhere", "print('a\u2028b')", "done"),
    ("empty", "", "done"),
    ("blanks", " \n\t\n", "done"),
    ("a surrogate pair", "print('\U0001d54f')", "done"),
    ("as large as allowed", "#" * MAX_CODE, "done"),
    ("deep brackets", "(" * 5000 + ")" * 5000, "error"),
]


@pytest.mark.parametrize(("code", "reason"), [case[1:] for case in CODES], ids=[case[0] for case in CODES])
async def test_odd_code_ends_with_a_reason(site: RunningSite, code: str, reason: str) -> None:
    async with connected(site.url) as client:
        session = await client.open()
        events = await client.evaluate(session, code)
        assert events[-1]["reason"] == reason
        assert result_of(await client.evaluate(session, "1+1")) == "2"
    answer = await _call(site, data={"code": code})
    assert answer["reason"] == reason


BAD_CODES: list[tuple[str, str, str]] = [
    ("a number", "17", "bad_message"),
    ("null", "null", "bad_message"),
    ("a list", '["1"]', "bad_message"),
    ("a lone surrogate", '"x\\ud800"', "bad_message"),
    ("one byte too large", json.dumps("#" * (MAX_CODE + 1)), "too_large"),
    ("two bytes a character", json.dumps("ä" * (MAX_CODE // 2 + 1)), "too_large"),
]


@pytest.mark.parametrize(("code", "failure"), [case[1:] for case in BAD_CODES], ids=[case[0] for case in BAD_CODES])
async def test_what_is_no_code(site: RunningSite, code: str, failure: str) -> None:
    async with connected(site.url) as client:
        session = await client.open()
        message = f'{{"kind": "evaluate", "id": 5, "session": "{session}", "evaluation": "e", "code": {code}}}'
        await client.socket.send_str(message)
        found = await client.failure()
        assert (found["code"], found["request"]) == (failure, 5)
        assert "code" in found["what"]
        assert result_of(await client.evaluate(session, "1+1")) == "2"
    status, text = await _post(site, data=f'{{"code": {code}}}', headers={"Content-Type": "application/json"})
    assert status == (413 if failure == "too_large" else 400)
    assert text.count("\n") == 1 and "code" in text.lower()


async def test_ten_megabytes_of_code(site: RunningSite) -> None:
    async with connected(site.url) as client:
        session = await client.open()
        await client.send("evaluate", session=session, evaluation="e", code="#" * TEN_MEGABYTES)
        assert (await client.failure())["code"] == "too_large"
        assert result_of(await client.evaluate(session, "1+1")) == "2"
    for data in (b"code=" + b"#" * TEN_MEGABYTES, b'{"code": "' + b"#" * TEN_MEGABYTES):
        status, text = await _post(site, data=data)
        assert status == 413
        assert text.count("\n") == 1 and f"{MAX_CODE:,}" in text


# ------------------------------------------------------------------ /service


def _part(header: str) -> bytes:
    """Return a form of one part, the code, with one more header."""
    return f'--x\r\nContent-Disposition: form-data; name="code"\r\n{header}\r\n\r\n1\r\n--x--\r\n'.encode()


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"kode=1", "application/x-www-form-urlencoded"),
        (b"code=%ff%fe", "application/x-www-form-urlencoded"),
        (b"code=\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&".join([b"a=1"] * 10_000), "application/x-www-form-urlencoded"),
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"{}", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"code": "\xff"}', "application/json"),
        (b'{"code": "1", "timeout": "soon"}', "application/json"),
        (b'{"code": "1", "timeout": [1]}', "application/json"),
        (b"no parts", "multipart/form-data; boundary=x"),
        (b"no parts", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="code"; filename="f"\r\n\r\n1\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b'--x\r\nContent-Disposition: form-data; name="code"\r\n\r\n\xff\r\n--x--', "multipart/form-data; boundary=x"),
        (b'{"code": "1", "timeout": 1' + b"0" * 400 + b"}", "application/json"),
        (_part("Content-Type: text/plain; charset=bogus"), "multipart/form-data; boundary=x"),
        (_part("Content-Transfer-Encoding: bogus"), "multipart/form-data; boundary=x"),
    ],
)
async def test_a_call_that_cannot_be_read(site: RunningSite, data: bytes, content_type: str) -> None:
    status, text = await _post(site, data=data, headers={"Content-Type": content_type})
    assert status == 400, text
    assert text.count("\n") == 1
    assert "Traceback" not in text


async def test_bodies_that_a_session_forges(site: RunningSite) -> None:
    code = """
from IPython.display import display
class Odd:
    def _repr_mimebundle_(self, **ignored):
        return {'text/plain': '\\ud800', 'application/json': float('nan')}
display(Odd())
"""
    answer = await _call(site, data={"code": code})
    assert answer["outputs"]


# -------------------------------------------------------------------- SockJS


@pytest.mark.parametrize(
    "body",
    [b"", b"no JSON", b"17", b"{}", b"[1]", b'[["x"]]', b"null", b"\xff\xfe", b"[" * 100_000, b'"' + b"x" * 100],
)
async def test_a_sockjs_payload_that_is_none(site: RunningSite, body: bytes) -> None:
    async with polling(site.url) as poller:
        status, text = await poller.send_raw(body)
        assert status == 500
        assert text in {"Payload expected.", "Broken JSON encoding."}
        assert (await poller.send({"kind": "open", "id": 1}))[0] == 204
        assert (await poller.until("opened"))[-1]["request"] == 1


async def test_a_second_poll_is_told_so(site: RunningSite) -> None:
    async with polling(site.url) as poller:
        first = asyncio.create_task(poller.poll())
        await asyncio.sleep(0.5)
        second = Poller(poller.http, site.url, poller.base.rsplit("/", 1)[1])
        assert await second.poll() == 'c[2010,"Another connection still open"]'
        # The first one is not disturbed.
        await poller.send({"kind": "open", "id": 1})
        assert "opened" in await first


async def _post(site: RunningSite, data: Any, **options: Any) -> tuple[int, str]:
    if isinstance(data, dict):
        data = urlencode(data)
        options["headers"] = {"Content-Type": "application/x-www-form-urlencoded"}
    data = data.encode() if isinstance(data, str) else data
    async with (
        aiohttp.ClientSession() as http,
        asyncio.timeout(60),
        http.post(site.url + "service", data=io.BytesIO(data), **options) as response,
    ):
        return response.status, await response.text()


async def _call(site: RunningSite, **options: Any) -> Json:
    status, text = await _post(site, **options)
    assert status == 200, text
    answer: Json = json.loads(text)
    return answer
