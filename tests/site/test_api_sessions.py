"""Sessions over the API: opened, used across requests, interrupted, asked, closed."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest

from tests.running import RunningSite
from tests.site.api_end import LINES, Caller, Room, calling
from tests.site.client_end import connected, result_of, text_of


@pytest.fixture
async def caller(quick: RunningSite) -> AsyncIterator[Caller]:
    async with calling(quick) as caller:
        yield caller


@pytest.fixture
async def room(caller: Caller) -> AsyncIterator[Room]:
    room = await caller.open()
    yield room
    async with caller.http.delete(f"{caller.base}/api/v1/{room.path}", headers=room.token) as response:
        assert response.status in (204, 404)


async def test_a_session_keeps_its_variables_between_requests(room: Room) -> None:
    assert room.opened["environment"] == "python" and room.opened["limits"]["wall_time"] == 600
    assert room.opened["grace"] == 120
    first = await room.evaluate("x = 6")
    assert [event["kind"] for event in first] == ["queued", "started", "done"]
    assert result_of(await room.evaluate("x * 7")) == "42"
    found = await room.ask("GET", "", 200)
    assert found["last_sequence"] == 7
    assert {name: found[name] for name in ("id", "environment", "limits", "started")} == {
        name: room.opened[name] for name in ("id", "environment", "limits", "started")
    }


async def test_limits_of_a_session_are_lowered(caller: Caller) -> None:
    room = await caller.open(environment="python", limits={"wall_time": 0.5, "memory": 10**9})
    assert (room.opened["limits"]["wall_time"], room.opened["limits"]["memory"]) == (0.5, 10**9)
    assert (await room.evaluate("while True: pass"))[-1]["reason"] == "wall_time"
    await room.ask("DELETE", "", 204)


async def test_closing_ends_it_and_it_stays_ended(room: Room) -> None:
    await room.evaluate("x = 1")
    await room.ask("DELETE", "", 204)
    for method, path, more in (
        ("DELETE", "", {}),
        ("GET", "", {}),
        ("POST", "/evaluations", {"json": {"code": "1"}}),
        ("POST", "/interrupt", {}),
        ("POST", "/complete", {"json": {"code": "1", "cursor": 1}}),
        ("GET", "/files/", {}),
        ("GET", "/events", {}),
    ):
        assert (await room.ask(method, path, 404, **more))["code"] == "unknown_session"


async def test_one_that_ended_by_itself_still_tells_of_it(room: Room) -> None:
    assert (await room.evaluate("import os; os._exit(3)"))[-1]["reason"] == "session_ended"
    async with asyncio.timeout(10):
        while not (page := await room.events(wait=1))["ended"]:
            pass
    assert (page["events"][-1]["reason"], page["events"][-1]["status"]) == ("exited", 3)
    last = page["last_sequence"]
    assert await room.events(after=last) == {"events": [], "last_sequence": last, "more": False, "ended": True}
    for method, path, more in (
        ("DELETE", "", {}),
        ("GET", "", {}),
        ("POST", "/evaluations", {"json": {"code": "1"}}),
        ("POST", "/interrupt", {}),
        ("POST", "/complete", {"json": {"code": "1", "cursor": 1}}),
        ("POST", "/input", {"json": {"sequence": 1, "text": ""}}),
        ("GET", "/files/", {}),
    ):
        assert (await room.ask(method, path, 404, **more))["code"] == "unknown_session"


async def test_an_interrupt_reaches_what_runs_whatever_it_puts_out(room: Room) -> None:
    code = "import time\nwhile True: print('x' * 10_000, flush=True); time.sleep(0.01)"
    async with room.caller.stream(
        "POST", f"{room.path}/evaluations", LINES, headers=room.token, json={"code": code}
    ) as stream:
        async for event in stream:
            if event["kind"] == "output":
                break
        waiting = await room.queue("1")
        async with asyncio.timeout(10):
            await room.ask("POST", "/interrupt", 204)
            reasons = [event["reason"] async for event in stream if event["kind"] == "done"]
    assert reasons == ["interrupted"]
    events = (await room.events(after=waiting["sequence"]))["events"]
    assert [e["reason"] for e in events if e["kind"] == "done" and e["evaluation"] == waiting["evaluation"]] == [
        "not_run"
    ]


async def test_completion_and_inspection(room: Room) -> None:
    await room.evaluate("import math\ndef area(r):\n    'The area of a disc.'\n    return math.pi * r * r")
    said = await room.ask("POST", "/complete", 200, json={"code": "math.sq", "cursor": 7})
    assert said["matches"] == [".sqrt"] and (said["cursor_start"], said["cursor_end"]) == (4, 7)
    said = await room.ask("POST", "/inspect", 200, json={"code": "area(", "cursor": 4})
    assert said["found"] and "The area of a disc." in said["data"]["text/plain"]
    said = await room.ask("POST", "/inspect", 200, json={"code": "area(", "cursor": 4, "detail": 1})
    assert "math.pi * r * r" in said["data"]["text/plain"]
    said = await room.ask("POST", "/inspect", 200, json={"code": "nothing_here", "cursor": 3})
    assert said == {"found": False, "data": {}}


async def test_input_is_answered_once(room: Room) -> None:
    queued = await room.queue("name = input('Who? ')\nprint('Hello', name)")
    after = queued["sequence"]
    question = None
    async with asyncio.timeout(20):
        while question is None:
            page = await room.events(after=after, wait=10)
            after = page["last_sequence"]
            question = next((e for e in page["events"] if e.get("output_kind") == "input_request"), None)
    answer = {"sequence": question["sequence"], "text": "Åsa"}
    error = await room.ask("POST", "/input", 409, json=answer | {"sequence": question["sequence"] + 1})
    assert error["code"] == "out_of_order"
    await room.ask("POST", "/input", 204, json=answer)
    await room.ask("POST", "/input", 409, json=answer)
    async with room.listen(after=question["sequence"]) as stream:
        events = []
        async for event in stream:
            events.append(event)
            if event["kind"] == "done":
                break
    assert text_of(events).endswith("Hello Åsa\n")


async def test_a_name_runs_once(room: Room) -> None:
    await room.evaluate("count = 0")
    first = await room.queue("count += 1", evaluation="once")
    assert first["sequence"] > 0
    again = await room.queue("count += 1", evaluation="once")
    assert (again["evaluation"], again["sequence"]) == ("once", 0)
    error = await room.caller.ask(
        "POST",
        f"{room.path}/evaluations",
        409,
        json={"code": "count += 1", "evaluation": "once"},
        headers=room.token | {"Accept": LINES},
    )
    assert error["noun"] == "evaluation once"
    assert result_of(await room.evaluate("count")) == "1"


async def test_a_page_and_a_program_share_a_session(room: Room, quick: RunningSite) -> None:
    async with connected(quick.url) as client:
        request = await client.send("attach", session=room.opened["id"], token=room.opened["token"])
        await client.until("attached", request=request)
        queued = await room.queue("shared = 5", cell="c1")
        events = await client.until("done", evaluation=queued["evaluation"])
        assert [event["kind"] for event in events] == ["queued", "started", "done"]
        assert events[0]["cell"] == "c1" and not [event for event in events if "request" in event]
        assert result_of(await client.evaluate(str(room.opened["id"]), "shared")) == "5"
        assert result_of(await room.evaluate("shared + 1")) == "6"
        await room.ask("DELETE", "", 204)
        await client.until("ended")


async def test_files_go_both_ways(room: Room) -> None:
    put = await room.ask("PUT", "/files/data.txt", 201, data=io.BytesIO(b"1 2 3"))
    assert put == {"path": "data.txt", "size": 5, "replaced": False}
    assert result_of(await room.evaluate("open('data.txt').read()")) == "'1 2 3'"
    listed = await room.ask("GET", "/files/", 200)
    assert [(file["name"], file["size"]) for file in listed["files"]] == [("data.txt", 5)]
    assert (await room.ask("PUT", "/files/data.txt", 412, data=b"x", headers={"If-None-Match": "*"}))["hint"]


# ----------------------------------------------------------------- strangers


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "", {}),
        ("DELETE", "", {}),
        ("POST", "/evaluations", {"json": {"code": "1"}}),
        ("GET", "/events", {}),
        ("GET", "/events", {"headers": {"Accept": "text/event-stream"}}),
        ("POST", "/interrupt", {}),
        ("POST", "/complete", {"json": {"code": "1", "cursor": 0}}),
        ("POST", "/inspect", {"json": {"code": "1", "cursor": 0}}),
        ("POST", "/input", {"json": {"sequence": 1, "text": ""}}),
        ("GET", "/files/", {}),
        ("PUT", "/files/a", {"data": b"1"}),
    ],
)
@pytest.mark.parametrize("shared", [False, True])
async def test_without_its_token_a_session_is_nobodys(
    room: Room, quick: RunningSite, method: str, path: str, more: dict[str, dict[str, str]], shared: bool
) -> None:
    other = await room.caller.open()
    async with connected(quick.url) as client:
        if shared:
            request = await client.send("attach", session=room.opened["id"], token=room.opened["token"])
            await client.until("attached", request=request)
        for token in ({}, {"Sagews-Session-Token": "wrong"}, {"Sagews-Session-Token": ""}, other.token):
            headers = token | more.get("headers", {})
            whole = {name: value for name, value in more.items() if name != "headers"}
            error = await room.caller.ask(method, room.path + path, 401, headers=headers, **whole)
            assert error["code"] == "wrong_token"
        room.path = "sessions/w1-nobody"
        assert (await room.ask(method, path, 404, **more))["code"] == "unknown_session"
    assert (await other.ask("GET", "", 200))["last_sequence"] == 0
    await other.ask("DELETE", "", 204)
    room.path = f"sessions/{room.opened['id']}"


@pytest.mark.parametrize("name", ["w9-abc", "%00", "x" * 2000, "..%2f..", "w1-%F0%9F%8E%88", "-"])
async def test_names_that_are_no_session(room: Room, name: str) -> None:
    room.path = f"sessions/{name}"
    await room.ask("GET", "", 404)
    room.path = f"sessions/{room.opened['id']}"
