"""`POST /api/v1/evaluate`: one evaluation, its answer whole or as it comes."""

import asyncio
import io
import json
import os
import secrets
import time
from collections.abc import AsyncIterator

import psutil
import pytest

from tests.running import RunningSite
from tests.site.api_end import LINES, SENT, Caller, calling, sent_events
from tests.site.client_end import assert_serves, connected, result_of, text_of


@pytest.fixture
async def caller(quick: RunningSite) -> AsyncIterator[Caller]:
    async with calling(quick) as caller:
        yield caller


async def test_a_result(caller: Caller) -> None:
    answer = await caller.evaluate("print('a'); import sys; print('b', file=sys.stderr); 6 * 7")
    assert (answer["success"], answer["reason"], answer["result"]) == (True, "done", "42")
    assert (answer["stdout"], answer["stderr"]) == ("a\n", "b\n")
    assert [output["output_type"] for output in answer["outputs"]] == ["stream", "stream", "execute_result"]
    assert answer["wall_seconds"] > 0 and answer["output_bytes"] > 0
    assert "execute_reply" not in answer


async def test_an_error(caller: Caller) -> None:
    answer = await caller.evaluate("1/0")
    assert (answer["success"], answer["reason"]) == (False, "error")
    assert answer["outputs"][-1]["ename"] == "ZeroDivisionError"


@pytest.mark.parametrize("form", [SENT, LINES])
async def test_events_come_as_they_happen_and_end_with_done(caller: Caller, form: str) -> None:
    code = "import time\nprint('one', flush=True)\ntime.sleep(1)\nprint('two')\n'β'"
    times: list[float] = []
    events = []
    async with caller.stream("POST", "evaluate", form, json={"code": code, "fresh": True}) as stream:
        async for event in stream:
            events.append(event)
            times.append(time.monotonic())
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "started" and set(kinds[1:-1]) == {"output"} and kinds[-1] == "done"
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert {event["session"] for event in events} == {""}
    assert len({event["evaluation"] for event in events}) == 1
    assert text_of(events) == "one\ntwo\n" and result_of(events) == "'β'"
    assert times[-2] - times[1] > 0.5


async def test_events_have_the_form_that_a_connection_gives_them(caller: Caller, quick: RunningSite) -> None:
    code = "print('x'); 1/0"
    over_http = await caller.all_of("POST", "evaluate", LINES, json={"code": code})
    async with connected(quick.url) as client:
        await client.send("run", evaluation=secrets.token_urlsafe(16), code=code)
        over_socket = await client.until("done")
    assert {(event["kind"], *sorted(event)) for event in over_socket} == {
        (event["kind"], *sorted(event)) for event in over_http
    }
    assert [event["body"] for event in over_socket if event.get("output_kind") == "error"] == [
        event["body"] for event in over_http if event.get("output_kind") == "error"
    ]


async def test_a_result_is_kept_for_the_next_one_and_the_answer_says_so(caller: Caller) -> None:
    code = f"{secrets.randbits(60)} + 1"

    async def ask(form: str = "", cache: str = "", **fields: object) -> tuple[str, float]:
        headers = {"Cache-Control": cache} if cache else {}
        if form:
            headers["Accept"] = form
        url = f"{caller.base}/api/v1/evaluate"
        async with caller.http.post(url, json={"code": code, **fields}, headers=headers) as response:
            assert response.status == 200
            if form:
                done = [event async for event in sent_events(response)][-1]
            else:
                done = await response.json()
            return response.headers["Cache-Status"], done.get("kept_since", 0.0)

    status, since = await ask()
    assert status == "sagews; fwd=miss; stored" and since == 0
    for form in ("", SENT):
        status, since = await ask(form)
        assert status.startswith("sagews; hit; ") and time.time() - since < 60
    for fields in ({"fresh": True}, {"cache": "no-cache"}, {"cache": "no-store"}):
        status, since = await ask(**fields)
        assert status.startswith("sagews; fwd=request") and since == 0
        assert ("stored" in status) == (fields != {"cache": "no-store"})
    assert (await ask(SENT, fresh=True))[0].startswith("sagews; fwd=request")


async def test_what_differs_each_time_is_not_kept_and_the_answer_says_why(caller: Caller) -> None:
    for _ in range(2):
        answer = await caller.evaluate("import random; random.random()")
        assert answer["unrepeatable"] == "random" and "kept_since" not in answer


async def test_each_call_is_on_its_own(caller: Caller) -> None:
    await caller.evaluate("mine = 1; open('file', 'w').write('x')")
    assert (await caller.evaluate("import os; ('mine' in globals(), os.path.exists('file'))"))["result"] == (
        "(False, False)"
    )


async def test_nobody_answers_input(caller: Caller) -> None:
    answer = await caller.evaluate("input('?')")
    assert answer["reason"] == "error" and answer["wall_seconds"] < 3


async def test_limits_are_lowered(caller: Caller) -> None:
    answer = await caller.evaluate("while True: pass", limits={"wall_time": 0.5})
    assert answer["reason"] == "wall_time" and answer["wall_seconds"] < 5


@pytest.mark.parametrize("limits", [{"memory": 1}, {"files": 1}])
async def test_limits_in_which_nothing_starts_are_the_callers_fault(caller: Caller, limits: dict[str, int]) -> None:
    error = await caller.ask("POST", "evaluate", 400, json={"code": "1", "limits": limits})
    assert error["noun"] == "limits"


