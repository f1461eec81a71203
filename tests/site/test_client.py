"""The client on a running site: sessions, losses of the connection, refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sagews.client import Client, Done, Ended, Event, Output, Queued, Session, Started
from sagews.client.events import Welcome
from sagews.errors import ServiceError
from tests.running import RunningSite
from tests.site.relay import relay

DEADLINE = 30.0


@pytest.fixture
async def session(site: RunningSite) -> AsyncIterator[Session]:
    """Give a new session, closed at the end."""
    async with opened(site.url) as one:
        yield one


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Session]:
    async with Client(url) as client:
        one = await client.open()
        yield one
        await one.close()


async def evaluate(session: Session, code: str) -> list[Event]:
    return [event async for event in session.evaluate(code)]


def text(events: list[Event]) -> str:
    return "".join(event.content.get("text", "") for event in events if isinstance(event, Output))


def reason(events: list[Event]) -> str:
    end = events[-1]
    assert isinstance(end, Done | Ended)
    return end.reason


async def test_an_evaluation_from_queued_to_done(session: Session) -> None:
    events = await evaluate(session, "print('hi')\n1 + 1")
    assert [type(event) for event in events[:2]] == [Queued, Started]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert text(events) == "hi\n"
    result = events[-2]
    assert isinstance(result, Output)
    assert result.content["data"]["text/plain"] == "2"
    assert reason(events) == "done"


async def test_the_site_says_what_it_is(site: RunningSite) -> None:
    async with Client(site.url) as client:
        assert isinstance(client.welcome, Welcome)
        assert client.welcome.access == "loopback"
        assert client.welcome.environments == ["python"]


async def test_evaluations_wait_for_each_other_and_an_interrupt_drops_them(session: Session) -> None:
    running = session.evaluate("import time; time.sleep(600)")
    await anext(running)
    assert isinstance(await anext(running), Started)
    waiting = asyncio.create_task(evaluate(session, "print('never')"))
    while session.last_sequence < 3:
        await asyncio.sleep(0.01)
    await session.interrupt()
    assert reason([event async for event in running]) == "interrupted"
    assert reason(await waiting) == "not_run"


async def test_completion_and_inspection(session: Session) -> None:
    await evaluate(session, "alphabet = 1")
    reply = await session.complete("αβγ; alph", 9)
    assert "alphabet" in reply["matches"]
    assert reply["cursor_start"] == 5
    assert "Return the number" in (await session.inspect("len", 3))["data"]["text/plain"]


async def test_a_question_is_answered(session: Session) -> None:
    told = []
    async for event in session.evaluate("print(input('name? ').upper())"):
        told.append(event)
        if isinstance(event, Output) and event.output_kind == "input_request":
            assert event.content == {"prompt": "name? ", "password": False}
            await session.input_reply(event, "ada")
    assert "ADA" in text(told)


async def test_limits_can_be_lowered(site: RunningSite) -> None:
    async with Client(site.url) as client:
        session = await client.open(limits={"wall_time": 1})
        assert session.limits["wall_time"] == 1
        assert reason(await evaluate(session, "import time; time.sleep(60)")) == "wall_time"
        await session.close()
        assert session.ended is not None
        assert session.ended.reason == "closed"
        with pytest.raises(ServiceError, match="closed"):
            await evaluate(session, "1")


async def test_what_the_site_refuses_is_an_error_with_a_hint(site: RunningSite) -> None:
    async with Client(site.url) as client:
        with pytest.raises(ServiceError, match="choose one of: python"):
            await client.open("cobol")
        session = await client.open()
        with pytest.raises(ServiceError, match="over 1 MiB"):
            await evaluate(session, "#" * (1 << 21))
        with pytest.raises(ServiceError, match="half a surrogate pair"):
            await evaluate(session, "'\ud800'")
        assert text(await evaluate(session, "print(1)")) == "1\n"
        await session.close()


# ------------------------------------------------------- a connection is lost


async def test_what_was_sent_into_a_dead_connection_arrives_once(site: RunningSite) -> None:
    async with relay(site.port) as one, opened(f"http://127.0.0.1:{one.port}/") as session:
        await evaluate(session, "n = 0")
        for number in range(1, 6):
            evaluating = asyncio.create_task(evaluate(session, "n += 1\nprint(n)"))
            for _ in range(number):
                await asyncio.sleep(0)
            one.cut()
            assert text(await evaluating) == f"{number}\n"


async def test_a_connection_that_stays_away_for_a_while_comes_back(site: RunningSite) -> None:
    states: list[str] = []
    async with relay(site.port) as one, Client(f"http://127.0.0.1:{one.port}/", on_state=states.append) as client:
        session = await client.open()
        one.refusing = True
        one.cut()
        evaluating = asyncio.create_task(evaluate(session, "print(1)"))
        await asyncio.sleep(1)
        assert not evaluating.done()
        one.refusing = False
        assert text(await asyncio.wait_for(evaluating, DEADLINE)) == "1\n"
        await session.close()
    assert states == ["the connection is lost; trying to get it back", "the connection is back"]


async def test_a_session_that_ended_meanwhile_says_so(site: RunningSite) -> None:
    async with relay(site.port) as one, Client(f"http://127.0.0.1:{one.port}/") as client:
        session = await client.open()
        events = await evaluate(session, "import os, threading; threading.Timer(0.3, os._exit, [5]).start()")
        assert reason(events) == "done"
        one.cut()
        ended = await asyncio.wait_for(session.wait_ended(), DEADLINE)
        assert "exit status 5" in ended.text


async def test_a_site_that_cannot_be_reached_is_an_error_with_a_hint(site: RunningSite) -> None:
    async with relay(site.port) as one:
        one.refusing = True
        with pytest.raises(ServiceError, match="see that the site runs"):
            async with Client(f"http://127.0.0.1:{one.port}/"):
                pass


async def test_what_is_no_site_is_an_error(site: RunningSite) -> None:
    with pytest.raises(ServiceError, match=r"is not a sagews site \(HTTP 404\)"):
        async with Client(site.url + "elsewhere/"):
            pass


async def test_files_go_in_and_come_out(session: Session) -> None:
    content = bytes(range(256)) * 2000
    await session.put("data.bin", content)
    events = await evaluate(session, "import os; print(len(open('data.bin', 'rb').read())); os.mkdir('plots')")
    assert text(events) == f"{len(content)}\n"
    await session.put("plots/ä 1%.png", b"figure")
    listed = await session.files()
    assert [(file.name, file.kind, file.size) for file in listed.files] == [
        ("data.bin", "file", len(content)),
        ("plots", "directory", 0),
    ]
    (figure,) = (await session.files(listed.files[1].path)).files
    assert figure.path == "plots/ä 1%.png"
    assert await session.get(figure.path) == b"figure"
    assert await session.get("data.bin") == content


async def test_a_name_that_is_no_text_is_fetched_as_it_is_listed(session: Session) -> None:
    await evaluate(session, "open(b'\\xff\\n?', 'w').write('odd')")
    (file,) = (await session.files()).files
    assert file.name == r"\xff\n?" and file.path == "\udcff\n?"
    assert await session.get(file.path) == b"odd"


async def test_files_that_cannot_be_had_say_why(session: Session) -> None:
    with pytest.raises(ServiceError) as error:
        await session.get("nowhere.csv")
    assert error.value.what == "is not there"
    assert error.value.noun == "file nowhere.csv" and error.value.hint
    with pytest.raises(ServiceError, match=r"\.\."):
        await session.get("../../etc/passwd")
    await session.put("a", b"1")
    with pytest.raises(ServiceError, match="already"):
        await session.put("a", b"2", replace=False)
    assert await session.get("a") == b"1"
