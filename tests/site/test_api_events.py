"""The events of a session over the API: pages, server-sent events and JSON lines, each without loss."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.running import RunningSite, running_site
from tests.site.api_end import LINES, SENT, Caller, Json, Room, calling
from tests.site.client_end import assert_serves, text_of

COUNT = "for number in range(3000): print(number, flush=number % 50 == 0)"
FLOOD = "[limits]\nevent_rate = 0\noutput_bytes = 60000000\n[[environment]]\nname = 'python'\npreload = []\n"


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site where a session may put out much."""
    with running_site(tmp_path_factory.mktemp("flooded"), config=FLOOD) as running:
        yield running


@pytest.fixture
async def room(flooded: RunningSite) -> AsyncIterator[Room]:
    async with calling(flooded) as caller:
        room = await caller.open()
        yield room
        async with caller.http.delete(f"{caller.base}/api/v1/{room.path}", headers=room.token) as response:
            assert response.status in (204, 404)


def assert_whole(events: list[Json], begin: int = 1) -> None:
    assert [event["sequence"] for event in events] == list(range(begin, begin + len(events)))


async def until_done(room: Room, after: int = 0) -> list[Json]:
    """Return all events up to the first done, by pages."""
    events: list[Json] = []
    async with asyncio.timeout(30):
        while not events or events[-1]["kind"] != "done":
            page = await room.events(after=after, wait=10, limit=7)
            assert len(page["events"]) <= 7
            events += page["events"]
            after = page["last_sequence"]
    return events


async def test_pages_give_all_of_it_in_order(room: Room) -> None:
    assert await room.events() == {"events": [], "last_sequence": 0, "more": False, "ended": False}
    await room.queue(COUNT)
    events = await until_done(room)
    assert_whole(events)
    assert text_of(events) == "".join(f"{number}\n" for number in range(3000))
    page = await room.events(limit=3)
    assert page["more"] and page["events"] == events[:3]
    page = await room.events(after=len(events) - 2)
    assert not page["more"] and page["events"] == events[-2:]
    assert await room.events(after=len(events)) == {
        "events": [],
        "last_sequence": len(events),
        "more": False,
        "ended": False,
    }


async def test_waiting_ends_with_the_first_event_or_the_time(room: Room) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert (await room.events(wait=1))["events"] == []
    assert 0.9 < loop.time() - begun < 5
    waiting = asyncio.create_task(room.events(wait=30))
    await asyncio.sleep(0.3)
    begun = loop.time()
    await room.queue("1")
    page = await waiting
    assert page["events"][0]["kind"] == "queued" and loop.time() - begun < 5


@pytest.mark.parametrize("form", [SENT, LINES])
async def test_a_stream_gives_what_was_and_what_comes(room: Room, form: str) -> None:
    await room.evaluate("print('before')")
    async with room.listen(form=form) as stream:
        events = []
        async for event in stream:
            events.append(event)
            if event["kind"] == "done":
                if len([one for one in events if one["kind"] == "done"]) == 2:
                    break
                await room.queue("print('after')")
        assert_whole(events)
        assert text_of(events) == "before\nafter\n"
        await room.ask("DELETE", "", 204)
        rest = [event async for event in stream]
    assert rest[-1]["kind"] == "ended"
    assert_whole(events + rest)


async def test_who_comes_back_gets_the_rest(room: Room) -> None:
    await room.queue("import time\nfor number in range(400): print(number, flush=True); time.sleep(0.002)")
    events: list[Json] = []
    by_header = False
    async with asyncio.timeout(60):
        while not events or events[-1]["kind"] != "done":
            last = events[-1]["sequence"] if events else 0
            headers = {"Last-Event-ID": str(last)} if by_header else {}
            async with room.listen(after=0 if by_header else last, **headers) as stream:
                before = len(events)
                async for event in stream:
                    events.append(event)
                    if event["kind"] == "done" or len(events) > before + 20:
                        break
            by_header = not by_header
    assert_whole(events)
    assert text_of(events) == "".join(f"{number}\n" for number in range(400))


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9" * 17, "9007199254740993", "²"])
async def test_numbers_that_are_none(room: Room, number: str) -> None:
    if number.isascii():
        await room.ask("GET", "/events", 400, params={"after": number})
        await room.ask("GET", "/events", 400, headers={"Last-Event-ID": number})
    if number != "1.5":
        await room.ask("GET", "/events", 400, params={"wait": number})


@pytest.mark.parametrize("query", ["wait=61", "limit=0", "limit=1001", "afer=1", "after=1&after=2", "wait=nan"])
async def test_queries_that_are_none(room: Room, query: str) -> None:
    error = await room.ask("GET", f"/events?{query}", 400)
    assert "Traceback" not in str(error) and (query != "afer=1" or error["hint"] == "did you mean 'after'?")


async def test_a_stream_of_an_ended_session_ends(room: Room) -> None:
    await room.evaluate("import os; os._exit(3)")
    async with room.listen() as stream:
        events = [event async for event in stream]
    assert events[-1]["kind"] == "ended"
    async with room.listen() as stream:
        assert [event async for event in stream] == events
    await room.ask("GET", f"/events?after={events[-1]['sequence']}", 204, headers={"Accept": SENT})


async def test_a_silent_stream_shows_that_it_lives(room: Room, flooded: RunningSite) -> None:
    url = f"{room.caller.base}/api/v1/{room.path}/events"
    async with room.caller.http.get(url, headers=room.token | {"Accept": SENT}) as response:
        async with asyncio.timeout(20):
            assert await response.content.readline() == b":\n"


async def test_a_reader_who_does_not_read_slows_nobody_and_can_come_back(room: Room, flooded: RunningSite) -> None:
    backend = flooded.service("backend")
    before = backend.memory_info().rss
    reader, writer = await asyncio.open_connection("127.0.0.1", flooded.port)
    writer.write(
        f"GET /api/v1/{room.path}/events HTTP/1.1\r\nHost: localhost\r\nAccept: {SENT}\r\n"
        f"Sagews-Session-Token: {room.opened['token']}\r\n\r\n".encode()
    )
    assert b" 200 " in await reader.readline()
    # Nothing more is read. Another one, and the evaluation itself, go on.
    events = await room.evaluate("for _ in range(500): print('x' * 100_000, flush=True)")
    assert events[-1]["reason"] == "done"
    assert len(text_of(events)) > 50_000_000 or [event for event in events if event["kind"] == "gap"]
    await assert_serves(flooded.url)
    assert backend.memory_info().rss - before < 400_000_000
    writer.transport.abort()
    page = await room.events()
    assert page["events"]


async def test_streams_of_one_session_do_not_disturb_each_other(room: Room) -> None:
    async with room.listen() as first:
        async with room.listen(form=LINES) as second:
            await room.queue("1")
            assert (await anext(second))["kind"] == "queued"
        await room.queue("2")
        events = []
        async for event in first:
            events.append(event)
            if len([one for one in events if one["kind"] == "done"]) == 2:
                break
    assert_whole(events)


async def test_fifty_streams_of_one_session_hear_the_same(room: Room) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        caller = Caller(room.caller.base, http)
        streams = [caller.stream("GET", f"{room.path}/events", LINES, headers=room.token) for _ in range(50)]
        entered = [await stream.__aenter__() for stream in streams]
        await room.queue("1")
        async with asyncio.timeout(20):
            assert {(await anext(events))["kind"] for events in entered} == {"queued"}
        for stream in streams:
            await stream.__aexit__(None, None, None)
