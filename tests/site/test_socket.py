"""Connections over `/socket`: what a page does all day."""

import asyncio
import itertools
import json
import time

import aiohttp

from tests.running import RunningSite
from tests.site.client_end import DEADLINE, ClientEnd, connected, fetch_ticket, hello, result_of, text_of


async def test_the_welcome_says_what_is_served(site: RunningSite) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(site.url + "socket") as socket:
        welcome = await ClientEnd(socket).greet(await fetch_ticket(http, site.url))
    assert welcome["access"] == "loopback"
    assert welcome["tier"] in {"A", "B", "C", "D"}
    assert welcome["environments"] == ["python"]
    assert welcome["heartbeat_seconds"] == 15
    assert welcome["evaluates_links"] is False, "it is a site of the reader's own machine"


async def test_an_evaluation_from_open_to_done(site: RunningSite) -> None:
    async with connected(site.url) as client:
        session = await client.open()
        assert client.opened["token"] and client.opened["limits"]["wall_time"] > 0
        events = await client.evaluate(session, "print('hello'); 6*7", cell="c1")
        assert [kind for kind, _ in itertools.groupby(event["kind"] for event in events)] == [
            "queued",
            "started",
            "output",
            "done",
        ]
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
        assert all(event["session"] == session and "request" not in event for event in events)
        assert text_of(events) == "hello\n"
        assert result_of(events) == "42"
        assert events[-1]["reason"] == "done"


async def test_a_second_tab_gets_all_of_it_once(site: RunningSite) -> None:
    async with connected(site.url) as first:
        session = await first.open()
        await first.evaluate(session, "x = 1; print('before')")
        async with connected(site.url) as second:
            attach = await second.send("attach", session=session, token=first.opened["token"], after_sequence=0)
            replay = await second.until("attached", request=attach)
            assert all(event["request"] == attach for event in replay)
            assert [event["sequence"] for event in replay[:-1]] == list(range(1, len(replay)))
            assert replay[-1]["last_sequence"] == len(replay) - 1
            await first.send("evaluate", session=session, evaluation="both", code="print('after'); x + 1")
            at_first = await first.until("done", evaluation="both")
            at_second = await second.until("done", evaluation="both")
            assert at_first == at_second
            assert text_of(at_first) == "after\n"


async def test_tabs_that_come_while_it_prints_miss_nothing(site: RunningSite) -> None:
    code = "import time\nfor i in range(40):\n    print(i, flush=True); time.sleep(0.02)"

    async def watch(token: str, session: str) -> list[int]:
        async with connected(site.url) as tab:
            await tab.send("attach", session=session, token=token, after_sequence=0)
            events = await tab.until("done", evaluation="loop")
            return [event["sequence"] for event in events if event["sequence"]]

    async with connected(site.url) as first:
        session = await first.open()
        await first.send("evaluate", session=session, evaluation="loop", code=code)
        watchers = []
        for _ in range(6):
            watchers.append(asyncio.create_task(watch(first.opened["token"], session)))
            await asyncio.sleep(0.1)
        events = await first.until("done", evaluation="loop")
        assert text_of(events).split() == [str(i) for i in range(40)]
        expected = list(range(1, events[-1]["sequence"] + 1))
        for sequences in await asyncio.gather(*watchers):
            assert sequences == expected


async def test_a_reload_gets_the_rest_and_the_computation_runs_on(site: RunningSite) -> None:
    code = "import time\nprint('one'); time.sleep(1); print('two')"
    async with connected(site.url) as client:
        session = await client.open()
        token = client.opened["token"]
        await client.send("evaluate", session=session, evaluation="e", code=code)
        seen = await client.until("output")
    async with connected(site.url) as client:
        await client.send("attach", session=session, token=token, after_sequence=seen[-1]["sequence"])
        rest = await client.until("done", evaluation="e")
        sequences = [event["sequence"] for event in seen + rest if event["sequence"]]
        assert sequences == list(range(1, len(sequences) + 1))
        assert text_of(seen + rest) == "one\ntwo\n"
        await client.send("close", session=session)
        assert (await client.until("ended"))[-1]["reason"] == "closed"


