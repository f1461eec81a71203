"""Clients of SockJS that take messages by requests, and send them by requests."""

import asyncio
import json

import aiohttp
import pytest

from tests.conformance.poller import FORM, NOT_KEPT, Poller

STREAMS = {
    "xhr_streaming": ("application/javascript;charset=UTF-8", "h" * 2048 + "\n", "{}\n"),
    "eventsource": ("text/event-stream", "\r\n", "data: {}\r\n\r\n"),
    "htmlfile?c=%63all.back_1": ("text/html;charset=UTF-8", " " * 1024, "<script>\np({});\n</script>\r\n"),
}
"""How each begins, and how it writes a frame."""


def written(transport: str, frame: str) -> str:
    """Return a frame as a response that streams has it."""
    text = json.dumps(frame).replace("<", "\\u003c") if transport.startswith("htmlfile") else frame
    return STREAMS[transport][2].format(text)


async def test_polling(server: str, http: aiohttp.ClientSession) -> None:
    poller = Poller(http, server)
    opened = await poller.post("xhr", Origin="test")
    assert (opened.status, opened.text, opened.kind) == (200, "o\n", "application/javascript;charset=UTF-8")
    assert opened.headers["Cache-Control"] == NOT_KEPT
    assert opened.headers["Access-Control-Allow-Origin"] == "test"
    sent = await poller.post("xhr_send", '["x"]', Origin="test")
    assert (sent.status, sent.text, sent.kind) == (204, "", "text/plain;charset=UTF-8")
    assert sent.headers["Cache-Control"] == NOT_KEPT
    assert sent.headers["Access-Control-Allow-Origin"] == "test"
    assert await poller.poll() == 'a["x"]\n'


@pytest.mark.parametrize("kind", ["text/plain", "T", "application/json", "application/xml", "text/xml; charset=utf-8"])
async def test_the_type_of_what_is_sent_says_nothing(server: str, http: aiohttp.ClientSession, kind: str) -> None:
    poller = Poller(http, server)
    assert await poller.poll() == "o\n"
    for _ in range(3):
        assert (await poller.post("xhr_send", '["a"]', **{"Content-Type": kind})).status == 204
    assert await poller.poll() == 'a["a","a","a"]\n'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "Payload expected"),
        *((body, "Broken JSON") for body in ('["x', "17", "[1]", '["a", null]', "[" * 10_000, b'["\xff"]')),
    ],
)
async def test_what_cannot_be_read_is_told_and_harms_nothing(
    server: str, http: aiohttp.ClientSession, body: str | bytes, said: str
) -> None:
    poller = Poller(http, server)
    assert await poller.poll() == "o\n"
    refused = await poller.post("xhr_send", body)
    assert refused.status == 500 and said in refused.text
    assert (await poller.post("xhr_send", "[]")).status == 204
    assert (await poller.post("xhr_send", '"a"')).status == 204
    assert await poller.poll() == 'a["a"]\n'


async def test_sending_to_nobody(server: str, http: aiohttp.ClientSession) -> None:
    for transport in ("xhr_send", "jsonp_send"):
        assert (await Poller(http, server).post(transport, '["x"]')).status == 404


@pytest.mark.parametrize("transport", STREAMS)
async def test_streaming(server: str, http: aiohttp.ClientSession, transport: str) -> None:
    kind, prelude, _ = STREAMS[transport]
    poller = Poller(http, server)
    async with poller.stream(transport) as stream:
        assert stream.headers["Content-Type"].replace(" ", "") == kind
        assert stream.headers["Cache-Control"] == NOT_KEPT and stream.headers["X-Accel-Buffering"] == "no"
        begun = await stream.until(prelude)
        if transport.startswith("htmlfile"):
            assert begun.startswith("\n<!doctype html>") and "var c = parent.call.back_1;" in begun
            assert "script-src 'unsafe-inline'" in stream.headers["Content-Security-Policy"]
            assert "frame-ancestors 'self'" in stream.headers["Content-Security-Policy"]
        opening = written(transport, "o")
        assert await stream.until(opening) == opening
        for sent in ('["x"]', '["  \\u0000\\n\\r ","\\u2028"]', '["</script><script>alert(1)</script>"]'):
            assert (await poller.post("xhr_send", sent)).status == 204
            frame = written(transport, f"a{sent}")
            assert await stream.until(frame) == frame


@pytest.mark.parametrize("transport", STREAMS)
async def test_a_stream_ends_after_its_bytes_and_the_next_goes_on(
    server: str, http: aiohttp.ClientSession, transport: str
) -> None:
    poller = Poller(http, server)
    async with poller.stream(transport) as stream:
        await stream.until(written(transport, "o"))
        texts = ["x" * 1100] * 4 + ["y" * 1000]
        for text in texts[:4]:
            assert (await poller.post("xhr_send", json.dumps([text]))).status == 204
            await stream.until(written(transport, f'a["{text}"]'))
        assert await stream.rest() == ""
    assert (await poller.post("xhr_send", json.dumps([texts[4]]))).status == 204
    assert await poller.poll() == f'a["{texts[4]}"]\n'


async def test_what_is_too_much_for_one_frame_comes_in_several(server: str, http: aiohttp.ClientSession) -> None:
    poller = Poller(http, server)
    assert await poller.poll() == "o\n"
    texts = [f"{number:04}" + "x" * 1996 for number in range(7)]
    await poller.post("xhr_send", json.dumps(texts))
    got: list[str] = []
    while len(got) < 7:
        frame = json.loads((await poller.poll())[1:])
        assert len(frame) <= 3
        got += frame
    assert got == texts