async def test_a_lifetime_that_is_over_at_once_is_told(caller: Caller) -> None:
    for _ in range(5):
        answer = await caller.evaluate("1", limits={"lifetime": 5e-324}, fresh=True)
        assert answer["reason"] == "session_ended" and not answer["success"]


async def test_a_session_that_dies_is_told(caller: Caller) -> None:
    for form in ("", SENT):
        if form:
            events = await caller.all_of("POST", "evaluate", form, json={"code": "import os; os._exit(3)"})
            assert events[-1]["kind"] == "done"
            answer = events[-1]
        else:
            answer = await caller.evaluate("import os; os._exit(3)")
        assert answer["reason"] == "session_ended" and "3" in answer["text"]


async def test_what_a_session_puts_out_is_made_json_whatever_it_is(caller: Caller) -> None:
    code = """
from IPython.display import display
display({'application/json': {'c': '\\ud800', 'd': 10**4000}}, raw=True)
display({'text/plain': '\\udfff \\x00 \\u2028'}, raw=True)
"""
    for form in ("", SENT, LINES):
        if form:
            assert (await caller.all_of("POST", "evaluate", form, json={"code": code}))[-1]["kind"] == "done"
        else:
            answer = await caller.evaluate(code)
            assert len(answer["outputs"]) == 2


async def test_a_caller_who_goes_away_ends_what_he_started(caller: Caller, quick: RunningSite) -> None:
    seconds = str(200_000 + os.getpid())
    code = f"import subprocess\nprint(1, flush=True)\nsubprocess.run(['sleep', '{seconds}'])"

    def sleeps() -> bool:
        return any(process.info["cmdline"] == ["sleep", seconds] for process in psutil.process_iter(["cmdline"]))

    async with caller.stream("POST", "evaluate", SENT, json={"code": code}) as events:
        async for event in events:
            if event["kind"] == "output":
                break
        async with asyncio.timeout(5):
            while not sleeps():
                await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        while sleeps():
            await asyncio.sleep(0.1)
    await assert_serves(quick.url)


@pytest.mark.parametrize(
    ("body", "noun", "words"),
    [
        ("", "body", "is not JSON"),
        ("{", "body", "is not JSON"),
        ("[1]", "body", "expected `object`, got `array`"),
        ("{}", "field 'code'", "is missing"),
        ('{"code": 1}', "field 'code'", "expected `str`, got `int`"),
        ('{"code": "1", "enviroment": "python"}', "field 'enviroment'", "did you mean 'environment'?"),
        ('{"code": "1", "limits": {"wal_time": 1}}', "field 'limits.wal_time'", "did you mean 'wall_time'?"),
        ('{"code": "1", "limits": {"wall_time": 0}}', "field 'limits.wall_time'", "expected `float` > 0.0"),
        ('{"code": "1", "limits": {"wall_time": 1e999}}', "", ""),
        ('{"code": "1", "environment": "no such"}', "field 'environment'", "expected `str` matching"),
        ('{"code": "1", "environment": "none"}', "", "none"),
        ('{"code": "\\ud800"}', "", ""),
        ('{"code": "' + "[" * 5 + '\\"', "body", "is not JSON"),
        ("[" * 100_000, "body", ""),
    ],
)
async def test_bodies_that_are_none(caller: Caller, body: str, noun: str, words: str) -> None:
    headers = {"Content-Type": "application/json"}
    error = await caller.ask("POST", "evaluate", 400, data=body, headers=headers)
    assert error["noun"] == noun or not noun
    assert words in f"{error['noun']} {error['what']} {error['hint']}"
    assert len(json.dumps(error)) < 600


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
async def test_bodies_of_other_types(caller: Caller, kind: str) -> None:
    error = await caller.ask("POST", "evaluate", 415, data='{"code": "1"}', headers={"Content-Type": kind})
    assert error["code"] == "unsupported_type"


async def test_sizes_are_seen_before_anything_is_read(caller: Caller, quick: RunningSite) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", quick.port)
    head = "POST /api/v1/evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: 100000000000\r\n\r\n".encode())
    async with asyncio.timeout(5):
        assert b" 413 " in await reader.readline()
    writer.close()

    async def without_end() -> AsyncIterator[bytes]:
        yield b'{"code": "'
        for _ in range(200):
            yield b" " * 100_000

    headers = {"Content-Type": "application/json"}
    assert (await caller.ask("POST", "evaluate", 413, data=without_end(), headers=headers))["code"] == "too_large"
    error = await caller.ask("POST", "evaluate", 413, data=_large("ä" * 600_000), headers=headers)
    assert "1,048,576 bytes" in error["what"]
    assert (await caller.ask("POST", "evaluate", 413, data=_large("1" * 2_000_000), headers=headers))["hint"]


def _large(code: str) -> io.BytesIO:
    return io.BytesIO(json.dumps({"code": code}).encode())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "evaluate", 405),
        ("DELETE", "evaluate", 405),
        ("POST", "nowhere", 404),
        ("GET", "", 404),
        ("GET", "evaluate/", 404),
        ("POST", "evaluate?fresh=1", 400),
    ],
)
async def test_routes_that_are_none(caller: Caller, method: str, path: str, status: int) -> None:
    await caller.ask(method, path, status, json={"code": "1"})