async def test_requests_of_two_tabs_with_one_id_are_answered_apart(site: RunningSite) -> None:
    async with connected(site.url) as first, connected(site.url) as second:
        session = await first.open()
        await second.send("attach", session=session, token=first.opened["token"])
        await second.until("attached")
        await first.socket.send_str(
            json.dumps({"kind": "complete", "id": 9, "session": session, "code": "impor", "cursor": 5})
        )
        await second.socket.send_str(
            json.dumps({"kind": "complete", "id": 9, "session": session, "code": "whil", "cursor": 4})
        )
        one = (await first.until("completed", request=9))[-1]
        two = (await second.until("completed", request=9))[-1]
        assert "import" in json.loads(one["body"])["matches"]
        assert "while" in json.loads(two["body"])["matches"]


async def test_inspection_is_answered_by_inspected(site: RunningSite) -> None:
    async with connected(site.url) as client:
        session = await client.open()
        request = await client.send("inspect", session=session, code="len", cursor=3, detail=0)
        answer = (await client.until("inspected", request=request))[-1]
        assert json.loads(answer["body"])["found"] is True


async def test_interrupt_and_input(site: RunningSite) -> None:
    async with connected(site.url) as client:
        session = await client.open()
        await client.send("evaluate", session=session, evaluation="e", code="input('name? ')")
        asked = (await client.until("output", output_kind="input_request"))[-1]
        await client.send("input_reply", session=session, sequence=asked["sequence"], text="Ada")
        assert result_of(await client.until("done")) == "'Ada'"
        await client.send("evaluate", session=session, evaluation="f", code="print('runs')\nwhile True: pass")
        await client.until("output")
        await client.send("interrupt", session=session)
        assert (await client.until("done"))[-1]["reason"] == "interrupted"


async def test_one_connection_holds_several_sessions(site: RunningSite) -> None:
    async with connected(site.url) as client:
        one, two = await client.open(), await client.open()
        await client.evaluate(one, "x = 1")
        await client.evaluate(two, "x = 2")
        assert result_of(await client.evaluate(one, "x")) == "1"
        assert result_of(await client.evaluate(two, "x")) == "2"
        request = await client.send("detach", session=one)
        assert (await client.until("detached"))[-1]["request"] == request
        await client.send("interrupt", session=one)
        assert (await client.failure())["code"] == "unknown_session"
        assert result_of(await client.evaluate(two, "x")) == "2"


async def test_nagle_is_off(site: RunningSite) -> None:
    async with connected(site.url) as client:
        session = await client.open()
        await client.evaluate(session, "1")
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            await client.evaluate(session, "1+1")
            times.append(time.perf_counter() - begun)
        # Nagle's algorithm against delayed acknowledgements costs 40 ms.
        assert sorted(times)[10] < 0.02


async def test_a_tab_that_does_not_read_stops_nobody_and_is_cut_off(site: RunningSite) -> None:
    async with connected(site.url) as reading, aiohttp.ClientSession() as http:
        session = await reading.open()
        async with http.ws_connect(site.url + "socket", max_msg_size=0) as idle:
            await idle.send_str(hello(await fetch_ticket(http, site.url)))
            attach = {"kind": "attach", "id": 1, "session": session, "token": reading.opened["token"]}
            await idle.send_str(json.dumps(attach))
            assert idle._response is not None and idle._response.connection is not None
            transport = idle._response.connection.transport
            assert transport is not None
            transport.pause_reading()  # type: ignore[attr-defined]
            for _ in range(8):
                events = await reading.evaluate(session, "for i in range(7): print('x' * 1_000_000)")
                assert len(text_of(events)) == 7 * 1_000_001
            transport.resume_reading()  # type: ignore[attr-defined]
            while (message := await idle.receive(DEADLINE)).type is aiohttp.WSMsgType.TEXT:
                pass
            assert idle.close_code == aiohttp.WSCloseCode.TRY_AGAIN_LATER, message


async def test_a_lone_reader_who_pauses_gets_everything(site: RunningSite) -> None:
    async with connected(site.url) as client:
        session = await client.open()
        assert client.socket._response is not None and client.socket._response.connection is not None
        transport = client.socket._response.connection.transport
        assert transport is not None
        transport.pause_reading()  # type: ignore[attr-defined]
        for name in "abcd":
            code = "for i in range(7): print('x' * 1_000_000)"
            await client.send("evaluate", session=session, evaluation=name, code=code)
        await asyncio.sleep(1)
        transport.resume_reading()  # type: ignore[attr-defined]
        events = await client.until("done", evaluation="d")
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
        assert len(text_of(events)) == 4 * 7 * 1_000_001