async def test_jsonp(server: str, http: aiohttp.ClientSession) -> None:
    poller = Poller(http, server)
    opened = await poller.get("jsonp?c=%63all_back.x1")
    assert (opened.status, opened.text) == (200, '/**/call_back.x1("o");\r\n')
    assert opened.kind == "application/javascript;charset=UTF-8"
    assert opened.headers["Cache-Control"] == NOT_KEPT and opened.headers["X-Content-Type-Options"] == "nosniff"
    for body, fields in (
        ("d=%5B%22x+y%22%5D", FORM),
        ('["%61bc</script>"]', {"Content-Type": "text/plain"}),
        ("d=%5B%5D", FORM),
    ):
        sent = await poller.post("jsonp_send", body, **fields)
        assert (sent.status, sent.text, sent.kind) == (200, "ok", "text/plain;charset=UTF-8")
        assert sent.headers["Cache-Control"] == NOT_KEPT
    answer = await poller.get("jsonp?c=x")
    assert answer.text == '/**/x("a[\\"x y\\",\\"%61bc\\u003c/script>\\"]");\r\n'


@pytest.mark.parametrize("body", ["", "d=", "p=p", "x"])
async def test_a_form_without_a_message(server: str, http: aiohttp.ClientSession, body: str) -> None:
    poller = Poller(http, server)
    await poller.get("jsonp?c=x")
    refused = await poller.post("jsonp_send", body, **FORM)
    assert refused.status == 500 and "Payload expected." in refused.text
    broken = await poller.post("jsonp_send", "d=%5B%22x", **FORM)
    assert broken.status == 500 and "Broken JSON encoding." in broken.text


@pytest.mark.parametrize("transport", ["jsonp", "htmlfile"])
@pytest.mark.parametrize("query", ["", "?c=", "?c=%20", "?c=*", "?c=abc%28", "?c=a-b", "?c=a%0A", "?c=" + "a" * 129])
async def test_names_of_callbacks_are_checked(
    server: str, http: aiohttp.ClientSession, transport: str, query: str
) -> None:
    poller = Poller(http, server)
    refused = await poller.get(transport + query)
    assert refused.status == 500
    assert ('"callback" parameter required' if len(query) <= 3 else 'invalid "callback" parameter') in refused.text
    assert (await poller.post("xhr_send", '["x"]')).status == 404, "a session was made"


async def test_one_request_at_a_time_receives(server: str, http: aiohttp.ClientSession) -> None:
    poller = Poller(http, server)
    async with poller.stream("xhr_streaming") as stream:
        await stream.until("o\n")
        assert await poller.poll() == 'c[2010,"Another connection still open"]\n'
        async with poller.stream("xhr_streaming") as second:
            assert await second.rest() == "h" * 2048 + '\nc[2010,"Another connection still open"]\n'


@pytest.mark.parametrize("transport", ["xhr", "xhr_streaming"])
async def test_a_request_that_is_given_up_ends_the_session(
    server: str, http: aiohttp.ClientSession, transport: str
) -> None:
    poller = Poller(http, server)
    assert await poller.poll() == "o\n"
    waiting = asyncio.create_task(poller.post(transport))
    await asyncio.sleep(0.3)
    assert await poller.poll() == 'c[2010,"Another connection still open"]\n'
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.sleep(0.3)
    assert await poller.poll() in {"o\n", 'c[1002,"Connection interrupted"]\n'}


async def test_a_service_that_closes(server: str, http: aiohttp.ClientSession) -> None:
    poller = Poller(http, server, "close")
    assert await poller.poll() == "o\n"
    for _ in range(3):
        assert await poller.poll() == 'c[3000,"Go away!"]\n'
    poller = Poller(http, server, "close")
    for opening in ("o\n", ""):
        async with poller.stream("xhr_streaming") as stream:
            assert await stream.rest() == "h" * 2048 + f'\n{opening}c[3000,"Go away!"]\n'
    poller = Poller(http, server, "close")
    assert (await poller.get("jsonp?c=x")).text == '/**/x("o");\r\n'
    for _ in range(2):
        assert (await poller.get("jsonp?c=x")).text == '/**/x("c[3000,\\"Go away!\\"]");\r\n'


@pytest.mark.parametrize("transport", ["xhr", "xhr_streaming", "eventsource", "htmlfile?c=x", "jsonp?c=x"])
@pytest.mark.parametrize("shown", ["", "abcdef"])
async def test_the_cookie_of_balancers(server: str, http: aiohttp.ClientSession, transport: str, shown: str) -> None:
    poller = Poller(http, server, "cookie_needed_echo")
    method = "POST" if transport.startswith("xhr") else "GET"
    headers = {"Cookie": f"JSESSIONID={shown}"} if shown else {}
    async with http.request(method, f"{poller.url}/{transport}", headers=headers) as response:
        cookies = response.headers.getall("Set-Cookie")
    assert cookies[-1] == f"JSESSIONID={shown or 'dummy'}; Path=/"


async def test_no_such_cookie_where_it_is_not_asked_for(server: str, http: aiohttp.ClientSession) -> None:
    (cookie,) = (await Poller(http, server).post("xhr")).headers.getall("Set-Cookie")
    assert cookie.startswith("sagews-polling=") and cookie.endswith("; HttpOnly; Path=/echo; SameSite=Strict")


@pytest.mark.parametrize("text", ["\ud800\udfff", "\u200c\u2028\u206f\ufff0\uffff", "\x00\x1f\x7f\u00ad", "\U0001f600"])
async def test_text_comes_back_escaped(server: str, http: aiohttp.ClientSession, text: str) -> None:
    poller = Poller(http, server)
    assert await poller.poll() == "o\n"
    await poller.post("xhr_send", json.dumps([text]))
    frame = await poller.poll()
    assert frame.isascii() and json.loads(frame[1:]) == json.loads(json.dumps([text]))
